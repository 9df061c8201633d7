package store

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/exp/constraints"

	"github.com/ringback-go/ringback/callback"
)

// counter is the number of units in use of one permit key. Counters whose keys
// differ only in Name form a list.
type counter struct {
	key  callback.PermitKey
	used int64
	ends instant // end of the window, or of the last part; zero if there is none
	// parts is not empty for a rolling counter in use.
	parts Parts
	next  *counter
}

// planned is the new state of a counter. A change plans all its counters first,
// and writes them only if no permit was refused.
type planned struct {
	counter *counter
	used    int64
	ends    instant
	parts   Parts
}

// usedAt returns the units in use at now: none if the window has ended.
func (c *counter) usedAt(now instant) int64 {
	switch {
	case c.endedAt(now):
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

// roll makes parts the state of a rolling counter.
func (p *planned) roll(parts Parts) {
	p.parts, p.used, p.ends = parts, parts.Used(), instantOf(parts.Last())
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
func (p *planned) take(permit *callback.Permit, now instant) *callback.PermitError {
	at := now.Time()
	last := LastEnd(permit, at)
	switch rolls := len(p.parts) > 0; {
	case rolls && permit.Span > 0:
		p.roll(p.parts.Known(permit, at))
	case rolls, permit.Span > 0, !last.IsZero() && p.ends.After(instantOf(last)):
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
		p.roll(p.parts.Take(permit, at))
		return nil
	}
	if p.used == 0 {
		p.ends = windowOf(permit, now)
	}
	p.used = saturatingAdd(p.used, permit.N)
	return nil
}

func (c *counter) endedAt(now instant) bool { return !c.ends.IsZero() && !c.ends.After(now) }

// limit holds the counters of one kind and service by slot, so that Load of a
// range of buckets is one walk.
type limit struct {
	slots tree[slot]
}

// slot holds the counters of one limit and slot by subject.
type slot struct {
	at       int64
	subjects map[string]*counter
}

func newLimit() *limit {
	return &limit{slots: tree[slot]{compare: func(a, b slot) int { return cmp.Compare(a.at, b.at) }}}
}

// find returns the counter of a key, or nil.
func (t *tenant) find(key *callback.PermitKey) *counter {
	l := t.limit(key.Service, key.Kind)
	if l == nil {
		return nil
	}
	s, ok := l.slots.Get(slot{at: key.Slot})
	if !ok {
		return nil
	}
	c := s.subjects[key.Subject]
	for c != nil && c.key.Name != key.Name {
		c = c.next
	}
	return c
}

func (t *tenant) limit(service string, kind callback.PermitKind) *limit {
	if s := t.services[service]; s != nil {
		return s.limits[kind]
	}
	return nil
}

// insert adds a counter. Its key must be new.
func (t *tenant) insert(c *counter) {
	s := t.service(c.key.Service)
	l := s.limits[c.key.Kind]
	if l == nil {
		l = newLimit()
		s.limits[c.key.Kind] = l
	}
	at, ok := l.slots.Get(slot{at: c.key.Slot})
	if !ok {
		at = slot{at: c.key.Slot, subjects: make(map[string]*counter)}
		l.slots.Insert(at)
	}
	c.next = at.subjects[c.key.Subject]
	at.subjects[c.key.Subject] = c
}

func (t *tenant) drop(c *counter) {
	l := t.limit(c.key.Service, c.key.Kind)
	at, _ := l.slots.Get(slot{at: c.key.Slot})
	head := at.subjects[c.key.Subject]
	switch {
	case head != c:
		for head.next != c {
			head = head.next
		}
		head.next = c.next
	case c.next != nil:
		at.subjects[c.key.Subject] = c.next
	default:
		delete(at.subjects, c.key.Subject)
	}
	c.next, c.used, c.parts = nil, 0, nil
	if len(at.subjects) == 0 {
		l.slots.Delete(at)
	}
}

// holdings returns what a callback holds in the form in which it is stored. e is
// the entry of the callback, or nil if it is new.
func (t *tenant) holdings(list []callback.Held, e *entry) []held {
	if list == nil {
		return nil
	}
	all := make([]held, len(list))
	for i := range list {
		all[i] = held{counter: t.counterOf(&list[i].Key, e), n: list[i].N}
	}
	return all
}

// counterOf returns a counter with the key: the one that e has held, the one in use,
// or one that is in no list.
func (t *tenant) counterOf(key *callback.PermitKey, e *entry) *counter {
	if e != nil {
		for _, before := range e.body.held {
			if before.counter.key == *key {
				return before.counter
			}
		}
	}
	if c := t.find(key); c != nil {
		return c
	}
	return &counter{key: *key}
}

// has reports whether a callback has the subject as a number or as a search
// value under one of the keys.
func (t *tenant) has(subject string, keys []string) bool {
	return t.numbers[subject].len() > 0 || slices.ContainsFunc(keys, func(key string) bool {
		return t.lookups.of(callback.Match{Key: key, Value: subject}).len() > 0
	})
}

// forget removes every counter of a subject.
func (t *tenant) forget(subject string) {
	for _, s := range t.services {
		for _, l := range s.limits {
			var empty []slot
			for p := l.slots.First(); p.Valid(); p.Next() {
				at := p.Item()
				for c := at.subjects[subject]; c != nil; c = c.next {
					c.used = 0
				}
				delete(at.subjects, subject)
				if len(at.subjects) == 0 {
					empty = append(empty, at)
				}
			}
			for _, at := range empty {
				l.slots.Delete(at)
			}
		}
	}
}

// permits applies the gives, then the takes in order, to the counters of t. If
// a permit is refused, it changes nothing.
func (m *Memory) permits(t *tenant, now instant, give []callback.Held, take []callback.Permit) error {
	plan := m.plan[:0]
	defer func() {
		clear(plan)
		m.plan = plan[:0]
	}()
	for i := range give {
		c := t.find(&give[i].Key)
		if c == nil {
			continue
		}
		var p *planned
		plan, p = enter(plan, c, now)
		p.give(give[i].N)
	}
	for i := range take {
		permit := &take[i]
		c := t.find(&permit.Key)
		if c == nil {
			c = &counter{key: permit.Key}
			t.insert(c)
		}
		var p *planned
		plan, p = enter(plan, c, now)
		if refused := p.take(permit, now); refused != nil {
			t.abandon(plan)
			return refused
		}
	}
	for _, p := range plan {
		c := p.counter
		if p.used == 0 {
			t.drop(c)
			continue
		}
		if p.ends != c.ends || c.used == 0 {
			m.expireAt(t, c, p.ends)
		}
		c.used, c.ends, c.parts = p.used, p.ends, p.parts
	}
	return nil
}

// enter returns the entry of c in the plan, which it adds if necessary.
func enter(plan []planned, c *counter, now instant) ([]planned, *planned) {
	for i := range plan {
		if plan[i].counter == c {
			return plan, &plan[i]
		}
	}
	plan = append(plan, planned{counter: c, used: c.usedAt(now), ends: c.ends, parts: c.parts.At(now.Time())})
	return plan, &plan[len(plan)-1]
}

// abandon removes the counters that were created for a plan.
func (t *tenant) abandon(plan []planned) {
	for _, p := range plan {
		if p.counter.used == 0 {
			t.drop(p.counter)
		}
	}
}

// windowOf returns the end of a window that begins at now.
func windowOf(p *callback.Permit, now instant) instant {
	if p.For > 0 {
		return instantOf(now.Time().Add(p.For))
	}
	return instantOf(p.Until)
}

// LastEnd returns the latest end that the window of a counter can have when p is
// taken from it at now. A window that ends later began before the clock was set
// back: the store discards it and starts a new one. LastEnd is zero for a permit
// without a window.
func LastEnd(p *callback.Permit, now time.Time) time.Time {
	switch {
	case p.Span > 0:
		// Units count from the end of the hour in which they are taken.
		return now.Add(p.Span + time.Hour + Slack)
	case p.For > 0:
		return now.Add(p.For).Add(Slack)
	case !p.Until.IsZero():
		// The days of two services with different time zones end at different times.
		return p.Until.Add(24*time.Hour - time.Microsecond)
	}
	return time.Time{}
}

// saturatingAdd returns a+b, or the largest T on overflow, so that units beyond
// it are refused and not lost. b must not be negative.
func saturatingAdd[T constraints.Signed](a, b T) T {
	if sum := a + b; sum >= a {
		return sum
	}
	return largest[T]()
}

func largest[T constraints.Signed]() T {
	all := ^T(0)
	for bits := uint(math.MaxUint8); ; bits >>= 1 {
		if top := T(1) << bits; top < 0 {
			return all ^ top
		}
	}
}

// expiry is the end of a counter's window. It is stale if the counter was
// dropped or has a new window.
type expiry struct {
	at      instant
	n       uint64 // makes expiries with the same end distinct
	counter *counter
	tenant  *tenant
}

func compareExpiries(a, b expiry) int {
	if c := a.at.Compare(b.at); c != 0 {
		return c
	}
	return cmp.Compare(a.n, b.n)
}

func (m *Memory) expireAt(t *tenant, c *counter, ends instant) {
	if ends.IsZero() {
		return
	}
	m.expiries++
	m.windows.Insert(expiry{at: ends, n: m.expiries, counter: c, tenant: t})
}

// sweep removes a few counters whose windows have ended: more than one change
// can add, so that they do not accumulate.
func (m *Memory) sweep(now instant) {
	const few = 16
	for range few {
		p := m.windows.First()
		if !p.Valid() || p.Item().at.After(now) {
			return
		}
		x := p.Item()
		m.windows.Delete(x)
		if x.counter.used > 0 && x.counter.ends == x.at {
			x.tenant.drop(x.counter)
		}
	}
}

// distinct returns the strings of list, each once.
func distinct(list []string) []string {
	if len(list) < 2 {
		return list
	}
	list = slices.Sorted(slices.Values(list))
	return slices.Compact(list)
}

func (t *tenant) load(now time.Time, req *LoadRequest) []Counter {
	l := t.limit(req.Service, req.Kind)
	if l == nil {
		return nil
	}
	var out []Counter
	at, subjects := instantOf(now), distinct(req.Subjects)
	add := func(c *counter) {
		for ; c != nil; c = c.next {
			if used := c.usedAt(at); used > 0 && (req.Name == "" || req.Name == c.key.Name) {
				out = append(out, Counter{Key: c.key, Used: used, Ends: c.endsAt(at)})
			}
		}
	}
	for p := l.slots.Seek(slot{at: req.From}); p.Valid() && p.Item().at <= req.To; p.Next() {
		from := len(out)
		for _, subject := range subjects {
			add(p.Item().subjects[subject])
		}
		if len(subjects) == 0 {
			for _, c := range p.Item().subjects {
				add(c)
			}
		}
		slices.SortFunc(out[from:], func(a, b Counter) int {
			return cmp.Or(strings.Compare(a.Key.Name, b.Key.Name), strings.Compare(a.Key.Subject, b.Key.Subject))
		})
	}
	return out
}
