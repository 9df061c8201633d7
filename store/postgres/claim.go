package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/record"
)

const (
	// asideOwner leases what cannot be read, for asideFor.
	asideOwner = "ringback:damaged"
	asideFor   = time.Hour
	// lockedAgain is when due work that others hold locked is looked at again.
	lockedAgain = 20 * time.Millisecond
)

// Claim leases due work or the heads of queues; see [callback.Store]. What
// others are changing at the moment is passed over. A callback that cannot be
// read is set aside for an hour, see [Store.Damaged], and delays nothing.
//
// After [callback.ErrOutcomeUnknown] some may be leased although no caller has
// them: they can be claimed again when the lease ends.
func (s *Store) Claim(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
	if err := ctx.Err(); err != nil {
		return callback.Claimed{}, err
	}
	if err := store.CheckClaim(&req); err != nil {
		return callback.Claimed{}, err
	}
	if s.committer.isClosed() {
		return callback.Claimed{}, store.ErrClosed
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	// Leases end on a microsecond, because the table keeps no more.
	until := now.Add(req.Lease).Truncate(time.Microsecond)
	until = until.UTC().Round(0)
	if req.Due {
		s.sweep(ctx, now)
	}
	query, args, most := s.sql.claimDue, []any{now, until, until.Add(store.Slack), req.Owner, int64(req.Limit)}, req.Limit
	if !req.Due {
		if len(req.Queues) == 0 {
			return callback.Claimed{}, nil
		}
		query, most = s.sql.claimQ, 0
		tenants, services := make([]string, len(req.Queues)), make([]string, len(req.Queues))
		priorities, limits := make([]int16, len(req.Queues)), make([]int64, len(req.Queues))
		after, ids := make([]pgtype.Timestamptz, len(req.Queues)), make([]string, len(req.Queues))
		for i, q := range req.Queues {
			after[i], ids[i] = place(q.After.QueuedAt), string(q.After.ID)
			tenants[i], services[i], priorities[i] = q.Queue.Tenant, q.Queue.Service, int16(q.Queue.Priority)
			limits[i] = int64(q.N)
			most += min(q.N, math.MaxInt-most)
		}
		args = []any{now, until, req.Owner, tenants, services, priorities, limits, after, ids}
	}
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		found, err := s.claim(ctx, query, args)
		if err == nil {
			return s.claimed(ctx, now, until, &req, found, most)
		}
		switch fateOf(err) {
		case unknown:
			return callback.Claimed{}, doubtful(err)
		case failed:
			return callback.Claimed{}, explain(err)
		}
		if !pause(ctx, wait) {
			return callback.Claimed{}, explain(err)
		}
	}
}

// lot is what a claim leased.
type lot struct {
	rows []claimedRow
	next time.Time // due claims: the earliest moment of what is left
}

// claimedRow is a row with its place in the order of the claim.
type claimedRow struct {
	row
	ask pgtype.Int4 // NULL for the row that only tells of what is left
	at  time.Time
}

func (s *Store) claim(ctx context.Context, query string, args []any) (lot, error) {
	var found lot
	// Whether a lease has reached the standbys is of no matter: one that a failover
	// loses is given again, and of two nodes the first that writes wins.
	l := &link{store: s, pool: s.pool}
	defer l.close()
	rows, err := l.query(ctx, query, args...)
	if err != nil {
		return found, err
	}
	defer rows.Close()
	var x claimedRow
	var at pgtype.Timestamptz
	into := append([]any{&x.ask, &at}, x.fields()...)
	for rows.Next() {
		x.body = nil // the last one's is kept
		if err := rows.Scan(into...); err != nil {
			return found, err
		}
		x.at = instant(at)
		if !x.ask.Valid {
			found.next = x.at
			continue
		}
		found.rows = append(found.rows, x)
	}
	return found, rows.Err()
}

// claimed decodes the rows of a claim in the order of the contract.
func (s *Store) claimed(ctx context.Context, now, until time.Time, req *callback.ClaimRequest, found lot, most int) (callback.Claimed, error) {
	if len(found.rows) > most {
		// The planner has fooled the limit: the leases run out unused.
		return callback.Claimed{}, fmt.Errorf("%w: a claim of %d leased %d", ErrSchema, most, len(found.rows))
	}
	found.sort()
	c := callback.Claimed{NextAt: found.next}
	if !found.next.After(now) && !found.next.IsZero() && len(found.rows) < most {
		// What is due and was not leased is locked by another transaction. A
		// claim at once would find it locked again.
		c.NextAt = now.Add(lockedAgain)
	}
	c.Callbacks = make([]*callback.Callback, 0, len(found.rows))
	for i := range found.rows {
		r := &found.rows[i].row
		r.owner = pgtype.Text{String: req.Owner, Valid: true}
		r.nextAt, r.until = stamp(until), stamp(until)
		cb, err := r.callback()
		if err == nil {
			c.Callbacks = append(c.Callbacks, cb)
			continue
		}
		var damaged *record.DamagedError
		if !errors.As(err, &damaged) {
			return callback.Claimed{}, err
		}
		s.setAside(ctx, damaged, until, now.Add(asideFor))
	}
	if len(c.Callbacks) == 0 {
		c.Callbacks = nil
	}
	return c, nil
}

// setAside keeps a callback that cannot be read away from claims. When that
// fails, its lease does so for as long as it lasts.
func (s *Store) setAside(ctx context.Context, d *record.DamagedError, leased, until time.Time) {
	if until = until.Truncate(time.Microsecond); until.Equal(leased) {
		until = until.Add(time.Microsecond) // its place in due has to change
	}
	_, err := s.db.Exec(ctx, s.sql.setAside, [16]byte(keyOf(d.Tenant, string(d.ID))), leased, until)
	attrs := []slog.Attr{slog.String("tenant", d.Tenant), slog.String("callback", string(d.ID)), slog.String("error", d.Error())}
	if err != nil {
		attrs = append(attrs, slog.String("setting_aside", explain(err).Error()))
	}
	s.config.Logger.LogAttrs(ctx, slog.LevelError, "a callback cannot be read and is set aside", attrs...)
}

// Damaged lists callbacks that claims have set aside because they could not be
// read, and what is wrong with each; at most limit (0 = 100, at most 1,000). One that has been mended
// is claimed again at the end of its hour.
func (s *Store) Damaged(ctx context.Context, limit int) ([]*record.DamagedError, error) {
	limit, err := store.CheckQuery(&store.Query{Limit: limit})
	if err != nil {
		return nil, err
	}
	var list []*record.DamagedError
	err = s.read(ctx, func(ctx context.Context) error {
		list = nil
		rows, err := s.db.Query(ctx, s.sql.damaged, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			_, err := scanCallback(rows)
			var d *record.DamagedError
			switch {
			case errors.As(err, &d):
				list = append(list, d)
			case err != nil:
				return err
			}
		}
		return rows.Err()
	})
	return list, err
}
