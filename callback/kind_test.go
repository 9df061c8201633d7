package callback_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ringback-go/ringback/callback"
)

// kinds has every sentinel that an operation of a Manager may return, and its word.
func kinds() map[error]string {
	return map[error]string{
		callback.ErrRedirect: "redirect", callback.ErrNumberLimit: "number_limit", callback.ErrQueueLimit: "queue_limit",
		callback.ErrIntervalLimit: "interval_limit", callback.ErrParameterLimit: "parameter_limit", callback.ErrBookingLimit: "booking_limit",
		callback.ErrKeyReuse: "key_reuse", callback.ErrInvalidNumber: "number", callback.ErrConsent: "consent", callback.ErrInvalidParameter: "parameter",
		callback.ErrNotFound: "not_found", callback.ErrClosed: "closed", callback.ErrFull: "full", callback.ErrCapacity: "capacity",
		callback.ErrCalendar: "calendar", callback.ErrSubmitAttempts: "submit_attempts", callback.ErrConfiguration: "configuration",
		callback.ErrExecution: "execution", callback.ErrConflict: "conflict", callback.ErrInFlight: "in_flight", callback.ErrTooEarly: "too_early",
		callback.ErrTooLate: "too_late", callback.ErrInvalidOperation: "operation", callback.ErrOutcomeUnknown: "outcome_unknown",
		callback.ErrPermitRefused: "permit", callback.ErrStopped: "stopped", context.Canceled: "gone", context.DeadlineExceeded: "timeout",
	}
}

func TestKind(t *testing.T) {
	seen := make(map[string]bool)
	for err, want := range kinds() {
		if seen[want] {
			t.Errorf("two errors are %q", want)
		}
		seen[want] = true
		for _, err := range []error{err, fmt.Errorf("desk: %w", err), errors.Join(errors.New("disk full"), err)} {
			r := callback.NewRefusal("start", err)
			if r.Kind != want || r.Kind != callback.Kind(err) || r.Err != err || r.Operation != "start" {
				t.Errorf("%v: %+v, want %q", err, r, want)
			}
			if code := callback.Code(err); code != callback.CodeUnexpected && r.Code != code || code == callback.CodeUnexpected && r.Code != 0 {
				t.Errorf("%v: code %d in a refusal, %d else", err, r.Code, code)
			}
		}
	}
	if r := callback.NewRefusal("start", errors.New("disk full")); r.Kind != "unexpected" || r.Code != callback.CodeUnexpected {
		t.Errorf("an error without a kind: %+v", r)
	}
	if got := callback.Kind(errors.Join(callback.ErrInvalidOperation, callback.ErrInFlight)); got != "in_flight" {
		t.Errorf("of several kinds: %q", got)
	}
	if got := callback.Kind(nil); got != "" {
		t.Errorf("nil: %q", got)
	}
}
