package callbacktest_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// notebook is a store that keeps what the kit reads, and lets tests write
// what no store would: its fields are open, so that histories can be forged.
type notebook struct {
	mu       sync.Mutex
	records  map[callback.By]*callback.Callback
	counters map[string]map[callback.PermitKey]int64
	events   []callback.Event
	page     int // largest page, to see whether readers go on
	fail     error
}

func newNotebook() *notebook {
	return &notebook{
		records:  make(map[callback.By]*callback.Callback),
		counters: make(map[string]map[callback.PermitKey]int64),
		page:     2,
	}
}

// add writes one change of a callback without looking at it.
func (n *notebook) add(cb *callback.Callback, typ callback.EventType) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.write(callback.Change{Record: cb, Event: callback.Event{Type: typ, Reason: cb.Reason}})
}

func (n *notebook) write(c callback.Change) {
	id := callback.By{Tenant: c.Record.Tenant, ID: c.Record.ID}
	e := c.Event
	if old := n.records[id]; old != nil {
		e.From = old.State
	}
	cb := c.Record.Clone()
	n.records[id] = cb
	e.Tenant, e.Callback, e.Service, e.Seq, e.To = cb.Tenant, cb.ID, cb.Service, cb.Revision, cb.State
	n.events = append(n.events, e)
}

func (n *notebook) count(tenant string, key callback.PermitKey, units int64) {
	if n.counters[tenant] == nil {
		n.counters[tenant] = make(map[callback.PermitKey]int64)
	}
	n.counters[tenant][key] += units
}

func (n *notebook) enter(ctx context.Context) error {
	if n.fail != nil {
		return n.fail
	}
	return ctx.Err()
}

func (n *notebook) Apply(ctx context.Context, _ time.Time, changes []callback.Change) ([]error, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.enter(ctx); err != nil {
		return nil, err
	}
	errs := make([]error, len(changes))
	for i, c := range changes {
		var at int64
		if old := n.records[callback.By{Tenant: c.Record.Tenant, ID: c.Record.ID}]; old != nil {
			at = old.Revision
		}
		if c.Record.Revision != at+1 {
			errs[i] = callback.ErrConflict
			continue
		}
		for _, p := range c.Take {
			n.count(c.Record.Tenant, p.Key, p.N)
		}
		for _, h := range c.Give {
			n.count(c.Record.Tenant, h.Key, -h.N)
		}
		n.write(c)
	}
	return errs, nil
}

func (n *notebook) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.enter(ctx); err != nil {
		return nil, err
	}
	if cb := n.records[by]; cb != nil {
		return cb.Clone(), nil
	}
	return nil, callback.ErrNotFound
}

func (n *notebook) Claim(ctx context.Context, _ time.Time, _ callback.ClaimRequest) (callback.Claimed, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return callback.Claimed{}, n.enter(ctx)
}

// sorted returns the records of a tenant, or of all, by tenant and ID.
func (n *notebook) sorted(tenant string, all bool) []*callback.Callback {
	var records []*callback.Callback
	for _, cb := range n.records {
		if all || cb.Tenant == tenant {
			records = append(records, cb)
		}
	}
	slices.SortFunc(records, func(a, b *callback.Callback) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.ID, b.ID))
	})
	return records
}

func (n *notebook) Search(ctx context.Context, q callback.Query) (callback.Page, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.enter(ctx); err != nil {
		return callback.Page{}, err
	}
	var page callback.Page
	for _, cb := range n.sorted(q.Tenant, false) {
		if string(cb.ID) <= string(q.After) {
			continue
		}
		if len(page.Callbacks) == n.page {
			page.Next = callback.Cursor(page.Callbacks[n.page-1].ID)
			break
		}
		page.Callbacks = append(page.Callbacks, cb.Clone())
	}
	return page, nil
}

