package manager_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/store"
)

// edges notes when a breaker opened and closed.
type edges struct {
	callback.NopObserver
	mu   sync.Mutex
	seen []callback.DialerChange
}

func (e *edges) DialerChanged(_ context.Context, c callback.DialerChange) {
	if c.Service != "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = append(e.seen, c)
}

func (e *edges) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []string
	for _, c := range e.seen {
		list = append(list, map[bool]string{true: "open", false: "closed"}[c.Closed])
	}
	return strings.Join(list, " ")
}

// outage is a rig whose platform refuses every call until it is over. refuse is
// what the dialer does then.
func outage(t *testing.T, length time.Duration, refuse callbacktest.Step, change func(s *callback.Service, c *manager.Config)) (*rig, *edges) {
	t.Helper()
	e := &edges{}
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Observer = e
		s.Limits.SameNumber = callback.NoLimit
		if change != nil {
			change(s, c)
		}
	})
	r.dialer.OnCall(func(callback.Call) (callbacktest.Step, bool) {
		if r.clock.Now().Before(monday().Add(length)) {
			return refuse, true
		}
		return callbacktest.Answered(10 * time.Second), true
	})
	return r, e
}

func numbered(i int) string { return fmt.Sprintf("+4178555%04d", 1000+i) }

func (r *rig) startMany(n int) (ids []callback.ID) {
	r.t.Helper()
	for i := range n {
		ids = append(ids, r.start(manager.Request{Number: numbered(i)}).ID)
	}
	return ids
}

// An outage of the platform costs no callback, and the customers are called soon
// after its end.
func TestOutageLosesNobody(t *testing.T) {
	for _, length := range []time.Duration{40 * time.Second, time.Minute, 10 * time.Minute, time.Hour} {
		for _, most := range []callback.Limit{3, callback.NoLimit} {
			for name, step := range map[string]callbacktest.Step{
				"refused":           callbacktest.Refused(),
				"refused at length": callbacktest.Lost(fmt.Errorf("no route: %w", callback.ErrNotPlaced)),
			} {
				t.Run(fmt.Sprintf("%v, %v, %s", length, most, name), func(t *testing.T) {
					r, e := outage(t, length, step, func(s *callback.Service, _ *manager.Config) { s.Queueing.MaxSubmits = most })
					ids := r.startMany(20)
					r.run(length)
					if got := e.String(); got != "open" {
						t.Fatalf("breaker: %q, want open", got)
					}
					if dials := len(r.dialer.Dials()); dials > 20+int(length/(30*time.Second))+8 {
						t.Errorf("%d dials in %v", dials, length)
					}
					for _, id := range ids {
						if cb := r.wantState(id, callback.Queued); cb.Submits != 0 {
							t.Errorf("%s has used %d submit attempts", id, cb.Submits)
						}
					}
					r.run(2*time.Minute + 10*time.Second)
					for _, id := range ids {
						r.wantReason(id, callback.ReasonAgentConnected)
					}
					if got := e.String(); got != "open closed" {
						t.Errorf("breaker: %q, want open closed", got)
					}
				})
			}
		}
	}
}

// Each probe is another callback than the last one where there is one, also of
// another service, and the probes come at growing intervals of up to a minute.
func TestProbes(t *testing.T) {
	for _, n := range []int{3, 7} {
		r, _ := outage(t, time.Hour, callbacktest.Refused(), nil)
		second := managertest.Desk()
		second.Name = "zzz"
		if err := r.services.Set("", second); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			r.start(manager.Request{Number: numbered(i), Service: []string{"desk", "zzz"}[i%2]})
		}
		r.run(30 * time.Minute)
		dials := r.dialer.Dials()
		var from []int
		for i := 8; i < len(dials); i++ {
			gap := dials[i].Dialed.Sub(dials[i-1].Dialed)
			if dials[i].ID == dials[i-1].ID {
				t.Errorf("%d callbacks: dial %d is %s again", n, i, dials[i].ID)
			}
			if gap > time.Minute+time.Second {
				t.Errorf("%d callbacks: %v between two probes", n, gap)
			}
			from = append(from, int(gap/time.Second))
		}
		if len(dials) < 30 || len(dials) > 80 {
			t.Errorf("%d callbacks: %d dials in 30 minutes, gaps %v", n, len(dials), from)
		}
	}
}

