package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store/postgres"
)

// ringback is this library: a store in a schema of its own.
type ringback struct {
	server *server
	schema string
	pool   *pgxpool.Pool
	store  *postgres.Store
}

func newRingback(ctx context.Context, s *server) (*ringback, error) {
	schema, err := s.newSchema(ctx, "ringback", false)
	if err != nil {
		return nil, err
	}
	r := &ringback{server: s, schema: schema}
	if r.pool, err = s.connect(ctx, ""); err != nil {
		return nil, err
	}
	config := postgres.Config{Schema: schema, Logger: quiet()}
	if err := postgres.Migrate(ctx, r.pool, config); err != nil {
		return nil, errors.Join(err, r.close(ctx))
	}
	if r.store, err = postgres.New(ctx, r.pool, config); err != nil {
		return nil, errors.Join(err, r.close(ctx))
	}
	return r, nil
}

func (r *ringback) close(ctx context.Context) error {
	if r.store != nil {
		r.store.Close()
	}
	r.pool.Close()
	return r.server.drop(ctx, r.schema)
}

// seats is how many callbacks a time bucket holds: more than will come.
const seats = 1_000_000

// creation is the change that stores a callback with its event and its seat, as
// the engine makes it. Its index on the number has one more entry.
func creation(now time.Time, j job) (callback.Change, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return callback.Change{}, err
	}
	number, err := phonenum.RevealedAddress(j.number)
	if err != nil {
		return callback.Change{}, err
	}
	bucket := j.desired.Truncate(5 * time.Minute)
	seat := callback.PermitKey{Kind: callback.PermitBucket, Service: j.service, Slot: bucket.Unix()}
	cb := &callback.Callback{
		ID: callback.ID(id.String()), Service: j.service, Revision: 1, State: callback.Scheduled,
		Customer: callback.Customer{Number: number}, Desired: j.desired, Bucket: bucket,
		Created: now, Updated: now, ReleaseAt: j.desired, NextAt: j.desired, ExpiresAt: j.desired.Add(24 * time.Hour),
		Held: []callback.Held{{Key: seat, N: 1}},
	}
	return callback.Change{
		Record: cb, Take: []callback.Permit{{Key: seat, N: 1, Max: seats}},
		Event: callback.Event{
			Callback: cb.ID, Service: j.service, Seq: 1, At: now, Type: callback.EventAccepted,
			To: callback.Scheduled, Next: j.desired, Actor: "versus",
		},
	}, nil
}

// apply makes changes, all of which must happen.
func (r *ringback) apply(ctx context.Context, now time.Time, changes []callback.Change) error {
	errs, err := r.store.Apply(ctx, now, changes)
	return errors.Join(append(errs, err)...)
}

// start stores callbacks in one call.
func (r *ringback) start(ctx context.Context, jobs ...job) error {
	now := time.Now()
	changes := make([]callback.Change, len(jobs))
	for i, j := range jobs {
		var err error
		if changes[i], err = creation(now, j); err != nil {
			return err
		}
	}
	return r.apply(ctx, now, changes)
}

// fill stores n callbacks.
func (r *ringback) fill(ctx context.Context, from *source, n int) error {
	err := inBatches(ctx, from, n, func(ctx context.Context, jobs []job) error { return r.start(ctx, jobs...) })
	return errors.Join(err, r.server.tidy(ctx, r.schema))
}

// claimers and claimBatch are how the engine's own work is done: two claims
// under way, each of as many as a Manager takes by default.
const (
	claimers   = 2
	claimBatch = 500
)

// burn claims what is due and completes it, until nothing is left.
func (r *ringback) burn(ctx context.Context, w *watch, n int) error {
	var done atomic.Int64
	errs := make([]error, claimers)
	var all sync.WaitGroup
	w.start()
	for i := range claimers {
		all.Go(func() {
			owner := fmt.Sprintf("versus-%d", i)
			for {
				completed, err := r.complete(ctx, owner)
				if err != nil || completed == 0 {
					errs[i] = err
					return
				}
				done.Add(int64(completed))
			}
		})
	}
	all.Wait()
	w.stop()
	w.n = int(done.Load())
	if w.n != n {
		errs = append(errs, fmt.Errorf("%d of %d were completed", w.n, n))
	}
	return errors.Join(errs...)
}

// complete claims once and completes what it got in one batch: the record, an
// event, and the seat given back. A completed callback stays for its retention,
// and then is due once more, to be erased.
func (r *ringback) complete(ctx context.Context, owner string) (int, error) {
	now := time.Now()
	claimed, err := r.store.Claim(ctx, now, callback.ClaimRequest{Owner: owner, Lease: 30 * time.Second, Due: true, Limit: claimBatch})
	if err != nil || len(claimed.Callbacks) == 0 {
		return 0, err
	}
	changes := make([]callback.Change, len(claimed.Callbacks))
	kept := now.Add(24 * time.Hour)
	for i, cb := range claimed.Callbacks {
		give := cb.Held
		cb.Held, cb.Bucket = nil, time.Time{}
		cb.Revision++
		cb.State, cb.Reason = callback.Completed, callback.ReasonAgentConnected
		cb.Updated, cb.EndedAt, cb.DeadlineAt, cb.NextAt = now, now, kept, kept
		changes[i] = callback.Change{
			Record: cb, Epoch: cb.Lease.Epoch, Give: give,
			Event: callback.Event{
				Callback: cb.ID, Service: cb.Service, Seq: cb.Revision, At: now, Type: callback.EventCompleted,
				From: callback.Scheduled, To: callback.Completed, Reason: cb.Reason, Epoch: cb.Lease.Epoch, Next: kept, Actor: owner,
			},
		}
	}
	return len(changes), r.apply(ctx, now, changes)
}
