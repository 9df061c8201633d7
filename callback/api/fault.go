package api

import (
	"net/http"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/safetext"
)

// Fault is a request that is refused before any work is done for it. It unwraps
// to its cause; a fault with status 400, 413, 415 or 422 also is a
// [callback.ErrInvalidParameter].
type Fault struct {
	Status int
	Field  string // the part of the request that is wrong; empty for the whole
	Rule   string // what is wrong with it; never a number of a person
	cause  error
}

// NewFault makes a fault of a request's field.
func NewFault(status int, field, rule string) *Fault {
	return &Fault{Status: status, Field: field, Rule: rule}
}

func (f *Fault) Error() string {
	if f.Field == "" {
		return f.Rule
	}
	return f.Field + ": " + f.Rule
}

// Redact hides what may be a number of a person in a text that is to be logged:
// five digits or more, also when blanks or punctuation stand between them.
func Redact(s string) string { return safetext.Redact(s, 5) }

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