// Callbacks that the platform refuses for what they are do not keep the breaker open
// after an outage, however many there are at the front of the queue.
func TestProbesPassRefusedHeads(t *testing.T) {
	for _, poisoned := range []int{1, 2, 3, 6, 30} {
		for _, second := range []bool{false, true} {
			r, e := outage(t, 0, callbacktest.Refused(), nil)
			service := managertest.Desk()
			service.Name = "zzz"
			if err := r.services.Set("", service); err != nil {
				t.Fatal(err)
			}
			poison := make(map[callback.ID]bool)
			r.dialer.OnCall(func(c callback.Call) (callbacktest.Step, bool) {
				if poison[c.ID] || r.clock.Now().Before(monday().Add(2*time.Minute)) {
					return callbacktest.Refused(), true
				}
				return callbacktest.Answered(10 * time.Second), true
			})
			for _, id := range r.startMany(poisoned) {
				poison[id] = true
			}
			var ids []callback.ID
			for i := range 10 {
				name := "desk"
				if second {
					name = "zzz"
				}
				ids = append(ids, r.start(manager.Request{Service: name, Number: numbered(100 + i)}).ID)
			}
			r.run(time.Duration(poisoned+10) * time.Minute)
			for _, id := range ids {
				if cb := r.get(id); cb.Reason != callback.ReasonAgentConnected {
					t.Errorf("%d refused heads, other service %v: %s is %v, breaker %q", poisoned, second, id, cb.State, e)
				}
			}
		}
	}
}

// The breaker asks for at least three callbacks: one that is refused for what it
// is, or two, do not open it, and the failures of others before a success do not
// count.
func TestPoisonDoesNotOpenTheBreaker(t *testing.T) {
	for poisoned := range 3 {
		e := &edges{}
		r := newRig(t, func(s *callback.Service, c *manager.Config) { c.Observer = e; s.Queueing.MaxSubmits = 12 })
		for i := range poisoned {
			r.dialer.On(numbered(i), callbacktest.Refused())
		}
		ids := r.startMany(poisoned)
		r.run(3 * time.Hour)
		for _, id := range ids {
			r.wantReason(id, callback.ReasonSubmitFailed)
		}
		if got := e.String(); got != "" {
			t.Errorf("%d callbacks opened the breaker: %s", poisoned, got)
		}
	}
	e := &edges{}
	r := newRig(t, func(s *callback.Service, c *manager.Config) { c.Observer = e; s.Queueing.Lines = 1 })
	for i := range 12 {
		if i%4 != 3 {
			r.dialer.On(numbered(i), callbacktest.Refused(), callbacktest.Answered(time.Second))
		}
		r.start(manager.Request{Number: numbered(i)})
		r.tick()
	}
	if got := e.String(); got != "" {
		t.Errorf("the breaker opened though each fourth call was placed: %s", got)
	}
}

// Outside an open breaker Queueing.MaxSubmits ends a callback, by default its time
// in the queue does.
func TestSubmitsOutsideAnOutage(t *testing.T) {
	for most, want := range map[callback.Limit]callback.Reason{3: callback.ReasonSubmitFailed, 0: callback.ReasonTargetNotFound} {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.MaxSubmits = most })
		r.dialer.On(swiss, callbacktest.Refused())
		r.dialer.On("*", callbacktest.Answered(time.Second))
		cb := r.start(manager.Request{})
		r.run(time.Hour)
		other := r.start(manager.Request{Number: swiss2})
		r.run(6 * time.Hour)
		done := r.wantReason(cb.ID, want)
		if n := len(done.Attempts); n > 80 || most == 3 && n != 3 {
			t.Errorf("MaxSubmits %v: %d attempts", most, n)
		}
		r.wantReason(other.ID, callback.ReasonAgentConnected)
	}
}

