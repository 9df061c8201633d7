package manager_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A seat that is forgotten is free again, those of others are not.
func TestForgetGivesBackItsOwnSeat(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Booking.PerBucket = 2 })
	later := monday().Add(time.Hour)
	r.start(manager.Request{Desired: later})
	r.start(manager.Request{Number: swiss2, Desired: later})
	_, err := r.try(manager.Request{Number: swiss3, Desired: later})
	wantCode(t, err, callback.ErrFull, 40051)
	r.forget(manager.ForgetRequest{Numbers: []string{swiss}})
	r.start(manager.Request{Number: swiss3, Desired: later})
	_, err = r.try(manager.Request{Desired: later})
	wantCode(t, err, callback.ErrFull, 40051)
	// A callback that is over holds none to give back.
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "cb000002"}); err != nil {
		t.Fatal(err)
	}
	r.start(manager.Request{Number: "+41785556680", Desired: later})
	r.forget(manager.ForgetRequest{Numbers: []string{swiss2}})
	_, err = r.try(manager.Request{Desired: later})
	wantCode(t, err, callback.ErrFull, 40051)
}

// As long as a callback of the number is left, what protects its owner holds:
// how many may wait, how often it is dialed, and above all one call at a time.
func TestForgetLeavesWhatProtectsTheRest(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Limits = callback.Limits{PerParameter: 3, AttemptsPerDay: 2}
	})
	r.dialer.On(swiss, callbacktest.Answered(10*time.Minute))
	r.start(manager.Request{})
	r.run(11 * time.Minute) // 1 is over, the number was dialed once
	r.start(manager.Request{})
	r.run(time.Minute)
	r.wantState("cb000002", callback.Processing)
	third := r.start(manager.Request{})
	before := counters(t, r.store, r.clock.Now(), "", "desk")
	result := r.forget(manager.ForgetRequest{IDs: []callback.ID{"cb000001"}, Numbers: []string{swiss}})
	if diff := cmp.Diff([]string{"cb000001 ok 1", "cb000002 in flight 1", "cb000003 state 1"}, fates(result)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, counters(t, r.store, r.clock.Now(), "", "desk")); diff != "" {
		t.Errorf("counters (-before +after):\n%s", diff)
	}
	_, err := r.try(manager.Request{})
	wantCode(t, err, callback.ErrNumberLimit, 40001)
	r.run(time.Minute)
	if n := len(r.dialer.Live()); n != 1 {
		t.Errorf("%d calls are up to one number", n)
	}
	r.run(20 * time.Minute)
	if n := len(r.get(third.ID).Attempts); n != 0 {
		t.Errorf("dialled %d times more than the day allows", n)
	}
	callbacktest.RequireNoDoubles(t, r.dialer)
}

// A value that others have as well is counted on, in whatever way they have it.
func TestForgetLeavesSharedValues(t *testing.T) {
	for name, c := range map[string]struct {
		tenant string
		other  manager.Request
		free   bool
	}{
		"a lookup value":             {"", manager.Request{Number: swiss2, Properties: callback.Values{"_account": "A-1"}}, false},
		"a counted property":         {"", manager.Request{Number: swiss2, Properties: callback.Values{"shoe": "A-1"}}, false},
		"a header":                   {"", manager.Request{Number: swiss2, Parameters: map[string]string{"X-Device": "A-1"}}, false},
		"nothing in common":          {"", manager.Request{Number: swiss2, Properties: callback.Values{"_account": "A-2", "color": "A-1"}}, true},
		"in another service":         {"", manager.Request{Service: "sales", Number: swiss2, Properties: callback.Values{"_club": "A-1"}}, false},
		"with another tenant":        {"acme", manager.Request{Number: swiss2, Properties: callback.Values{"_account": "A-1"}}, true},
		"the number, as alternative": {"", manager.Request{Number: swiss2, Alternative: swiss}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := officeRig(t, func(s *callback.Service, _ *manager.Config) {
				s.SearchKeys = []string{"_customer_number", "_account"}
				s.Limits.Parameters = []string{"_customer_number", "_account", "shoe", "X-Device"}
			})
			sales := callback.Service{Name: "sales", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}, SearchKeys: []string{"_customer_number", "_club"}, Limits: callback.Limits{SameNumber: callback.NoLimit}}
			if err := r.services.Set("", sales); err != nil {
				t.Fatal(err)
			}
			r.start(manager.Request{Properties: callback.Values{"_account": "A-1"}})
			if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "cb000001"}); err != nil {
				t.Fatal(err)
			}
			if _, err := r.m.Tenant(c.tenant).Start(r.ctx, with(c.other)); err != nil {
				t.Fatal(err)
			}
			r.forget(manager.ForgetRequest{IDs: []callback.ID{"cb000001"}})
			all := counters(t, r.store, monday(), "", "desk")
			if counted := slices.Contains(all, "parameter/desk/_account/A-1=1") || slices.Contains(all, "parameter/desk/_account/A-1=2"); counted == c.free {
				t.Errorf("counters of the value: %v", all)
			}
			number := slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(s, "parameter/desk/_customer_number/"+swiss+"=") })
			if number != (name == "the number, as alternative") {
				t.Errorf("counters of the number: %v", all)
			}
			// When the other has gone, too, nothing is left of either.
			if err := r.services.Set("acme", sales); err != nil {
				t.Fatal(err)
			}
			if _, err := r.m.Tenant(c.tenant).Cancel(r.ctx, manager.CancelRequest{ID: "cb000002"}); err != nil {
				t.Fatal(err)
			}
			r.of(c.tenant).forget(manager.ForgetRequest{IDs: []callback.ID{"cb000002"}})
			if found := leftovers(t, r.store, monday(), c.tenant, "A-1", "5556677", "5556678"); found != nil {
				t.Errorf("left over: %q", found)
			}
		})
	}
}

