package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// bucketSeats is the number of seats in each bucket of a workload.
const bucketSeats = 6

// worker does at random what a Manager does to a store: it starts callbacks
// that take a seat and a permit of their number, moves, claims, completes and
// erases them. Outside the store, it records what it tries and what was
// acknowledged.
type worker struct {
	store callback.Store
	rand  *rand.Rand
	name  string
	now   time.Time
	made  int
	cbs   []*callback.Callback // its own, as it last saw them
	note  func(format string, args ...any)
	size  int // maximum size of a record
	// fault decides about unexpected errors: nil means to go on.
	fault func(error) error
}

func newWorker(store callback.Store, seed uint64, name string) *worker {
	return &worker{
		store: store, rand: rand.New(rand.NewPCG(seed, 1)), name: name, now: storetest.Start(), size: 600,
		note: func(string, ...any) {}, fault: func(err error) error { return err },
	}
}

func bucket(n int) callback.PermitKey {
	return callback.PermitKey{Kind: callback.PermitBucket, Service: storetest.Service, Slot: int64(300 * n)}
}

// event returns the event of a change.
func event(cb *callback.Callback, from callback.State) callback.Event {
	e := callback.Event{Service: cb.Service, At: cb.Updated, Type: callback.EventUpdated, From: from, To: cb.State, Reason: cb.Reason, Actor: "worker"}
	switch {
	case cb.Revision == 1:
		e.Type = callback.EventAccepted
	case cb.State == callback.Completed:
		e.Type = callback.EventCompleted
	}
	return e
}

// seated returns a new callback with a seat and a permit of its number.
func (w *worker) seated() callback.Change {
	w.made++
	id := callback.ID(fmt.Sprintf("%s-%05d", w.name, w.made))
	subject := fmt.Sprint("subject-", id)
	cb := storetest.New(id, func(cb *callback.Callback) {
		cb.Created, cb.Updated = w.now, w.now
		cb.Customer.Number, cb.Customer.ID = storetest.Number(w.rand.IntN(100)), "customer-"+string(id)
		cb.Idempotency.Key = "key-" + string(id)
		cb.UserData = callback.Values{"text": strings.Repeat("x", w.rand.IntN(w.size))}
		cb.NextAt = w.now.Add(time.Duration(w.rand.IntN(600)-300) * time.Second)
		if w.rand.IntN(2) == 0 {
			cb.State, cb.Ready, cb.QueuedAt = callback.Queued, true, w.now
		}
		cb.Held = []callback.Held{
			{Key: bucket(w.rand.IntN(8)), N: 1},
			{Key: callback.PermitKey{Kind: callback.PermitNumber, Service: cb.Service, Subject: subject}, N: 1},
		}
	})
	return callback.Change{
		Record: cb, Event: event(cb, 0),
		Take: []callback.Permit{{Key: cb.Held[0].Key, N: 1, Max: bucketSeats}, {Key: cb.Held[1].Key, N: 1, Max: 1}},
	}
}

// revise returns the next revision of a callback.
func (w *worker) revise(read *callback.Callback, edit func(cb *callback.Callback, c *callback.Change)) callback.Change {
	cb := read.Clone()
	cb.Revision++
	cb.Updated = w.now
	c := callback.Change{Record: cb}
	edit(cb, &c)
	c.Event = event(cb, read.State)
	return c
}

// move gives a seat back and takes another.
func (w *worker) move(cb *callback.Callback, c *callback.Change) {
	to := bucket(w.rand.IntN(8))
	c.Give = []callback.Held{cb.Held[0]}
	c.Take = []callback.Permit{{Key: to, N: 1, Max: bucketSeats}}
	cb.Held[0].Key = to
	cb.Desired = cb.Desired.Add(time.Duration(w.rand.IntN(9)) * time.Hour)
	cb.UserData = callback.Values{"text": strings.Repeat("x", w.rand.IntN(2*w.size))}
}

// complete gives every permit back.
func (w *worker) complete(cb *callback.Callback, c *callback.Change) {
	cb.State, cb.Ready, cb.Reason, cb.EndedAt, cb.NextAt = callback.Completed, false, callback.ReasonAgentConnected, w.now, time.Time{}
	c.Give, cb.Held = cb.Held, nil
	c.Epoch = cb.Lease.Epoch
}

// step does one thing at random.
func (w *worker) step(ctx context.Context) error {
	w.now = w.now.Add(time.Duration(w.rand.IntN(20)) * time.Second)
	n := w.rand.IntN(10)
	if n >= 7 {
		return w.claim(ctx)
	}
	if len(w.cbs) == 0 || n < 3 {
		return w.start(ctx)
	}
	cb := w.any()
	if n == 3 || cb.State == callback.Completed {
		return w.erase(ctx, cb)
	}
	return w.apply(ctx, w.revise(cb, w.move))
}

