package turns_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/turns"
)

// Requests of one tenant are answered one after another, those of others at the
// same time.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all turns.Turns
		var busy, most [3]atomic.Int32
		var work sync.WaitGroup
		for i := range 30 {
			tenant := i % 3
			work.Go(func() {
				done, err := all.Take(t.Context(), make(http.Header), string(rune('a'+tenant)))
				if err != nil {
					t.Error(err)
					return
				}
				most[tenant].Store(max(most[tenant].Load(), busy[tenant].Add(1)))
				time.Sleep(time.Second / 2)
				busy[tenant].Add(-1)
				done()
			})
		}
		begin := time.Now()
		work.Wait()
		for tenant := range most {
			if n := most[tenant].Load(); n != 1 {
				t.Errorf("tenant %d had %d at once", tenant, n)
			}
		}
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("it took %v, want 5s: tenants wait for each other", took)
		}
		if n := all.Tenants(); n != 0 {
			t.Errorf("%d tenants are remembered", n)
		}
	})
}

// A request that waits too long, or whose client goes, leaves the line.
func TestTurnsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all turns.Turns
		done, err := all.Take(t.Context(), make(http.Header), "a")
		if err != nil {
			t.Fatal(err)
		}
		header := make(http.Header)
		begin := time.Now()
		_, err = all.Take(t.Context(), header, "a")
		var fault *api.Fault
		if !errors.As(err, &fault) || fault.Status != 429 || header.Get("Retry-After") != "10" || time.Since(begin) != 10*time.Second {
			t.Errorf("after %v: %v, %v", time.Since(begin), err, header)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err = all.Take(ctx, header, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a client that has gone: %v", err)
		}
		done()
		if done, err = all.Take(t.Context(), header, "a"); err != nil {
			t.Fatal(err)
		}
		done()
		if n := all.Tenants(); n != 0 {
			t.Errorf("%d tenants are remembered", n)
		}
	})
}
