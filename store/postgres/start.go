package postgres

import (
	"context"
	"math"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// demand is what all writes of a batch give to or take from one counter.
type demand struct {
	*item
	units int64 // negative: given
	room  int64 // how many units may be out before
}

// demands adds up what a batch gives and takes, in the order of the counters'
// locks. It fails when some permit can never be given or a counter is both given
// to and taken from or has a rolling window, so that apply has to decide.
func (b *batch) demands() ([]demand, bool) {
	list := make([]demand, len(b.counters))
	for i, x := range b.counters {
		list[i] = demand{item: x, room: math.MaxInt64}
	}
	for _, x := range b.items {
		d := &list[b.counterOf(x)]
		switch {
		case x.rolls():
			return nil, false
		case d.units == 0:
			d.item = x
		case (d.units < 0) != (x.units < 0) || d.units > 0 && d.units > math.MaxInt64-x.units:
			return nil, false
		}
		d.units = max(d.units+x.units, -math.MaxInt64)
		if x.limit >= 0 && x.units > 0 {
			d.room = min(d.room, x.limit-d.units)
		}
		if d.room < 0 {
			return nil, false
		}
	}
	return list, true
}

// plain reports whether a batch has writes of one kind only, under no condition
// that a shortcut does not check.
func (b *batch) plain(op int16) bool {
	for _, w := range b.writes {
		if w.op != op || w.source != "" || w.doubt != certain || w.masked != nil || w.maskedFirst != nil {
			return false
		}
		if op == opCreate && (w.epoch != 0 || w.timed() || slices.ContainsFunc(w.items, func(x item) bool { return x.units < 0 })) {
			return false
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
	return done, l.end(rows)
}

// shortcut is the quickest statement for a batch, or none.
func (s *Store) shortcut(b *batch) (query string, args []any) {
	creates := b.plain(opCreate)
	if !creates && !b.plain(opReplace) {
		return "", nil
	}
	demands, ok := b.demands()
	switch {
	case !ok:
		return "", nil
	case !creates:
		return s.sql.replace, b.replaceArguments(demands)
	case len(b.writes) == 1 && len(demands) <= mostPermits:
		w := b.writes[0]
		return s.sql.single(len(demands), w.queued()), singleArguments(w, demands)
	}
	return s.sql.start, b.startArguments(demands)
}

// earliest is the first of the times at which the writes were asked for.
func (b *batch) earliest() any {
	now := b.writes[0].now
	for _, w := range b.writes {
		if w.now.Before(now) {
			now = w.now
		}
	}
	return now
}

// startArguments are the parameters of start, in order.
func (b *batch) startArguments(demands []demand) []any {
	args := make([]any, 0, 33)
	args = append(args, b.earliest(), b.keys(),
		column(b, func(w *write) string { return w.tenant }),
		b.ids())
	args = b.values(b.places(args))
	args = append(args,
		optional(b, func(w *write) string { return w.eventType }),
		unless(b, func(w *write) pgtype.Timestamptz { return w.eventAt }, pgtype.Timestamptz{}),
		column(b, func(w *write) int64 { return w.nonce }),
		column(b, func(w *write) []byte { return w.event }))
	return appendDemands(args, demands)
}

// replaceArguments are the parameters of replace, in order.
func (b *batch) replaceArguments(demands []demand) []any {
	none := pgtype.Timestamptz{}
	args := make([]any, 0, 35)
	args = append(args, b.earliest(), b.keys(),
		column(b, func(w *write) int64 { return w.revision }),
		unless(b, func(w *write) int64 { return w.epoch }, 0))
	args = b.values(b.places(args))
	args = append(args,
		column(b, func(w *write) string { return w.eventType }),
		times(b, func(w *write) pgtype.Timestamptz { return w.eventAt }),
		column(b, func(w *write) int64 { return w.nonce }),
		column(b, func(w *write) []byte { return w.event }),
		unless(b, func(w *write) pgtype.Timestamptz { return w.from }, none),
		unless(b, func(w *write) pgtype.Timestamptz { return w.until }, none))
	return appendDemands(args, demands)
}

// places appends what start and replace take in the same places.
func (b *batch) places(args []any) []any {
	return append(args,
		times(b, func(w *write) pgtype.Timestamptz { return w.nextAt }),
		column(b, func(w *write) string { return w.service }),
		column(b, func(w *write) int16 { return w.state }),
		unless(b, func(w *write) int16 { return w.priority }, 0),
		unless(b, func(w *write) bool { return w.ready }, false))
}

// appendDemands appends the counters and what is given to and taken from them.
func appendDemands(args []any, demands []demand) []any {
	if len(demands) == 0 {
		return append(args, make([]any, 10)...)
	}
	args = counterColumns(args, each(demands, func(d demand) *item { return d.item }))
	return append(args,
		each(demands, func(d demand) int64 { return d.units }),
		each(demands, func(d demand) int64 { return d.room }),
		stamps(each(demands, func(d demand) pgtype.Timestamptz { return d.ends })))
}

func each[T, V any](list []T, of func(T) V) []V {
	values := make([]V, len(list))
	for i, x := range list {
		values[i] = of(x)
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
