package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
)

// answer is a row of what apply returns: why a change did not happen.
type answer struct {
	change int32
	fault  string
	item   pgtype.Int4
	used   pgtype.Int8
	ends   pgtype.Timestamptz
	stored pgtype.Int8
}

func (a *answer) explain(w *write, b *batch) error {
	id := callback.ID(w.id)
	switch a.fault {
	case "missing":
		return sqlkit.NotFound(id)
	case "id":
		return sqlkit.Conflict(id, "id", "is taken")
	case "revision":
		switch w.op {
		case opReplace:
			return sqlkit.NotNext(id, w.revision, a.stored.Int64)
		case opErase:
			return sqlkit.NotCurrent(id, "revision", w.revision-1, a.stored.Int64)
		}
		return sqlkit.NotCurrent(id, "revision", w.revision, a.stored.Int64)
	case "epoch":
		return sqlkit.NotCurrent(id, "epoch", w.epoch, a.stored.Int64)
	case "key":
		return sqlkit.Conflict(id, "idempotency key", "belongs to another callback")
	case "no source":
		return sqlkit.NotFound(callback.ID(w.source))
	case "source":
		return sqlkit.Conflict(id, "source", "revision %d is not the current one, %d", w.sourceRevision, a.stored.Int64)
	case "early":
		return sqlkit.Untimely(id, callback.ErrTooEarly)
	case "late":
		return sqlkit.Untimely(id, callback.ErrTooLate)
	case "permit":
		return &callback.PermitError{Permit: b.items[a.item.Int32-1].permit, Used: a.used.Int64, Ends: instant(a.ends)}
	}
	return fmt.Errorf("callback %s: apply answered %q: %w", id, a.fault, ErrSchema)
}

// resolve corrects the faults of writes that an earlier attempt may have made
// without our hearing of it: it asks who made the revision.
func (s *Store) resolve(ctx context.Context, l *link, b *batch) {
	var open []*write
	for _, w := range b.writes {
		if w.doubt != certain && w.fault != nil {
			open = append(open, w)
		}
	}
	if len(open) == 0 {
		return
	}
	nonces, err := s.nonces(ctx, l, open)
	for _, w := range open {
		nonce, found := nonces[eventKey{w.k, w.revision}]
		switch {
		case err == nil && found && nonce == w.nonce:
			w.fault, w.outside = nil, false
		case err == nil && found && w.op != opUnclaim:
			// Another write made this revision: ours never will.
		case err == nil && w.doubt == ended && w.op != opUnclaim && !errors.Is(w.fault, callback.ErrNotFound):
			// It is decided, and it has not happened.
		default:
			w.fault, w.outside = fmt.Errorf("%w: %w", callback.ErrOutcomeUnknown, w.fault), true
			s.doubts.tell(w.tenant, w.id)
		}
	}
}

type eventKey struct {
	k   key
	seq int64
}

// nonces reads who made the revisions that the writes were to make.
func (s *Store) nonces(ctx context.Context, l *link, writes []*write) (map[eventKey]int64, error) {
	b := batch{writes: writes}
	rows, err := l.query(ctx, s.sql.nonces, b.keys(), column(&b, func(w *write) int64 { return w.revision }))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[eventKey]int64)
	for rows.Next() {
		var e eventKey
		var nonce int64
		if err := rows.Scan((*[16]byte)(&e.k), &e.seq, &nonce); err != nil {
			return nil, err
		}
		found[e] = nonce
	}
	return found, rows.Err()
}
