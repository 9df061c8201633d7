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
	"github.com/ringback-go/ringback/store"
)

// A callback is forgotten just before a copy of it is written: Start fails, and
// nothing of the copy is stored.
func TestForgetMeetsACopy(t *testing.T) {
	for name, start := range map[string]manager.Request{
		"for now":                {},
		"for later":              {Desired: monday().Add(time.Hour)},
		"that is over":           {State: callback.Completed},
		"with a key":             {Key: "k"},
		"of whom more is copied": {Number: swiss2},
	} {
		for by, req := range map[string]manager.ForgetRequest{
			"id": {IDs: []callback.ID{"cb000001"}}, "number": {Numbers: []string{swiss}},
		} {
			t.Run(name+", by "+by, func(t *testing.T) {
				r, faulty := officeRig(t, nil)
				r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(10*time.Minute))
				r.start(manager.Request{State: callback.Completed, Properties: callback.Values{"name": "Eve"}})
				faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.Pass, Hook: func(context.Context, callbacktest.Op) { r.forget(req) }})
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

// A copy that was written before its source is forgotten goes with the number, in
// whatever state it is erased, and stays when only the source is named.
func TestForgetAfterACopy(t *testing.T) {
	for name, c := range map[string]struct {
		copied manager.Request
		left   callback.State // when the number is forgotten; zero: nothing
	}{
		"when it is dialled":   {manager.Request{}, callback.Dialing},
		"when it is scheduled": {manager.Request{Desired: monday().Add(time.Hour)}, 0},
		"when it is over":      {manager.Request{State: callback.Completed}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := officeRig(t, nil)
			r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(10*time.Minute))
			r.start(manager.Request{State: callback.Completed})
			c.copied.Service, c.copied.CopyFrom = "desk", "cb000001"
			if _, err := r.m.Start(r.ctx, c.copied); err != nil {
				t.Fatal(err)
			}
			r.tick()
			r.forget(manager.ForgetRequest{IDs: []callback.ID{"cb000001"}})
			r.get("cb000002")
			r.forget(manager.ForgetRequest{Numbers: []string{swiss}})
			if c.left != 0 {
				r.wantState("cb000002", c.left)
			} else if found := leftovers(t, r.store, r.clock.Now(), "", "5556677"); found != nil {
				t.Errorf("left over: %q", found)
			}
		})
	}
}

// A source that changes just before the copy is written is read again.
func TestCopyOfWhatChanges(t *testing.T) {
	faulty := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
	services, err := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		t.Fatal(err)
	}
	dial := func(context.Context, callback.Call) (callback.Outcome, error) { return callback.Outcome{}, nil }
	m, err := manager.New(manager.Config{Store: faulty.Store(), Services: services, Dialer: callback.DialerFunc(dial)})
	if err != nil {
		t.Fatal(err)
	}
	source, err := m.Start(t.Context(), manager.Request{Service: "desk", Number: swiss, State: callback.Completed})
	if err != nil {
		t.Fatal(err)
	}
	writes := 0
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.Pass, Hook: func(ctx context.Context, _ callbacktest.Op) {
		writes++
		next := source.Clone()
		next.Revision++
		next.UserData = callback.Values{"name": "Ann"}
		change := callback.Change{Record: next, Event: callback.Event{Type: callback.EventUpdated}}
		if errs, err := faulty.Store().Apply(ctx, time.Now(), []callback.Change{change}); err != nil || errs != nil {
			t.Error(errs, err)
		}
	}})
	cb, err := m.Start(t.Context(), manager.Request{Service: "desk", CopyFrom: source.ID})
	if err != nil || cb.UserData["name"] != "Ann" || writes != 1 {
		t.Errorf("%v, %v, %d writes met a change", cb, err, writes)
	}
	// A conflict that is not the source's is not repeated.
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Err: callback.ErrConflict, Times: 1})
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.Pass, Times: 2, Hook: func(context.Context, callbacktest.Op) { writes++ }})
	if cb, err = m.Start(t.Context(), manager.Request{Service: "desk", CopyFrom: source.ID}); !errors.Is(err, callback.ErrConflict) || cb != nil {
		t.Errorf("%v, %v", cb, err)
	}
	if writes > 2 {
		t.Errorf("%d more writes", writes-1)
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
	r.wantState("cb000003", callback.Scheduled) // requested again
}

// A callback whose number changes just before it is erased belongs to another person:
// it stays, without the former number.
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

// The response of an erasure is lost, and the callback cannot be read: the item
// reports an unknown outcome. The counters are removed all the same.
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