// A pause that the platform asks for, a panic, a time-out and what this side did
// too late are no failures, unless a look-up finds that the call was not placed.
func TestWhatIsNoFailure(t *testing.T) {
	stale := callback.Outcome{Result: callback.ResultStale, Certainty: callback.NotPlaced}
	for name, step := range map[string]callbacktest.Step{
		"throttled": callbacktest.Throttled(time.Second),
		"panic":     callbacktest.Crashed("boom").LookupFails(errors.New("down")),
		"time-out":  callbacktest.Lost(context.DeadlineExceeded).LookupFails(errors.New("down")),
		"stale":     callbacktest.Result(callback.ResultStale).Outcome(stale),
		"busy":      callbacktest.Busy(),
	} {
		r, e := outage(t, time.Hour, step, nil)
		r.startMany(20)
		r.run(10 * time.Minute)
		if got := e.String(); got != "" {
			t.Errorf("%s: breaker %s", name, got)
		}
	}
}

// Throttled answers and panics of probes neither close the breaker nor stop the
// probes.
func TestProbesThatTellNothing(t *testing.T) {
	for name, step := range map[string]callbacktest.Step{
		"throttled": callbacktest.Throttled(time.Second),
		"panic":     callbacktest.Crashed("boom"),
		"time-out":  callbacktest.Lost(context.DeadlineExceeded),
	} {
		r, e := outage(t, 0, callbacktest.Refused(), nil)
		r.dialer.OnCall(func(callback.Call) (callbacktest.Step, bool) {
			switch now := r.clock.Now(); {
			case now.Before(monday().Add(30 * time.Second)):
				return callbacktest.Refused(), true
			case now.Before(monday().Add(5 * time.Minute)):
				return step, true
			}
			return callbacktest.Answered(time.Second), true
		})
		ids := r.startMany(20)
		r.run(5 * time.Minute)
		if got := e.String(); got != "open" {
			t.Errorf("%s: breaker %s", name, got)
		}
		r.run(3 * time.Minute)
		if got := e.String(); got != "open closed" {
			t.Errorf("%s: breaker %s after the end", name, got)
		}
		for _, id := range ids {
			if cb := r.get(id); cb.State != callback.Unresolved && cb.Reason != callback.ReasonAgentConnected {
				t.Errorf("%s: %s is %v %s", name, id, cb.State, cb.Reason)
			}
		}
	}
}

// A dialer that recovers between outages is used at full speed in between.
func TestRecoveryBetweenOutages(t *testing.T) {
	r, e := outage(t, 0, callbacktest.Refused(), func(s *callback.Service, _ *manager.Config) { s.Queueing.MaxSubmits = 3 })
	r.dialer.OnCall(func(callback.Call) (callbacktest.Step, bool) {
		if r.clock.Now().Sub(monday())/(10*time.Minute)%2 == 0 {
			return callbacktest.Refused(), true
		}
		return callbacktest.Answered(time.Second), true
	})
	var ids []callback.ID
	for i := range 60 {
		ids = append(ids, r.start(manager.Request{Number: numbered(i)}).ID)
		if i%5 == 4 {
			r.run(5 * time.Minute)
		}
	}
	r.run(12 * time.Minute)
	for _, id := range ids {
		r.wantReason(id, callback.ReasonAgentConnected)
	}
	if got := e.String(); !strings.HasPrefix(got, "open closed open closed") {
		t.Errorf("breaker: %s", got)
	}
}

