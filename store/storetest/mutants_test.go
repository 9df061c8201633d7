package storetest

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// mutant is a naive store with one deliberate fault: hooks that corrupt
// arguments or results.
type mutant struct {
	naive
	change  func(m *mutant, c *callback.Change)
	applied func(m *mutant, c callback.Change, err error)
	claimIn func(m *mutant, now *time.Time, req *callback.ClaimRequest)
	claimed func(m *mutant, before []*callback.Callback, got *callback.Claimed)
	get     func(m *mutant, by callback.By) *callback.Callback
	query   func(q *callback.Query)
	found   func(m *mutant, q callback.Query, page *callback.Page)
	counted func(groups []callback.Group)
	loaded  func(req *callback.LoadRequest, now *time.Time)
	evented func(q callback.EventQuery, page *callback.EventPage)
	erased  func(m *mutant, before []*callback.Callback, req callback.EraseRequest)
	// keep names counters that stay in place of going, by the callbacks before.
	keep func(before *callback.Callback, req callback.EraseRequest, subject string) bool
	// erase corrupts the request.
	erase func(req *callback.EraseRequest)
	ctx   func(ctx context.Context) context.Context
	racy  bool
}

func (m *mutant) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	if m.ctx != nil {
		ctx = m.ctx(ctx)
	}
	errs := make([]error, len(changes))
	for i, c := range changes {
		if m.change != nil && c.Record != nil {
			c.Record = c.Record.Clone()
			c.Give, c.Take = slices.Clone(c.Give), slices.Clone(c.Take)
			m.locked(func() { m.change(m, &c) })
		}
		if m.racy && c.Record != nil {
			if err := m.peek(ctx, now, &c); err != nil {
				errs[i] = err
				continue
			}
		}
		one, err := m.naive.Apply(ctx, now, []callback.Change{c})
		if err != nil {
			return nil, err
		}
		if one != nil {
			errs[i] = one[0]
		}
		if m.applied != nil {
			m.locked(func() { m.applied(m, c, errs[i]) })
		}
	}
	if !slices.ContainsFunc(errs, func(err error) bool { return err != nil }) {
		return nil, nil
	}
	return errs, nil
}

// locked runs a hook that accesses the naive store.
func (m *mutant) locked(hook func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	hook()
}

// peek checks permits before the write and not atomically with it.
func (m *mutant) peek(ctx context.Context, now time.Time, c *callback.Change) error {
	for i, p := range c.Take {
		got, err := m.Load(ctx, now, callback.LoadRequest{Tenant: c.Record.Tenant, Kind: p.Key.Kind, Service: p.Key.Service, From: p.Key.Slot, To: p.Key.Slot})
		if err != nil {
			return err
		}
		for _, counter := range got {
			if counter.Key == p.Key && p.Max >= 0 && counter.Used+p.N > p.Max {
				return &callback.PermitError{Permit: p, Used: counter.Used, Ends: counter.Ends}
			}
		}
		c.Take[i].Max = -1
	}
	for range 50 {
		runtime.Gosched()
	}
	return nil
}

func (m *mutant) snapshot() []*callback.Callback {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []*callback.Callback
	for _, r := range m.records {
		out = append(out, r.Clone())
	}
	return out
}

func (m *mutant) Claim(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
	if m.claimIn != nil {
		m.claimIn(m, &now, &req)
	}
	before := m.snapshot()
	got, err := m.naive.Claim(ctx, now, req)
	if err == nil && m.claimed != nil {
		m.claimed(m, before, &got)
	}
	return got, err
}

func (m *mutant) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	if m.get != nil {
		var cb *callback.Callback
		if m.locked(func() { cb = m.get(m, by) }); cb != nil {
			return cb, nil
		}
	}
	return m.naive.Get(ctx, by)
}

func (m *mutant) Search(ctx context.Context, q callback.Query) (callback.Page, error) {
	if m.query != nil {
		m.query(&q)
	}
	page, err := m.naive.Search(ctx, q)
	if err == nil && m.found != nil {
		m.found(m, q, &page)
	}
	return page, err
}

func (m *mutant) Count(ctx context.Context, q callback.Query) ([]callback.Group, error) {
	groups, err := m.naive.Count(ctx, q)
	if err == nil && m.counted != nil {
		m.counted(groups)
	}
	return groups, err
}

func (m *mutant) Load(ctx context.Context, now time.Time, req callback.LoadRequest) ([]callback.Counter, error) {
	if m.loaded != nil {
		m.loaded(&req, &now)
	}
	return m.naive.Load(ctx, now, req)
}

func (m *mutant) Events(ctx context.Context, q callback.EventQuery) (callback.EventPage, error) {
	page, err := m.naive.Events(ctx, q)
	if err == nil && m.evented != nil {
		m.evented(q, &page)
	}
	return page, err
}

