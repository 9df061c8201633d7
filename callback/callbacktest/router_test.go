package callbacktest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
)

func support(id callback.ID) *callback.Callback {
	return &callback.Callback{ID: id, Service: "support"}
}

func free(t testing.TB, r *callbacktest.Router, service string) int {
	t.Helper()
	n, err := r.Free(t.Context(), "", service)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func reserve(t testing.TB, r *callbacktest.Router, cb *callback.Callback) callback.Reservation {
	t.Helper()
	got, err := r.Reserve(t.Context(), cb)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRouterPool(t *testing.T) {
	r := callbacktest.NewRouter(2)
	woken := 0
	r.OnFree(func() { woken++ })
	a := reserve(t, r, support("a"))
	if want := (callback.Reservation{ID: "reservation-1", Agent: "agent-1", Address: "agent:agent-1"}); a != want {
		t.Errorf("reservation %+v, want %+v", a, want)
	}
	if again := reserve(t, r, support("a")); again != a {
		t.Errorf("asked again: %+v, want %+v", again, a)
	}
	other := support("a")
	other.Tenant, other.Service = "acme", "sales"
	if b := reserve(t, r, other); b.Agent != "agent-2" {
		t.Errorf("the other tenant got %+v", b)
	}
	if n := free(t, r, "support"); n != 0 {
		t.Errorf("%d are free, want 0", n)
	}
	if _, err := r.Reserve(t.Context(), support("c")); !errors.Is(err, callback.ErrNoAgent) {
		t.Errorf("Reserve without a free agent = %v", err)
	}
	if diff := cmp.Diff(map[callback.ID]callback.Reservation{"a": a}, r.Reserved("")); diff != "" {
		t.Errorf("reserved (-want +got):\n%s", diff)
	}

	// A stale release changes nothing; the right one does once.
	releases := []callback.Release{
		{Callback: "a", Reservation: callback.Reservation{ID: "reservation-9"}}, {Tenant: "acme", Callback: "b", Reservation: a},
		{Callback: "a", Reservation: a, NotReady: true}, {Callback: "a", Reservation: a},
	}
	for i, release := range releases {
		if err := r.Release(t.Context(), release); err != nil {
			t.Fatal(err)
		}
		if want := min(max(i-1, 0), 1); free(t, r, "support") != want || woken != want {
			t.Errorf("after release %d: %d free, woken %d times, want %d", i, free(t, r, "support"), woken, want)
		}
	}
	if diff := cmp.Diff(releases, r.Releases()); diff != "" {
		t.Errorf("releases (-want +got):\n%s", diff)
	}
}

func TestRouterAgents(t *testing.T) {
	r := callbacktest.NewRouter(1)
	r.SetAgents("support", "mia", "noah")
	personal := support("p")
	personal.Agent.Personal = "noah"
	if got := reserve(t, r, personal); got.Agent != "noah" {
		t.Errorf("the personal callback went to %q", got.Agent)
	}
	again := support("q")
	again.Agent.Personal = "noah"
	if _, err := r.Reserve(t.Context(), again); !errors.Is(err, callback.ErrNoAgent) {
		t.Errorf("a second personal callback = %v", err)
	}
	if n, m := free(t, r, "support"), free(t, r, "sales"); n != 1 || m != 1 {
		t.Errorf("free are %d and %d, want 1 and 1", n, m)
	}
	r.SetAgents("support", "mia")
	if n := free(t, r, "support"); n != 1 {
		t.Errorf("%d are free, want 1: who is reserved does not count against others", n)
	}
	r.SetFree("support", -1)
	if n := free(t, r, "support"); n != 0 {
		t.Errorf("%d are free, want 0", n)
	}
}

func TestRouterScripts(t *testing.T) {
	r := callbacktest.NewRouter(1)
	down := errors.New("router is down")
	fail, boom := func() error { return down }, func() error { panic("boom") }
	r.ScriptReserve(func() error { return callback.ErrNoAgent }, fail, nil, boom)
	for i, want := range []error{callback.ErrNoAgent, down, nil} {
		if _, err := r.Reserve(t.Context(), support("a")); !errors.Is(err, want) {
			t.Errorf("Reserve %d = %v, want %v", i+1, err, want)
		}
	}
	panicked := func(f func()) (v any) {
		defer func() { v = recover() }()
		f()
		return nil
	}
	if v := panicked(func() { _, _ = r.Reserve(t.Context(), support("b")) }); v != "boom" {
		t.Errorf("Reserve panicked with %v", v)
	}
	r.ScriptFree(fail, boom)
	if _, err := r.Free(t.Context(), "", "support"); !errors.Is(err, down) {
		t.Errorf("Free = %v", err)
	}
	if v := panicked(func() { _, _ = r.Free(t.Context(), "", "support") }); v != "boom" {
		t.Errorf("Free panicked with %v", v)
	}
	// After a panic it still works.
	if n := free(t, r, "support"); n != 0 {
		t.Errorf("%d are free, want 0", n)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Reserve(ended, support("c"))
	_, err2 := r.Free(ended, "", "support")
	for _, err := range []error{err, err2, r.Release(ended, callback.Release{})} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("without a context = %v", err)
		}
	}
}

func TestClock(t *testing.T) {
	c := callbacktest.NewClock(noon)
	if got := c.Now(); !got.Equal(noon) {
		t.Errorf("Now = %v", got)
	}
	if got := c.Advance(time.Minute); !got.Equal(noon.Add(time.Minute)) || !c.Now().Equal(got) {
		t.Errorf("Advance = %v", got)
	}
	if got := c.Advance(-time.Hour); !got.Equal(noon.Add(-59 * time.Minute)) {
		t.Errorf("Advance backwards = %v", got)
	}
	c.Set(noon)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { c.Advance(time.Second); c.Now() })
	}
	wg.Wait()
	if got := c.Now(); !got.Equal(noon.Add(50 * time.Second)) {
		t.Errorf("after 50 seconds in parallel it is %v", got)
	}
}

func TestIDsAndRandom(t *testing.T) {
	ids := callbacktest.IDs("cb-")
	if a, b := ids(), ids(); a != "cb-000001" || b != "cb-000002" {
		t.Errorf("identifiers are %s and %s", a, b)
	}
	draws := func(seed uint64) string {
		random := callbacktest.Random(seed)
		text := ""
		for range 100 {
			u := random()
			if u < 0 || u >= 1 {
				t.Fatalf("%v is not in [0,1)", u)
			}
			text += fmt.Sprint(u, " ")
		}
		return text
	}
	first, second := draws(1), draws(1)
	if first != second || first == draws(2) {
		t.Error("numbers do not follow the seed")
	}
}
