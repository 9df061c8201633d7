package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/internal/faultproxy"
)

func servicePause(tenant, service string) callback.Pause {
	return callback.Pause{Tenant: tenant, Service: service, Since: faraway().Truncate(time.Microsecond), Actor: "ann", Reason: "fire drill"}
}

func wantPauses(t *testing.T, s *postgres.Store, want ...callback.Pause) {
	t.Helper()
	got, err := s.Pauses(t.Context(), "", true)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); d != "" {
		t.Errorf("pauses differ (-want +got):\n%s", d)
	}
}

// TestServicePauseSurvives sets pauses through one store and reads them through others, at the same time and later.
func TestServicePauseSurvives(t *testing.T) {
	dsn := suite.NewDatabase(t)
	r := newRig(t, dsn)
	first := r.open(t)
	for _, p := range []callback.Pause{servicePause("", "sales"), servicePause("", ""), servicePause("acme", "sales")} {
		if err := first.SetPause(t.Context(), p, true); err != nil {
			t.Fatal(err)
		}
	}
	second, err := postgres.New(t.Context(), poolOf(t, dsn, 2), postgres.Config{Schema: "rb1"})
	if err != nil {
		t.Fatal(err)
	}
	wantPauses(t, second, servicePause("", ""), servicePause("", "sales"), servicePause("acme", "sales"))
	if err := second.SetPause(t.Context(), callback.Pause{}, false); err != nil {
		t.Fatal(err)
	}
	wantPauses(t, first, servicePause("", "sales"), servicePause("acme", "sales"))
	first.Close()
	second.Close()
	if err := first.SetPause(t.Context(), servicePause("", "late"), true); !errors.Is(err, store.ErrClosed) {
		t.Errorf("pausing after Close: %v", err)
	}
	later, err := postgres.New(t.Context(), r.pool, postgres.Config{Schema: "rb1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(later.Close)
	wantPauses(t, later, servicePause("", "sales"), servicePause("acme", "sales"))
	for _, p := range []callback.Pause{servicePause("", "nul\x00"), servicePause("", "\xff")} {
		if err := later.SetPause(t.Context(), p, true); !errors.Is(err, callback.ErrInvalidParameter) {
			t.Errorf("a text that no table can hold: %v", err)
		}
	}
}

// TestServicePauseCuts cuts the connection before and after a pause begins or ends.
func TestServicePauseCuts(t *testing.T) {
	t.Parallel()
	const each = 40
	isPause := func(sql string) bool { return strings.Contains(sql, ".pauses") && !strings.HasPrefix(sql, "SELECT") }
	for _, kind := range []faultproxy.Fault{faultproxy.CutBefore, faultproxy.CutAfter} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			l := newLine(t, 1)
			happened, doubted := 0, 0
			for i := range each {
				on, pause := i%2 == 0, servicePause("", fmt.Sprint("service", i/2))
				if _, err := l.store.Pauses(t.Context(), "", true); err != nil {
					t.Fatal(err)
				}
				fired := l.proxy.Arm(kind, isPause, 1)
				err := l.store.SetPause(t.Context(), pause, on)
				<-fired
				list, failed := l.truth.Pauses(t.Context(), "", false)
				if failed != nil {
					t.Fatal(failed)
				}
				is := len(list) == 1 && list[0].Service == pause.Service
				switch {
				case err == nil && is != on:
					t.Errorf("round %d: answered nil, paused is %v", i, is)
				case err == nil:
					happened++
				case !errors.Is(err, callback.ErrOutcomeUnknown):
					t.Errorf("round %d: %v", i, err)
				default:
					doubted++
					if kind == faultproxy.CutAfter {
						t.Errorf("round %d: unknown, though the server could be asked: %v", i, err)
					}
					// Repeating is safe.
					if err := l.store.SetPause(t.Context(), pause, on); err != nil {
						t.Error(err)
					}
				}
			}
			if happened+doubted != each {
				t.Errorf("%d happened and %d are unknown of %d", happened, doubted, each)
			}
			wantPauses(t, l.truth)
			t.Logf("%v a pause: %d cuts, %d happened, %d unknown", kind, each, happened, doubted)
		})
	}
}

// TestServicePauseStopsAllNodes pauses through one Manager and looks at what others do, one of which starts later.
func TestServicePauseStopsAllNodes(t *testing.T) {
	dsn := suite.NewDatabase(t)
	first := newRig(t, dsn).open(t)
	services, err := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		t.Fatal(err)
	}
	phones := callbacktest.NewDialer(time.Now)
	phones.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute))
	const poll = time.Second
	node := func(name string) *manager.Manager {
		t.Helper()
		s, err := postgres.New(t.Context(), poolOf(t, dsn, 4), postgres.Config{Schema: "rb1"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		m, err := manager.New(manager.Config{Store: s, Services: services, Dialer: phones, Node: name, Poll: poll, Synchronous: true,
			Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	a, b := node("a"), node("b")
	tick := func(m *manager.Manager, late time.Duration) callback.Progress {
		t.Helper()
		now, err := first.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.Tick(t.Context(), now.Add(late))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	tick(a, 0)
	tick(b, 0)
	start := func(m *manager.Manager, i int) callback.ID {
		t.Helper()
		cb, err := m.Start(t.Context(), manager.Request{Service: "desk", Number: number(i)})
		if err != nil {
			t.Fatal(err)
		}
		return cb.ID
	}
	ids := []callback.ID{start(a, 1), start(b, 2)}
	request := manager.PauseRequest{Service: "desk", Actor: "ann", Reason: "fire drill"}
	if n, err := a.Pause(t.Context(), request); n != 2 || err != nil {
		t.Fatalf("Pause: %d, %v", n, err)
	}
	ids = append(ids, start(b, 3))
	late := node("late")
	for _, m := range []*manager.Manager{a, b, late} {
		if p := tick(m, poll); p.Dialed != 0 {
			t.Errorf("%d calls of a paused service", p.Dialed)
		}
	}
	for _, id := range ids {
		if cb, err := b.Get(t.Context(), id); err != nil || cb.State != callback.Paused || cb.Detail != "fire drill" {
			t.Errorf("callback %s is %v: %v", id, cb, err)
		}
	}
	if n, err := b.Resume(context.Background(), request); n != 3 || err != nil {
		t.Fatalf("Resume: %d, %v", n, err)
	}
	if p := tick(late, 2*poll); p.Dialed != 3 {
		t.Errorf("%d calls after the pause", p.Dialed)
	}
	callbacktest.VerifyAudit(t, first)
}
