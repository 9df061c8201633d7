package callback_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ringback-go/ringback/callback"
)

func TestHTTPStatus(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 200},
		{callback.ErrNumberLimit, 429}, {callback.ErrQueueLimit, 429}, {callback.ErrIntervalLimit, 429}, {callback.ErrParameterLimit, 429}, {callback.ErrBookingLimit, 429},
		{callback.ErrInvalidParameter, 400}, {callback.ErrInvalidNumber, 400}, {callback.ErrConsent, 400}, {callback.ErrClosed, 400}, {callback.ErrFull, 400},
		{callback.ErrNotFound, 404},
		{callback.ErrInvalidOperation, 409}, {callback.ErrConflict, 409}, {callback.ErrInFlight, 409}, {callback.ErrKeyReuse, 409},
		{&callback.StateError{State: callback.Dialing}, 409}, {&callback.MaskedError{ID: "a"}, 409},
		{callback.ErrConfiguration, 500}, {callback.ErrCapacity, 500}, {callback.ErrExecution, 500},
		{callback.UnknownService("x"), 400},
		{fmt.Errorf("%w: %w", callback.ErrRedirect, callback.ErrKeyReuse), 500},
		{callback.ErrStopped, 500}, {callback.ErrOutcomeUnknown, 500}, {context.Canceled, 500}, {errors.New("disk is full"), 500},
	} {
		if got := callback.HTTPStatus(c.err); got != c.want {
			t.Errorf("%v is %d, want %d", c.err, got, c.want)
		}
	}
}
