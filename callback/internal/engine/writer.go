package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// Fate is what became of a change that was handed to the store.
type Fate uint8

// The fates.
const (
	Written Fate = iota // the store has it
	Lost                // another change came first, or the record is gone
	Refused             // the store refused it; a PermitError if a limit did
	Unknown             // it may be written, and reading did not tell
)

// Result is the fate of one change of a Batch.
type Result struct {
	Draft *decide.Draft // nil for a change that only gives a lease back
	Fate  Fate
	Err   error // why the change is not Written, else nil
}

// Batch collects changes that are written in one call of the store, each
// atomically by itself.
type Batch struct {
	changes []callback.Change
	drafts  []*decide.Draft // nil for a change that only gives a lease back
	results []Result        // buffer of apply
}

// single is a batch of one change, in one allocation.
type single struct {
	Batch
	change [1]callback.Change
	draft  [1]*decide.Draft
	result [1]Result
}

func newSingle(d *decide.Draft) *Batch {
	s := new(single)
	s.changes, s.drafts, s.results = s.change[:0], s.draft[:0], s.result[:0]
	s.Add(d)
	return &s.Batch
}

// Len returns the number of changes.
func (b *Batch) Len() int { return len(b.changes) }

// Add finishes a draft and adds it.
func (b *Batch) Add(d *decide.Draft) {
	b.changes, b.drafts = append(b.changes, d.Change()), append(b.drafts, d)
}

// giveBack adds a change that returns the lease of cb and nothing else. The
// policy is nil if the service is unknown.
func (b *Batch) giveBack(cb *callback.Callback, policy *decide.Policy, now time.Time) {
	b.lease(decide.Unclaim(cb, policy, now))
}

// lease adds a change of a lease and of NextAt.
func (b *Batch) lease(c callback.Change) {
	b.changes, b.drafts = append(b.changes, c), append(b.drafts, nil)
}

// timely bounds the changes of a tick at now: they must not be made while the
// store's clock is more than drift behind now, because the times in them would be
// in the future.
func (b *Batch) timely(now time.Time) {
	for i := range b.changes {
		w := &b.changes[i].Window
		w.From = decide.Latest(w.From, now.Add(-drift))
	}
}

// untimely reports whether a change was refused because of its window.
func untimely(err error) bool {
	return errors.Is(err, callback.ErrTooEarly) || errors.Is(err, callback.ErrTooLate)
}

// Write writes a batch and does what follows outside the store: it gives agents
// back, hangs up and wakes subscribers. There is one result per change, in
// order.
//
// The error is set if the whole call failed and nothing was written; all
// results are then Refused with that error.
func (m *Intake) Write(ctx context.Context, now time.Time, b *Batch) ([]Result, error) {
	results, err := m.apply(ctx, now, b)
	m.settle(ctx, results)
	return results, err
}

// apply is Write without what follows outside the store.
//
// It resolves callback.ErrOutcomeUnknown, of a change or of the whole call, by
// reading the records. A new callback stays Unknown: Start finds it by its
// idempotency key, and without a key the caller has to know.
func (m *Intake) apply(ctx context.Context, now time.Time, b *Batch) ([]Result, error) {
	if b.Len() == 0 {
		return nil, nil
	}
	applying, end := m.oneCall(ctx)
	defer end()
	errs, err := m.Store.Apply(applying, now, b.changes)
	results := slices.Grow(b.results, b.Len())
	for i, d := range b.drafts {
		fault := err
		if err == nil && errs != nil {
			fault = errs[i]
		}
		results = append(results, Result{Draft: d, Fate: fateOf(fault), Err: fault})
	}
	m.resolve(ctx, results)
	if errors.Is(err, callback.ErrOutcomeUnknown) {
		err = nil
	}
	return results, err
}

func fateOf(err error) Fate {
	switch {
	case err == nil:
		return Written
	case errors.Is(err, callback.ErrOutcomeUnknown):
		return Unknown
	case errors.Is(err, callback.ErrConflict), errors.Is(err, callback.ErrNotFound):
		return Lost
	}
	return Refused
}

// resolve reads the records of changes whose answer was lost.
func (m *Intake) resolve(ctx context.Context, results []Result) {
	lost := func(r Result) bool { return r.Fate == Unknown && r.Draft != nil && r.Draft.Old != nil }
	if !slices.ContainsFunc(results, lost) {
		return
	}
	ctx, cancel := m.Detached(ctx)
	defer cancel()
	for i, r := range results {
		if lost(r) {
			results[i] = m.found(ctx, r)
		}
	}
}

// found says by its record what became of a change whose answer was lost.
func (m *Intake) found(ctx context.Context, r Result) Result {
	r.Draft.Doubted = true
	cb, err := m.Store.Get(ctx, callback.By{Tenant: r.Draft.Callback.Tenant, ID: r.Draft.Callback.ID})
	switch {
	case errors.Is(err, callback.ErrNotFound):
		r.Fate, r.Err = Lost, err
	case err != nil:
	case isWritten(cb, r.Draft):
		r.Fate, r.Err = Written, nil
	default:
		r.Fate, r.Err = Lost, callback.ErrConflict
	}
	return r
}

// isWritten reports whether a record is what the draft made of it. Under a
// lease the epoch has to be the draft's as well: a node that claimed the
// callback since then decides about it.
func isWritten(cb *callback.Callback, d *decide.Draft) bool {
	want := d.Callback
	return cb.Revision == want.Revision && cb.State == want.State && cb.Reason == want.Reason && cb.CancelReason == want.CancelReason &&
		(d.Epoch == 0 || cb.Lease.Epoch == d.Epoch) &&
		// Stores keep microseconds.
		cb.Updated.Truncate(time.Microsecond).Equal(want.Updated.Truncate(time.Microsecond))
}

// settle does what follows a write outside the store.
func (m *Intake) settle(ctx context.Context, results []Result) {
	news := false
	for _, r := range results {
		d := r.Draft
		if d == nil {
			continue
		}
		m.observeResult(ctx, r)
		news = news || r.Fate == Written || r.Fate == Unknown
		if r.Fate == Written {
			m.tally.settle(d)
			if d.Callback.State == callback.Completed {
				m.handouts.giveUp(d.Callback)
			}
		} else {
			m.tally.stale()
			m.unreserve(ctx, d)
		}
		if d.Release != nil && d.Doubted && r.Fate != Written {
			m.keepOwed(callback.Owed{Release: d.Release})
		}
		if r.Fate == Written && (d.Release != nil || slices.ContainsFunc(d.Give, func(h callback.Held) bool { return h.Key.Kind == callback.PermitCall })) {
			m.agents.freed.Add(1)
		}
	}
	if news {
		m.Feed.Signal()
	}
	m.pay(ctx, results)
}

// Commit writes one draft. The error is nil if it was written.
func (m *Intake) Commit(ctx context.Context, d *decide.Draft) error {
	results, _ := m.Write(ctx, d.Now, newSingle(d))
	if results[0].Fate != Written {
		return results[0].Err
	}
	if !d.Callback.NextAt.IsZero() && d.Callback.NextAt.Before(d.Now.Add(m.Config.Poll)) || d.Callback.Ready || d.Release != nil || len(d.Give) > 0 {
		m.Wake()
	}
	return nil
}
