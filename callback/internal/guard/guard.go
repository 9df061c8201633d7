// Package guard keeps panics of a host's code out of the engine.
package guard

import (
	"runtime/debug"

	"github.com/ringback-go/ringback/callback"
)

// Call calls f and returns its error. A panic becomes a [callback.PanicError]
// with the value and the stack; in names what panicked.
func Call(in string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &callback.PanicError{In: in, Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}
