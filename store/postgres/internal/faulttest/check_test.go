package faulttest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	reference "github.com/ringback-go/ringback/store"
)

// suspect is a fleet without nodes, on a store in memory, in which tests plant
// callbacks.
type suspect struct {
	*Fleet
	store *reference.Memory
}

func newSuspect(t *testing.T) *suspect {
	t.Helper()
	return &suspect{store: reference.NewMemory(reference.Config{}), Fleet: &Fleet{World: newWorld(t, false),
		accepted: make(map[string]callback.ID), numbers: make(map[string]string)}}
}

// plant stores a completed callback with one call that reached an agent.
func (s *suspect) plant(t *testing.T, id callback.ID, edit func(cb *callback.Callback)) {
	t.Helper()
	at := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	number, err := phonenum.RevealedAddress("+41445551234")
	if err != nil {
		t.Fatal(err)
	}
	cb := &callback.Callback{ID: id, Service: Desk, Revision: 1, State: callback.Completed, Reason: callback.ReasonAgentConnected,
		Customer: callback.Customer{Number: number}, Idempotency: callback.Idempotency{Key: "key of " + string(id)}, Created: at, Updated: at, Desired: at,
		Attempts: []callback.Attempt{{N: 1, Key: callback.NewAttemptKey(id, 1)}}}
	edit(cb)
	errs, err := s.store.Apply(context.Background(), at, []callback.Change{{Record: cb, Event: callback.Event{Callback: id, Service: Desk, At: at,
		Type: callback.EventAccepted, To: cb.State}}})
	if err != nil || errs != nil {
		t.Fatal(errs, err)
	}
}

// call records a call that reached an agent or did not.
func (s *suspect) call(id callback.ID, n int, talked bool) {
	s.World.Ledger.add(entry(Placed, id, n))
	e := entry(Ended, id, n)
	e.Talked = talked
	s.World.Ledger.add(e)
}

// TestFaults checks that every kind of violated guarantee is reported.
func TestFaults(t *testing.T) {
	promise := func(s *suspect) {
		s.accept(Request{Key: "key of a", Number: "+41445551234"}, "a")
		s.call("a", 1, true)
	}
	keep := func(*callback.Callback) {}
	for _, c := range []struct {
		name string
		do   func(t *testing.T, s *suspect)
		want string // part of the one fault; empty: none
	}{
		{"kept", func(t *testing.T, s *suspect) { promise(s); s.plant(t, "a", keep) }, ""},
		{"lost", func(t *testing.T, s *suspect) { promise(s) }, "is lost"},
		{"not accepted", func(t *testing.T, s *suspect) { promise(s); s.plant(t, "a", keep); s.plant(t, "b", keep) }, "not accepted"},
		{"wrong number", func(t *testing.T, s *suspect) {
			promise(s)
			s.plant(t, "a", func(cb *callback.Callback) { cb.Customer.Number = phonenum.Address{} })
		}, "another key or number"},
		{"wrong key", func(t *testing.T, s *suspect) {
			promise(s)
			s.plant(t, "a", func(cb *callback.Callback) { cb.Idempotency.Key = "key of b" })
		}, "another key or number"},
		{"not completed", func(t *testing.T, s *suspect) {
			promise(s)
			s.plant(t, "a", func(cb *callback.Callback) { cb.State, cb.Reason = callback.Unresolved, "" })
		}, "not completed"},
		{"called more often than attempted", func(t *testing.T, s *suspect) { promise(s); s.call("a", 2, false); s.plant(t, "a", keep) }, "2 times in 1 attempts"},
		{"talked twice", func(t *testing.T, s *suspect) {
			promise(s)
			s.call("a", 2, true)
			s.plant(t, "a", func(cb *callback.Callback) { cb.Attempts = append(cb.Attempts, callback.Attempt{N: 2}) })
		}, "talked to an agent 2 times"},
		{"never called", func(t *testing.T, s *suspect) {
			s.accept(Request{Key: "key of a", Number: "+41445551234"}, "a")
			s.plant(t, "a", keep)
		}, "talked to an agent 0 times"},
		{"one key, two callbacks", func(t *testing.T, s *suspect) {
			promise(s)
			s.accept(Request{Key: "key of a", Number: "+41445551234"}, "b")
			s.accept(Request{Key: "key of a", Number: "+41445551234"}, "a")
			s.faults = s.faults[:1]
			s.plant(t, "a", keep)
		}, "was accepted as a and as b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSuspect(t)
			c.do(t, s)
			faults, err := s.Faults(t.Context(), s.store)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case c.want == "" && len(faults) > 0:
				t.Errorf("faults %q", faults)
			case c.want != "" && (len(faults) != 1 || !strings.Contains(faults[0], c.want)):
				t.Errorf("faults %q, want %q", faults, c.want)
			}
		})
	}
}

// TestOutcries checks that reports of bugs are found in the output of a process.
func TestOutcries(t *testing.T) {
	said := "level=WARN msg=fine\npanic: boom\n\nWARNING: DATA RACE\nfatal error: all goroutines are asleep\n"
	if lines := outcries(said); len(lines) != 3 {
		t.Errorf("outcries returned %q", lines)
	}
}