// with is a request to the service "desk" where it names none.
func with(req manager.Request) manager.Request {
	if req.Service == "" {
		req.Service = "desk"
	}
	return req
}

// Counters of a number whose callbacks are gone go with the number alone.
func TestForgetCountersWithoutCallbacks(t *testing.T) {
	r, faulty := officeRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.PerParameter = 1 })
	r.start(manager.Request{})
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "cb000001"}); err != nil {
		t.Fatal(err)
	}
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodErase, Kind: callbacktest.FailBefore, Skip: 1, Times: 3})
	result, err := r.m.Forget(r.ctx, manager.ForgetRequest{IDs: []callback.ID{"cb000001"}, Actor: "ann"})
	if diff := cmp.Diff([]string{"cb000001 ok 1"}, fates(result)); diff != "" || !errors.Is(err, callbacktest.ErrInjected) {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	_, err = r.try(manager.Request{})
	wantCode(t, err, callback.ErrParameterLimit, 40004)
	if diff := cmp.Diff([]string{" ok 0"}, fates(r.forget(manager.ForgetRequest{Numbers: []string{swiss}}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r.start(manager.Request{})
}

// An erasure whose answer was lost takes the counters with it as any other.
func TestForgetCountersAfterALostAnswer(t *testing.T) {
	r, faulty := officeRig(t, nil)
	r.start(manager.Request{State: callback.Queued})
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "cb000001"}); err != nil {
		t.Fatal(err)
	}
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodErase, Kind: callbacktest.FailAfter})
	if diff := cmp.Diff([]string{"cb000001 ok 1"}, fates(r.forget(manager.ForgetRequest{IDs: []callback.ID{"cb000001"}}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if found := leftovers(t, r.store, monday(), "", "5556677"); found != nil {
		t.Errorf("left over: %q", found)
	}
}

// Whatever the store does, each item tells the truth.
func TestForgetWithAStoreThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		faults []callbacktest.Fault
		want   []string // of four, in batches of two
		fails  bool
	}{
		"the first read":   {[]callbacktest.Fault{{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore}}, []string{"store", "store", "ok", "ok"}, false},
		"the first erase":  {[]callbacktest.Fault{{Method: callbacktest.MethodErase, Kind: callbacktest.FailBefore}}, []string{"store", "store", "ok", "ok"}, false},
		"the second erase": {[]callbacktest.Fault{{Method: callbacktest.MethodErase, Kind: callbacktest.FailBefore, Skip: 1}}, []string{"ok", "ok", "store", "store"}, false},
		"a lost answer":    {[]callbacktest.Fault{{Method: callbacktest.MethodErase, Kind: callbacktest.FailAfter}}, []string{"ok", "ok", "ok", "ok"}, false},
		"a lost request":   {[]callbacktest.Fault{{Method: callbacktest.MethodErase, Kind: callbacktest.FailBefore, Err: callback.ErrOutcomeUnknown}}, []string{"ok", "ok", "ok", "ok"}, false},
		"the outcome is unknown": {[]callbacktest.Fault{{Method: callbacktest.MethodErase, Kind: callbacktest.FailBefore, Err: callback.ErrOutcomeUnknown, Times: 8}},
			[]string{"unknown", "unknown", "ok", "ok"}, false},
		"one removal of counters": {[]callbacktest.Fault{{Method: callbacktest.MethodErase, Kind: callbacktest.FailBefore, Skip: 2}}, []string{"ok", "ok", "ok", "ok"}, false},
		"all of them":             {[]callbacktest.Fault{{Method: callbacktest.MethodErase, Kind: callbacktest.FailBefore, Skip: 2, Times: -1}}, []string{"ok", "ok", "ok", "ok"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r, faulty := officeRig(t, func(_ *callback.Service, c *manager.Config) { c.Batch = 2 })
			var ids []callback.ID
			for range 4 {
				ids = append(ids, r.start(manager.Request{Desired: monday().Add(time.Hour)}).ID)
			}
			faulty.Inject(c.faults...)
			result, err := r.m.Forget(r.ctx, manager.ForgetRequest{IDs: ids, Actor: "ann"})
			faulty.Heal()
			if (err != nil) != c.fails {
				t.Errorf("%v", err)
			}
			var got []string
			for i, item := range result.Items {
				got = append(got, fate(item.Err))
				if _, err := r.m.Get(r.ctx, ids[i]); (item.Err == nil) != errors.Is(err, callback.ErrNotFound) {
					t.Errorf("%s: %v, but reading says %v", ids[i], item.Err, err)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			r.forget(manager.ForgetRequest{Numbers: []string{swiss}})
			if found := leftovers(t, r.store, monday(), "", "5556677"); found != nil {
				t.Errorf("left over: %q", found)
			}
		})
	}
}

// A caller who goes away leaves nothing half done of what was erased.
func TestForgetWhenTheCallerGoesAway(t *testing.T) {
	r, faulty := officeRig(t, nil)
	r.start(manager.Request{})
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "cb000001"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.ctx)
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodErase, Kind: callbacktest.Pass, Skip: 1, Hook: func(context.Context, callbacktest.Op) { cancel() }})
	result, err := r.m.Forget(ctx, manager.ForgetRequest{IDs: []callback.ID{"cb000001"}, Actor: "ann"})
	if diff := cmp.Diff([]string{"cb000001 ok 1"}, fates(result)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if found := leftovers(t, r.store, monday(), "", "5556677"); found != nil || ctx.Err() == nil {
		t.Errorf("left over: %q", found)
	}
	result, err = r.m.Forget(ctx, manager.ForgetRequest{IDs: []callback.ID{"cb000001"}, Numbers: []string{swiss}, Actor: "ann"})
	if err != nil || !errors.Is(result.Items[0].Err, context.Canceled) || !errors.Is(result.Items[1].Err, context.Canceled) {
		t.Errorf("%v, %v", result, err)
	}
}

