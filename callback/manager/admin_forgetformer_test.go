package manager_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

func (r *rig) renumber(id callback.ID, number string) {
	r.t.Helper()
	if _, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: id, Set: callback.Values{"_customer_number": number}}); err != nil {
		r.t.Fatal(err)
	}
}

// A note must not hold a number that is forgotten, nor one that the callback had
// before.
func TestForgetKeepsFormerNumbersOutOfTheEvent(t *testing.T) {
	r, _ := officeRig(t, nil)
	cb := r.start(manager.Request{Desired: monday().Add(time.Hour)})
	r.renumber(cb.ID, swiss2)
	detail := "asked for by 078 555 66 77"
	_, err := r.m.Forget(r.ctx, manager.ForgetRequest{Numbers: []string{swiss}, Actor: "ann", Detail: detail})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	result := r.forget(manager.ForgetRequest{IDs: []callback.ID{cb.ID}, Detail: detail})
	wantCode(t, result.Items[0].Err, callback.ErrInvalidParameter, 40010)
	r.wantState(cb.ID, callback.Scheduled)
}

// Counters under a number that a callback had once go with the mention of it, in
// the spelling in which they were counted.
func TestForgetCountersOfAFormerSpelling(t *testing.T) {
	r, _ := officeRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.Parameters = []string{"_customer_number"} })
	cb := r.start(manager.Request{Parameters: map[string]string{"_customer_number": "078 555 66 77"}, Number: "078 555 66 77"})
	r.renumber(cb.ID, swiss2)
	r.forget(manager.ForgetRequest{Numbers: []string{swiss}})
	if found := leftovers(t, r.store, r.clock.Now(), "", "5556677", "55 66 77"); found != nil {
		t.Errorf("left over: %q", found)
	}
	r.wantState(cb.ID, callback.Queued)
}

// Attempts counted for a number go with the callback, also where it has another
// number by then and nothing looks numbers up.
func TestForgetAttemptsOfAFormerNumber(t *testing.T) {
	for name, req := range map[string]manager.ForgetRequest{
		"by ID": {IDs: []callback.ID{"cb000001"}}, "by the former number": {Numbers: []string{swiss}}, "by the present number": {Numbers: []string{swiss2}},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := officeRig(t, func(s *callback.Service, _ *manager.Config) {
				s.Limits.AttemptsPerDay = 5
				s.SearchKeys, s.RequiredKeys = []string{"_account"}, []string{"_account"}
			})
			r.dialer.On(swiss, callbacktest.Busy())
			cb := r.start(manager.Request{Desired: monday().Add(time.Hour), Properties: callback.Values{"_account": "A1"}})
			r.run(61 * time.Minute)
			r.renumber(cb.ID, swiss2)
			if leftovers(t, r.store, r.clock.Now(), "", "5556677") == nil {
				t.Fatal("nothing was counted")
			}
			if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID}); err != nil {
				t.Fatal(err)
			}
			r.forget(req)
			if found := leftovers(t, r.store, r.clock.Now(), "", "5556677", "5556678"); found != nil {
				t.Errorf("left over: %q", found)
			}
		})
	}
}

// Two callbacks of the number are started just before its counters are to be
// removed, and one ends: the other stays counted, so that the limit holds.
func TestForgetMeetsCallbacksOfTheLimit(t *testing.T) {
	for _, ends := range []callback.ID{"cb000002", "cb000003"} {
		t.Run(fmt.Sprint(ends), func(t *testing.T) {
			r, faulty := officeRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.SameNumber = 2 })
			r.start(manager.Request{State: callback.Completed})
			later := monday().Add(time.Hour)
			faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodErase, Kind: callbacktest.Pass, Skip: 1, Hook: func(ctx context.Context, op callbacktest.Op) {
				r.start(manager.Request{Desired: later})
				r.start(manager.Request{Desired: later})
				r.cancelling(ends)(ctx, op)
			}})
			r.forget(manager.ForgetRequest{IDs: []callback.ID{"cb000001"}})
			callbacktest.VerifyPermits(t, r.store, r.clock.Now(), "")
			r.start(manager.Request{Desired: later})
			_, err := r.try(manager.Request{Desired: later})
			wantCode(t, err, callback.ErrNumberLimit, 40001)
		})
	}
}
