package sqlite

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

type counterKey struct {
	tenant string
	key    callback.PermitKey
}

// counter is the number of units in use of one permit key, in a transaction.
type counter struct {
	tenant  string
	key     callback.PermitKey // without Subject if only its digest is known
	subject []byte             // digest of the subject; empty if there is none
	used    int64
	ends    instant     // end of the window, or of the last part; none if there is no window
	parts   store.Parts // not empty for a rolling counter in use
	stored  bool        // there is a row
	changed bool
	keyRow  int64 // row of counter_keys; 0 if there is no subject
}

// planned is the new state of a counter. A change plans all its counters first,
// and modifies them only if no permit was refused.
type planned struct {
	counter *counter
	used    int64
	ends    instant
	parts   store.Parts
}

// roll makes parts the state of a rolling counter.
func (p *planned) roll(parts store.Parts) {
	p.parts, p.used, p.ends = parts, parts.Used(), floor(parts.Last())
}

// give returns units.
func (p *planned) give(n int64) {
	if len(p.parts) > 0 {
		p.roll(p.parts.Give(n))
		return
	}
	p.used = max(0, p.used-n)
}

// take takes the units of a permit, or reports the refusal.
func (p *planned) take(permit *callback.Permit, now time.Time) *callback.PermitError {
	last := ceil(store.LastEnd(permit, now))
	switch rolls := len(p.parts) > 0; {
	case rolls && permit.Span > 0:
		p.roll(p.parts.Known(permit, now))
	case rolls, permit.Span > 0, last != none && p.ends > last:
		p.used, p.parts = 0, nil
	}
	if permit.Max >= 0 && saturatingAdd(p.used, permit.N) > permit.Max {
		refused := &callback.PermitError{Permit: *permit, Used: p.used}
		switch {
		case len(p.parts) > 0:
			refused.Ends = p.parts.First()
		case p.used > 0:
			refused.Ends = p.ends.Time()
		}
		return refused
	}
	if permit.Span > 0 {
		p.roll(p.parts.Take(permit, now))
		return nil
	}
	if p.used == 0 {
		p.ends = windowOf(permit, now)
	}
	p.used = saturatingAdd(p.used, permit.N)
	return nil
}

// usedAt returns the units in use at now: none if the window has ended.
func (c *counter) usedAt(now instant) int64 {
	switch {
	case c.ends != none && c.ends <= now:
		return 0
	case len(c.parts) > 0:
		return c.parts.At(now.Time()).Used()
	}
	return c.used
}

// endsAt returns when the first of the units that are in use at now become free.
func (c *counter) endsAt(now instant) time.Time {
	if len(c.parts) > 0 {
		return c.parts.At(now.Time()).First()
	}
	return c.ends.Time()
}

// partsColumn returns the column value of parts.
func partsColumn(parts store.Parts) any {
	if len(parts) == 0 {
		return nil
	}
	b := make([]byte, 0, 16*len(parts))
	for _, x := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(x.Ends))
		b = binary.BigEndian.AppendUint64(b, uint64(x.N))
	}
	return b
}

// partsOf reads a column value of partsColumn.
func partsOf(b []byte) (parts store.Parts) {
	for ; len(b) >= 16; b = b[16:] {
		parts = append(parts, store.Part{Ends: int64(binary.BigEndian.Uint64(b)), N: int64(binary.BigEndian.Uint64(b[8:]))})
	}
	return parts
}

// rowKey appends the columns of the primary key to before.
func (c *counter) rowKey(before ...any) []any {
	return append(before, c.tenant, string(c.key.Kind), c.key.Service, c.subject, c.key.Slot, c.key.Name)
}

// digestOf returns the column value for a subject.
func (s *secret) digestOf(tenant, subject string) []byte {
	if subject == "" {
		return []byte{}
	}
	return s.digest(digestSubject, tenant, subject)
}