// A callback of the number is started and dialed just before the counters of the
// number are to be removed: what it holds stays counted.
func TestForgetMeetsANewCallback(t *testing.T) {
	r, faulty := officeRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.SameNumber = 1 })
	r.dialer.On(swiss, callbacktest.Answered(10*time.Minute))
	r.start(manager.Request{State: callback.Completed})
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodErase, Kind: callbacktest.Pass, Skip: 1, Hook: func(context.Context, callbacktest.Op) {
		r.start(manager.Request{})
		r.tick()
		r.wantState("cb000002", callback.Dialing)
	}})
	r.forget(manager.ForgetRequest{IDs: []callback.ID{"cb000001"}})
	if diff := cmp.Diff(1, len(r.dialer.Live())); diff != "" {
		t.Fatal(diff)
	}
	_, err := r.try(manager.Request{})
	wantCode(t, err, callback.ErrNumberLimit, 40001)
	// In another service the number may wait, but not be called at the same time.
	r.start(manager.Request{Service: "sales"})
	r.run(2 * time.Minute)
	if n := len(r.dialer.Live()); n != 1 {
		t.Errorf("%d calls are up to one number", n)
	}
	callbacktest.VerifyPermits(t, r.store, r.clock.Now(), "")
	r.run(time.Hour)
	r.wantReason("cb000002", callback.ReasonAgentConnected)
	callbacktest.RequireNoDoubles(t, r.dialer)
}

// A number is forgotten again and again while callbacks of it are started,
// cancelled and forgotten: no unit that is held is lost, and none stays.
func TestForgetRacesWithStarts(t *testing.T) {
	r, _ := officeRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Limits = callback.Limits{SameNumber: 2, PerParameter: 1000, Parameters: []string{"_customer_number"}}
	})
	const starters, each = 4, 25
	var ended atomic.Int64
	var started, forgetters sync.WaitGroup
	for range 2 {
		forgetters.Go(func() {
			for ended.Load() < starters {
				if _, err := r.m.Forget(r.ctx, manager.ForgetRequest{Numbers: []string{swiss}, Actor: "ann"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range starters {
		started.Go(func() {
			defer ended.Add(1)
			for i := range each {
				cb, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Number: swiss})
				if errors.Is(err, callback.ErrNumberLimit) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if i%3 > 0 {
					if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID}); err != nil && !errors.Is(err, callback.ErrNotFound) {
						t.Error(err)
					}
				}
			}
		})
	}
	started.Wait()
	forgetters.Wait()
	callbacktest.VerifyPermits(t, r.store, r.clock.Now(), "")
	for cb, err := range r.m.Search(r.ctx, callback.Query{NotStates: []callback.State{callback.Completed}}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID}); err != nil {
			t.Error(err)
		}
	}
	r.forget(manager.ForgetRequest{Numbers: []string{swiss}})
	if found := leftovers(t, r.store, r.clock.Now(), "", "5556677"); found != nil {
		t.Errorf("left over: %q", found)
	}
}
