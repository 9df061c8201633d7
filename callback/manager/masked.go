package manager

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// String summarises the request without anything of the person.
func (r Request) String() string { return fmt.Sprintf("request to service %q", r.Service) }

// Format prints what String does, for every verb.
func (r Request) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// LogValue is what slog records.
func (r Request) LogValue() slog.Value {
	return slog.GroupValue(slog.String("service", r.Service))
}

// String names the callback, not what is set.
func (r UpdateRequest) String() string {
	return fmt.Sprintf("update of callback %s, %d keys", r.ID, len(r.Set))
}

// Format prints what String does, for every verb.
func (r UpdateRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// LogValue is what slog records.
func (r UpdateRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String names the callback and its new time, not what is set.
func (r RescheduleRequest) String() string {
	at := r.Desired.UTC().Format(time.RFC3339)
	if r.Local != nil {
		at = fmt.Sprint(*r.Local, " ", text.Clip(r.Zone))
	}
	return fmt.Sprintf("reschedule of callback %s to %s, %d keys", r.ID, at, len(r.Set))
}

// Format prints what String does, for every verb.
func (r RescheduleRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// LogValue is what slog records.
func (r RescheduleRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String names the callback and its state, not what is set.
func (r StateReport) String() string {
	return fmt.Sprintf("report of callback %s as %v, %d keys", r.ID, r.State, len(r.Set))
}

// Format prints what String does, for every verb.
func (r StateReport) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// LogValue is what slog records.
func (r StateReport) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String names the callback and the answer, not the access code.
func (r AnswerRequest) String() string {
	return fmt.Sprintf("answer %v to callback %s", r.Answer, r.ID)
}

// Format prints what String returns, for every formatting verb.
func (r AnswerRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// MarshalText returns what String returns.
func (r AnswerRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }
