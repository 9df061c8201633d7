package callbacktest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
)

// VerifyAudit compares the history of every callback of every tenant with its record
// and fails the test unless:
//
//   - the values of Seq are consecutive from 1, and the last is the Revision;
//   - each event begins in the state in which the previous one ended, the life cycle
//     allows each transition, and the last state is that of the record;
//   - the reason of a completed record is that of its last completed event;
//   - the attempts are numbered from 1 and have the right keys, no attempt was
//     committed twice, and at most the last one has not ended;
//   - exactly one event ends each attempt that has ended, with its outcome, and only
//     an attempt that was given up has a late result ([callback.Event.EndsAttempt]);
//   - no event and no detail contains the customer's number.
//
// It reports all faults and returns the number of callbacks. Call it after the last
// write of a test.
func VerifyAudit(t TB, store callback.Store) int {
	t.Helper()
	ctx := context.Background()
	n := 0
	for _, tenant := range tenantsOf(t, ctx, store) {
		for cb, err := range callbacksOf(ctx, store, callback.Query{Tenant: tenant}) {
			if err != nil {
				t.Fatalf("searching tenant %q: %v", tenant, err)
				return n
			}
			n++
			events, _, err := drain(ctx, store, callback.EventQuery{Tenant: tenant, Callback: cb.ID})
			if err != nil {
				t.Fatalf("reading the history of callback %s: %v", cb.ID, err)
				return n
			}
			for _, fault := range Audit(cb, events) {
				t.Errorf("callback %s: %s", cb.ID, fault)
			}
		}
	}
	return n
}

func tenantsOf(t TB, ctx context.Context, store callback.Store) []string {
	t.Helper()
	groups, err := store.Count(ctx, callback.Query{AllTenants: true})
	if err != nil {
		t.Fatalf("counting callbacks: %v", err)
		return nil
	}
	var tenants []string
	for _, g := range groups {
		tenants = append(tenants, g.Queue.Tenant)
	}
	slices.Sort(tenants)
	return slices.Compact(tenants)
}

// Audit returns the faults of a callback and its history, by the rules of
// [VerifyAudit].
func Audit(cb *callback.Callback, events []callback.Event) []string {
	a := audit{cb: cb}
	a.chain(events)
	a.attempts(events)
	if len(a.faults) == 0 { // else the same faults again
		a.ends(events)
	}
	a.privacy(events)
	a.masked(events)
	return a.faults
}

type audit struct {
	cb     *callback.Callback
	faults []string
}

func (a *audit) fault(format string, args ...any) {
	a.faults = append(a.faults, fmt.Sprintf(format, args...))
}

// chain follows the states through the events.
func (a *audit) chain(events []callback.Event) {
	var state callback.State
	var completed callback.Reason
	for i, e := range events {
		if want := int64(i + 1); e.Seq != want {
			a.fault("event %s has seq %d, want %d", e.Type, e.Seq, want)
		}
		if e.Tenant != a.cb.Tenant || e.Callback != a.cb.ID {
			a.fault("event %s, seq %d, is of another callback", e.Type, e.Seq)
		}
		if e.From != state {
			a.fault("event %s, seq %d, comes from %s after %s", e.Type, e.Seq, stateName(e.From), stateName(state))
		}
		if !callback.CanMove(e.From, e.To) {
			a.fault("event %s, seq %d, moves from %s to %s", e.Type, e.Seq, stateName(e.From), stateName(e.To))
		}
		late := e.Type == callback.EventMasked || e.Type == callback.EventAttemptEnded || e.Type == callback.EventOwed
		if e.From == callback.Completed && !late {
			a.fault("event %s, seq %d, changes a completed callback", e.Type, e.Seq)
		}
		state = e.To
		if e.To == callback.Completed {
			completed = e.Reason
		}
	}
	if state != a.cb.State {
		a.fault("the history ends in %s, the record is %s", stateName(state), stateName(a.cb.State))
	}
	if n := int64(len(events)); n != a.cb.Revision {
		a.fault("the history has %d events, the record is at revision %d", n, a.cb.Revision)
	}
	if a.cb.State == callback.Completed && completed != a.cb.Reason {
		a.fault("the history ends for %q, the record for %q", completed, a.cb.Reason)
	}
	if a.cb.State != callback.Completed && a.cb.Reason != "" {
		a.fault("is %s and has the reason %q", stateName(a.cb.State), a.cb.Reason)
	}
}

