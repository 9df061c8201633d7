package manager_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// fate names what became of an item.
func fate(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, callback.ErrInFlight):
		return "in flight"
	case errors.Is(err, callback.ErrNotFound):
		return "not found"
	case errors.Is(err, callback.ErrConflict):
		return "conflict"
	case errors.Is(err, callback.ErrInvalidOperation):
		return "state"
	case errors.Is(err, callback.ErrInvalidParameter):
		return "invalid"
	case errors.Is(err, callback.ErrOutcomeUnknown):
		return "unknown"
	case errors.Is(err, callbacktest.ErrInjected):
		return "store"
	}
	return err.Error()
}

// fates writes a result as "cb000001 ok 1".
func fates(result manager.BulkResult) (all []string) {
	done := 0
	for _, item := range result.Items {
		all = append(all, fmt.Sprint(item.ID, " ", fate(item.Err), " ", item.N))
		if item.Err == nil {
			done++
		}
	}
	if done != result.Done {
		all = append(all, fmt.Sprintf("Done is %d", result.Done))
	}
	return all
}

func (r *rig) cancelAll(req manager.CancelAllRequest) manager.BulkResult {
	r.t.Helper()
	if req.Actor == "" {
		req.Actor = "ann"
	}
	result, err := r.m.CancelAll(r.ctx, req)
	if err != nil {
		r.t.Fatalf("CancelAll: %v", err)
	}
	return result
}

// flightRig has one callback of each kind: 1 booked, 2 queued, 3 in a call that
// rings, 4 in one that is talked on, 5 completed.
func flightRig(t *testing.T) (*rig, *callbacktest.FaultyStore) {
	t.Helper()
	r, faulty := officeRig(t, nil)
	r.dialer.On(swiss, callbacktest.NoAnswer().Ringing(25*time.Second))
	r.dialer.On(swiss2, callbacktest.Answered(10*time.Minute))
	r.start(manager.Request{Desired: monday().Add(time.Hour), Number: swiss3})
	r.start(manager.Request{Number: swiss3, State: callback.Paused})
	r.start(manager.Request{Number: swiss2})
	r.run(15 * time.Second)
	r.start(manager.Request{})
	r.tick()
	r.start(manager.Request{Number: swiss3, State: callback.Completed})
	r.wantState("cb000004", callback.Dialing)
	r.wantState("cb000003", callback.Processing)
	return r, faulty
}

func everyID() []callback.ID {
	return []callback.ID{"cb000005", "cb000004", "cb000009", "cb000003", "cb000002", "cb000001"}
}

