package manager_test

import (
	"context"
	"errors"
	"fmt"
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
		"the first read":        {callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore}, []string{"store", "store", "ok", "ok"}},
		"the second write":      {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Skip: 1}, []string{"ok", "ok", "store", "store"}},
		"one change":            {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Change: third}, []string{"ok", "ok", "store", "ok"}},
		"a lost answer":         {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter}, []string{"ok", "ok", "ok", "ok"}},
		"one lost answer":       {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter, Change: third}, []string{"ok", "ok", "ok", "ok"}},
		"a lost request":        {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Err: callback.ErrOutcomeUnknown}, []string{"ok", "ok", "ok", "ok"}},
		"a conflict":            {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Err: callback.ErrConflict, Change: third}, []string{"ok", "ok", "ok", "ok"}},
		"forgotten meanwhile":   {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Err: callback.ErrNotFound, Change: third}, []string{"ok", "ok", "not found", "ok"}},
		"nobody knows any more": {callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter}, []string{"unknown", "unknown", "ok", "ok"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, faulty := officeRig(t, func(_ *callback.Service, c *manager.Config) { c.Batch = 2 })
			var ids []callback.ID
			for range 4 {
				ids = append(ids, r.start(manager.Request{Desired: monday().Add(time.Hour)}).ID)
			}
			faulty.Inject(c.fault)
			if name == "nobody knows any more" {
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
			service.Limits.SameNumber = callback.CheckNone
			s = c.Store
		})
		dialer.Attach(m)
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
	faulty := callbacktest.NewFaultyStore(store.NewMemory())
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

// What somebody else changes meanwhile is cancelled only as long as the query
// selects it: who asked for those in the queue hangs up on nobody.
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
