// Package check collects faults so that all of them are reported at once.
package check

import (
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
)

// Faults is a list of [callback.FieldError], each of which is Kind.
type Faults struct {
	Kind error
	List []error
}

// Check adds a fault of field unless ok.
func (f *Faults) Check(ok bool, field, rule string, args ...any) {
	if !ok {
		f.List = append(f.List, callback.NewFieldError(f.Kind, field, fmt.Sprintf(rule, args...)))
	}
}

// Err joins the faults; nil when there are none.
func (f *Faults) Err() error { return errors.Join(f.List...) }