// counter reads a counter, once per transaction.
func (t *transaction) counter(tenant string, key callback.PermitKey) (*counter, error) {
	if c := t.counters[counterKey{tenant, key}]; c != nil {
		return c, nil
	}
	c := &counter{tenant: tenant, key: key, subject: t.w.secret.digestOf(tenant, key.Subject), ends: none}
	err := t.query(stCounter, func(row []any) error {
		s := scanner{values: row}
		c.used, c.ends, c.parts, c.stored = s.integer(), s.instant(), partsOf(s.blob()), true
		if v := s.next(); v != nil {
			c.keyRow, _ = v.(int64)
		}
		return nil
	}, c.rowKey()...)
	if err != nil {
		return nil, err
	}
	t.know(c)
	return c, nil
}

func (t *transaction) know(c *counter) {
	if t.counters == nil {
		t.counters = make(map[counterKey]*counter)
	}
	t.counters[counterKey{c.tenant, c.key}] = c
	t.touched = append(t.touched, c)
}

// permits plans what a change does to the counters: gives first, then takes in
// order. allot carries the plan out. refused is the refusal of a permit.
func (t *transaction) permits(tenant string, now time.Time, give []callback.Held, take []callback.Permit) (refused, failure error) {
	t.plan = t.plan[:0]
	at := floor(now)
	for i := range give {
		c, err := t.counter(tenant, give[i].Key)
		if err != nil {
			return nil, err
		}
		p := t.enter(c, at)
		p.give(give[i].N)
	}
	for i := range take {
		permit := &take[i]
		c, err := t.counter(tenant, permit.Key)
		if err != nil {
			return nil, err
		}
		p := t.enter(c, at)
		if refusal := p.take(permit, now); refusal != nil {
			return refusal, nil
		}
	}
	return nil, nil
}

// enter returns the entry of c in the plan, which it adds if necessary.
func (t *transaction) enter(c *counter, now instant) *planned {
	for i := range t.plan {
		if t.plan[i].counter == c {
			return &t.plan[i]
		}
	}
	t.plan = append(t.plan, planned{counter: c, used: c.usedAt(now), ends: c.ends, parts: c.parts.At(now.Time())})
	return &t.plan[len(t.plan)-1]
}

// allot carries out the plan.
func (t *transaction) allot() {
	for _, p := range t.plan {
		if p.used == 0 {
			p.ends, p.parts = none, nil
		}
		p.counter.set(p.used, p.ends, p.parts)
	}
	t.plan = t.plan[:0]
}

func (c *counter) set(used int64, ends instant, parts store.Parts) {
	c.changed = c.changed || c.used != used || c.ends != ends || !slices.Equal(c.parts, parts)
	c.used, c.ends, c.parts = used, ends, parts
}

// windowOf returns the end of a window that begins at now.
func windowOf(p *callback.Permit, now time.Time) instant {
	if p.For > 0 {
		return ceil(now.Add(p.For))
	}
	return ceil(p.Until)
}

// saturatingAdd returns a+b, or the largest int64 on overflow, so that units
// beyond it are refused and not lost. b must not be negative.
func saturatingAdd(a, b int64) int64 {
	if sum := a + b; sum >= a {
		return sum
	}
	return math.MaxInt64
}

// flushCounters writes the counters that changed. It deletes those that became
// zero, with the keys of their subjects.
func (t *transaction) flushCounters() error {
	for _, c := range t.touched {
		if !c.changed {
			continue
		}
		if err := t.write(c); err != nil {
			return err
		}
		c.changed = false
	}
	return nil
}

