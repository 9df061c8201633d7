package api_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback/api"
)

// login makes an attempt and returns how long it took and whether it succeeded.
func login(ctx context.Context, b *api.Basic, name, password string) (time.Duration, bool) {
	r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
	r.SetBasicAuth(name, password)
	begin := time.Now()
	_, err := b.Authorize(r)
	return time.Since(begin), err == nil
}

// Failures delay the next attempts with the name, by the square of their number,
// whether or not there is such a user. Other names are not delayed.
func TestBasicDelay(t *testing.T) {
	for _, name := range []string{"anna", "unknown", "", "anna\x00", "änna"} {
		synctest.Test(t, func(t *testing.T) {
			b := basic(t)
			for n := range 40 {
				took, ok := login(t.Context(), b, name, fmt.Sprint("wrong", n))
				want := min(time.Duration(n*n)*5*time.Millisecond, 5*time.Second)
				// Failures are forgotten while attempts wait.
				if ok || took > want+want/20 || took < want/3 {
					t.Errorf("attempt %d of %q took %v, want about %v", n+1, name, took, want)
				}
			}
			if took, ok := login(t.Context(), b, "berta", "secret"); !ok || took != 0 {
				t.Errorf("berta waited for %v: %v", took, ok)
			}
			took, ok := login(t.Context(), b, "anna", "a:b ü")
			if waits := name == "anna"; !ok || waits != (took > time.Second) {
				t.Errorf("anna waited for %v after failures of %q: %v", took, name, ok)
			}
			// A right password takes no turn from the next.
			took, ok = login(t.Context(), b, "anna", "a:b ü")
			if !ok || took > time.Second {
				t.Errorf("the next request of anna waited for %v: %v", took, ok)
			}
			time.Sleep(10 * time.Minute)
			if took, _ := login(t.Context(), b, name, "wrong"); took != 0 {
				t.Errorf("%q is delayed by %v after ten minutes", name, took)
			}
		})
	}
}

// Many connections do not allow more attempts: those of one name are made one
// after another, and those for which that would take too long are not made.
func TestBasicDelayOfManyConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := basic(t)
		for range 20 {
			login(t.Context(), b, "anna", "wrong")
		}
		time.Sleep(3 * time.Second)
		var mu sync.Mutex
		made, unmade := 0, 0
		var work sync.WaitGroup
		for range 1000 {
			work.Go(func() {
				took, ok := login(t.Context(), b, "anna", "a:b ü2")
				mu.Lock()
				defer mu.Unlock()
				if ok || took > 11*time.Second {
					t.Errorf("an attempt took %v: %v", took, ok)
				}
				if took > 0 {
					made++
				} else {
					unmade++
				}
			})
		}
		work.Wait()
		if made > 12 || unmade < 900 {
			t.Errorf("%d attempts were made in 10 s, %d were not", made, unmade)
		}
		// A client that has gone does not wait.
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if took, ok := login(ctx, b, "anna", "a:b ü"); ok || took > time.Millisecond {
			t.Errorf("after the client has gone it took %v: %v", took, ok)
		}
	})
}

// Any number of names takes a fixed amount of memory.
func TestBasicDelayMemory(t *testing.T) {
	b := basic(t)
	for i := range 40_000 {
		r := httptest.NewRequest("GET", "/", nil)
		r.SetBasicAuth(fmt.Sprint("name", i), "x")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.Authorize(r.WithContext(ctx)); err == nil {
			t.Fatal("a stranger is let in")
		}
	}
	if n := api.Remembered(b); n > 1<<14 {
		t.Errorf("%d names are remembered", n)
	}
}