func (w *worker) any() *callback.Callback { return w.cbs[w.rand.IntN(len(w.cbs))] }

// start creates up to three callbacks at once.
func (w *worker) start(ctx context.Context) error {
	changes := make([]callback.Change, 1+w.rand.IntN(3))
	for i := range changes {
		changes[i] = w.seated()
	}
	return w.apply(ctx, changes...)
}

func (w *worker) apply(ctx context.Context, changes ...callback.Change) error {
	for _, c := range changes {
		w.note("try %s %d\n", c.Record.ID, c.Record.Revision)
	}
	errs, err := w.store.Apply(ctx, w.now, changes)
	if err != nil {
		return w.fault(err)
	}
	for i, c := range changes {
		if errs != nil && errs[i] != nil {
			if err := w.refused(ctx, c, errs[i]); err != nil {
				return err
			}
			continue
		}
		w.note("did %s %d\n", c.Record.ID, c.Record.Revision)
		if !c.Unclaim {
			w.know(c.Record)
		}
	}
	return nil
}

func (w *worker) know(read *callback.Callback) {
	for i, cb := range w.cbs {
		if cb.ID == read.ID {
			w.cbs[i] = read
			return
		}
	}
	w.cbs = append(w.cbs, read)
}

// refused accepts the errors that a store may return.
func (w *worker) refused(ctx context.Context, c callback.Change, err error) error {
	if errors.Is(err, callback.ErrPermitRefused) {
		w.note("refused %s\n", c.Record.ID)
		return nil
	}
	return w.reread(ctx, c.Record.ID, err)
}

// reread updates the worker's copy of a callback that others have changed.
func (w *worker) reread(ctx context.Context, id callback.ID, why error) error {
	if !errors.Is(why, callback.ErrConflict) && !errors.Is(why, callback.ErrNotFound) {
		return fmt.Errorf("callback %s: %w", id, why)
	}
	cb, err := w.store.Get(ctx, callback.By{Tenant: storetest.Tenant, ID: id})
	switch {
	case errors.Is(err, callback.ErrNotFound):
		w.forget(id)
	case err != nil:
		return w.fault(err)
	default:
		w.know(cb)
	}
	return nil
}

// claim claims due callbacks, completes its own, and gives the others back.
func (w *worker) claim(ctx context.Context) error {
	req := callback.ClaimRequest{Owner: w.name, Lease: time.Minute, Due: true, Limit: 1 + w.rand.IntN(4)}
	if w.rand.IntN(2) == 0 {
		key := callback.QueueKey{Tenant: storetest.Tenant, Service: storetest.Service}
		req = callback.ClaimRequest{Owner: w.name, Lease: time.Minute, Queues: []callback.QueueClaim{{Queue: key, N: 2}}}
	}
	claimed, err := w.store.Claim(ctx, w.now, req)
	if err != nil {
		return w.fault(err)
	}
	for _, cb := range claimed.Callbacks {
		if cb.State == callback.Completed || w.rand.IntN(4) == 0 {
			if err := w.apply(ctx, storetest.Unclaim(cb, w.now.Add(time.Hour))); err != nil {
				return err
			}
			continue
		}
		if err := w.apply(ctx, w.revise(cb, w.complete)); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) erase(ctx context.Context, cb *callback.Callback) error {
	w.note("try-erase %s\n", cb.ID)
	req := callback.EraseRequest{Tenant: storetest.Tenant, Items: []callback.Precondition{{ID: cb.ID, Revision: cb.Revision}}, Actor: w.name}
	if cb.State == callback.Completed {
		// Other callbacks would still hold the permits of the subject.
		req.Subjects = []string{fmt.Sprint("subject-", cb.ID)}
	}
	errs, err := w.store.Erase(ctx, w.now, req)
	switch {
	case err != nil:
		return w.fault(err)
	case errs[0] != nil:
		return w.reread(ctx, cb.ID, errs[0])
	}
	w.note("erased %s\n", cb.ID)
	w.forget(cb.ID)
	return nil
}

func (w *worker) forget(id callback.ID) {
	w.cbs = slices.DeleteFunc(w.cbs, func(cb *callback.Callback) bool { return cb.ID == id })
}

// verify fails the test if the store is inconsistent.
func verify(t *testing.T, s *sqlite.Store, path string, now time.Time) {
	t.Helper()
	callbacktest.VerifyAudit(t, s)
	callbacktest.VerifyPermits(t, s, now, storetest.Tenant)
	callbacktest.RequireNoOverbooking(t, s, now, storetest.Tenant, storetest.Service, func(time.Time) int { return bucketSeats })
	db := openRaw(t, path)
	faults, err := sqlite.Faults(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}

// openRaw opens a file without the store.
func openRaw(tb testing.TB, path string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}