func (n *notebook) Count(ctx context.Context, q callback.Query) ([]callback.Group, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.enter(ctx); err != nil {
		return nil, err
	}
	var groups []callback.Group
	for _, cb := range n.sorted(q.Tenant, q.AllTenants) {
		groups = append(groups, callback.Group{
			Queue: callback.QueueKey{Tenant: cb.Tenant, Service: cb.Service}, State: cb.State, N: 1,
		})
	}
	return groups, nil
}

func (n *notebook) Load(ctx context.Context, _ time.Time, req callback.LoadRequest) ([]callback.Counter, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.enter(ctx); err != nil {
		return nil, err
	}
	var counters []callback.Counter
	for key, used := range n.counters[req.Tenant] {
		if key.Kind == req.Kind && key.Service == req.Service && req.From <= key.Slot && key.Slot <= req.To && used > 0 {
			counters = append(counters, callback.Counter{Key: key, Used: used})
		}
	}
	slices.SortFunc(counters, func(a, b callback.Counter) int { return cmp.Compare(a.Key.Slot, b.Key.Slot) })
	return counters, nil
}

func (n *notebook) Events(ctx context.Context, q callback.EventQuery) (callback.EventPage, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	page := callback.EventPage{Next: q.After}
	if err := n.enter(ctx); err != nil {
		return page, err
	}
	from := 0
	if q.After != "" {
		var err error
		if from, err = strconv.Atoi(string(q.After)); err != nil {
			return page, fmt.Errorf("cursor: %w", err)
		}
	}
	for i := from; i < len(n.events) && len(page.Events) < n.page; i++ {
		e := n.events[i]
		page.Next = callback.Cursor(strconv.Itoa(i + 1))
		if (q.AllTenants || e.Tenant == q.Tenant) && (q.Callback == "" || e.Callback == q.Callback) {
			page.Events = append(page.Events, e)
		}
	}
	if len(page.Events) == 0 && from < len(n.events) && page.Next != "" {
		// Nothing of this page was asked for: read on rather than seem to end.
		n.mu.Unlock()
		defer n.mu.Lock()
		q.After = page.Next
		return n.Events(ctx, q)
	}
	return page, nil
}

func (n *notebook) Erase(ctx context.Context, _ time.Time, req callback.EraseRequest) ([]error, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.enter(ctx); err != nil {
		return nil, err
	}
	for _, item := range req.Items {
		id := callback.By{Tenant: req.Tenant, ID: item.ID}
		if n.records[id] == nil {
			continue
		}
		delete(n.records, id)
		n.events = slices.DeleteFunc(n.events, func(e callback.Event) bool {
			return e.Tenant == req.Tenant && e.Callback == item.ID
		})
		n.events = append(n.events, callback.Event{Tenant: req.Tenant, Callback: item.ID, Type: callback.EventErased, Seq: item.Revision + 1})
	}
	return nil, nil
}

// foreign is a notebook that answers for every tenant with the empty one.
type foreign struct{ *notebook }

func (f foreign) Events(ctx context.Context, q callback.EventQuery) (callback.EventPage, error) {
	q.Tenant = ""
	return f.notebook.Events(ctx, q)
}

// endless is a notebook whose cursors never move on.
type endless struct{ *notebook }

func (e endless) Search(ctx context.Context, q callback.Query) (callback.Page, error) {
	q.After = ""
	return e.notebook.Search(ctx, q)
}

func (e endless) Events(ctx context.Context, q callback.EventQuery) (callback.EventPage, error) {
	q.After = ""
	return e.notebook.Events(ctx, q)
}

// tester is a TB that notes failures and goes on.
type tester struct {
	errors []string
	fatals []string
}

func (t *tester) Helper()                   {}
func (t *tester) Errorf(f string, a ...any) { t.errors = append(t.errors, fmt.Sprintf(f, a...)) }
func (t *tester) Fatalf(f string, a ...any) { t.fatals = append(t.fatals, fmt.Sprintf(f, a...)) }

// all returns every failure.
func (t *tester) all() []string { return append(slices.Clone(t.errors), t.fatals...) }

// counter is a reporter that counts.
type counter struct{ n int }

func (c *counter) Report(context.Context, callback.Report) error {
	c.n++
	return nil
}