func (t *transaction) write(c *counter) error {
	switch {
	case c.used > 0 && c.stored:
		return t.run(stUpdateCounter, c.rowKey(c.used, c.ends.value(), partsColumn(c.parts))...)
	case c.used > 0:
		var sealed, keyRow any
		if c.key.Subject != "" {
			key := newKey()
			b, err := seal(key, []byte(c.key.Subject), c.bytes())
			if err != nil {
				return err
			}
			if c.keyRow, err = t.keepKey(key); err != nil {
				return err
			}
			sealed, keyRow = b, c.keyRow
		}
		c.stored = true
		return t.run(stInsertCounter, append(c.rowKey(), c.used, c.ends.value(), partsColumn(c.parts), sealed, keyRow)...)
	case c.stored:
		c.stored = false
		if err := t.run(stDeleteCounter, c.rowKey()...); err != nil || c.keyRow == 0 {
			return err
		}
		t.freedKeys = append(t.freedKeys, c.keyRow)
		return t.run(stFreeKey, noKey(), c.keyRow)
	}
	return nil
}

// bytes returns the data that a sealed subject is bound to.
func (c *counter) bytes() []byte {
	return binary.BigEndian.AppendUint64(append([]byte(nil), c.subject...), uint64(c.key.Slot))
}

// keepKey stores a key in a free row or in a new one.
func (t *transaction) keepKey(key []byte) (int64, error) {
	w := t.w
	if err := t.findFreeKeys(); err != nil {
		return 0, err
	}
	for len(w.freeKeys) > 0 {
		last := len(w.freeKeys) - 1
		n := w.freeKeys[last]
		w.freeKeys = w.freeKeys[:last]
		result, err := t.exec(stReuseKey, key, n)
		if err != nil {
			return 0, err
		}
		// Another process may have taken the same row.
		if reused, err := result.RowsAffected(); err != nil || reused == 1 {
			t.usedKeys = append(t.usedKeys, n)
			return n, err
		}
	}
	result, err := t.exec(stInsertKey, key)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// keysAtOnce is the number of rows that one search for free keys reads.
const keysAtOnce = 64

// findFreeKeys searches the next rows of counter_keys, in order, for those that
// were freed before the store was opened.
func (t *transaction) findFreeKeys() error {
	w := t.w
	if len(w.freeKeys) > 0 || w.keysSeen == math.MaxInt64 {
		return nil
	}
	read := 0
	err := t.query(stKeysAfter, func(row []any) error {
		read++
		s := scanner{values: row}
		w.keysSeen = s.integer()
		if s.integer() == 1 {
			w.freeKeys = append(w.freeKeys, w.keysSeen)
		}
		return nil
	}, w.keysSeen, int64(keysAtOnce))
	if err == nil && read < keysAtOnce {
		w.keysSeen = math.MaxInt64
	}
	return err
}

// subjectOf unseals the subject of a counter; ok is whether its key fits.
func subjectOf(c *counter, key, sealed []byte) (subject string, ok bool) {
	plain, err := unseal(key, sealed, c.bytes())
	return string(plain), err == nil
}

// sweepEvery is the interval between sweeps, in microseconds of the callers'
// time.
const sweepEvery = 1_000_000

// sweepMost is the number of counters that a sweep removes: more than one
// change can add, and few enough to be fast.
const sweepMost = 16

// sweep deletes some counters whose windows have ended, so that unused ones do
// not accumulate.
func (t *transaction) sweep(now instant) error {
	w := t.w
	// Counters that the transaction has read must not change in the file.
	if len(t.touched) > 0 || w.swept != none && w.swept <= now && now-w.swept < sweepEvery {
		return nil
	}
	var ended []*counter
	err := t.query(stEnded, func(row []any) error {
		s := scanner{values: row}
		c := &counter{stored: true, tenant: s.text()}
		c.key.Kind, c.key.Service, c.subject = callback.PermitKind(s.text()), s.text(), s.bytes()
		c.key.Slot, c.key.Name, c.used, c.ends = s.integer(), s.text(), s.integer(), s.instant()
		if v := s.next(); v != nil {
			c.keyRow, _ = v.(int64)
		}
		ended = append(ended, c)
		return nil
	}, int64(now), int64(sweepMost))
	if err != nil {
		return err
	}
	for _, c := range ended {
		c.used = 0
		if err := t.write(c); err != nil {
			return err
		}
	}
	if len(ended) < sweepMost {
		w.swept = now
	}
	return nil
}
