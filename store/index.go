package store

import (
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

// tenant holds everything of one tenant.
type tenant struct {
	name     string
	entries  map[callback.ID]*entry
	erased   map[callback.ID]*event // the event "erased" of each
	keys     map[string]*entry      // by idempotency key
	services map[string]*service

	// Indexes by value.
	numbers, customers, externals postings
	lookups                       lookups
	// Indexes by time; desired also by state.
	desired                  [callback.Completed + 1]tree[item]
	created, updated, queued tree[item]
}

// service holds a service's queues, counts and counters.
type service struct {
	tenant *tenant
	name   string
	queues map[scheduler.Priority]*tree[item]
	counts map[scheduler.Priority]*tallies
	limits map[callback.PermitKind]*limit
}

// tallies counts the callbacks of one queue key by state.
type tallies [callback.Completed + 1]struct{ n, ready int }

// item is an entry of an ordered index with the time that orders it.
type item struct {
	at instant
	e  *entry
}

func compareEntries(a, b *entry) int {
	if c := strings.Compare(string(a.id), string(b.id)); c != 0 || a == b {
		return c
	}
	return strings.Compare(a.service.tenant.name, b.service.tenant.name)
}

func compareItems(a, b item) int {
	if c := a.at.Compare(b.at); c != 0 {
		return c
	}
	return compareEntries(a.e, b.e)
}

func newTenant(name string) *tenant {
	t := &tenant{
		name:     name,
		entries:  make(map[callback.ID]*entry),
		erased:   make(map[callback.ID]*event),
		keys:     make(map[string]*entry),
		services: make(map[string]*service),
		numbers:  make(postings), customers: make(postings), externals: make(postings),
		lookups: make(lookups),
	}
	for i := range t.desired {
		t.desired[i].compare = compareItems
	}
	t.created.compare, t.updated.compare, t.queued.compare = compareItems, compareItems, compareItems
	return t
}

func (t *tenant) service(name string) *service {
	s := t.services[name]
	if s == nil {
		s = &service{
			tenant: t, name: strings.Clone(name),
			queues: make(map[scheduler.Priority]*tree[item]),
			counts: make(map[scheduler.Priority]*tallies),
			limits: make(map[callback.PermitKind]*limit),
		}
		t.services[s.name] = s
	}
	return s
}

func (s *service) queue(p scheduler.Priority) *tree[item] {
	q := s.queues[p]
	if q == nil {
		q = &tree[item]{compare: compareItems}
		s.queues[p] = q
	}
	return q
}

func (s *service) tally(b *body, n int) {
	all := s.counts[b.priority]
	if all == nil {
		all = &tallies{}
		s.counts[b.priority] = all
	}
	of := &all[b.state]
	of.n += n
	if b.claimable() {
		of.ready += n
	}
}

// claimable reports whether queue claims may lease the callback once no lease
// runs.
func (b *body) claimable() bool { return b.state == callback.Queued && b.ready }

// index adds e to the indexes of its tenant, or removes it.
func (t *tenant) index(e *entry, in bool) {
	b := e.body
	t.desired[b.state].put(item{b.desired, e}, in)
	t.created.put(item{b.created, e}, in)
	t.updated.put(item{b.updated, e}, in)
	t.queued.put(item{b.queuedAt, e}, in)
	t.terms(e, b, in)
	n := 1
	if !in {
		n = -1
	}
	e.service.tally(b, n)
}

func (t *tree[T]) put(x T, in bool) {
	if in {
		t.Insert(x)
	} else {
		t.Delete(x)
	}
}

// terms adds e to the indexes by value, or removes it.
func (t *tenant) terms(e *entry, b *body, in bool) {
	customer := b.customer()
	for _, address := range []phonenum.Address{customer.Number, customer.Alternative} {
		if !address.IsZero() {
			t.numbers.put(b.keyOf(address), e, in)
		}
	}
	if customer.ID != "" {
		t.customers.put(customer.ID, e, in)
	}
	if id := externalOf(b); id != "" {
		t.externals.put(id, e, in)
	}
	for _, l := range b.lookups {
		t.lookups.put(l.Key, l.Value, e, in)
	}
	if b.idempotency.Key != "" {
		if in {
			t.keys[b.idempotency.Key] = e
		} else {
			delete(t.keys, b.idempotency.Key)
		}
	}
}

// keyOf returns the key of an address of b. If a search value has the same text, it
// returns that one, so that the index takes no memory for another.
func (b *body) keyOf(address phonenum.Address) string {
	for i := range b.lookups {
		if address.HasKey(b.lookups[i].Value) {
			return b.lookups[i].Value
		}
	}
	return address.Key()
}

// reindex replaces the body of e. It touches only the indexes whose keys
// change.
func (t *tenant) reindex(e *entry, s *service, b *body) {
	old := e.body
	e.service.tally(old, -1)
	s.tally(b, 1)
	if old.state != b.state || old.desired != b.desired {
		t.desired[old.state].Delete(item{old.desired, e})
		t.desired[b.state].Insert(item{b.desired, e})
	}
	moveItem(&t.created, e, old.created, b.created)
	moveItem(&t.updated, e, old.updated, b.updated)
	moveItem(&t.queued, e, old.queuedAt, b.queuedAt)
	if !sameTerms(old, b) {
		t.terms(e, old, false)
		t.terms(e, b, true)
	}
	e.service, e.body = s, b
}

func moveItem(order *tree[item], e *entry, from, to instant) {
	if from != to {
		order.Delete(item{from, e})
		order.Insert(item{to, e})
	}
}

// sameTerms reports whether two bodies have the same keys in the indexes by
// value.
func sameTerms(a, b *body) bool {
	x, y := a.customer(), b.customer()
	return x.Number == y.Number && x.Alternative == y.Alternative && x.ID == y.ID && a.idempotency.Key == b.idempotency.Key &&
		externalOf(a) == externalOf(b) && slices.Equal(a.lookups, b.lookups)
}

func externalOf(b *body) string {
	if b.origin == nil {
		return ""
	}
	return b.origin.ExternalID
}

// postings is an index by value.
type postings map[string]posting

// posting is the entries with one value: a single one, as for most values, or a
// set.
type posting struct {
	one  *entry
	more map[*entry]struct{}
}

func (p posting) len() int {
	if p.one != nil {
		return 1
	}
	return len(p.more)
}

// each calls f for every entry, in no particular order.
func (p posting) each(f func(*entry)) {
	if p.one != nil {
		f(p.one)
	}
	for e := range p.more {
		f(e)
	}
}

func (ps postings) put(key string, e *entry, in bool) {
	p := ps[key]
	switch {
	case in && p.more != nil:
		p.more[e] = struct{}{}
	case in && p.one == nil:
		ps[key] = posting{one: e}
	case in && p.one != e:
		ps[key] = posting{more: map[*entry]struct{}{p.one: {}, e: {}}}
	case in:
	case p.one == e:
		delete(ps, key)
	default:
		delete(p.more, e)
		if len(p.more) == 1 {
			for last := range p.more {
				ps[key] = posting{one: last}
			}
		}
	}
}

// lookups is the index by search values: by key, then by value.
type lookups map[string]postings

func (ls lookups) put(key, value string, e *entry, in bool) {
	ps := ls[key]
	if ps == nil {
		ps = make(postings)
		ls[key] = ps
	}
	ps.put(value, e, in)
	if len(ps) == 0 {
		delete(ls, key)
	}
}

func (ls lookups) of(m callback.Match) posting { return ls[m.Key][m.Value] }
