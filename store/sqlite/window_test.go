package sqlite_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// Nothing happens early because of times finer than a microsecond.
func TestNothingComesEarly(t *testing.T) {
	s, _ := openNew(t)
	at := storetest.At(time.Minute).Add(500 * time.Nanosecond)
	apply(t, s, storetest.Write(storetest.New("c1", storetest.DueAt(at))))
	for _, now := range []time.Time{at.Add(-time.Nanosecond), at.Add(-500 * time.Nanosecond), at} {
		if got := claimDue(t, s, now, 1); len(got) > 0 {
			t.Errorf("claimed at %v, due at %v", now, at)
		}
	}
	if got := claimDue(t, s, at.Add(500*time.Nanosecond), 1); len(got) != 1 {
		t.Error("not claimed a microsecond later")
	}
	key := callback.PermitKey{Kind: callback.PermitRate}
	take := func(now time.Time, id callback.ID) error {
		c := storetest.Write(storetest.New(id))
		c.Take = []callback.Permit{{Key: key, N: 1, Max: 1, For: time.Second}}
		errs, err := s.Apply(t.Context(), now, []callback.Change{c})
		if err != nil {
			t.Fatal(err)
		}
		if errs == nil {
			return nil
		}
		return errs[0]
	}
	if err := take(at, "c2"); err != nil {
		t.Fatal(err)
	}
	if err := take(at.Add(time.Second-time.Nanosecond), "c3"); !isRefusal(err) {
		t.Errorf("before the end of the window: %v", err)
	}
	if err := take(at.Add(time.Second+time.Microsecond), "c4"); err != nil {
		t.Errorf("after the end of the window: %v", err)
	}
}

// Counters whose windows have ended, and the keys of their subjects, are
// removed although they are not used again; the rows of the keys are reused.
func TestEndedWindowsGo(t *testing.T) {
	const n = 100
	s, path := openNew(t)
	db := openRaw(t, path)
	rows := func(query string) (n int) {
		t.Helper()
		if err := db.QueryRow(query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	fill := func(now time.Time, name string) {
		t.Helper()
		for i := range n {
			c := storetest.Write(storetest.New(callback.ID(fmt.Sprint(name, i)), storetest.DueAt(time.Time{})))
			c.Take = []callback.Permit{{
				Key: callback.PermitKey{Kind: callback.PermitParameter, Subject: fmt.Sprint(name, i)}, N: 1, Max: 1, Until: now.Add(time.Hour),
			}}
			if errs, err := s.Apply(t.Context(), now, []callback.Change{c}); errs != nil || err != nil {
				t.Fatal(errs, err)
			}
		}
	}
	fill(storetest.Start(), "a")
	if got := rows("SELECT count(*) FROM counters"); got != n {
		t.Fatalf("%d counters, want %d", got, n)
	}
	later := storetest.At(2 * time.Hour)
	for range n {
		if errs, err := s.Apply(t.Context(), later, []callback.Change{storetest.Unclaim(storetest.New("a0"), time.Time{})}); errs != nil || err != nil {
			t.Fatal(errs, err)
		}
	}
	if got := rows("SELECT count(*) FROM counters"); got != 0 {
		t.Errorf("%d counters are left", got)
	}
	if got := rows("SELECT count(*) FROM counter_keys WHERE key <> zeroblob(16)"); got != 0 {
		t.Errorf("%d keys are left", got)
	}
	fill(later, "b")
	if got := rows("SELECT count(*) FROM counter_keys"); got != n {
		t.Errorf("%d rows of keys, want %d used twice", got, n)
	}
	verifyFile(t, db)
}

// A sweep does not remove a counter that the transaction uses.
func TestSweepLeavesWhatIsCounted(t *testing.T) {
	g := newGate()
	s, _ := openNew(t, sqlite.Config{}.WithHook(g.hook))
	key := callback.PermitKey{Kind: callback.PermitInterval}
	start := func(id callback.ID, now time.Time, take ...callback.Permit) <-chan error {
		done := make(chan error, 1)
		go func() {
			c := storetest.Write(storetest.New(id))
			c.Record.Service, c.Take = "", take
			errs, err := s.Apply(t.Context(), now, []callback.Change{c})
			done <- errors.Join(append(errs, err)...)
		}()
		return done
	}
	window := callback.Permit{Key: key, N: 1, Max: 9, For: 500 * time.Millisecond}
	first := start("c1", storetest.Start(), window)
	<-g.held
	// The second begins a new window, too early for a sweep; the third sweeps.
	second := start("c2", storetest.At(600*time.Millisecond), window)
	waiting(s, 1)
	third := start("c3", storetest.At(1500*time.Millisecond))
	waiting(s, 2)
	close(g.open)
	for _, done := range []<-chan error{first, second, third} {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Load(t.Context(), storetest.At(700*time.Millisecond), callback.LoadRequest{Tenant: storetest.Tenant, Kind: key.Kind})
	if err != nil || len(got) != 1 || got[0].Used != 1 {
		t.Errorf("the counter: %+v, %v", got, err)
	}
}