func TestCancelAll(t *testing.T) {
	r, _ := flightRig(t)
	ids := append(everyID(), "cb000001", "cb000009")
	want := []string{"cb000005 state 1", "cb000004 in flight 1", "cb000009 not found 0", "cb000003 in flight 1", "cb000002 ok 1", "cb000001 ok 1"}
	before := make(map[callback.ID]int64)
	for _, id := range []callback.ID{"cb000001", "cb000002", "cb000003", "cb000004", "cb000005"} {
		before[id] = r.get(id).Revision
	}
	// A dry run says the same and does nothing.
	dry := r.cancelAll(manager.CancelAllRequest{IDs: ids, DryRun: true})
	if diff := cmp.Diff(want, fates(dry)); diff != "" {
		t.Errorf("dry (-want +got):\n%s", diff)
	}
	for id, revision := range before {
		if got := r.get(id); got.Revision != revision || got.CancelReason != "" {
			t.Errorf("the dry run changed %s", id)
		}
	}
	if n := len(r.dialer.Hangups()); n != 0 {
		t.Errorf("the dry run hung up %d times", n)
	}
	result := r.cancelAll(manager.CancelAllRequest{IDs: ids, Detail: "storm"})
	if diff := cmp.Diff(want, fates(result)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, id := range []callback.ID{"cb000001", "cb000002"} {
		cb := r.wantReason(id, callback.ReasonCancelledByAdmin)
		history, err := r.m.History(r.ctx, id)
		if last := history[len(history)-1]; err != nil || last.Actor != "ann" || last.Detail != "storm" || cb.Detail != "storm" || len(cb.Held) != 0 {
			t.Errorf("%s: %+v, %v", id, last, err)
		}
	}
	// The call that rings is hung up, people who talk are not, and no other
	// attempt follows.
	if h := r.dialer.Hangups(); len(h) != 1 || h[0].Key != "cb000004.1" {
		t.Errorf("hang-ups %v", h)
	}
	r.run(time.Hour)
	r.wantReason("cb000004", callback.ReasonCancelledByAdmin)
	r.wantReason("cb000003", callback.ReasonAgentConnected)
	if n := len(r.dialer.Dials()); n != 2 {
		t.Errorf("%d dials", n)
	}
	if diff := cmp.Diff([]string{"cb000001 state 1"}, fates(r.cancelAll(manager.CancelAllRequest{IDs: ids[5:6]}))); diff != "" {
		t.Errorf("again (-want +got):\n%s", diff)
	}
}

// What was asked for twice while the call is up is in flight both times.
func TestCancelAllInFlightTwice(t *testing.T) {
	r, _ := flightRig(t)
	req := manager.CancelAllRequest{IDs: []callback.ID{"cb000004"}, Reason: "STORM"}
	for range 2 {
		if diff := cmp.Diff([]string{"cb000004 in flight 1"}, fates(r.cancelAll(req))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if n, rev := len(r.dialer.Hangups()), r.get("cb000004").Revision; n != 2 || r.get("cb000004").CancelReason != "STORM" {
		t.Errorf("%d hang-ups at revision %d", n, rev)
	}
	req.DryRun = true
	if diff := cmp.Diff([]string{"cb000004 in flight 1"}, fates(r.cancelAll(req))); diff != "" {
		t.Errorf("dry (-want +got):\n%s", diff)
	}
	if n := len(r.dialer.Hangups()); n != 2 {
		t.Errorf("the dry run hung up: %d", n)
	}
}

func TestCancelAllForced(t *testing.T) {
	r, _ := flightRig(t)
	req := manager.CancelAllRequest{IDs: everyID(), Force: true, DryRun: true, Reason: "STORM"}
	want := []string{"cb000005 state 1", "cb000004 ok 1", "cb000009 not found 0", "cb000003 ok 1", "cb000002 ok 1", "cb000001 ok 1"}
	for _, req.DryRun = range []bool{true, false} {
		if diff := cmp.Diff(want, fates(r.cancelAll(req))); diff != "" {
			t.Errorf("dry %v (-want +got):\n%s", req.DryRun, diff)
		}
	}
	if n := len(r.dialer.Hangups()); n != 2 {
		t.Errorf("%d hang-ups", n)
	}
	r.wantReason("cb000003", "STORM")
	r.run(time.Hour)
	r.wantReason("cb000004", "STORM")
}

func TestCancelAllByQuery(t *testing.T) {
	r, _ := officeRig(t, nil)
	book := func(service, tenant, number string) callback.ID {
		return r.of(tenant).start(manager.Request{Service: service, Number: number, Desired: monday().Add(time.Hour)}).ID
	}
	book("desk", "", swiss)
	book("desk", "", swiss2)
	book("sales", "", swiss)
	theirs := book("desk", "acme", swiss)
	r.start(manager.Request{State: callback.Completed})
	for name, c := range map[string]struct {
		tenant string
		q      callback.Query
		want   []string
	}{
		"all that are not over": {"", callback.Query{}, []string{"cb000001 ok 1", "cb000002 ok 1", "cb000003 ok 1"}},
		"one service":           {"", callback.Query{Services: []string{"desk"}}, []string{"cb000001 ok 1", "cb000002 ok 1"}},
		"national number":       {"", callback.Query{Services: []string{"desk"}, Number: "078 555 66 77"}, []string{"cb000001 ok 1"}},
		"completed, by name":    {"", callback.Query{States: []callback.State{callback.Completed}}, []string{"cb000005 state 1"}},
		"not scheduled":         {"", callback.Query{NotStates: []callback.State{callback.Scheduled}}, nil},
		"their IDs":             {"", callback.Query{IDs: []callback.ID{theirs}}, nil},
		"another tenant":        {"acme", callback.Query{Tenant: "acme"}, []string{"cb000004 ok 1"}},
		"tenant of the request": {"acme", callback.Query{}, []string{"cb000004 ok 1"}},
		"created from now on":   {"", callback.Query{CreatedFrom: monday().Add(1)}, nil},
		"created until now":     {"", callback.Query{CreatedFrom: monday(), CreatedTo: monday().Add(time.Hour), Services: []string{"sales"}}, []string{"cb000003 ok 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := r.of(c.tenant).cancelAll(manager.CancelAllRequest{Query: &c.q, DryRun: true})
			if diff := cmp.Diff(c.want, fates(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got := r.of("acme").cancelAll(manager.CancelAllRequest{IDs: []callback.ID{"cb000001"}}); fate(got.Items[0].Err) != "not found" {
		t.Errorf("another tenant's callback: %v", got)
	}
	q := callback.Query{Services: []string{"desk", "sales"}}
	if got := r.cancelAll(manager.CancelAllRequest{Query: &q}); got.Done != 3 {
		t.Errorf("%v", got)
	}
	if cb, err := r.m.Tenant("acme").Get(r.ctx, theirs); err != nil || cb.State != callback.Scheduled {
		t.Errorf("theirs is %v, %v", cb, err)
	}
	if diff := cmp.Diff(callback.Query{Services: []string{"desk", "sales"}}, q); diff != "" {
		t.Errorf("the query was changed:\n%s", diff)
	}
}

// A query of many is done in full, page by page, and ends though callbacks come
// in all the time.
func TestCancelAllOfManyEnds(t *testing.T) {
	r, faulty := officeRig(t, func(s *callback.Service, c *manager.Config) { c.Batch, s.Limits.BookingsPerDay = 100, callback.NoLimit })
	const n = 1250
	for i := range n {
		r.start(manager.Request{Number: fmt.Sprintf("+4178555%04d", i), Desired: monday().Add(time.Hour)})
	}
	r.clock.Advance(time.Second)
	came := 0
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.Pass, Times: -1,
		When: func(op callbacktest.Op) bool { return len(op.Changes) > 1 },
		Hook: func(context.Context, callbacktest.Op) {
			for range 100 {
				r.clock.Advance(time.Millisecond)
				r.start(manager.Request{Desired: monday().Add(time.Hour)})
				came++
			}
		}})
	searches, applies := faulty.Count(callbacktest.MethodSearch), faulty.Count(callbacktest.MethodApply)
	result := r.cancelAll(manager.CancelAllRequest{Query: &callback.Query{}})
	faulty.Heal()
	if result.Done != n || len(result.Items) != n {
		t.Errorf("%d of %d, %d wanted", result.Done, len(result.Items), n)
	}
	if s, a := faulty.Count(callbacktest.MethodSearch)-searches, faulty.Count(callbacktest.MethodApply)-applies-came; s != 13 || a != 13 {
		t.Errorf("%d searches and %d writes for %d pages", s, a, 13)
	}
	if !slices.IsSortedFunc(result.Items, func(a, b manager.BulkItem) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) }) {
		t.Error("the items are not in the order of creation")
	}
	if left, err := r.store.Count(r.ctx, callback.Query{NotStates: []callback.State{callback.Completed}}); err != nil || len(left) != 1 || left[0].N != came || came < 1000 {
		t.Errorf("%d came and %+v are left, %v", came, left, err)
	}
}

func TestCancelAllBadInput(t *testing.T) {
	r, _ := officeRig(t, nil)
	id := r.start(manager.Request{Desired: monday().Add(time.Hour)}).ID
	ids := []callback.ID{id}
	for name, req := range map[string]manager.CancelAllRequest{
		"no actor":         {IDs: ids},
		"long actor":       {IDs: ids, Actor: string(make([]byte, 129))},
		"long detail":      {IDs: ids, Actor: "ann", Detail: string(make([]byte, 1025))},
		"control":          {IDs: ids, Actor: "ann", Reason: "a\nb"},
		"nothing":          {Actor: "ann"},
		"no IDs":           {Actor: "ann", IDs: []callback.ID{}},
		"both":             {Actor: "ann", IDs: ids, Query: &callback.Query{}},
		"too many":         {Actor: "ann", IDs: make([]callback.ID, 1001)},
		"another tenant's": {Actor: "ann", Query: &callback.Query{Tenant: "acme"}},
		"all tenants":      {Actor: "ann", Query: &callback.Query{AllTenants: true}},
		"a limit":          {Actor: "ann", Query: &callback.Query{Limit: 10}},
		"a cursor":         {Actor: "ann", Query: &callback.Query{After: "x"}},
		"an order":         {Actor: "ann", Query: &callback.Query{Order: callback.ByQueue}},
		"backwards":        {Actor: "ann", Query: &callback.Query{Desc: true}},
		"a state":          {Actor: "ann", Query: &callback.Query{States: []callback.State{99}}},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := r.m.CancelAll(r.ctx, req)
			wantCode(t, err, callback.ErrInvalidParameter, 40010)
			var field *callback.FieldError
			if !errors.As(err, &field) || len(result.Items) != 0 {
				t.Errorf("%#v, %v", err, result)
			}
		})
	}
	// What is wrong with one item is that item's.
	result := r.cancelAll(manager.CancelAllRequest{IDs: []callback.ID{"", "a\x00b", id, callback.ID(make([]byte, 129))}})
	if diff := cmp.Diff([]string{"invalid", "invalid", "ok", "invalid"}, []string{
		fate(result.Items[0].Err), fate(result.Items[1].Err), fate(result.Items[2].Err), fate(result.Items[3].Err)}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if result = r.cancelAll(manager.CancelAllRequest{IDs: []callback.ID{""}}); fate(result.Items[0].Err) != "invalid" {
		t.Errorf("%v", result)
	}
}

func TestCancelAllAfterShutdown(t *testing.T) {
	r, _ := officeRig(t, nil)
	id := r.start(manager.Request{Desired: monday().Add(time.Hour)}).ID
	if err := r.m.Shutdown(r.ctx); err != nil {
		t.Fatal(err)
	}
	for _, dry := range []bool{true, false} {
		if _, err := r.m.CancelAll(r.ctx, manager.CancelAllRequest{IDs: []callback.ID{id}, Actor: "ann", DryRun: dry}); !errors.Is(err, callback.ErrStopped) {
			t.Errorf("dry %v: %v", dry, err)
		}
	}
	r.wantState(id, callback.Scheduled)
}

// Whatever the store does, each item tells the truth.
func TestCancelAllWithAStoreThatFails(t *testing.T) {
	third := func(c callback.Change) bool { return c.Record.ID == "cb000003" }
	for name, c := range map[string]struct {
		fault callbacktest.Fault
		want  []string // of four, in batches of two
	}{
		"the first read":             {callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore}, []string{"store", "store", "ok", "ok"}},
		"the second write":           {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Skip: 1}, []string{"ok", "ok", "store", "store"}},
		"one change":                 {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Change: third}, []string{"ok", "ok", "store", "ok"}},
		"a lost answer":              {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter}, []string{"ok", "ok", "ok", "ok"}},
		"one lost answer":            {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter, Change: third}, []string{"ok", "ok", "ok", "ok"}},
		"a lost request":             {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Err: callback.ErrOutcomeUnknown}, []string{"ok", "ok", "ok", "ok"}},
		"a conflict":                 {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Err: callback.ErrConflict, Change: third}, []string{"ok", "ok", "ok", "ok"}},
		"forgotten before the write": {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Err: callback.ErrNotFound, Change: third}, []string{"ok", "ok", "not found", "ok"}},
		"outcome unknown":            {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter}, []string{"unknown", "unknown", "ok", "ok"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, faulty := officeRig(t, func(_ *callback.Service, c *manager.Config) { c.Batch = 2 })
			var ids []callback.ID
			for range 4 {
				ids = append(ids, r.start(manager.Request{Desired: monday().Add(time.Hour)}).ID)
			}
			faulty.Inject(c.fault)
			if name == "outcome unknown" {
				faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore, Times: 2})
			}
			result := r.cancelAll(manager.CancelAllRequest{IDs: ids})
			faulty.Heal()
			var got []string
			for i, item := range result.Items {
				got = append(got, fate(item.Err))
				if cb := r.get(ids[i]); item.Err == nil && cb.Reason != callback.ReasonCancelledByAdmin || got[i] == "store" && cb.State != callback.Scheduled {
					t.Errorf("%s: %v, %v", ids[i], got[i], cb)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A query that cannot be read to its end tells what was done until there.
func TestCancelAllStopsAtAPageThatFails(t *testing.T) {
	r, faulty := officeRig(t, func(_ *callback.Service, c *manager.Config) { c.Batch = 2 })
	for range 5 {
		r.start(manager.Request{Desired: monday().Add(time.Hour)})
	}
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore, Skip: 1})
	result, err := r.m.CancelAll(r.ctx, manager.CancelAllRequest{Query: &callback.Query{}, Actor: "ann"})
	if !errors.Is(err, callbacktest.ErrInjected) || result.Done != 2 || len(result.Items) != 2 {
		t.Errorf("%v, %v", result, err)
	}
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	result, err = r.m.CancelAll(ctx, manager.CancelAllRequest{IDs: []callback.ID{"cb000003", "cb000004", "cb000005"}, Actor: "ann"})
	if err != nil || len(result.Items) != 3 || !errors.Is(result.Items[2].Err, context.Canceled) {
		t.Errorf("%v, %v", result, err)
	}
	if result = r.cancelAll(manager.CancelAllRequest{Query: &callback.Query{}}); result.Done != 3 {
		t.Errorf("the rest: %v", result)
	}
}

