package callback_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// A DialerFunc makes a call from beginning to end. Its error says whether the
// call may have rung: one that wraps ErrNotPlaced is tried again, any other is
// not.
func ExampleDialerFunc() {
	ctx := context.Background()
	attempts := 0
	dialer := callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
		attempts++
		switch attempts {
		case 1:
			return callback.Outcome{}, fmt.Errorf("no connection to the exchange: %w", callback.ErrNotPlaced)
		case 2:
			return callback.Outcome{}, &callback.ThrottledError{After: 40 * time.Second}
		case 3:
			return callback.Outcome{Result: callback.ResultBusy, Certainty: callback.Known, SIP: 486}, nil
		}
		return callback.Outcome{}, errors.New("connection was lost during the call")
	})
	m, sim := simulate(support(), func(c *manager.Config) { c.Dialer = dialer })
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(2 * time.Hour)
	if cb, err = m.Get(ctx, cb.ID); err != nil {
		fmt.Println(err)
		return
	}
	for _, attempt := range cb.Attempts {
		end := "nobody knows how it ended"
		if !attempt.Live() {
			end = fmt.Sprint(attempt.Outcome.Certainty, " ", attempt.Outcome.Result)
		}
		fmt.Println(attempt.Key, attempt.Began.Format("15:04:05"), end)
	}
	fmt.Println(cb.State) // a lost connection does not cause a second call
	// Output:
	// cb000001.1 09:00:00 not placed SYSTEM_ERROR
	// cb000001.2 09:00:10 not placed SYSTEM_ERROR
	// cb000001.3 09:00:50 known BUSY
	// cb000001.4 09:05:50 nobody knows how it ended
	// UNRESOLVED
}
