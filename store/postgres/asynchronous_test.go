//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/postgres"
)

// skipPlaces is what doc.go tells an operator to do after a failover to an asynchronous standby, before nodes work with it.
const skipPlaces = "SELECT setval('rb1.places', nextval('rb1.places') + 1000000)"

// TestAsynchronousFailover measures what a failover to an asynchronous standby loses, and shows that readers of the feed miss nothing of
// what comes after it if the places that they may have passed are skipped; and that they do otherwise.
func TestAsynchronousFailover(t *testing.T) {
	t.Parallel()
	for _, lag := range []time.Duration{0, 300 * time.Millisecond} {
		for _, skip := range []bool{true, false} {
			t.Run(fmt.Sprintf("lag %v, skip %v", lag, skip), func(t *testing.T) {
				t.Parallel()
				loseTheLast(t, lag, skip)
			})
		}
	}
}

func loseTheLast(t *testing.T, lag time.Duration, skip bool) {
	const fresh = 50
	s := newServers(t, false)
	writing := openOn(t, s.dsn())
	due := time.Date(2031, 3, 4, 9, 0, 0, 0, time.UTC)
	accepted, rate := s.writeUntilKilled(t, writing, due, lag)
	passed := accepted.passed
	if err := s.standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	if skip {
		execute(t, s.standby.DSN(s.database), skipPlaces)
	}
	reading := openOn(t, s.dsn())
	lost := 0
	for _, id := range accepted.ids {
		if _, err := reading.Get(t.Context(), callback.By{ID: id}); errors.Is(err, callback.ErrNotFound) {
			lost++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for i := range fresh {
		if err := apply(t.Context(), reading, newcomer(callback.ID(fmt.Sprint("fresh ", i)), 100000+i, due)); err != nil {
			t.Fatal(err)
		}
	}
	page, err := reading.Events(t.Context(), callback.EventQuery{AllTenants: true, After: passed, Limit: 1000})
	missed := fresh
	for _, e := range page.Events {
		if strings.HasPrefix(string(e.Callback), "fresh") {
			missed--
		}
	}
	t.Logf("standby %v behind, %.0f accepted a second: %d of %d accepted are lost; a reader of the feed misses %d of %d events after the failover (%v)",
		lag, rate, lost, len(accepted.ids), missed, fresh, err)
	if lag > 0 && lost == 0 {
		t.Error("nothing is lost: the test would not see a loss")
	}
	if skip && (err != nil || missed > 0) {
		t.Errorf("a reader misses %d of %d events, %v", missed, fresh, err)
	}
	if !skip && lag > 0 && missed == 0 {
		t.Error("a reader misses nothing: there is no need to skip places")
	}
}

// lastWords is what was acknowledged before the primary was killed.
type lastWords struct {
	ids    []callback.ID
	passed callback.Cursor // the place that a reader of the feed has come to
}

// writeUntilKilled accepts callbacks, holds up the standby for a while and kills the primary.
func (s *servers) writeUntilKilled(t *testing.T, w *postgres.Store, due time.Time, lag time.Duration) (lastWords, float64) {
	t.Helper()
	var mu sync.Mutex
	var words lastWords
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(words.ids)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var all sync.WaitGroup
	for writer := range 8 {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := callback.ID(fmt.Sprintf("w%d %d", writer, i))
				if err := apply(ctx, w, newcomer(id, 10000*writer+i, due)); err == nil {
					mu.Lock()
					words.ids = append(words.ids, id)
					mu.Unlock()
				}
			}
		})
	}
	all.Go(func() {
		for ctx.Err() == nil {
			page, err := w.Events(ctx, callback.EventQuery{AllTenants: true, After: words.passed, Limit: 1000})
			if err == nil {
				words.passed = page.Next
			}
		}
	})
	begun := time.Now()
	if !eventually(t, 30*time.Second, func() bool { return count() > 500 }) {
		t.Fatal("nothing is accepted")
	}
	rate := float64(count()) / time.Since(begun).Seconds()
	sender := ask[int](t, s.primary.DSN("postgres"), "SELECT pid FROM pg_stat_replication")
	if lag > 0 {
		if err := syscall.Kill(sender, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		await(t.Context(), lag)
	}
	err := s.primary.Kill(t.Context())
	// What is acknowledged from now on was not acknowledged by the primary.
	stop()
	all.Wait()
	if lag > 0 {
		err = errors.Join(err, syscall.Kill(sender, syscall.SIGKILL))
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.ParseFeed(words.passed, math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	return words, rate
}
