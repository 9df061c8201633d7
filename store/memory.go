package store

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Memory is a [callback.Store] in the memory of one process. It is not durable.
// It is safe for concurrent use, by several Managers too.
type Memory struct {
	erasedKept int

	mu      sync.RWMutex
	tenants map[string]*tenant
	due     tree[item] // by NextAt
	// Entries that queue claims have leased, by the end of the lease.
	leased tree[item]
	// No lease ends later.
	farthest instant
	feed     feed
	// Events of erased callbacks, oldest first.
	forgotten []*event
	windows   tree[expiry]
	expiries  uint64
	plan      []planned // buffer of permits
	pauses    []Pause   // by tenant and service
}

var (
	_ callback.Store        = (*Memory)(nil)
	_ callback.PausingStore = (*Memory)(nil)
)

// Config is how a [Memory] works. The zero value of every field is the
// documented default.
type Config struct {
	// ErasedKept is how many erased callbacks the store remembers, so that a late
	// write cannot create them again and the feed shows their end. Each takes
	// about 500 bytes; the oldest are dropped first. Negative values are taken
	// as 1. Defaults to 1,000,000.
	ErasedKept int
}

// NewMemory returns an empty store.
func NewMemory(c Config) *Memory {
	return &Memory{
		erasedKept: max(1, cmp.Or(c.ErasedKept, 1_000_000)),
		tenants:    make(map[string]*tenant),
		due:        tree[item]{compare: compareItems},
		leased:     tree[item]{compare: compareItems},
		windows:    tree[expiry]{compare: compareExpiries},
	}
}

// Get returns the callback with an ID or an idempotency key. The error is
// [callback.ErrNotFound] if there is none.
func (m *Memory) Get(ctx context.Context, by By) (*callback.Callback, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v, ok := m.look(by)
	if !ok {
		return nil, notFound(by.ID)
	}
	return v.callback(), nil
}

func (m *Memory) look(by By) (view, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	t := m.tenants[by.Tenant]
	if t == nil {
		return view{}, false
	}
	var e *entry
	switch {
	case by.ID != "":
		e = t.entries[by.ID]
	case by.Key != "":
		e = t.keys[by.Key]
	}
	if e == nil {
		return view{}, false
	}
	return e.view(), true
}

// Load returns the counters in the range that are above zero and whose window
// has not ended, ordered by Slot, Name and Subject.
func (m *Memory) Load(ctx context.Context, now time.Time, req LoadRequest) ([]Counter, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	t := m.tenants[req.Tenant]
	if t == nil {
		return nil, nil
	}
	return t.load(now, &req), nil
}

// Events returns the history of one callback, or the feed after a cursor. An
// invalid cursor gives a [callback.FieldError].
func (m *Memory) Events(ctx context.Context, q EventQuery) (EventPage, error) {
	if err := ctx.Err(); err != nil {
		return EventPage{}, err
	}
	limit, err := CheckEvents(&q)
	if err != nil {
		return EventPage{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if q.End {
		return EventPage{Next: FormatFeed(m.feed.end)}, nil
	}
	after, err := ParseFeed(q.After, m.feed.end)
	if err != nil {
		return EventPage{}, err
	}
	if q.Callback != "" {
		found := m.historyOf(q.Tenant, q.Callback, after, limit)
		if len(found) > 0 {
			after = found[len(found)-1].position
		}
		return page(found, FormatFeed(after)), nil
	}
	found, upTo := m.feed.after(after, limit, func(e *event) bool { return q.AllTenants || e.service.tenant.name == q.Tenant })
	return page(found, FormatFeed(upTo)), nil
}

func (m *Memory) historyOf(name string, id callback.ID, after int64, limit int) []*event {
	t := m.tenants[name]
	if t == nil {
		return nil
	}
	e := t.erased[id]
	if of := t.entries[id]; of != nil {
		e = of.history.first
	}
	var found []*event
	for ; e != nil && len(found) < limit; e = e.next {
		if e.position > after {
			found = append(found, e)
		}
	}
	return found
}

// Erase removes callbacks with their events, idempotency keys and held permits,
// and every counter of the subjects. It returns one error per item.
func (m *Memory) Erase(ctx context.Context, now time.Time, req EraseRequest) ([]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := CheckErase(&req); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	errs := make([]error, len(req.Items))
	t := m.tenants[req.Tenant]
	for i, item := range req.Items {
		errs[i] = m.erase(t, now, item, &req)
	}
	if t != nil {
		for _, subject := range req.Subjects {
			if !t.has(subject, req.SearchKeys) {
				t.forget(subject)
			}
		}
	}
	return errs, nil
}

func (m *Memory) erase(t *tenant, now time.Time, item Precondition, req *EraseRequest) error {
	if t == nil || t.entries[item.ID] == nil {
		return notFound(item.ID)
	}
	e := t.entries[item.ID]
	if e.revision != item.Revision {
		return conflict(e.id, "revision", "%d is not the current one, %d", item.Revision, e.revision)
	}
	if err := checkWindow(e.id, req.Window, now); err != nil {
		return err
	}
	// Only taking can be refused.
	if err := m.permits(t, instantOf(now), appendHeld(nil, e.body.held), nil); err != nil {
		return err
	}
	m.leaveQueue(e)
	m.setDue(e, instant{})
	t.index(e, false)
	delete(t.entries, e.id)
	for old := e.history.first; old != nil; old = old.next {
		m.feed.remove(old)
	}
	gone := &event{
		entry: &entry{id: e.id}, service: e.service, seq: e.revision + 1,
		at: instantOf(now), typ: callback.EventErased, actor: req.Actor, detail: req.Detail,
	}
	m.feed.append(gone)
	t.erased[e.id] = gone
	m.forgotten = append(m.forgotten, gone)
	if len(m.forgotten) > m.erasedKept {
		oldest := m.forgotten[0]
		m.forgotten[0], m.forgotten = nil, m.forgotten[1:]
		m.feed.remove(oldest)
		delete(oldest.service.tenant.erased, oldest.entry.id)
	}
	return nil
}
