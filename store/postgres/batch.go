package postgres

import (
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

// batch is the arguments of one call of apply, column by column. The IDs in it
// are all different, and so are the idempotency keys.
type batch struct {
	writes   []*write
	items    []*item // of the writes, in order
	changes  []int32 // the write of each item, from 1
	counters []counterKey
}

// counterOf is the place of an item's counter.
func (b *batch) counterOf(x *item) int {
	at, _ := slices.BinarySearchFunc(b.counters, x.key, compareKeys)
	return at
}

// number lists the counters in the order of their locks.
func (b *batch) number() {
	b.items, b.changes, b.counters = nil, nil, nil
	for n, w := range b.writes {
		for i := range w.items {
			b.items, b.changes = append(b.items, &w.items[i]), append(b.changes, int32(n+1))
			b.counters = append(b.counters, w.items[i].key)
		}
	}
	slices.SortFunc(b.counters, compareKeys)
	b.counters = slices.Compact(b.counters)
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

// arguments are the parameters of apply, in order.
func (b *batch) arguments() []any {
	b.number()
	args := make([]any, 0, 45)
	args = append(args,
		times(b, func(w *write) pgtype.Timestamptz { return stamp(w.now) }),
		column(b, func(w *write) int16 { return w.op }),
		column(b, func(w *write) string { return w.tenant }),
		column(b, func(w *write) string { return w.id }),
		column(b, func(w *write) int64 { return w.revision }),
		column(b, func(w *write) int64 { return w.epoch }),
		times(b, func(w *write) pgtype.Timestamptz { return w.nextAt }),
		column(b, func(w *write) string { return w.service }),
		column(b, func(w *write) string { return w.state }),
		column(b, func(w *write) int16 { return w.priority }),
		column(b, func(w *write) bool { return w.ready }),
		optional(b, func(w *write) string { return w.reason }),
		times(b, func(w *write) pgtype.Timestamptz { return w.desired }),
		times(b, func(w *write) pgtype.Timestamptz { return w.created }),
		times(b, func(w *write) pgtype.Timestamptz { return w.updated }),
		times(b, func(w *write) pgtype.Timestamptz { return w.ended }),
		times(b, func(w *write) pgtype.Timestamptz { return w.queuedAt }))
	args = append(b.values(args),
		times(b, func(w *write) pgtype.Timestamptz { return w.eventAt }),
		column(b, func(w *write) int64 { return w.nonce }),
		column(b, func(w *write) []byte { return w.event }),
		optional(b, func(w *write) string { return w.source }),
		unless(b, func(w *write) int64 { return w.sourceRevision }, 0),
		unless(b, func(w *write) pgtype.Timestamptz { return w.from }, pgtype.Timestamptz{}),
		unless(b, func(w *write) pgtype.Timestamptz { return w.until }, pgtype.Timestamptz{}))
	return b.permits(args)
}

// values appends what start and apply take in the same places.
func (b *batch) values(args []any) []any {
	return append(args,
		optional(b, func(w *write) string { return w.number }),
		optional(b, func(w *write) string { return w.alternative }),
		optional(b, func(w *write) string { return w.customer }),
		optional(b, func(w *write) string { return w.external }),
		optional(b, func(w *write) string { return w.key }),
		optional(b, func(w *write) string { return w.lookup }),
		column(b, func(w *write) []byte { return w.body }),
		column(b, func(w *write) string { return w.eventType }))
}

// permits appends the counters and what is given to and taken from them.
func (b *batch) permits(args []any) []any {
	n := len(b.items)
	if n == 0 {
		return append(args, make([]any, 12)...)
	}
	args = append(args,
		each(b.counters, func(k *counterKey) string { return k.tenant }),
		each(b.counters, func(k *counterKey) string { return k.Service }),
		each(b.counters, func(k *counterKey) string { return string(k.Kind) }),
		each(b.counters, func(k *counterKey) int64 { return k.Slot }),
		each(b.counters, func(k *counterKey) string { return k.Name }),
		each(b.counters, func(k *counterKey) string { return k.Subject }))
	counters, units, limits, ends, lasts := make([]int32, n), make([]int64, n), make([]int64, n), make(stamps, n), make(stamps, n)
	for i, x := range b.items {
		counters[i], units[i], limits[i], ends[i], lasts[i] = int32(b.counterOf(x)+1), x.units, x.limit, x.ends, x.last
	}
	return append(args, b.changes, counters, units, limits, ends, lasts)
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
