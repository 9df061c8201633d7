package guard

import (
	"github.com/ringback-go/ringback/callback"
)

// Call calls f and turns a panic into an error.
func Call(in string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &callback.PanicError{In: in, Value: v}
		}
	}()
	return f()
}
