package callback_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
)

// An adapter that checks requests of its own answers in the same form as the
// Manager.
func ExampleNewFieldError() {
	err := callback.NewFieldError(callback.ErrInvalidParameter, "DueDate", "is not a date")
	fmt.Println(err, callback.Code(err), errors.Is(err, callback.ErrInvalidParameter))
	// Output:
	// DueDate: is not a date 40010 true
}

func ExampleTextOf() {
	for _, value := range []any{"A-1", 42, true, nil, []any{"compound"}} {
		text, ok := callback.TextOf(value)
		fmt.Printf("%q %v\n", text, ok)
	}
	// Output:
	// "A-1" true
	// "42" true
	// "true" true
	// "" false
	// "" false
}

// A Manager calls the whole function; a test of the function can do the same.
func ExampleDialerFunc_DialAndWait() {
	dial := callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
		return callback.Outcome{Result: callback.ResultBusy, Certainty: callback.Known}, nil
	})
	outcome, err := dial.DialAndWait(context.Background(), callback.Call{Key: "cb1.1"})
	fmt.Println(outcome.Result, outcome.Certainty, err)
	// Output:
	// BUSY known <nil>
}
