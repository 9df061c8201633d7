package sqlite

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/record"
)

// asideFor is how long a damaged record is set aside before it is tried again.
const asideFor = time.Hour

// Claim leases due callbacks or the heads of queues; see [callback.Store]. A
// claim of due callbacks that finds none only reads. Claim sets a damaged
// record aside for an hour and does not return it: see [Store.Damaged].
func (s *Store) Claim(ctx context.Context, now time.Time, req store.ClaimRequest) (store.Claimed, error) {
	if err := s.usable(ctx); err != nil {
		return store.Claimed{}, err
	}
	if err := store.CheckClaim(&req); err != nil {
		return store.Claimed{}, err
	}
	if req.Due {
		next, end, err := s.earliest(ctx)
		if idle := next == none || next > floor(now); err != nil || idle && end <= lastEnd(now, &req) {
			return store.Claimed{NextAt: next.Time()}, err
		}
	} else if len(req.Queues) == 0 {
		return store.Claimed{}, nil
	}
	c := claim{now: floor(now), until: ceil(now.Add(req.Lease)), last: lastEnd(now, &req), owner: req.Owner, due: req.Due, limit: req.Limit}
	c.queues = append(c.queues, req.Queues...)
	err := s.committer.do(newOperation(ctx, max(1, req.Limit), func(t *transaction) error {
		c.claimed = store.Claimed{}
		return t.claim(&c)
	}))
	if err != nil {
		return store.Claimed{}, err
	}
	return c.claimed, nil
}

// lastEnd returns the latest end of a lease that a claim leaves as it is.
func lastEnd(now time.Time, req *store.ClaimRequest) instant {
	return ceil(now.Add(req.Lease + store.Slack))
}

// earliest returns the earliest NextAt of all callbacks, or none, and the latest
// end of a lease.
func (s *Store) earliest(ctx context.Context) (next, end instant, err error) {
	next, end = none, none
	err = s.rows(ctx, func(row []any) error {
		sc := scanner{values: row}
		next, end = sc.instant(), sc.instant()
		return nil
	}, earliest)
	return next, end, err
}

const earliest = "SELECT (SELECT next_at FROM callbacks INDEXED BY callbacks_due WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1), " +
	"(SELECT until FROM callbacks INDEXED BY callbacks_lease WHERE until IS NOT NULL AND fault IS NULL ORDER BY until DESC LIMIT 1)"

// claim is a request and its result.
type claim struct {
	now, until instant
	last       instant // leases that end later are shortened
	owner      string
	due        bool
	limit      int
	queues     []store.QueueClaim
	claimed    store.Claimed
}

func (t *transaction) claim(c *claim) error {
	var err error
	if c.due {
		err = t.claimDue(c)
	} else {
		for _, q := range c.queues {
			if err = t.claimQueue(c, q); err != nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	return t.recountTallies(c.now)
}

// claimDue leases due callbacks until the limit is reached or no more are due.
// Records that it has to set aside do not count.
func (t *transaction) claimDue(c *claim) error {
	if err := t.run(stShorten, int64(c.until), int64(c.last)); err != nil {
		return err
	}
	for {
		room := c.limit - len(c.claimed.Callbacks)
		found, err := t.candidates(stDue, int64(c.now), atMost(room, 1))
		if err != nil {
			return err
		}
		if len(found) > room {
			c.claimed.NextAt = found[room].row.nextAt.Time()
			found = found[:room]
		} else if c.claimed.NextAt, err = t.nextDue(c.now); err != nil {
			return err
		}
		aside, err := t.lease(c, found)
		if err != nil || aside == 0 {
			return err
		}
	}
}

// nextDue returns the earliest NextAt after now.
func (t *transaction) nextDue(now instant) (time.Time, error) {
	next := none
	err := t.query(stNextDue, func(row []any) error {
		s := scanner{values: row}
		next = s.instant()
		return nil
	}, int64(now))
	return next.Time(), err
}

// claimQueue leases the first callbacks of one queue, or the first behind a
// place.
func (t *transaction) claimQueue(c *claim, q store.QueueClaim) error {
	key := &q.Queue
	args := []any{key.Tenant, key.Service, int64(key.Priority), int64(c.now), string(q.After.ID)}
	from := stQueue
	if at := floor(q.After.QueuedAt); at != none {
		from, args = stQueueBehind, slices.Insert(args, 4, any(int64(at)))
	}
	for room := q.N; room > 0; {
		found, err := t.candidates(from, append(args, atMost(room, 0))...)
		if err != nil {
			return err
		}
		// A damaged index may return callbacks that are not in the queue.
		found = slices.DeleteFunc(found, func(f candidate) bool { return f.callback != nil && !stands(f.callback, key) })
		aside, err := t.lease(c, found)
		if err != nil || aside == 0 {
			return err
		}
		room -= len(found) - aside
	}
	return nil
}

// stands reports whether a callback may be claimed from a queue.
func stands(cb *callback.Callback, q *callback.QueueKey) bool {
	return cb.State == callback.Queued && cb.Ready && callback.QueueKey{Tenant: cb.Tenant, Service: cb.Service, Priority: cb.Priority} == *q
}

// atMost returns the limit of a query for room rows and some more.
func atMost(room, more int) int64 {
	if room > math.MaxInt32 {
		room = math.MaxInt32
	}
	return int64(room + more)
}

// candidate is a row that a claim may lease.
type candidate struct {
	row      *stored
	callback *callback.Callback // nil if damaged
	damage   error
}

func (t *transaction) candidates(q statement, args ...any) ([]candidate, error) {
	var found []candidate
	err := t.query(q, func(row []any) error {
		var c candidate
		c.row, c.callback, c.damage = readRow(row)
		found = append(found, c)
		return nil
	}, args...)
	return found, err
}

// lease leases the undamaged candidates to the owner of the claim and sets the
// others aside. It returns the number of these.
func (t *transaction) lease(c *claim, found []candidate) (aside int, err error) {
	var list []byte
	for _, f := range found {
		if f.callback == nil {
			aside++
			if err := t.setAside(c.now, f.row, f.damage); err != nil {
				return aside, err
			}
			continue
		}
		t.recount = t.recount || f.row.faulted
		list = strconv.AppendInt(append(list, ','), f.row.cb, 10)
		epoch := f.callback.Lease.Epoch
		if epoch < math.MaxInt64 {
			epoch++
		}
		t.remember(cachedRow{head: f.row.head, cb: f.row.cb, epoch: epoch, key: f.row.key})
		f.callback.Lease = callback.Lease{Owner: c.owner, Epoch: epoch, Until: c.until.Time()}
		f.callback.NextAt = c.until.Time()
		c.claimed.Callbacks = append(c.claimed.Callbacks, f.callback)
	}
	if len(list) == 0 {
		return aside, nil
	}
	list[0] = '['
	return aside, t.run(stLease, c.owner, int64(c.until), string(append(list, ']')))
}

// setAside leases a damaged record without an owner, so that claims skip it.
func (t *transaction) setAside(now instant, r *stored, damage error) error {
	t.recount = t.recount || !r.faulted
	return t.run(stSetAside, int64(now)+asideFor.Microseconds(), faultOf(damage), r.cb)
}

// faultOf returns the text that the file keeps of a damage. It contains nothing
// of the record.
func faultOf(damage error) string {
	if d, ok := errors.AsType[*record.DamagedError](damage); ok && d.Rule != "" {
		return d.Rule
	}
	return record.ErrVersion.Error()
}