// masked checks that masking removed all it has to remove.
func (a *audit) masked(events []callback.Event) {
	if a.cb.MaskedAt.IsZero() {
		return
	}
	if cb := a.cb; !cb.Customer.Target().IsZero() || len(cb.Properties)+len(cb.UserData)+len(cb.SearchValues) > 0 || cb.Detail != "" {
		a.fault("was masked and still has a number, properties, search values or a text")
	}
	for _, e := range events {
		if e.Detail != "" && e.At.Before(a.cb.MaskedAt) {
			a.fault("was masked and event %s, seq %d, still has a text", e.Type, e.Seq)
		}
	}
}

// attempts compares the attempts with the events that committed them.
func (a *audit) attempts(events []callback.Event) {
	for i, attempt := range a.cb.Attempts {
		n := i + 1
		if attempt.N != n || attempt.Key != callback.NewAttemptKey(a.cb.ID, n) {
			a.fault("attempt %d is numbered %d and has the key %s", n, attempt.N, attempt.Key)
		}
		if attempt.Live() && n < len(a.cb.Attempts) {
			a.fault("attempt %d has no end and attempt %d began", n, n+1)
		}
	}
	committed := 0
	for _, e := range events {
		if e.Type != callback.EventDialing {
			continue
		}
		if committed++; e.Attempt != committed {
			a.fault("event dialing, seq %d, is of attempt %d, want %d", e.Seq, e.Attempt, committed)
		}
	}
	if committed != len(a.cb.Attempts) {
		a.fault("%d attempts were committed, the record has %d", committed, len(a.cb.Attempts))
	}
}

// ends compares the ends of the attempts with the events that tell them.
func (a *audit) ends(events []callback.Event) {
	live := 0
	told := make(map[int]callback.Event)
	for _, e := range events {
		switch {
		case e.Type == callback.EventDialing && live != 0:
			a.fault("event dialing, seq %d, begins attempt %d before attempt %d has ended", e.Seq, e.Attempt, live)
		case e.Type == callback.EventDialing:
			live = e.Attempt
		case e.EndsAttempt() && (live == 0 || e.Attempt != live):
			a.fault("event %s, seq %d, ends attempt %d, attempt %d is live", e.Type, e.Seq, e.Attempt, live)
		case e.EndsAttempt():
			live, told[e.Attempt] = 0, e
		case e.Type == callback.EventAttemptEnded && (e.From != callback.Completed || told[e.Attempt].Certainty != callback.MayHaveRung):
			a.fault("event %s, seq %d, ends no attempt", e.Type, e.Seq)
		case e.Type == callback.EventAttemptEnded:
			told[e.Attempt] = e
		}
	}
	for _, attempt := range a.cb.Attempts {
		e, ended := told[attempt.N]
		switch {
		case ended == attempt.Live():
			a.fault("attempt %d is live: %v, an event ends it: %v", attempt.N, attempt.Live(), ended)
		case ended && (e.Result != attempt.Outcome.Result || e.Certainty != attempt.Outcome.Certainty):
			a.fault("attempt %d ended %v (%v), event %s, seq %d, says %v (%v)", attempt.N, attempt.Outcome.Result, attempt.Outcome.Certainty,
				e.Type, e.Seq, e.Result, e.Certainty)
		}
	}
	if a.cb.State == callback.Completed && live != 0 {
		a.fault("completed while attempt %d is live", live)
	}
}

// shortest is the length of the shortest text that is taken for a number or an
// address.
const shortest = 6

// privacy checks that no event and no detail contains the customer's number.
func (a *audit) privacy(events []callback.Event) {
	var secrets []string
	for _, address := range []string{a.cb.Customer.Number.Key(), a.cb.Customer.Alternative.Key()} {
		address, _, _ = strings.Cut(strings.TrimPrefix(address, "+"), ";")
		if len(address) >= shortest {
			secrets = append(secrets, address)
		}
	}
	shows := func(text string) bool {
		return slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(text, secret) })
	}
	if shows(a.cb.Detail) {
		a.fault("the record's detail shows the number")
	}
	for _, e := range events {
		if shows(e.Detail) || shows(e.Actor) {
			a.fault("event %s, seq %d, shows the number", e.Type, e.Seq)
		}
	}
}

// RequireNoDoubles fails the test if [Dialer.Doubles] lists a pair of calls, of one
// of the kinds if any are given.
func RequireNoDoubles(t TB, d *Dialer, kinds ...DoubleKind) {
	t.Helper()
	for _, double := range d.Doubles() {
		if len(kinds) == 0 || slices.Contains(kinds, double.Kind) {
			t.Errorf("%s: %s under epoch %d from %s, and %s under epoch %d from %s", double.Kind,
				double.First.Key, double.First.Epoch, stamp(double.First.Started),
				double.Second.Key, double.Second.Epoch, stamp(double.Second.Started))
		}
	}
}
