package manager_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

func TestForgetByNumber(t *testing.T) {
	for name, number := range map[string]string{
		"E.164": swiss, "national": "078 555 66 77", "without a plus": "41785556677", "with 00": "0041 78 555 66 77", "URI": "tel:+41-78-555-66-77",
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := officeRig(t, nil)
			later := monday().Add(time.Hour)
			r.start(manager.Request{Desired: later})                                                                   // 1
			r.start(manager.Request{Service: "sales", Number: "+44 20 7946 0123", Alternative: swiss, Desired: later}) // 2
			r.start(manager.Request{State: callback.Completed})                                                        // 3
			r.start(manager.Request{Number: swiss2, Desired: later})                                                   // 4: another person
			r.start(manager.Request{State: callback.Paused})                                                           // 5
			r.of("acme").start(manager.Request{Desired: later})                                                        // 6: another tenant's
			before := counters(t, r.store, monday(), "acme", "desk")
			result := r.forget(manager.ForgetRequest{Numbers: []string{"+41 44 668 18 00", number, number, "+41 (78) 555 66 77"}})
			want := []string{" ok 0", "cb000001 ok 1", "cb000002 ok 1", "cb000003 ok 1", "cb000005 state 1", "cb000005 state 1"}
			if diff := cmp.Diff(want, fates(result)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if result.Items[0].Number != "+41 44 668 18 00" || result.Items[1].Number != number {
				t.Errorf("the numbers are not as they were given: %q", []string{result.Items[0].Number, result.Items[1].Number})
			}
			r.wantState("cb000004", callback.Scheduled)
			r.wantState("cb000005", callback.Paused)
			if cb, err := r.m.Tenant("acme").Get(r.ctx, "cb000006"); err != nil || cb.State != callback.Scheduled {
				t.Errorf("theirs: %v, %v", cb, err)
			}
			if diff := cmp.Diff(before, counters(t, r.store, monday(), "acme", "desk")); diff != "" {
				t.Errorf("their counters (-before +after):\n%s", diff)
			}
			// The one that is left goes when it may, and then nothing is left.
			if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "cb000005"}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"cb000005 ok 1"}, fates(r.forget(manager.ForgetRequest{Numbers: []string{number}}))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if found := leftovers(t, r.store, monday(), "", "556677", "5556677", "79460123"); found != nil {
				t.Errorf("left over: %q", found)
			}
		})
	}
}

// An ID and a number of the same person: it is forgotten once, under the ID.
func TestForgetByIDAndNumber(t *testing.T) {
	r, _ := officeRig(t, nil)
	r.start(manager.Request{Desired: monday().Add(time.Hour)})
	req := manager.ForgetRequest{IDs: []callback.ID{"cb000001"}, Numbers: []string{swiss, swiss}}
	if diff := cmp.Diff([]string{"cb000001 ok 1", " ok 0"}, fates(r.forget(req))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{" ok 0"}, fates(r.of("unknown").forget(manager.ForgetRequest{Numbers: []string{swiss}}))); diff != "" {
		t.Errorf("a tenant without services (-want +got):\n%s", diff)
	}
}

