package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// durable opens a store on a cluster of its own that keeps what it commits.
func durable(b *testing.B) (*postgres.Store, *pgxpool.Pool) {
	b.Helper()
	c, err := postgrestest.Start(b.Context(), postgrestest.Options{
		Durable: true, Settings: map[string]string{"shared_buffers": "1GB", "max_wal_size": "8GB"},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	r := newRig(b, c.DSN("postgres"))
	return r.open(b), r.pool
}

// supply makes scheduled callbacks with a number, a seat and an event each.
type supply struct {
	now  time.Time
	made atomic.Int64
}

func (s *supply) next() callback.Change {
	n := s.made.Add(1)
	number, err := phonenum.RevealedAddress(fmt.Sprintf("+4144%07d", n%10_000_000))
	if err != nil {
		panic(err)
	}
	due := s.now.Add(time.Hour + time.Duration(n%86_400)*time.Second)
	seat := callback.PermitKey{Kind: callback.PermitBucket, Service: "billing", Slot: due.Unix() / 300 * 300}
	id := callback.ID(fmt.Sprintf("0190a000-0000-7000-8000-%012d", n))
	return callback.Change{
		Record: &callback.Callback{
			Tenant: "t", ID: id, Service: "billing", Revision: 1, State: callback.Scheduled,
			Desired: due, Created: s.now, Updated: s.now, ReleaseAt: due, NextAt: due, ExpiresAt: due.Add(time.Hour),
			Customer: callback.Customer{Number: number}, Held: []callback.Held{{Key: seat, N: 1}},
		},
		Take:  []callback.Permit{{Key: seat, N: 1, Max: 1 << 40}},
		Event: callback.Event{Service: "billing", At: s.now, Type: callback.EventAccepted, To: callback.Scheduled, Actor: "api", Next: due},
	}
}

func (s *supply) take(n int) []callback.Change {
	changes := make([]callback.Change, n)
	for i := range changes {
		changes[i] = s.next()
	}
	return changes
}

func mustApply(b *testing.B, s *postgres.Store, now time.Time, changes []callback.Change) {
	if errs, err := s.Apply(context.Background(), now, changes); err != nil || errs != nil {
		b.Error(errs, err)
	}
}

// BenchmarkStart creates one callback per call, durably.
func BenchmarkStart(b *testing.B) {
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s, _ := durable(b)
			from := supply{now: time.Now()}
			var all sync.WaitGroup
			for b.Loop() {
				// One iteration is 100 starts of each caller.
				for range callers {
					all.Go(func() {
						for range 100 {
							mustApply(b, s, from.now, from.take(1))
						}
					})
				}
				all.Wait()
			}
			b.ReportMetric(float64(from.made.Load())/b.Elapsed().Seconds(), "starts/s")
		})
	}
}

// BenchmarkBulk creates 1,000 callbacks per call, durably.
func BenchmarkBulk(b *testing.B) {
	s, _ := durable(b)
	from := supply{now: time.Now()}
	for b.Loop() {
		mustApply(b, s, from.now, from.take(1000))
	}
	b.ReportMetric(float64(from.made.Load())/b.Elapsed().Seconds(), "starts/s")
}

// BenchmarkClaimComplete claims 100 due callbacks, and completes them with one
// event each and the seat given back; one iteration is 100.
func BenchmarkClaimComplete(b *testing.B) {
	s, pool := durable(b)
	from := supply{now: time.Now()}
	later := from.now.Add(48 * time.Hour)
	const batch = 100
	fill := func() {
		for range 20 {
			mustApply(b, s, from.now, from.take(1000))
		}
		if _, err := pool.Exec(b.Context(), "VACUUM ANALYZE"); err != nil {
			b.Fatal(err)
		}
	}
	done, left := 0, 0
	for b.Loop() {
		if left < batch {
			b.StopTimer()
			fill()
			left += 20_000
			b.StartTimer()
		}
		left -= batch
		claimed, err := s.Claim(b.Context(), later, callback.ClaimRequest{Owner: "bench", Lease: time.Minute, Due: true, Limit: batch})
		if err != nil || len(claimed.Callbacks) != batch {
			b.Fatalf("%d claimed: %v", len(claimed.Callbacks), err)
		}
		changes := make([]callback.Change, batch)
		for i, cb := range claimed.Callbacks {
			changes[i] = completion(cb, later)
		}
		mustApply(b, s, later, changes)
		done += batch
	}
	b.ReportMetric(float64(done)/b.Elapsed().Seconds(), "callbacks/s")
}

func completion(cb *callback.Callback, now time.Time) callback.Change {
	c := callback.Change{Record: cb, Epoch: cb.Lease.Epoch, Give: cb.Held, Event: callback.Event{
		Service: cb.Service, At: now, Type: callback.EventCompleted, From: cb.State, To: callback.Completed, Actor: "bench",
	}}
	cb.Held, cb.NextAt = nil, time.Time{}
	cb.Revision, cb.State, cb.Reason = cb.Revision+1, callback.Completed, callback.ReasonAgentConnected
	cb.Updated, cb.EndedAt = now, now
	return c
}
