package callback_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
)

// An adapter reports faults of its requests in the same form as the Manager.
func ExampleNewFieldError() {
	err := callback.NewFieldError(callback.ErrInvalidParameter, "DueDate", "is not a date")
	fmt.Println(err, callback.Code(err), errors.Is(err, callback.ErrInvalidParameter))
	// Output:
	// DueDate: is not a date 40010 true
}

// Code returns the numbers of GMS, also for errors that wrap a sentinel.
func ExampleCode() {
	for _, err := range []error{
		nil, callback.ErrNotFound, callback.UnknownService("sales"), &callback.NumberError{Field: "_customer_number", Rule: "emergency"}, callback.ErrInFlight,
		errors.New("disk is full"),
	} {
		fmt.Println(callback.Code(err), err)
	}
	// Output:
	// 0 <nil>
	// 40030 callback not found
	// 40010 service: "sales" is not known
	// 40040 _customer_number: emergency number
	// 40020 a call is in flight
	// 50050 disk is full
}

// A handler of the host responds with the status that fits the error.
func ExampleHTTPStatus() {
	for _, err := range []error{
		nil, callback.ErrNotFound, callback.UnknownService("sales"), callback.ErrConflict, callback.ErrQueueLimit, callback.ErrConfiguration,
	} {
		fmt.Println(callback.HTTPStatus(err), err)
	}
	// Output:
	// 200 <nil>
	// 404 callback not found
	// 400 service: "sales" is not known
	// 409 callback has changed
	// 429 service's queue is full
	// 500 service is not configured
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

// A test can call the function as a Manager does.
func ExampleDialerFunc_DialAndWait() {
	dial := callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
		return callback.Outcome{Result: callback.ResultBusy, Certainty: callback.Known}, nil
	})
	outcome, err := dial.DialAndWait(context.Background(), callback.Call{Key: "cb1.1"})
	fmt.Println(outcome.Result, outcome.Certainty, err)
	// Output:
	// BUSY known <nil>
}
