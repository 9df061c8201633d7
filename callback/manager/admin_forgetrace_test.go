package manager_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A callback changes between the reading and the erasure.
func TestForgetMeetsAChange(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *rig) error
		times  int
		want   string
	}{
		"rescheduled": {func(r *rig) error {
			_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: "cb000001", Desired: monday().Add(2 * time.Hour)})
			return err
		}, 1, "ok"},
		"rescheduled again and again": {func(r *rig) error {
			_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: "cb000001", Desired: monday().Add(2 * time.Hour)})
			return err
		}, -1, "conflict"},
		"released": {func(r *rig) error {
			_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: "cb000001", Desired: monday()})
			return err
		}, 1, "state"},
		"released and dialled": {func(r *rig) error {
			_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: "cb000001", Desired: monday()})
			_, tickErr := r.m.Tick(r.ctx, r.clock.Now())
			return errors.Join(err, tickErr)
		}, 1, "in flight"},
		"cancelled": {func(r *rig) error {
			_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "cb000001"})
			return err
		}, 1, "ok"},
		"claimed": {func(r *rig) error {
			_, err := r.store.Claim(r.ctx, monday().Add(3*time.Hour), callback.ClaimRequest{Owner: "n2", Lease: time.Minute, Due: true, Limit: 1})
			return err
		}, 1, "ok"},
		"forgotten": {func(r *rig) error {
			_, err := r.m.Forget(r.ctx, manager.ForgetRequest{IDs: []callback.ID{"cb000001"}, Actor: "bob"})
			return err
		}, 1, "not found"},
	} {
		t.Run(name, func(t *testing.T) {
			r, faulty := officeRig(t, nil)
			r.start(manager.Request{Desired: monday().Add(time.Hour)})
			inside := false
			faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodErase, Kind: callbacktest.Pass, Times: c.times, Hook: func(context.Context, callbacktest.Op) {
				if inside {
					return
				}
				inside = true
				defer func() { inside = false }()
				if err := c.change(r); err != nil {
					t.Error(err)
				}
			}})
			result := r.forget(manager.ForgetRequest{IDs: []callback.ID{"cb000001"}})
			faulty.Heal()
			if got := fate(result.Items[0].Err); got != c.want {
				t.Errorf("%v, want %s", result, c.want)
			}
			_, err := r.m.Get(r.ctx, "cb000001")
			if gone := c.want == "ok" || c.want == "not found"; gone != errors.Is(err, callback.ErrNotFound) {
				t.Errorf("reading it: %v", err)
			}
			r.run(4 * time.Hour)
			_, err = r.m.Get(r.ctx, "cb000001")
			if gone := c.want == "ok" || c.want == "not found"; gone && !errors.Is(err, callback.ErrNotFound) {
				t.Errorf("it came back: %v", err)
			}
		})
	}
}

// A callback that the engine has claimed for release is erased and not dialed.
func TestForgetMeetsTheEngine(t *testing.T) {
	r, faulty := officeRig(t, nil)
	r.start(manager.Request{Desired: monday().Add(time.Hour)})
	forgotten := 0
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.Pass, Hook: func(context.Context, callbacktest.Op) {
		forgotten = r.forget(manager.ForgetRequest{Numbers: []string{swiss}}).Done
	}})
	r.run(5 * time.Hour)
	if forgotten != 1 || len(r.dialer.Dials()) != 0 {
		t.Errorf("%d forgotten, %d dials", forgotten, len(r.dialer.Dials()))
	}
	if found := leftovers(t, r.store, r.clock.Now(), "", "5556677"); found != nil {
		t.Errorf("left over: %q", found)
	}
}

// A call that was discarded is forgotten while it is still up: its reports,
// however many come, are refused for good.
func TestForgetMeetsLateReports(t *testing.T) {
	var logged bytes.Buffer
	r, _ := officeRig(t, func(_ *callback.Service, c *manager.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Dialer = c.Dialer.(*callbacktest.Dialer).NoHangup()
	})
	r.dialer.On(swiss, callbacktest.Answered(10*time.Minute).With(callbacktest.Twice))
	r.start(manager.Request{})
	r.run(time.Minute)
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "cb000001", Force: true}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"cb000001 ok 1"}, fates(r.forget(manager.ForgetRequest{Numbers: []string{swiss}}))); diff != "" {
		t.Fatal(diff)
	}
	r.run(time.Hour)
	refused := r.dialer.Refused()
	for _, refusal := range refused {
		if !errors.Is(refusal.Err, callback.ErrNotFound) {
			t.Errorf("a late report: %v", refusal.Err)
		}
	}
	if found := leftovers(t, r.store, r.clock.Now(), "", "5556677"); found != nil || len(refused) < 2 {
		t.Errorf("%d refused, left over: %q", len(refused), found)
	}
	if strings.Contains(logged.String(), "5556677") {
		t.Errorf("logged: %s", logged.String())
	}
}

