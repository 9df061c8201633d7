package manager_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// answeringHanger waits before it answers a hang-up.
type answeringHanger struct {
	dialFunc
	takes time.Duration
	err   error
}

func (d answeringHanger) Hangup(ctx context.Context, _ callback.Hangup) error {
	select {
	case <-time.After(d.takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	return d.err
}

// Cancel waits at most a second for the dialer, and tells of a failure that it learns
// of. Either way the cancellation is noted.
func TestCancelTellsOfAFailedHangUp(t *testing.T) {
	down := errors.New("platform is down")
	for _, test := range []struct {
		name  string
		takes time.Duration
		err   error
		code  int
		waits time.Duration
	}{
		{"fails at once", 0, down, 50030, 0},
		{"fails after a while", 900 * time.Millisecond, down, 50030, 900 * time.Millisecond},
		{"fails too late", 3 * time.Second, down, 40020, time.Second},
		{"succeeds", 0, nil, 40020, 0},
		{"hangs", time.Hour, nil, 40020, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := liveRig(t, answeringHanger{takes: test.takes, err: test.err,
					dialFunc: func(context.Context, callback.Call) (callback.Ref, error) { return "r", nil }}, nil)
				runUntilDone(t, m)
				cb, err := m.Start(t.Context(), request())
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				for range 2 { // a repeated request asks again
					began := time.Now()
					got, err := m.Cancel(t.Context(), manager.CancelRequest{ID: cb.ID})
					pending, ok := errors.AsType[*callback.PendingError](err)
					failed := test.code == 50030
					if !ok || !errors.Is(err, callback.ErrInFlight) || callback.Code(err) != test.code || pending.HangUpFailed != failed || !pending.HangUp {
						t.Fatalf("error %v", err)
					}
					if strings.Contains(err.Error(), "failed to hang up") != failed || got.CancelReason != callback.ReasonCancelled {
						t.Errorf("error %v, reason %q", err, got.CancelReason)
					}
					if waited := time.Since(began); waited != test.waits {
						t.Errorf("it took %v, want %v", waited, test.waits)
					}
					time.Sleep(10 * time.Second)
				}
			})
		})
	}
}

// brokenCapacity panics while it is broken.
type brokenCapacity struct{ broken *bool }

func (c brokenCapacity) At(time.Time) int {
	if *c.broken {
		panic("gone")
	}
	return 3
}

// A Capacity that panics is an ErrCapacity, with the panic for the log.
func TestCapacityThatPanics(t *testing.T) {
	broken := true
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Booking.Capacity = brokenCapacity{&broken} })
	check := func(name string, err error) {
		t.Helper()
		wantCode(t, err, callback.ErrCapacity, 50004)
		if p, ok := errors.AsType[*callback.PanicError](err); !ok || p.In != "capacity" || p.Value != "gone" {
			t.Errorf("%s: error %v", name, err)
		}
	}
	_, err := r.try(manager.Request{Desired: monday().Add(4 * time.Hour)})
	check("start", err)
	_, err = r.m.Availability(r.ctx, manager.AvailabilityRequest{Service: "desk", Query: availability.Query{Days: 1}})
	check("availability", err)
	broken = false
	r.start(manager.Request{Desired: monday().Add(4 * time.Hour)})
}

// A callback whose local time moves to another bucket keeps a seat while the capacity
// fails, and is called.
func TestZoneChangeWhileTheCapacityFails(t *testing.T) {
	a, broken := &atlas{offset: time.Hour}, false
	var service callback.Service
	r := zoneRig(t, a, func(s *callback.Service, _ *manager.Config) {
		s.Booking.Capacity = brokenCapacity{&broken}
		service = *s
	})
	cb := r.start(manager.Request{Local: localAt(14, 12, 0), Zone: "Test/Zone"})
	broken, a.offset = true, 2*time.Hour
	if err := r.services.Set("", service); err != nil { // forgets the capacities of before
		t.Fatal(err)
	}
	r.run(clockAt(15, 1, 0).Sub(r.clock.Now()))
	if got := r.wantReason(cb.ID, callback.ReasonAgentConnected); !got.Desired.Equal(clockAt(14, 10, 0)) {
		t.Errorf("it was booked for %v", got.Desired)
	}
}
