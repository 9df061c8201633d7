package sqlite_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store/sqlite"
)

func monday() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }

// desk is a Manager on a store, with its clock and its dialer.
type desk struct {
	manager *manager.Manager
	clock   *callbacktest.Clock
	phones  *callbacktest.Dialer
}

func newDesk(t *testing.T, store callback.Store, clock *callbacktest.Clock, phones *callbacktest.Dialer, node string, ids func() callback.ID) *desk {
	t.Helper()
	service := callback.Service{Name: "support", Numbers: callback.Numbers{Country: "CH"}, Retention: 30 * 24 * time.Hour}
	service.Booking.PerBucket = 3
	service.Limits.AttemptsPerDay = 3
	services, err := callback.NewServices(service)
	if err != nil {
		t.Fatal(err)
	}
	m, err := manager.New(manager.Config{
		Store: store, Services: services, Dialer: phones, Now: clock.Now, NewID: ids, Node: node,
		Synchronous: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &desk{m, clock, phones}
}

func (d *desk) until(t *testing.T, at time.Time) {
	t.Helper()
	if _, err := callbacktest.Drive(t.Context(), d.manager, d.clock, d.phones, at); err != nil {
		t.Fatal(err)
	}
	d.clock.Set(at)
}

// A whole day of a Manager: callbacks are booked, released, dialed, retried
// and completed while the process restarts in between, and erased after their
// retention.
func TestManagerDay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "callbacks.db")
	clock := callbacktest.NewClock(monday())
	phones := callbacktest.NewDialer(clock.Now).
		On("+41446681801", callbacktest.Busy(), callbacktest.Answered(time.Minute)).
		On("+41446681802", callbacktest.NoAnswer(), callbacktest.NoAnswer(), callbacktest.Answered(time.Minute))
	ids := callbacktest.IDs("cb")
	s, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, s, clock, phones, "node-1", ids)
	var all []callback.ID
	for i := range 12 {
		cb, err := d.manager.Start(t.Context(), manager.Request{
			Service: "support", Number: fmt.Sprintf("044 668 18 %02d", i), Desired: monday().Add(time.Duration(1+i/3) * time.Hour),
			Key: fmt.Sprint("request-", i), Properties: callback.Values{"topic": "invoice"},
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, cb.ID)
	}
	for hour := range 6 {
		d.until(t, monday().Add(time.Duration(hour)*time.Hour+90*time.Second))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = sqlite.Open(t.Context(), path, sqlite.Config{}); err != nil {
			t.Fatal(err)
		}
		d = newDesk(t, s, clock, phones, fmt.Sprint("node-", 2+hour), ids)
		again, err := d.manager.Start(t.Context(), manager.Request{
			Service: "support", Number: "044 668 18 00", Desired: monday().Add(time.Hour),
			Key: "request-0", Properties: callback.Values{"topic": "invoice"},
		})
		if err != nil || again.ID != all[0] {
			t.Errorf("a repeated request: %v, %v", again, err)
		}
	}
	d.until(t, monday().Add(10*time.Hour))
	for _, id := range all {
		cb, err := d.manager.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if cb.State != callback.Completed || cb.Reason != callback.ReasonAgentConnected {
			t.Errorf("callback %s is %s %s", id, cb.State, cb.Reason)
		}
	}
	if n := callbacktest.VerifyAudit(t, s); n != len(all) {
		t.Errorf("%d callbacks were audited", n)
	}
	callbacktest.VerifyPermits(t, s, clock.Now(), "")
	callbacktest.RequireNoDoubles(t, phones)
	d.until(t, monday().Add(60*24*time.Hour))
	if n := callbacktest.VerifyAudit(t, s); n != 0 {
		t.Errorf("%d callbacks are left after their retention", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	verifyFile(t, openRaw(t, path))
}

// A Manager's loop runs on the store in virtual time: nothing in the store
// blocks the clock.
func TestManagerRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callbacks.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), path, sqlite.Config{})
		if err != nil {
			t.Fatal(err)
		}
		services, err := callback.NewServices(callback.Service{Name: "support", Numbers: callback.Numbers{Country: "CH"}})
		if err != nil {
			t.Fatal(err)
		}
		dialed := make(chan time.Time, 1)
		m, err := manager.New(manager.Config{
			Store: s, Services: services, Poll: time.Minute, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
			Dialer: callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
				dialed <- time.Now()
				return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known, Talk: time.Minute}, nil
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		stopped := make(chan error, 1)
		go func() { stopped <- m.Run(context.Background()) }()
		desired := time.Now().Add(10 * time.Hour).Truncate(time.Hour).Add(time.Hour)
		cb, err := m.Start(t.Context(), manager.Request{Service: "support", Number: "044 668 18 00", Desired: desired})
		if err != nil {
			t.Fatal(err)
		}
		if at := <-dialed; at.Before(cb.ReleaseAt) || at.After(desired.Add(time.Minute)) {
			t.Errorf("dialled at %v, desired %v", at, desired)
		}
		for e, err := range m.Events(t.Context(), manager.Subscription{Oldest: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Callback == cb.ID && e.Type == callback.EventCompleted {
				break
			}
		}
		if err := m.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		callbacktest.VerifyAudit(t, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
