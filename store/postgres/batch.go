package postgres

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

type (
	stamps = pgtype.FlatArray[pgtype.Timestamptz]
	texts  = pgtype.FlatArray[pgtype.Text]
)

// batch is writes that one statement makes, column by column. The callbacks in it
// are all different, and so are the idempotency keys; they are in the order of
// their keys, which is that of the locks.
type batch struct {
	writes   []*write
	items    []*item // of the writes, in order
	changes  []int32 // the write of each item, from 1
	counters []*item // one of each counter, in the order of the locks
}

func newBatch(writes []*write) *batch {
	b := &batch{writes: writes}
	for n, w := range writes {
		for i := range w.items {
			b.items, b.changes = append(b.items, &w.items[i]), append(b.changes, int32(n+1))
		}
	}
	b.counters = slices.Clone(b.items)
	slices.SortFunc(b.counters, compareCounters)
	b.counters = slices.CompactFunc(b.counters, func(a, b *item) bool { return a.h == b.h })
	return b
}

func compareCounters(a, b *item) int { return bytes.Compare(a.h[:], b.h[:]) }

// counterOf is the place of an item's counter.
func (b *batch) counterOf(x *item) int {
	at, _ := slices.BinarySearchFunc(b.counters, x, compareCounters)
	return at
}

// column makes one array of all writes.
func column[T any](b *batch, of func(w *write) T) []T {
	values := make([]T, len(b.writes))
	for i, w := range b.writes {
		values[i] = of(w)
	}
	return values
}

// optional makes an array in which the empty text is NULL, or nil when all of
// it is: less to send and to unpack.
func optional(b *batch, of func(w *write) string) any {
	if !slices.ContainsFunc(b.writes, func(w *write) bool { return of(w) != "" }) {
		return nil
	}
	return texts(column(b, func(w *write) pgtype.Text {
		s := of(w)
		return pgtype.Text{String: s, Valid: s != ""}
	}))
}

func times(b *batch, of func(w *write) pgtype.Timestamptz) stamps { return column(b, of) }

// keys lists the keys of the callbacks.
func (b *batch) keys() [][16]byte {
	return column(b, func(w *write) [16]byte { return w.k })
}

// arguments are the parameters of apply, in order.
func (b *batch) arguments() []any {
	args := make([]any, 0, 48)
	args = append(args,
		times(b, func(w *write) pgtype.Timestamptz { return stamp(w.now) }),
		column(b, func(w *write) int16 { return w.op }),
		b.keys(),
		column(b, func(w *write) string { return w.tenant }),
		b.ids(),
		column(b, func(w *write) int64 { return w.revision }),
		column(b, func(w *write) int64 { return w.epoch }),
		times(b, func(w *write) pgtype.Timestamptz { return w.nextAt }),
		column(b, func(w *write) string { return w.service }),
		column(b, func(w *write) int16 { return w.state }),
		column(b, func(w *write) int16 { return w.priority }),
		column(b, func(w *write) bool { return w.ready }))
	args = append(b.values(args),
		optional(b, func(w *write) string { return w.eventType }),
		unless(b, func(w *write) pgtype.Timestamptz { return w.eventAt }, pgtype.Timestamptz{}),
		column(b, func(w *write) int64 { return w.nonce }),
		column(b, func(w *write) []byte { return w.event }))
	args = append(args, b.maskedFirst())
	args = append(args, b.sources()...)
	args = append(args,
		unless(b, func(w *write) pgtype.Timestamptz { return w.from }, pgtype.Timestamptz{}),
		unless(b, func(w *write) pgtype.Timestamptz { return w.until }, pgtype.Timestamptz{}))
	return b.permits(args)
}

// ids is the column id.
func (b *batch) ids() any {
	if !slices.ContainsFunc(b.writes, func(w *write) bool { return idColumn(w.k, w.id).Valid }) {
		return nil
	}
	return texts(column(b, func(w *write) pgtype.Text { return idColumn(w.k, w.id) }))
}

// values appends what all functions take in the same places.
func (b *batch) values(args []any) []any {
	none := pgtype.Timestamptz{}
	return append(args,
		optional(b, func(w *write) string { return w.reason }),
		times(b, func(w *write) pgtype.Timestamptz { return w.desired }),
		times(b, func(w *write) pgtype.Timestamptz { return w.created }),
		unless(b, func(w *write) pgtype.Timestamptz { return w.updated }, none),
		unless(b, func(w *write) pgtype.Timestamptz { return w.ended }, none),
		unless(b, func(w *write) pgtype.Timestamptz { return w.queuedAt }, none),
		optional(b, func(w *write) string { return w.number }),
		optional(b, func(w *write) string { return w.key }),
		optional(b, func(w *write) string { return w.lookup }),
		column(b, func(w *write) []byte { return w.body }))
}

// sources are the callbacks that creates depend on, and their revisions.
func (b *batch) sources() []any {
	if !slices.ContainsFunc(b.writes, func(w *write) bool { return w.source != "" }) {
		return []any{nil, nil}
	}
	return []any{pgtype.FlatArray[pgtype.UUID](column(b, func(w *write) pgtype.UUID {
		return pgtype.UUID{Bytes: keyOf(w.tenant, w.source), Valid: w.source != ""}
	})), column(b, func(w *write) int64 { return w.sourceRevision })}
}

// counterColumns appends the names of counters.
func counterColumns(args []any, counters []*item) []any {
	return append(args,
		each(counters, func(x *item) [16]byte { return x.h }),
		each(counters, func(x *item) string { return x.key.tenant }),
		each(counters, func(x *item) string { return x.key.Service }),
		each(counters, func(x *item) string { return string(x.key.Kind) }),
		each(counters, func(x *item) int64 { return x.key.Slot }),
		each(counters, func(x *item) string { return x.key.Name }),
		each(counters, func(x *item) string { return x.key.Subject }))
}

// permits appends the counters and what is given to and taken from them.
func (b *batch) permits(args []any) []any {
	n := len(b.items)
	if n == 0 {
		return append(args, make([]any, 14)...)
	}
	args = counterColumns(args, b.counters)
	counters, units, limits, ends, lasts := make([]int32, n), make([]int64, n), make([]int64, n), make(stamps, n), make(stamps, n)
	for i, x := range b.items {
		counters[i], units[i], limits[i], ends[i], lasts[i] = int32(b.counterOf(x)+1), x.units, x.limit, x.ends, x.last
	}
	var rolls any
	if slices.ContainsFunc(b.items, (*item).rolls) {
		rolls = each(b.items, (*item).rolls)
	}
	return append(args, b.changes, counters, units, limits, ends, lasts, rolls)
}

// doubt notes what an error says of whether the writes have happened.
func (b *batch) doubt(err error) {
	if err == nil || fateOf(err) != unknown {
		return
	}
	d := lost
	var pg *pgconn.PgError
	if errors.As(err, &pg) && !strings.HasPrefix(pg.Code, "08") {
		// Errors of class 08 come from a pooler, which only knows that its own
		// connection to the server broke.
		d = ended
	}
	for _, w := range b.writes {
		w.doubt = max(w.doubt, d)
	}
}