// A platform that accepts calls and reports them as not placed later opens the
// breaker too; only a call that rings or ends closes it.
func TestRefusedAfterAcceptance(t *testing.T) {
	r, e := outage(t, 10*time.Minute, callbacktest.Vanished(), func(s *callback.Service, _ *manager.Config) { s.Queueing.MaxSubmits = 6 })
	ids := r.startMany(20)
	reported := 0
	for range 600 {
		r.run(time.Second)
		dials := r.dialer.Dials()
		for ; reported < len(dials); reported++ {
			refused := callback.Outcome{Result: callback.ResultSystemError, Certainty: callback.NotPlaced}
			if err := r.m.Report(r.ctx, callback.Report{Key: dials[reported].Key, Outcome: &refused}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := e.String(); got != "open" {
		t.Errorf("breaker: %q", got)
	}
	if reported > 60 {
		t.Errorf("%d dials in ten minutes", reported)
	}
	r.run(5 * time.Minute)
	for _, id := range ids {
		r.wantReason(id, callback.ReasonAgentConnected)
	}
	if got := e.String(); got != "open closed" {
		t.Errorf("breaker: %q", got)
	}
}

// An outage does not use up the calls that a number may get in a day.
func TestOutageKeepsDailyAttempts(t *testing.T) {
	r, _ := outage(t, time.Hour, callbacktest.Refused(), func(s *callback.Service, _ *manager.Config) { s.Limits.AttemptsPerDay = 1 })
	ids := r.startMany(4)
	r.run(time.Hour + 3*time.Minute)
	for _, id := range ids {
		r.wantReason(id, callback.ReasonAgentConnected)
	}
	again := r.start(manager.Request{Number: numbered(0)})
	r.run(time.Hour)
	if cb := r.wantState(again.ID, callback.Queued); len(cb.Attempts) != 0 {
		t.Errorf("%d calls above the daily limit", len(cb.Attempts))
	}
}

// An agent does not wait with an accepted preview for a platform that takes no
// calls; the offers go on when it does.
func TestOutageAndPreview(t *testing.T) {
	router := callbacktest.NewRouter(30)
	r, e := outage(t, 5*time.Minute, callbacktest.Refused(), func(s *callback.Service, c *manager.Config) {
		s.Preview.On, c.Router = true, router
	})
	ids := r.startMany(20)
	for range 8 * 60 {
		r.run(time.Second)
		for _, id := range ids {
			if cb := r.get(id); cb.State == callback.Offered && !cb.Offer.Accepted {
				if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: id, Answer: callback.AnswerAccept}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if since := r.clock.Now().Sub(monday()); since == 4*time.Minute {
			if n := len(router.Reserved("")); n > 1 {
				t.Errorf("%d agents are held in the outage", n)
			}
		}
	}
	r.run(time.Minute)
	for _, id := range ids {
		r.wantReason(id, callback.ReasonAgentConnected)
	}
	if got := e.String(); got != "open closed" {
		t.Errorf("breaker: %q", got)
	}
}

// Offers that are answered late lead to a probe too: the breaker closes after the
// outage.
func TestOutageAndSlowAnswers(t *testing.T) {
	for _, thinks := range []time.Duration{20 * time.Second, 70 * time.Second, 4 * time.Minute} {
		for _, confirm := range []bool{false, true} {
			r, e := outage(t, 5*time.Minute, callbacktest.Refused(), func(s *callback.Service, c *manager.Config) {
				c.Router = callbacktest.NewRouter(30)
				s.Preview.On, s.Preview.Timeout = !confirm, 10*time.Minute
				s.Confirm.On, s.Confirm.Timeout = confirm, 10*time.Minute
			})
			ids := r.startMany(6)
			since := make(map[callback.ID]time.Time)
			for range 20 * 12 {
				r.run(5 * time.Second)
				for _, id := range ids {
					cb := r.get(id)
					if cb.State != callback.Offered || cb.Offer.Accepted {
						delete(since, id)
						continue
					}
					if since[id].IsZero() {
						since[id] = r.clock.Now()
					}
					if r.clock.Now().Sub(since[id]) < thinks {
						continue
					}
					if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: id, Answer: callback.AnswerAccept}); err != nil {
						t.Fatal(err)
					}
				}
			}
			for _, id := range ids {
				if cb := r.get(id); cb.Reason != callback.ReasonAgentConnected {
					t.Errorf("confirm %v, answered after %v: %s is %v, breaker %q", confirm, thinks, id, cb.State, e)
				}
			}
		}
	}
}

// A service whose customers call in does not wait for the dialer.
func TestOutageAndInbound(t *testing.T) {
	r, _ := outage(t, time.Hour, callbacktest.Refused(), nil)
	in := managertest.Desk()
	in.Name, in.Inbound = "in", callback.Inbound{On: true, AccessNumbers: []string{"+41445556677"}, Codes: true}
	if err := r.services.Set("", in); err != nil {
		t.Fatal(err)
	}
	r.startMany(20)
	r.run(time.Minute)
	for i := range 3 {
		cb := r.start(manager.Request{Service: "in", Number: numbered(100 + i)})
		r.tick()
		r.wantState(cb.ID, callback.Offered)
	}
}

// Tenants share the dialer and its breaker; Managers with dialers of their own do
// not. A callback that one of them cannot dial is dialed by the other.
func TestBreakerIsPerDialer(t *testing.T) {
	clock := callbacktest.NewClock(monday())
	shared := store.NewMemory(store.Config{})
	bad, good := &edges{}, &edges{}
	build := func(node string, e *edges) *rig {
		return wrap(t, managertest.New(t, managertest.Config{
			Store: shared, Clock: clock, Services: []callback.Service{managertest.Desk()},
			Tenants: map[string][]callback.Service{"acme": {managertest.Desk()}},
			Options: func(c *manager.Config) {
				c.Node, c.Observer, c.NewID = node, e, callbacktest.IDs(node)
			},
		}))
	}
	a, b := build("bad", bad), build("good", good)
	a.dialer.On("*", callbacktest.Refused())
	ids := a.startMany(4)
	other := a.of("acme").start(manager.Request{Number: numbered(50)})
	for range 20 {
		a.tick()
		clock.Advance(5 * time.Second)
	}
	if bad.String() != "open" {
		t.Fatalf("breaker of the bad dialer: %q", bad)
	}
	before := len(a.dialer.Dials())
	for range 10 {
		a.of("acme").start(manager.Request{Number: numbered(60)})
		a.tick()
		clock.Advance(100 * time.Millisecond)
		break
	}
	if n := len(a.dialer.Dials()); n > before+1 {
		t.Errorf("%d dials at once of another tenant while the breaker is open", n-before)
	}
	for range 20 {
		b.tick()
		clock.Advance(5 * time.Second)
	}
	for _, id := range ids {
		b.wantReason(id, callback.ReasonAgentConnected)
	}
	b.of("acme").wantReason(other.ID, callback.ReasonAgentConnected)
	if good.String() != "" {
		t.Errorf("breaker of the good dialer: %q", good)
	}
}

// A clock that is set back does not keep the breaker open.
func TestBreakerWithClockSetBack(t *testing.T) {
	r, _ := outage(t, time.Hour, callbacktest.Refused(), nil)
	ids := r.startMany(20)
	r.run(90 * time.Second)
	r.dialer.OnCall(func(callback.Call) (callbacktest.Step, bool) { return callbacktest.Answered(time.Second), true })
	r.clock.Set(monday().Add(-24 * time.Hour))
	before := len(r.dialer.Calls())
	for range 150 {
		r.tick()
		r.clock.Advance(time.Second)
	}
	ready := slices.ContainsFunc(ids, func(id callback.ID) bool { return r.get(id).Ready })
	if n := len(r.dialer.Calls()) - before; n == 0 || ready {
		t.Errorf("%d calls in 150 seconds after the clock was set back, callbacks still wait: %v", n, ready)
	}
}

// What a look-up finds not to be placed in an outage uses no submit attempt.
func TestLookupInAnOutage(t *testing.T) {
	r, e := outage(t, time.Hour, callbacktest.Refused(), nil)
	first := r.start(manager.Request{Number: numbered(900)})
	r.dialer.OnCall(func(call callback.Call) (callbacktest.Step, bool) {
		if call.ID == first.ID && call.Attempt == 1 {
			return callbacktest.Lost(context.DeadlineExceeded), true
		}
		return callbacktest.Refused(), true
	})
	r.tick()
	r.wantState(first.ID, callback.Unresolved)
	r.startMany(10)
	r.run(10 * time.Minute)
	if got := r.wantState(first.ID, callback.Queued); got.Submits != 0 || len(got.Attempts) < 2 || e.String() != "open" {
		t.Errorf("%d submits after %d attempts, breaker %q", got.Submits, len(got.Attempts), e)
	}
}
