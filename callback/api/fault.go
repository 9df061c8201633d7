package api

import (
	"net/http"
	"strings"
	"unicode"

	"github.com/ringback-go/ringback/callback"
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
func Redact(text string) string {
	out := []byte(text)
	for i := 0; i < len(out); i++ {
		end, digits := i, 0
		for j := i; j < len(out) && (isDigit(out[j]) || digits > 0 && strings.IndexByte(" .-()/", out[j]) >= 0); j++ {
			if isDigit(out[j]) {
				end, digits = j+1, digits+1
			}
		}
		for j := i; j < end && digits >= 5; j++ {
			if isDigit(out[j]) {
				out[j] = '#'
			}
		}
		i = max(i, end-1)
	}
	return string(out)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// clip makes a name that a client chose fit for an error.
func clip(name string) string {
	const most = 40
	out := make([]rune, 0, most)
	for _, r := range name {
		if len(out) == most {
			return Redact(string(out)) + "..."
		}
		if !unicode.IsPrint(r) {
			r = ' '
		}
		out = append(out, r)
	}
	return Redact(string(out))
}

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