// People are forgotten while the engine works, dialers report and clerks
// reschedule. Exactly the people of the requests are forgotten.
func TestForgetRaces(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) { forgetRaces(t, rand.New(rand.NewPCG(seed, 3))) })
	}
}

func forgetRaces(t *testing.T, random *rand.Rand) {
	dialer := callbacktest.NewDialer(time.Now).On(callbacktest.AnyNumber, callbacktest.Busy(), callbacktest.Answered(40*time.Second).With(callbacktest.Twice))
	var s callback.Store
	m := liveRig(t, dialer, func(service *callback.Service, c *manager.Config) {
		service.Dialing.Retry.MaxAttempts = 3
		service.Booking.PerBucket = 3
		s = c.Store
	})
	ctx, stop := context.WithCancel(t.Context())
	go dialer.Run(ctx, m)
	runUntilDone(t, m)
	number := func(i int) string { return fmt.Sprintf("+4178555%04d", i) }
	const n = 80
	ids := make([]callback.ID, n)
	for i := range n {
		cb, err := m.Start(ctx, manager.Request{Service: "desk", Number: number(i), Desired: time.Now().Add(time.Duration(3+i) * 2 * time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = cb.ID
	}
	var wait sync.WaitGroup
	gone := make([]time.Time, n)
	for i := range n {
		at := time.Duration(random.IntN(180*60)) * time.Second
		byNumber, all := random.IntN(2) == 0, random.IntN(4) == 0
		if all {
			continue // this one is not forgotten
		}
		wait.Go(func() {
			time.Sleep(at)
			req := manager.ForgetRequest{IDs: ids[i : i+1], Actor: "ann"}
			if byNumber {
				req = manager.ForgetRequest{Numbers: []string{number(i)}, Actor: "ann"}
			}
			result, err := m.Forget(ctx, req)
			if err != nil {
				t.Error(err)
			}
			if len(result.Items) > 0 && result.Items[0].ID == ids[i] && result.Items[0].Err == nil {
				gone[i] = time.Now()
			}
		})
		wait.Go(func() {
			time.Sleep(at)
			_, _ = m.Reschedule(ctx, manager.RescheduleRequest{ID: ids[i], Desired: time.Now().Add(10 * time.Minute)})
		})
	}
	wait.Wait()
	time.Sleep(2 * time.Hour)
	stop()
	synctest.Wait()
	forgotten := 0
	var texts []string
	for i, id := range ids {
		cb, err := m.Get(t.Context(), id)
		history, historyErr := m.History(t.Context(), id)
		if historyErr != nil {
			t.Fatal(historyErr)
		}
		if gone[i].IsZero() {
			if err != nil || cb.State != callback.Completed || cb.Reason != callback.ReasonAgentConnected {
				t.Errorf("%s, which was not to be forgotten: %v, %v", id, cb, err)
			}
			continue
		}
		forgotten++
		texts = append(texts, number(i)[1:])
		if !errors.Is(err, callback.ErrNotFound) || len(history) != 1 || history[0].Type != callback.EventErased {
			t.Errorf("%s, who was forgotten: %v, %v", id, err, history)
		}
		for _, call := range dialer.Calls() {
			if call.ID == id && call.Started.After(gone[i]) {
				t.Errorf("%s was called %v after", id, call.Started.Sub(gone[i]))
			}
		}
	}
	if found := leftovers(t, s, time.Now(), "", texts...); found != nil {
		t.Errorf("left over: %q", found)
	}
	if forgotten < 10 || forgotten > n-10 {
		t.Errorf("%d of %d were forgotten: the test does not try both", forgotten, n)
	}
	callbacktest.VerifyAudit(t, s)
	callbacktest.VerifyPermits(t, s, time.Now(), "")
}
