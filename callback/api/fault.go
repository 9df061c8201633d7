package api

import (
	"errors"
	"net/http"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// Fault is a request that is rejected before any work is done for it. It
// unwraps to its cause. A fault with status 400, 413, 415 or 422 is a
// [callback.ErrInvalidParameter].
type Fault struct {
	Status int
	Field  string // part of the request that is wrong; empty for the whole
	Rule   string // rule that it breaks; does not contain a phone number
	cause  error
}

// NewFault returns a fault of a field of a request.
func NewFault(status int, field, rule string) *Fault {
	return &Fault{Status: status, Field: field, Rule: rule}
}

func (f *Fault) Error() string {
	if f.Field == "" {
		return f.Rule
	}
	return f.Field + ": " + f.Rule
}

// Kind returns the kind of the fault, see [callback.Kind]: that of the cause if it
// says one, or else "unauthenticated", "forbidden", "path", "method", "busy",
// "parameter" or "unexpected" by the status.
func (f *Fault) Kind() string {
	var cause callback.KindError
	if errors.As(f.cause, &cause) {
		return cause.Kind()
	}
	switch {
	case f.Status == http.StatusUnauthorized:
		return "unauthenticated"
	case f.Status == http.StatusForbidden:
		return "forbidden"
	case f.Status == http.StatusNotFound:
		return "path"
	case f.Status == http.StatusMethodNotAllowed:
		return "method"
	case f.Status == http.StatusTooManyRequests:
		return "busy"
	case f.Status >= http.StatusInternalServerError:
		return "unexpected"
	}
	return "parameter"
}

// Redact masks the digits of what may be a phone number in a text to be logged:
// seven or more, even if spaces or punctuation separate them. Times, network
// addresses and IDs are kept.
func Redact(s string) string { return text.Redact(s) }

// Unwrap returns the cause and the sentinel.
func (f *Fault) Unwrap() []error {
	var list []error
	if f.cause != nil {
		list = append(list, f.cause)
	}
	switch f.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		list = append(list, callback.ErrInvalidParameter)
	}
	return list
}
