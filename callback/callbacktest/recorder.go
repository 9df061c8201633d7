package callbacktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Recorder reads the events of one tenant from the beginning of a store's feed and
// has assertions about callbacks. All methods are safe for concurrent use.
type Recorder struct {
	store  callback.Store
	tenant string

	mu     sync.Mutex
	after  callback.Cursor
	events []callback.Event
	last   map[callback.ID]callback.Event
}

// NewRecorder returns a recorder of the events of a tenant.
func NewRecorder(store callback.Store, tenant string) *Recorder {
	return &Recorder{store: store, tenant: tenant, last: make(map[callback.ID]callback.Event)}
}

// OrderError reports an event whose Seq or state does not follow those of the
// previous event of its callback.
type OrderError struct {
	Event callback.Event
	Rule  string // what is wrong with it
}

func (e *OrderError) Error() string {
	return fmt.Sprintf("event %s, seq %d, of callback %s: %s", e.Event.Type, e.Event.Seq, e.Event.Callback, e.Rule)
}

// Pull reads the new events of the feed and returns them. Its error is that of the
// store, or an [*OrderError] for the first event out of order. It keeps the events
// before the error.
func (r *Recorder) Pull(ctx context.Context) ([]callback.Event, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh, next, err := drain(ctx, r.store, callback.EventQuery{Tenant: r.tenant, After: r.after})
	r.after = next
	for i, e := range fresh {
		if rule := r.follows(e); rule != "" {
			return fresh[:i], errors.Join(&OrderError{Event: e, Rule: rule}, err)
		}
		r.last[e.Callback] = e
		r.events = append(r.events, e)
	}
	return fresh, err
}

// follows returns what is wrong with an event after those that were read.
func (r *Recorder) follows(e callback.Event) string {
	last, known := r.last[e.Callback]
	switch {
	case e.Tenant != r.tenant:
		return "belongs to another tenant"
	case known && last.Type == callback.EventErased:
		return "comes after the callback was erased"
	case e.Type == callback.EventErased:
		return ""
	case e.Seq != last.Seq+1:
		return fmt.Sprintf("comes after seq %d", last.Seq)
	case e.From != last.To:
		return fmt.Sprintf("comes from %s after %s", stateName(e.From), stateName(last.To))
	}
	return ""
}

// Events returns the events read so far, in the order of the feed.
func (r *Recorder) Events() []callback.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Of returns the events of one callback read so far, in order.
func (r *Recorder) Of(id callback.ID) []callback.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var events []callback.Event
	for _, e := range r.events {
		if e.Callback == id {
			events = append(events, e)
		}
	}
	return events
}

// Types returns the types of the events of one callback read so far, in order.
func (r *Recorder) Types(id callback.ID) []callback.EventType {
	var types []callback.EventType
	for _, e := range r.Of(id) {
		types = append(types, e.Type)
	}
	return types
}

// RequireHistory calls Pull and fails the test unless the events of the callback have
// exactly these types in this order.
func (r *Recorder) RequireHistory(t TB, id callback.ID, types ...callback.EventType) {
	t.Helper()
	if !r.pull(t) {
		return
	}
	if got := r.Types(id); !slices.Equal(got, types) {
		t.Fatalf("history of callback %s is %s, want %s", id, list(got), list(types))
	}
}

// RequireEvent calls Pull and fails the test unless the callback has an event of the
// type. It returns the last one.
func (r *Recorder) RequireEvent(t TB, id callback.ID, typ callback.EventType) callback.Event {
	t.Helper()
	if !r.pull(t) {
		return callback.Event{}
	}
	events := r.Of(id)
	for _, e := range slices.Backward(events) {
		if e.Type == typ {
			return e
		}
	}
	t.Fatalf("callback %s has no event %s: its history is %s", id, typ, list(r.Types(id)))
	return callback.Event{}
}

// RequireState fails the test unless the callback is in the state. It returns
// the callback.
func (r *Recorder) RequireState(t TB, id callback.ID, state callback.State) *callback.Callback {
	t.Helper()
	cb := r.get(t, id)
	if cb == nil {
		return nil
	}
	if cb.State != state {
		t.Fatalf("callback %s is %s%s, want %s", id, cb.State, why(cb), state)
		return nil
	}
	return cb
}

// RequireScheduled fails the test unless the callback is Scheduled for the
// desired time. It returns the callback.
func (r *Recorder) RequireScheduled(t TB, id callback.ID, desired time.Time) *callback.Callback {
	t.Helper()
	cb := r.RequireState(t, id, callback.Scheduled)
	if cb == nil {
		return nil
	}
	if !cb.Desired.Equal(desired) {
		t.Fatalf("callback %s is scheduled for %s, want %s", id, stamp(cb.Desired), stamp(desired))
		return nil
	}
	return cb
}

// RequireCompleted fails the test unless the callback is Completed for the
// reason. It returns the callback.
func (r *Recorder) RequireCompleted(t TB, id callback.ID, reason callback.Reason) *callback.Callback {
	t.Helper()
	cb := r.RequireState(t, id, callback.Completed)
	if cb == nil {
		return nil
	}
	if cb.Reason != reason {
		t.Fatalf("callback %s is completed%s, want %s", id, why(cb), reason)
		return nil
	}
	return cb
}

func (r *Recorder) pull(t TB) bool {
	t.Helper()
	if _, err := r.Pull(context.Background()); err != nil {
		t.Fatalf("reading the events: %v", err)
		return false
	}
	return true
}

func (r *Recorder) get(t TB, id callback.ID) *callback.Callback {
	t.Helper()
	cb, err := r.store.Get(context.Background(), callback.By{Tenant: r.tenant, ID: id})
	if err != nil {
		t.Fatalf("reading callback %s: %v", id, err)
		return nil
	}
	return cb
}

// why returns the reason and the detail of a callback, for messages.
func why(cb *callback.Callback) string {
	var b strings.Builder
	if cb.Reason != "" {
		fmt.Fprintf(&b, " (%s)", cb.Reason)
	}
	if cb.Detail != "" {
		fmt.Fprintf(&b, ": %s", cb.Detail)
	}
	return b.String()
}

func list(types []callback.EventType) string {
	if len(types) == 0 {
		return "[]"
	}
	return fmt.Sprintf("%v", types)
}

func stateName(s callback.State) string {
	if s == 0 {
		return "nothing"
	}
	return s.String()
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