// Many cancel and reschedule at once while the engine works: each callback is
// cancelled once, and its calls are over.
func TestCancelAllRaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dialer := callbacktest.NewDialer(time.Now).On(callbacktest.AnyNumber, callbacktest.NoAnswer())
		var s callback.Store
		m := liveRig(t, dialer, func(service *callback.Service, c *manager.Config) {
			service.Limits.SameNumber = callback.NoLimit
			s = c.Store
		})
		ctx, stop := context.WithCancel(t.Context())
		go dialer.Run(ctx, m)
		runUntilDone(t, m)
		var ids []callback.ID
		for i := range 60 {
			cb, err := m.Start(ctx, manager.Request{Service: "desk", Number: fmt.Sprintf("+4178555%04d", i), Desired: time.Now().Add(time.Duration(i) * 10 * time.Second)})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, cb.ID)
		}
		time.Sleep(3 * time.Minute)
		done := make(chan int)
		for i := range 3 {
			go func() {
				result, err := m.CancelAll(ctx, manager.CancelAllRequest{IDs: ids, Actor: fmt.Sprint("clerk ", i), Reason: "STORM"})
				if err != nil {
					t.Error(err)
				}
				done <- result.Done
			}()
		}
		for _, id := range ids {
			_, _ = m.Reschedule(ctx, manager.RescheduleRequest{ID: id, Desired: time.Now().Add(time.Hour)})
		}
		sum := <-done + <-done + <-done
		time.Sleep(20 * time.Minute)
		stop()
		synctest.Wait()
		ended := 0
		for _, id := range ids {
			cb, err := m.Get(t.Context(), id)
			if err != nil || cb.State != callback.Completed {
				t.Fatalf("%v, %v", cb, err)
			}
			history, err := m.History(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(history[len(history)-1].Actor, "clerk") {
				ended++
			}
		}
		// A callback is cancelled by one of the three, or by the end of its call.
		if sum != ended || sum == 0 || sum == len(ids) {
			t.Errorf("%d were told to be cancelled, %d were, of %d", sum, ended, len(ids))
		}
		callbacktest.VerifyAudit(t, s)
		callbacktest.VerifyPermits(t, s, time.Now(), "")
	})
}

