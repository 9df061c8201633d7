package sqlite_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/sqlite"
)

func setPause(t *testing.T, s *sqlite.Store, p callback.Pause, on bool) {
	t.Helper()
	if err := s.SetPause(t.Context(), p, on); err != nil {
		t.Fatal(err)
	}
}

func wantPauses(t *testing.T, s *sqlite.Store, want ...callback.Pause) {
	t.Helper()
	got, err := s.Pauses(t.Context(), "", true)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("pauses differ (-want +got):\n%s", d)
	}
}

// An acknowledged pause, and its end, are there after reopening the file; other
// handles see both at once.
func TestPausesSurvive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callbacks.db")
	all := callback.Pause{Since: monday(), Actor: "ann"}
	sales := callback.Pause{Service: "sales", Since: monday().Add(time.Microsecond), Actor: "bob", Reason: "fire drill"}
	other := callback.Pause{Tenant: "acme", Service: "sales", Actor: "eve"}
	for round := range 3 {
		s, err := sqlite.Open(t.Context(), path, sqlite.Config{})
		if err != nil {
			t.Fatal(err)
		}
		second := openAt(t, path)
		switch round {
		case 0:
			setPause(t, s, sales, true)
			wantPauses(t, second, sales)
			setPause(t, second, other, true)
			setPause(t, s, all, true)
		case 1:
			wantPauses(t, s, all, sales, other)
			setPause(t, s, callback.Pause{Service: "sales", Actor: "somebody else"}, true)
			setPause(t, s, all, false)
			wantPauses(t, second, sales, other)
		case 2:
			wantPauses(t, s, sales, other)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.SetPause(t.Context(), all, true); !errors.Is(err, store.ErrClosed) {
			t.Errorf("pausing after Close: %v", err)
		}
		if _, err := s.Pauses(t.Context(), "", true); !errors.Is(err, store.ErrClosed) {
			t.Errorf("listing after Close: %v", err)
		}
	}
}

// If the process dies during a pause, the next one knows of it.
func TestManagerPauseOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callbacks.db")
	clock := callbacktest.NewClock(monday())
	phones := callbacktest.NewDialer(clock.Now).On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute))
	ids := callbacktest.IDs("cb")
	s, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	// The pause is set, and the process dies before it moves a callback.
	faulty := callbacktest.NewFaultyStore(s)
	d := newDesk(t, faulty.Store(), clock, phones, "node-1", ids)
	start := func(number string) callback.ID {
		t.Helper()
		cb, err := d.manager.Start(t.Context(), manager.Request{Service: "support", Number: number})
		if err != nil {
			t.Fatal(err)
		}
		return cb.ID
	}
	first := start("044 668 18 01")
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Times: -1})
	request := manager.PauseRequest{Service: "support", Actor: "ann", Reason: "fire drill"}
	if n, err := d.manager.Pause(t.Context(), request); n != 0 || err == nil {
		t.Fatalf("Pause: %d, %v", n, err)
	}
	reopen := func(node string) {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = sqlite.Open(t.Context(), path, sqlite.Config{}); err != nil {
			t.Fatal(err)
		}
		d = newDesk(t, s, clock, phones, node, ids)
	}
	reopen("node-2")
	second := start("044 668 18 02")
	d.until(t, monday().Add(time.Hour))
	for _, id := range []callback.ID{first, second} {
		cb, err := d.manager.Get(t.Context(), id)
		if err != nil || cb.State != callback.Paused || cb.Detail != "fire drill" || cb.PausedAt.IsZero() {
			t.Fatalf("callback %s is %v, %v", id, cb, err)
		}
	}
	if n := len(phones.Dials()); n != 0 {
		t.Fatalf("%d calls were made during the pause", n)
	}
	reopen("node-3")
	if n, err := d.manager.Resume(t.Context(), manager.PauseRequest{Service: "support", Actor: "bob"}); n != 2 || err != nil {
		t.Fatalf("Resume: %d, %v", n, err)
	}
	d.until(t, monday().Add(2*time.Hour))
	dials := phones.Dials()
	if len(dials) != 2 || dials[0].To.Reveal() != "+41446681801" || dials[1].To.Reveal() != "+41446681802" {
		t.Errorf("after the pause: %v", dials)
	}
	callbacktest.VerifyAudit(t, s)
	callbacktest.VerifyPermits(t, s, clock.Now(), "")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	verifyFile(t, openRaw(t, path))
}
