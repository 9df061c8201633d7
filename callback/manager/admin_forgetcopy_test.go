package manager_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A callback is forgotten while somebody copies it: the copy goes, too, at
// whatever moment the two meet and however far it has got by then.
func TestForgetMeetsACopy(t *testing.T) {
	later := monday().Add(time.Hour)
	for name, c := range map[string]struct {
		fault callbacktest.Fault
		req   manager.Request
		tick  bool
	}{
		"before it is written":   {callbacktest.Fault{Method: callbacktest.MethodApply}, manager.Request{}, false},
		"after it was written":   {callbacktest.Fault{Method: callbacktest.MethodGet, Skip: 1}, manager.Request{}, false},
		"when it is dialled":     {callbacktest.Fault{Method: callbacktest.MethodGet, Skip: 1}, manager.Request{}, true},
		"when it is scheduled":   {callbacktest.Fault{Method: callbacktest.MethodGet, Skip: 1}, manager.Request{Desired: later}, false},
		"when it is over":        {callbacktest.Fault{Method: callbacktest.MethodGet, Skip: 1}, manager.Request{State: callback.Completed}, false},
		"with a key":             {callbacktest.Fault{Method: callbacktest.MethodApply}, manager.Request{Key: "k"}, false},
		"of whom more is copied": {callbacktest.Fault{Method: callbacktest.MethodApply}, manager.Request{Number: swiss2}, false},
	} {
		for by, req := range map[string]manager.ForgetRequest{
			"id": {IDs: []callback.ID{"cb000001"}}, "number": {Numbers: []string{swiss}},
		} {
			t.Run(name+", by "+by, func(t *testing.T) {
				r, faulty := officeRig(t, nil)
				r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(10*time.Minute))
				r.start(manager.Request{State: callback.Completed, Properties: callback.Values{"name": "Eve"}})
				fault := c.fault
				fault.Kind = callbacktest.Pass
				fault.Hook = func(context.Context, callbacktest.Op) {
					if c.tick {
						r.tick()
						r.wantState("cb000002", callback.Dialing)
					}
					r.forget(req)
				}
				faulty.Inject(fault)
				start := c.req
				start.Service, start.CopyFrom = "desk", "cb000001"
				cb, err := r.m.Start(r.ctx, start)
				if !errors.Is(err, callback.ErrNotFound) || errors.Is(err, callback.ErrOutcomeUnknown) || cb != nil {
					t.Errorf("%v, %v", cb, err)
				}
				if _, err := r.m.Get(r.ctx, "cb000002"); !errors.Is(err, callback.ErrNotFound) {
					t.Errorf("reading the copy: %v", err)
				}
				r.run(time.Minute)
				if found := leftovers(t, r.store, r.clock.Now(), "", "5556677", "Eve"); found != nil {
					t.Errorf("left over: %q", found)
				}
				if n := len(r.dialer.Live()); n != 0 {
					t.Errorf("%d calls are up", n)
				}
			})
		}
	}
}

// A copy that is written between the look for a number's callbacks and their
// erasure is found as well.
func TestForgetFindsCopiesMadeMeanwhile(t *testing.T) {
	r, faulty := officeRig(t, nil)
	r.start(manager.Request{State: callback.Completed})
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodErase, Kind: callbacktest.Pass, Hook: func(context.Context, callbacktest.Op) {
		for _, copied := range []manager.Request{{CopyFrom: "cb000001"}, {}} {
			copied.Desired, copied.Service = monday().Add(time.Hour), "desk"
			if copied.CopyFrom == "" {
				copied.Number = swiss
			}
			if _, err := r.m.Start(r.ctx, copied); err != nil {
				t.Error(err)
			}
		}
	}})
	if diff := cmp.Diff([]string{"cb000001 ok 1", "cb000002 ok 1"}, fates(r.forget(manager.ForgetRequest{Numbers: []string{swiss}}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r.wantState("cb000003", callback.Scheduled) // asked for anew
}

// When nobody can tell whether the source is there, or the copy cannot be taken
// back, the copy is not handed out.
func TestCopyOfWhatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		faults  []callbacktest.Fault
		unknown bool
	}{
		"reading fails": {[]callbacktest.Fault{{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore, Skip: 1}}, false},
		"reading and erasing fail": {[]callbacktest.Fault{
			{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore, Skip: 1},
			{Method: callbacktest.MethodErase, Kind: callbacktest.FailBefore},
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r, faulty := officeRig(t, nil)
			r.start(manager.Request{State: callback.Completed})
			for _, fault := range c.faults {
				faulty.Inject(fault)
			}
			cb, err := r.m.Start(r.ctx, manager.Request{Service: "desk", CopyFrom: "cb000001"})
			if cb != nil || !errors.Is(err, callbacktest.ErrInjected) || errors.Is(err, callback.ErrOutcomeUnknown) != c.unknown {
				t.Errorf("%v, %v", cb, err)
			}
			faulty.Heal()
			cb, err = r.m.Get(r.ctx, "cb000002")
			if gone := errors.Is(err, callback.ErrNotFound); gone == c.unknown || !gone && cb.State != callback.Completed {
				t.Errorf("reading the copy: %v, %v", cb, err)
			}
		})
	}
}

// A callback that gets another number just as it is to be erased is somebody
// else's booking: it stays, and loses the mention.
func TestForgetMeetsANewNumber(t *testing.T) {
	for name, kind := range map[string]callbacktest.FaultKind{"": callbacktest.Pass, "and an answer is lost": callbacktest.FailAfter} {
		t.Run(name, func(t *testing.T) {
			r, faulty := officeRig(t, nil)
			cb := r.start(manager.Request{Desired: monday().Add(time.Hour)})
			faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodErase, Kind: kind, Hook: func(context.Context, callbacktest.Op) {
				if _, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"_customer_number": swiss2}}); err != nil {
					t.Error(err)
				}
			}})
			r.forget(manager.ForgetRequest{Numbers: []string{swiss}})
			if got := r.wantState(cb.ID, callback.Scheduled); got.Customer.Number.Key() != swiss2 {
				t.Error("the booking has another number")
			}
			if found := leftovers(t, r.store, r.clock.Now(), "", "5556677"); found != nil {
				t.Errorf("left over: %q", found)
			}
		})
	}
}

// The erasure happened, its answer was lost, and then reading fails: nobody
// knows, and that is what the item says. Its counters go all the same.
func TestForgetThatCannotBeReadAgain(t *testing.T) {
	r, faulty := officeRig(t, nil)
	r.start(manager.Request{})
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "cb000001"}); err != nil {
		t.Fatal(err)
	}
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodErase, Kind: callbacktest.FailAfter, Hook: func(context.Context, callbacktest.Op) {
		faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore})
	}})
	result := r.forget(manager.ForgetRequest{IDs: []callback.ID{"cb000001"}})
	if err := result.Items[0].Err; !errors.Is(err, callback.ErrOutcomeUnknown) || !errors.Is(err, callbacktest.ErrInjected) {
		t.Errorf("%v", err)
	}
	if found := leftovers(t, r.store, r.clock.Now(), "", "5556677"); found != nil {
		t.Errorf("left over: %q", found)
	}
}
