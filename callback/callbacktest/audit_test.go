package callbacktest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
)

// Each case forges one thing in a good history.
func TestAudit(t *testing.T) {
	tests := []struct {
		name  string
		forge func(cb *callback.Callback, events *[]callback.Event)
		want  []string
	}{
		{"good", func(*callback.Callback, *[]callback.Event) {}, nil},
		{"missing event", func(cb *callback.Callback, e *[]callback.Event) { *e = slices.Delete(*e, 1, 2) }, []string{
			"event dialing has seq 3, want 2",
			"event dialing, seq 3, comes from QUEUED after SCHEDULED",
			"event completed has seq 4, want 3",
			"the history has 3 events, the record is at revision 4",
		}},
		{"doubled event", func(cb *callback.Callback, e *[]callback.Event) { *e = append(*e, (*e)[3]) }, []string{
			"event completed has seq 4, want 5",
			"event completed, seq 4, comes from DIALING after COMPLETED",
			"the history has 5 events, the record is at revision 4",
		}},
		{"no event at all", func(cb *callback.Callback, e *[]callback.Event) { *e = nil }, []string{
			"the history ends in nothing, the record is COMPLETED",
			"the history has 0 events, the record is at revision 4",
			`the history ends for "", the record for "AGENT_CONNECTED"`,
			"0 attempts were committed, the record has 1",
		}},
		{"illegal move", func(cb *callback.Callback, e *[]callback.Event) {
			(*e)[1].To, (*e)[2].From = callback.Paused, callback.Paused
		}, []string{"event dialing, seq 3, moves from PAUSED to DIALING"}},
		{"another state", func(cb *callback.Callback, e *[]callback.Event) { cb.State = callback.Routing }, []string{
			"the history ends in COMPLETED, the record is ROUTING",
			`is ROUTING and has the reason "AGENT_CONNECTED"`,
		}},
		{"another reason", func(cb *callback.Callback, e *[]callback.Event) { cb.Reason = callback.ReasonCancelled }, []string{
			`the history ends for "AGENT_CONNECTED", the record for "CANCELLED"`,
		}},
		{"revision ahead", func(cb *callback.Callback, e *[]callback.Event) { cb.Revision++ }, []string{
			"the history has 4 events, the record is at revision 5",
		}},
		{"event of another tenant", func(cb *callback.Callback, e *[]callback.Event) { (*e)[0].Tenant = "acme" }, []string{
			"event accepted, seq 1, is of another callback",
		}},
		{"attempt committed twice", func(cb *callback.Callback, e *[]callback.Event) {
			(*e)[1].Type, (*e)[1].Attempt = callback.EventDialing, 1
		}, []string{
			"event dialing, seq 3, is of attempt 1, want 2",
			"2 attempts were committed, the record has 1",
		}},
		{"attempt with a wrong key", func(cb *callback.Callback, e *[]callback.Event) { cb.Attempts[0].Key = "other.1" }, []string{
			"attempt 1 is numbered 1 and has the key other.1",
		}},
		{"next attempt before the end of the first", func(cb *callback.Callback, e *[]callback.Event) {
			cb.Attempts[0].Ended = time.Time{}
			cb.Attempts = append(cb.Attempts, callback.Attempt{N: 2, Key: "cb.2"})
		}, []string{
			"attempt 1 has no end and attempt 2 began",
			"1 attempts were committed, the record has 2",
		}},
		{"end that no event tells", func(cb *callback.Callback, e *[]callback.Event) { (*e)[3].Certainty = 0 }, []string{
			"attempt 1 is live: false, an event ends it: false",
			"completed while attempt 1 is live",
		}},
		{"end of another attempt", func(cb *callback.Callback, e *[]callback.Event) { (*e)[3].Attempt = 2 }, []string{
			"event completed, seq 4, ends attempt 2, attempt 1 is live",
			"attempt 1 is live: false, an event ends it: false",
			"completed while attempt 1 is live",
		}},
		{"attempt that ends twice", func(cb *callback.Callback, e *[]callback.Event) {
			again := (*e)[3]
			again.Seq, again.Type, again.From = 5, callback.EventAttemptEnded, callback.Completed
			*e, cb.Revision = append(*e, again), 5
		}, []string{"event attempt_ended, seq 5, ends no attempt"}},
		{"end before the beginning", func(cb *callback.Callback, e *[]callback.Event) {
			(*e)[1].Type, (*e)[1].Attempt = callback.EventAttemptEnded, 1
		}, []string{"event attempt_ended, seq 2, ends attempt 1, attempt 0 is live"}},
		{"another outcome", func(cb *callback.Callback, e *[]callback.Event) { (*e)[3].Result = callback.ResultBusy }, []string{
			"attempt 1 ended BRIDGED (known), event completed, seq 4, says BUSY (known)",
		}},
		{"late result", func(cb *callback.Callback, e *[]callback.Event) {
			late := (*e)[3]
			late.Seq, late.Type, late.From = 5, callback.EventAttemptEnded, callback.Completed
			(*e)[3].Result, (*e)[3].Certainty = callback.ResultCancelRecord, callback.MayHaveRung
			*e, cb.Revision = append(*e, late), 5
		}, nil},
		{"number in the detail", func(cb *callback.Callback, e *[]callback.Event) { cb.Detail = "called 41785556677 in vain" }, []string{
			"the record's detail shows the number",
		}},
		{"number in an event", func(cb *callback.Callback, e *[]callback.Event) {
			(*e)[0].Detail, (*e)[2].Actor = "for "+swiss, "41785556677"
		}, []string{"event accepted, seq 1, shows the number", "event dialing, seq 3, shows the number"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := newNotebook()
			cb := life(t, n, "", "cb").Clone()
			events := slices.Clone(n.events)
			test.forge(cb, &events)
			if diff := cmp.Diff(test.want, callbacktest.Audit(cb, events)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVerifyAudit(t *testing.T) {
	n := newNotebook()
	for _, id := range []callback.ID{"a", "b", "c", "d", "e"} {
		life(t, n, "", id)
		life(t, n, "acme", id)
	}
	if got := callbacktest.VerifyAudit(t, n); got != 10 {
		t.Errorf("looked at %d callbacks, want 10", got)
	}
	n.records[callback.By{Tenant: "acme", ID: "e"}].Revision++
	n.records[callback.By{ID: "a"}].State = callback.Unresolved
	tb := new(tester)
	callbacktest.VerifyAudit(tb, n)
	want := []string{
		"callback a: the history ends in COMPLETED, the record is UNRESOLVED",
		`callback a: is UNRESOLVED and has the reason "AGENT_CONNECTED"`,
		"callback e: the history has 4 events, the record is at revision 5",
	}
	if diff := cmp.Diff(want, tb.all()); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

// A store that cannot be read fails the check; it must not pass for empty.
func TestChecksOfAStoreThatFails(t *testing.T) {
	checks := map[string]func(tb callbacktest.TB, s callback.Store){
		"audit":       func(tb callbacktest.TB, s callback.Store) { callbacktest.VerifyAudit(tb, s) },
		"permits":     func(tb callbacktest.TB, s callback.Store) { callbacktest.VerifyPermits(tb, s, noon, "") },
		"overbooking": func(tb callbacktest.TB, s callback.Store) { noOverbooking(tb, s, 1) },
	}
	methods := map[string][]callbacktest.Method{
		"audit":       {callbacktest.MethodCount, callbacktest.MethodSearch, callbacktest.MethodEvents},
		"permits":     {callbacktest.MethodSearch, callbacktest.MethodLoad},
		"overbooking": {callbacktest.MethodSearch, callbacktest.MethodLoad},
	}
	for name, check := range checks {
		for _, method := range methods[name] {
			n := newNotebook()
			life(t, n, "", "cb")
			f := callbacktest.NewFaultyStore(n)
			f.Inject(callbacktest.Fault{Method: method, Kind: callbacktest.FailBefore})
			tb := new(tester)
			check(tb, f.Store())
			if len(tb.fatals) != 1 || !strings.Contains(tb.fatals[0], callbacktest.ErrInjected.Error()) {
				t.Errorf("%s with a failing %s says %q", name, method, tb.all())
			}
		}
	}
	n := newNotebook()
	for _, id := range []callback.ID{"a", "b", "c"} {
		life(t, n, "", id)
	}
	tb := new(tester)
	callbacktest.VerifyAudit(tb, endless{n})
	if len(tb.fatals) != 1 || !strings.Contains(tb.fatals[0], "same cursor twice") {
		t.Errorf("a history without an end says %q", tb.all())
	}
	tb = new(tester)
	callbacktest.VerifyPermits(tb, endless{n}, noon, "")
	if len(tb.fatals) != 1 || !strings.Contains(tb.fatals[0], "same cursor twice") {
		t.Errorf("a search without an end says %q", tb.all())
	}
	rec := callbacktest.NewRecorder(endless{n}, "")
	if _, err := rec.Pull(t.Context()); err == nil || !strings.Contains(err.Error(), "same cursor twice") {
		t.Errorf("a feed without an end = %v", err)
	}
}

func bucketKey(slot time.Time) callback.PermitKey {
	return callback.PermitKey{Kind: callback.PermitBucket, Service: "support", Slot: slot.Unix()}
}

// hold writes a callback that holds units of counters, and takes them.
func hold(n *notebook, id callback.ID, keys ...callback.PermitKey) {
	cb := &callback.Callback{ID: id, Service: "support", Revision: 1, State: callback.Scheduled}
	for _, key := range keys {
		cb.Held = append(cb.Held, callback.Held{Key: key, N: 1})
		n.count("", key, 1)
	}
	n.add(cb, callback.EventAccepted)
}

func noOverbooking(tb callbacktest.TB, s callback.Store, seats int) {
	callbacktest.RequireNoOverbooking(tb, s, noon, "", "support", func(slot time.Time) int {
		if slot.Equal(noon.Add(time.Hour)) {
			return 0
		}
		return seats
	})
}

func TestVerifyPermits(t *testing.T) {
	number := callback.PermitKey{Kind: callback.PermitNumber, Service: "support", Subject: swiss}
	spanning := callback.PermitKey{Kind: callback.PermitQueued}
	line := callback.PermitKey{Kind: callback.PermitLine, Service: "support", Name: "1"}
	tests := []struct {
		name  string
		forge func(n *notebook)
		want  []string
	}{
		{"good", func(*notebook) {}, nil},
		{"not given back", func(n *notebook) { n.count("", bucketKey(noon), 1) },
			[]string{`bucket of service "support", bucket 2026-03-02T12:00:00Z: 3 out, callbacks hold 2`}},
		{"given back twice", func(n *notebook) { n.count("", number, -1) },
			[]string{`number of service "support": 1 out, callbacks hold 2`}},
		{"all given back", func(n *notebook) { n.count("", line, -1) },
			[]string{`line of service "support", 1: none out, callbacks hold 1`}},
		{"held by no callback", func(n *notebook) { n.count("", bucketKey(noon.Add(time.Hour)), 1) },
			[]string{`bucket of service "support", bucket 2026-03-02T13:00:00Z: 1 out, callbacks hold 0`}},
		{"limit over all services", func(n *notebook) { n.count("", spanning, 1) },
			[]string{`queued of service "": 2 out, callbacks hold 1`}},
		{"used up, not held", func(n *notebook) {
			n.count("", callback.PermitKey{Kind: callback.PermitRate, Service: "support"}, 5)
		}, nil},
		{"another tenant", func(n *notebook) { n.count("acme", bucketKey(noon), 5) }, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := newNotebook()
			hold(n, "a", bucketKey(noon), number)
			hold(n, "b", bucketKey(noon), number, spanning)
			hold(n, "c", bucketKey(noon.Add(time.Hour*2)), line)
			test.forge(n)
			tb := new(tester)
			got := callbacktest.VerifyPermits(tb, n, noon, "")
			if diff := cmp.Diff(test.want, tb.all()); diff != "" {
				t.Errorf("failures (-want +got):\n%s", diff)
			}
			if got < 5 {
				t.Errorf("compared %d counters, want all five", got)
			}
		})
	}
}

func TestRequireNoOverbooking(t *testing.T) {
	n := newNotebook()
	hold(n, "a", bucketKey(noon))
	hold(n, "b", bucketKey(noon))
	noOverbooking(t, n, 2)
	tb := new(tester)
	noOverbooking(tb, n, 1)
	want := []string{`bucket 2026-03-02T12:00:00Z of service "support": 2 of 1 seats are taken`}
	if diff := cmp.Diff(want, tb.all()); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	// A counter that has lost count does not hide what callbacks hold.
	n.count("", bucketKey(noon), -2)
	tb = new(tester)
	noOverbooking(tb, n, 1)
	if diff := cmp.Diff(want, tb.all()); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	// A closed bucket has no seats.
	n.count("", bucketKey(noon.Add(time.Hour)), 1)
	tb = new(tester)
	noOverbooking(tb, n, 2)
	want = []string{`bucket 2026-03-02T13:00:00Z of service "support": 1 of 0 seats are taken`}
	if diff := cmp.Diff(want, tb.all()); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

func TestOrderErrorNamesTheEvent(t *testing.T) {
	err := error(&callbacktest.OrderError{Event: callback.Event{Callback: "cb", Seq: 3, Type: callback.EventReady}, Rule: "comes after seq 1"})
	if want := "event ready, seq 3, of callback cb: comes after seq 1"; err.Error() != want {
		t.Errorf("error is %q, want %q", err, want)
	}
	if !errors.As(err, new(*callbacktest.OrderError)) {
		t.Error("the error has lost its type")
	}
}