// coarse keeps microseconds, as a database does.
type coarse struct{ callback.Store }

func (c coarse) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	cb, err := c.Store.Get(ctx, by)
	if err == nil {
		cb.Updated = cb.Updated.Truncate(time.Microsecond)
	}
	return cb, err
}

// The answer of a cancellation is lost, which happened: that is found out also
// where the store keeps less of the time than the clock tells.
func TestCancelAllAfterALostAnswerOfACoarseStore(t *testing.T) {
	faulty := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
	r := newRig(t, func(_ *callback.Service, c *manager.Config) {
		now := c.Now
		c.Now = func() time.Time { return now().Add(789 * time.Nanosecond) }
		c.Store = coarse{faulty.Store()}
	})
	r.start(manager.Request{Desired: monday().Add(time.Hour)})
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter})
	if diff := cmp.Diff([]string{"cb000001 ok 1"}, fates(r.cancelAll(manager.CancelAllRequest{IDs: []callback.ID{"cb000001"}}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A callback that changes after the search is cancelled only if the query still
// selects it, so that cancelling a queue ends no call.
func TestCancelAllByQueryMeetsAChange(t *testing.T) {
	queued := &callback.Query{States: []callback.State{callback.Queued}}
	for name, c := range map[string]struct {
		change func(r *rig)
		query  *callback.Query
		want   string
		state  callback.State
	}{
		"dialled, queued ones asked for": {func(r *rig) { r.tick() }, queued, "cb000001 conflict 1", callback.Dialing},
		"dialled, all asked for":         {func(r *rig) { r.tick() }, &callback.Query{}, "cb000001 in flight 1", callback.Dialing},
		"updated": {func(r *rig) {
			if _, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: "cb000001", Set: callback.Values{"color": "red"}}); err != nil {
				r.t.Error(err)
			}
		}, queued, "cb000001 ok 1", callback.Completed},
		"cancelled": {func(r *rig) { r.cancelling("cb000001")(r.ctx, callbacktest.Op{}) }, queued, "cb000001 state 1", callback.Completed},
	} {
		t.Run(name, func(t *testing.T) {
			r, faulty := officeRig(t, nil)
			r.dialer.On(swiss, callbacktest.Answered(10*time.Minute))
			r.start(manager.Request{})
			faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.Pass, Hook: func(context.Context, callbacktest.Op) { c.change(r) }})
			if diff := cmp.Diff([]string{c.want}, fates(r.cancelAll(manager.CancelAllRequest{Query: c.query}))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			cb := r.wantState("cb000001", c.state)
			if asked := cb.CancelReason != ""; c.state == callback.Dialing && asked != (c.query != queued) {
				t.Errorf("cancellation asked for: %v", asked)
			}
		})
	}
}
