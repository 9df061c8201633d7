package postgres

import (
	"context"
	"math"

	"github.com/jackc/pgx/v5/pgtype"
)

// demand is what all creates of a batch take of one counter.
type demand struct {
	key   counterKey
	units int64
	room  int64 // how many units may be out before
	ends  pgtype.Timestamptz
}

// demands adds up what a batch takes, in the order of the counters' locks. It
// fails when some permit can never be given, so that apply has to say which.
func (b *batch) demands() ([]demand, bool) {
	b.number()
	list := make([]demand, len(b.counters))
	for i, key := range b.counters {
		list[i] = demand{key: key, room: math.MaxInt64}
	}
	for _, x := range b.items {
		d := &list[b.counterOf(x)]
		if d.units == 0 {
			d.ends = x.ends
		}
		if d.units > math.MaxInt64-x.units {
			return nil, false
		}
		d.units += x.units
		if x.limit >= 0 {
			d.room = min(d.room, x.limit-d.units)
		}
		if d.room < 0 {
			return nil, false
		}
	}
	return list, true
}

// startable reports whether a batch only creates, and under no condition.
func (b *batch) startable() bool {
	for _, w := range b.writes {
		if w.op != opCreate || w.epoch != 0 || w.source != "" || w.timed() || w.doubt != certain {
			return false
		}
		for i := range w.items {
			if w.items[i].units < 0 {
				return false
			}
		}
	}
	return true
}

// quick makes a batch at once when it is of a simple kind and nothing stands in
// the way; what it does not do is left to apply.
func (s *Store) quick(ctx context.Context, l *link, b *batch) (done bool, err error) {
	query, args := s.shortcut(b)
	if query == "" {
		return false, nil
	}
	rows, err := l.query(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&done); err != nil {
			return false, err
		}
	}
	return done, rows.Err()
}

// shortcut is the quickest statement for a batch, or none.
func (s *Store) shortcut(b *batch) (query string, args []any) {
	w := b.writes[0]
	switch {
	case b.startable():
		demands, ok := b.demands()
		switch {
		case !ok:
			return "", nil
		case len(b.writes) == 1 && len(demands) <= mostPermits:
			return s.sql.single(len(demands), w.state == queuedState), singleArguments(w, demands)
		}
		return s.sql.start, b.startArguments(demands)
	case len(b.writes) == 1 && w.op == opReplace && w.doubt == certain && len(w.masked) == 0:
		if kind, demands, ok := b.moves(); ok {
			return s.sql.replaces[kind], replaceArguments(w, demands)
		}
	}
	return "", nil
}

// startArguments are the parameters of start, in order.
func (b *batch) startArguments(demands []demand) []any {
	now := b.writes[0].now
	for _, w := range b.writes {
		if w.now.Before(now) {
			now = w.now
		}
	}
	args := make([]any, 0, 34)
	args = append(args, now,
		column(b, func(w *write) string { return w.tenant }),
		column(b, func(w *write) string { return w.id }),
		times(b, func(w *write) pgtype.Timestamptz { return w.nextAt }),
		column(b, func(w *write) string { return w.service }),
		column(b, func(w *write) string { return w.state }),
		unless(b, func(w *write) int16 { return w.priority }, 0),
		unless(b, func(w *write) bool { return w.ready }, false),
		optional(b, func(w *write) string { return w.reason }),
		times(b, func(w *write) pgtype.Timestamptz { return w.desired }),
		times(b, func(w *write) pgtype.Timestamptz { return w.created }),
		b.sameAs(func(w *write) (a, b pgtype.Timestamptz) { return w.updated, w.created }),
		unless(b, func(w *write) pgtype.Timestamptz { return w.ended }, never),
		unless(b, func(w *write) pgtype.Timestamptz { return w.queuedAt }, never))
	args = append(b.values(args),
		b.sameAs(func(w *write) (a, b pgtype.Timestamptz) { return w.eventAt, w.created }),
		column(b, func(w *write) int64 { return w.nonce }),
		column(b, func(w *write) []byte { return w.event }))
	if len(demands) == 0 {
		return append(args, make([]any, 9)...)
	}
	return append(args,
		each(demands, func(d *demand) string { return d.key.tenant }),
		each(demands, func(d *demand) string { return d.key.Service }),
		each(demands, func(d *demand) string { return string(d.key.Kind) }),
		each(demands, func(d *demand) int64 { return d.key.Slot }),
		each(demands, func(d *demand) string { return d.key.Name }),
		each(demands, func(d *demand) string { return d.key.Subject }),
		each(demands, func(d *demand) int64 { return d.units }),
		each(demands, func(d *demand) int64 { return d.room }),
		stamps(each(demands, func(d *demand) pgtype.Timestamptz { return d.ends })))
}

func each[T, V any](list []T, of func(*T) V) []V {
	values := make([]V, len(list))
	for i := range list {
		values[i] = of(&list[i])
	}
	return values
}

// unless makes an array, or nil when every value is the usual one.
func unless[T comparable](b *batch, of func(w *write) T, usual T) any {
	for _, w := range b.writes {
		if of(w) != usual {
			return arrayOf(column(b, of))
		}
	}
	return nil
}

// arrayOf gives the driver a type that it knows to be an array.
func arrayOf[T any](values []T) any { return pgtype.FlatArray[T](values) }

// sameAs makes an array of the first of two times, or nil when it is always the
// second.
func (b *batch) sameAs(of func(w *write) (a, b pgtype.Timestamptz)) any {
	for _, w := range b.writes {
		if x, y := of(w); x != y {
			return stamps(column(b, func(w *write) pgtype.Timestamptz { x, _ := of(w); return x }))
		}
	}
	return nil
}
