package callback

import (
	"context"
	"errors"
)

// ErrNoNumber is returned by a [NumberResolver] that knows that the customer has no
// number. It may wrap it. The callback completes with FAIL_NO_CUSTOMER_NUMBER.
var ErrNoNumber = errors.New("customer has no number")

// NumberResolver finds the number of a customer whose request has none: the service
// requires another property that identifies the customer, such as _email
// (Service.RequiredKeys). A Manager asks when an attempt is to begin, and checks the
// number by the rules of the service as if the request had given it; the callback
// completes with FAIL_NO_CUSTOMER_NUMBER if they refuse it. The number is then kept
// with the callback. Until then, limits count the values of the required properties.
//
// After another error than [ErrNoNumber] the resolver is asked again, while the
// callbacks behind get their turn. It must be safe for concurrent use, and must not
// change the callback. GMS: _mandatory_customer_lookup_keys.
type NumberResolver interface {
	ResolveNumber(ctx context.Context, cb *Callback) (number string, err error)
}