// A national number that two services read as different numbers erases nothing.
func TestForgetAmbiguousNumber(t *testing.T) {
	r, _ := officeRig(t, nil)
	later := monday().Add(time.Hour)
	const national = "020 7946 0123" // London
	r.start(manager.Request{Service: "sales", Number: national, Desired: later})
	if err := r.services.Set("", callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH", AllowImpossible: true}}); err != nil {
		t.Fatal(err)
	}
	r.start(manager.Request{Service: "desk", Number: national, Desired: later})
	ask := manager.ForgetRequest{Numbers: []string{national}}
	result := r.forget(ask)
	if diff := cmp.Diff([]string{" invalid 0"}, fates(result)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantCode(t, result.Items[0].Err, callback.ErrInvalidParameter, 40010)
	r.wantState("cb000001", callback.Scheduled)
	r.wantState("cb000002", callback.Scheduled)
	// In the international form it is clear.
	if diff := cmp.Diff([]string{"cb000001 ok 1"}, fates(r.forget(manager.ForgetRequest{Numbers: []string{"+44 20 7946 0123"}}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// So it is when only one of the two is left.
	if diff := cmp.Diff([]string{"cb000002 ok 1"}, fates(r.forget(ask))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A number that a service took unchecked is found as it was given.
func TestForgetUncheckedNumber(t *testing.T) {
	r, _ := officeRig(t, func(s *callback.Service, _ *manager.Config) { s.Numbers.AllowImpossible = true })
	for i, number := range []string{"5115", "+1 200 555 0100", "0041 00 1"} {
		r.start(manager.Request{Number: number, State: callback.Completed})
		page, err := r.m.SearchPage(r.ctx, callback.Query{Services: []string{"desk"}, Number: number})
		if err != nil || len(page.Callbacks) != 1 {
			t.Errorf("searching %s: %d found, %v", number, len(page.Callbacks), err)
		}
		want := []string{fmt.Sprintf("cb00000%d ok 1", i+1)}
		if diff := cmp.Diff(want, fates(r.forget(manager.ForgetRequest{Numbers: []string{number}}))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", number, diff)
		}
	}
}

// A number that a callback once had: what is over is erased, what is not keeps
// its booking and loses the mention.
func TestForgetFormerNumber(t *testing.T) {
	r, faulty := officeRig(t, nil)
	change := func(id callback.ID) {
		if _, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: id, Set: callback.Values{"_customer_number": swiss2}}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		change(r.start(manager.Request{Number: "078 555 66 77", Desired: monday().Add(time.Hour)}).ID)
	}
	change(r.start(manager.Request{State: callback.Queued}).ID)
	if _, err := r.m.ReportState(r.ctx, manager.StateReport{ID: "cb000004", State: callback.Processing}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "cb000001"}); err != nil {
		t.Fatal(err)
	}
	// The third ends just as its mention is to be taken.
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Err: callback.ErrConflict,
		Change: func(c callback.Change) bool {
			return c.Record.ID == "cb000003" && c.Event.Type == callback.EventUpdated
		}})
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.Pass, Skip: 2, Hook: r.cancelling("cb000003")})
	result := r.forget(manager.ForgetRequest{Numbers: []string{swiss}, Detail: "DSR-1"})
	if diff := cmp.Diff([]string{"cb000001 ok 1", "cb000003 ok 1"}, fates(result)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if found := leftovers(t, r.store, monday(), "", "5556677", "5566 77", "55 66 77"); found != nil {
		t.Errorf("left over: %q", found)
	}
	cb := r.wantState("cb000002", callback.Scheduled)
	if cb.Customer.Number.Key() != swiss2 || len(cb.Held) == 0 || !cb.Desired.Equal(monday().Add(time.Hour)) {
		t.Errorf("the booking did not stand: %v", cb)
	}
	history, err := r.m.History(r.ctx, cb.ID)
	if last := history[len(history)-1]; err != nil || last.Type != callback.EventUpdated || last.Actor != "ann" || last.Detail != "DSR-1" {
		t.Errorf("%+v, %v", last, err)
	}
	r.wantState("cb000004", callback.Processing)
	if _, err := r.m.Get(r.ctx, "cb000003"); err == nil {
		t.Error("a callback that ended before its erasure is still stored")
	}
	if diff := cmp.Diff([]string{" ok 0"}, fates(r.forget(manager.ForgetRequest{Numbers: []string{swiss}}))); diff != "" {
		t.Errorf("again (-want +got):\n%s", diff)
	}
}

// cancelling cancels a callback from within a store call.
func (r *rig) cancelling(id callback.ID) func(context.Context, callbacktest.Op) {
	return func(context.Context, callbacktest.Op) {
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: id}); err != nil {
			r.t.Error(err)
		}
	}
}