func (m *mutant) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) ([]error, error) {
	if m.erase != nil {
		m.erase(&req)
	}
	before := m.snapshot()
	if m.keep != nil {
		req.Subjects = slices.DeleteFunc(slices.Clone(req.Subjects), func(subject string) bool {
			return slices.ContainsFunc(before, func(r *callback.Callback) bool { return m.keep(r, req, subject) })
		})
	}
	errs, err := m.naive.Erase(ctx, now, req)
	if err == nil && m.erased != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.erased(m, before, req)
	}
	return errs, err
}

// dropCounters removes the counters of the subjects that no record keeps.
func (m *mutant) dropCounters(req callback.EraseRequest, records []*callback.Callback, keeps func(r *callback.Callback, subject string) bool) {
	m.counters = slices.DeleteFunc(m.counters, func(c tenantCounter) bool {
		return c.tenant == req.Tenant && slices.Contains(req.Subjects, c.Key.Subject) &&
			!slices.ContainsFunc(records, func(r *callback.Callback) bool { return keeps(r, c.Key.Subject) })
	})
}

// TestMutantsAreCaught shows that the suite can fail: each fault is found by a
// clause of the area that is about it.
func TestMutantsAreCaught(t *testing.T) {
	clauses := Clauses()
	for _, f := range slices.Concat(changeFaults(), claimFaults(), readFaults()) {
		t.Run(f.name, func(t *testing.T) {
			caught := make(map[string]bool)
			for _, c := range clauses {
				if caught[c.Area] || !slices.Contains(f.areas, c.Area) {
					continue
				}
				if err := c.Check(t.Context(), &f.make().mutant); err != nil {
					caught[c.Area] = true
				}
			}
			for _, area := range f.areas {
				if !caught[area] {
					t.Errorf("no clause of area %q detects it", area)
				}
			}
		})
	}
}

// TestModelCatches checks that random operations alone detect the faults that
// need no concurrency.
func TestModelCatches(t *testing.T) {
	unseen := 0
	all := slices.Concat(changeFaults(), claimFaults(), readFaults())
	for _, f := range all {
		if f.unseen {
			unseen++
			continue
		}
		caught := false
		for _, c := range modelClauses() {
			caught = caught || c.Check(t.Context(), &f.make().mutant) != nil
		}
		if !caught {
			t.Errorf("%s: no model clause detects it", f.name)
		}
	}
	if unseen > len(all)/4 {
		t.Errorf("%d of %d faults are not expected to be detected by the model", unseen, len(all))
	}
}

func TestPanicIsReported(t *testing.T) {
	c := createClauses()[0]
	err := c.Check(t.Context(), struct{ callback.Store }{})
	if err == nil || !strings.Contains(err.Error(), "panic") {
		t.Errorf("store that panics: %v", err)
	}
}

func TestFailingStoreFailsEveryClause(t *testing.T) {
	broken := errors.New("disk is gone")
	for _, c := range Clauses() {
		if c.Area == "cancelled" || c.Area == "batches" {
			continue
		}
		if err := c.Check(t.Context(), &unreachable{err: broken}); err == nil {
			t.Errorf("%s/%s: passes on a store that always fails", c.Area, c.Name)
		}
	}
}

// unreachable is a store on which every call fails.
type unreachable struct{ err error }

func (u *unreachable) Apply(context.Context, time.Time, []callback.Change) ([]error, error) {
	return nil, u.err
}
func (u *unreachable) Get(context.Context, callback.By) (*callback.Callback, error) {
	return nil, u.err
}
func (u *unreachable) Claim(context.Context, time.Time, callback.ClaimRequest) (callback.Claimed, error) {
	return callback.Claimed{}, u.err
}
func (u *unreachable) Search(context.Context, callback.Query) (callback.Page, error) {
	return callback.Page{}, u.err
}
func (u *unreachable) Count(context.Context, callback.Query) ([]callback.Group, error) {
	return nil, u.err
}
func (u *unreachable) Load(context.Context, time.Time, callback.LoadRequest) ([]callback.Counter, error) {
	return nil, u.err
}
func (u *unreachable) Events(context.Context, callback.EventQuery) (callback.EventPage, error) {
	return callback.EventPage{}, u.err
}
func (u *unreachable) SetPause(context.Context, callback.Pause, bool) error { return u.err }
func (u *unreachable) Pauses(context.Context, string, bool) ([]callback.Pause, error) {
	return nil, u.err
}
func (u *unreachable) Erase(context.Context, time.Time, callback.EraseRequest) ([]error, error) {
	return nil, u.err
}
