package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// naive is the simplest store that keeps the contract: lists that are searched
// linearly. The model clauses compare a store with it.
type naive struct {
	mu       sync.Mutex
	records  []*callback.Callback
	counters []tenantCounter
	rolling  []taken // oldest first
	log      []callback.Event
	forgot   []callback.By
	place    int // number of events ever written
	pauses   []callback.Pause
	// clock, if not nil, decides about windows in place of now.
	clock func(now time.Time) time.Time
	// choice has 1 for the callbacks that a claim prefers to others that are due at
	// the same time.
	choice map[callback.By]int
}

// untimely returns the error of a write outside its window.
func (n *naive) untimely(now time.Time, w callback.Window) error {
	if n.clock != nil {
		now = n.clock(now)
	}
	return w.Check(now)
}

type tenantCounter struct {
	tenant string
	callback.Counter
}

// lock locks the store unless the context has ended.
func (n *naive) lock(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		n.mu.Lock()
	}
	return err
}

func (n *naive) find(tenant string, id callback.ID) *callback.Callback {
	for _, r := range n.records {
		if r.Tenant == tenant && r.ID == id {
			return r
		}
	}
	return nil
}

func (n *naive) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	if err := n.lock(ctx); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	errs := make([]error, len(changes))
	failed := false
	for i, c := range changes {
		errs[i] = n.change(now, c)
		failed = failed || errs[i] != nil
	}
	if !failed {
		return nil, nil
	}
	return errs, nil
}

func (n *naive) change(now time.Time, c callback.Change) error {
	if !wellFormed(c) {
		return callback.ErrInvalidParameter
	}
	old := n.find(c.Record.Tenant, c.Record.ID)
	create := c.Record.Revision == 1 && !c.Unclaim
	if slices.Contains(n.forgot, callback.By{Tenant: c.Record.Tenant, ID: c.Record.ID}) || old == nil && !create {
		return callback.ErrNotFound
	}
	var epoch int64
	if old != nil {
		epoch = old.Lease.Epoch
		follows := old.Revision + 1
		if c.Unclaim {
			follows = old.Revision
		}
		if create || c.Record.Revision != follows {
			return callback.ErrConflict
		}
	}
	if c.Epoch != 0 && c.Epoch != epoch {
		return callback.ErrConflict
	}
	if c.Unclaim {
		if err := n.untimely(now, c.Window); err != nil {
			return err
		}
		old.Lease = callback.Lease{Epoch: epoch}
		old.NextAt = c.Record.NextAt
		return nil
	}
	for _, r := range n.records {
		if c.Record.Idempotency.Key != "" && r != old && r.Tenant == c.Record.Tenant && r.Idempotency.Key == c.Record.Idempotency.Key {
			return callback.ErrConflict
		}
	}
	if s := c.Source; s != nil {
		switch source := n.find(c.Record.Tenant, s.ID); {
		case source == nil:
			return callback.ErrNotFound
		case source.Revision != s.Revision:
			return callback.ErrConflict
		}
	}
	if err := n.untimely(now, c.Window); err != nil {
		return err
	}
	counters, rolling := slices.Clone(n.counters), slices.Clone(n.rolling)
	for _, h := range c.Give {
		n.give(c.Record.Tenant, now, h)
	}
	for _, p := range c.Take {
		if err := n.take(c.Record.Tenant, now, p); err != nil {
			n.counters, n.rolling = counters, rolling
			return err
		}
	}
	n.records = slices.DeleteFunc(n.records, func(r *callback.Callback) bool { return r == old })
	n.records = append(n.records, stored(c.Record, epoch))
	for i := range n.log {
		if old := &n.log[i]; c.MaskEvents && old.Tenant == c.Record.Tenant && old.Callback == c.Record.ID {
			old.Detail = ""
		}
	}
	e := c.Event
	e.Tenant, e.Callback, e.Seq = c.Record.Tenant, c.Record.ID, c.Record.Revision
	n.write(e)
	return nil
}

func wellFormed(c callback.Change) bool {
	if c.Record == nil || c.Record.ID == "" || c.Record.Revision < 1 {
		return false
	}
	if s := c.Source; s != nil && (c.Unclaim || c.Record.Revision != 1 || s.ID == "" || s.Revision < 1) {
		return false
	}
	if c.Unclaim {
		return len(c.Give) == 0 && len(c.Take) == 0
	}
	for _, h := range c.Give {
		if h.N < 1 {
			return false
		}
	}
	for _, p := range c.Take {
		if p.N < 1 || p.For < 0 || p.For > 0 && !p.Until.IsZero() || !spans(p) {
			return false
		}
	}
	return c.Record.State.Valid() && c.Record.Priority.Valid() && c.Event.Type != ""
}

// at returns the index of a counter whose window has not ended, or -1. It
// removes the other counters.
func (n *naive) at(tenant string, now time.Time, key callback.PermitKey) int {
	n.counters = slices.DeleteFunc(n.counters, func(c tenantCounter) bool {
		return c.Used == 0 || !c.Ends.IsZero() && !c.Ends.After(now)
	})
	return slices.IndexFunc(n.counters, func(c tenantCounter) bool { return c.tenant == tenant && c.Key == key })
}

func (n *naive) give(tenant string, now time.Time, h callback.Held) {
	n.giveRolling(tenant, now, h)
	if i := n.at(tenant, now, h.Key); i >= 0 {
		n.counters[i].Used = max(0, n.counters[i].Used-h.N)
	}
}

func (n *naive) take(tenant string, now time.Time, p callback.Permit) error {
	if p.Span > 0 {
		return n.takeRolling(tenant, now, p)
	}
	n.dropRolling(func(t taken) bool { return t.tenant == tenant && t.key == p.Key })
	i := n.at(tenant, now, p.Key)
	c := tenantCounter{tenant: tenant, Counter: callback.Counter{Key: p.Key, Ends: p.Until}}
	last := p.Until.Add(24*time.Hour - time.Microsecond)
	if p.For > 0 {
		c.Ends = now.Add(p.For)
		last = c.Ends.Add(time.Second)
	}
	if i >= 0 && (c.Ends.IsZero() || !n.counters[i].Ends.After(last)) {
		c = n.counters[i]
	}
	if p.Max >= 0 && (p.N > p.Max || c.Used > p.Max-p.N) {
		refused := &callback.PermitError{Permit: p, Used: c.Used}
		if c.Used > 0 {
			refused.Ends = c.Ends
		}
		return refused
	}
	c.Used += p.N
	if i >= 0 {
		n.counters[i] = c
	} else {
		n.counters = append(n.counters, c)
	}
	return nil
}

func (n *naive) write(e callback.Event) {
	n.place++
	e.Cursor = callback.Cursor(strconv.Itoa(n.place))
	n.log = append(n.log, e)
}

func (n *naive) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	if err := n.lock(ctx); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	for _, r := range n.records {
		if r.Tenant == by.Tenant && (by.ID != "" && r.ID == by.ID || by.ID == "" && by.Key != "" && r.Idempotency.Key == by.Key) {
			return r.Clone(), nil
		}
	}
	return nil, callback.ErrNotFound
}

func (n *naive) Claim(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
	if err := n.lock(ctx); err != nil {
		return callback.Claimed{}, err
	}
	defer n.mu.Unlock()
	if req.Lease < time.Second || req.Limit < 0 {
		return callback.Claimed{}, callback.ErrInvalidParameter
	}
	var claimed callback.Claimed
	if !req.Due {
		for _, q := range req.Queues {
			if q.N < 0 {
				return callback.Claimed{}, callback.ErrInvalidParameter
			}
			n.claimQueue(&claimed, now, req, q)
		}
		return claimed, nil
	}
	end := now.Add(req.Lease)
	for _, r := range n.records {
		if r.Lease.Until.After(end.Add(time.Second)) {
			r.Lease.Until, r.NextAt = end, end
		}
	}
	slices.SortFunc(n.records, func(a, b *callback.Callback) int {
		chosen := func(c *callback.Callback) int { return n.choice[callback.By{Tenant: c.Tenant, ID: c.ID}] }
		return cmp.Or(a.NextAt.Compare(b.NextAt), cmp.Compare(chosen(b), chosen(a)), strings.Compare(string(a.ID), string(b.ID)),
			strings.Compare(a.Tenant, b.Tenant))
	})
	for _, r := range slices.Clone(n.records) {
		switch {
		case r.NextAt.IsZero():
		case len(claimed.Callbacks) < req.Limit && !r.NextAt.After(now):
			n.lease(&claimed, now, req, r)
		case claimed.NextAt.IsZero():
			claimed.NextAt = r.NextAt
		}
	}
	return claimed, nil
}

func (n *naive) claimQueue(claimed *callback.Claimed, now time.Time, req callback.ClaimRequest, q callback.QueueClaim) {
	slices.SortFunc(n.records, func(a, b *callback.Callback) int {
		return cmp.Or(a.QueuedAt.Compare(b.QueuedAt), strings.Compare(string(a.ID), string(b.ID)))
	})
	left := q.N
	for _, r := range n.records {
		key := callback.QueueKey{Tenant: r.Tenant, Service: r.Service, Priority: r.Priority}
		if left > 0 && key == q.Queue && standsBehind(r, q.After) && r.State == callback.Queued && r.Ready && !r.Lease.Until.After(now) {
			n.lease(claimed, now, req, r)
			left--
		}
	}
}

func (n *naive) lease(claimed *callback.Claimed, now time.Time, req callback.ClaimRequest, r *callback.Callback) {
	r.Lease = callback.Lease{Owner: req.Owner, Epoch: r.Lease.Epoch + 1, Until: now.Add(req.Lease)}
	r.NextAt = r.Lease.Until
	claimed.Callbacks = append(claimed.Callbacks, r.Clone())
}

func (n *naive) Load(ctx context.Context, now time.Time, req callback.LoadRequest) ([]callback.Counter, error) {
	if err := n.lock(ctx); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	var out []callback.Counter
	for _, c := range n.counters {
		k := c.Key
		if c.Used > 0 && (c.Ends.IsZero() || c.Ends.After(now)) && asks(req, c.tenant, k) {
			out = append(out, c.Counter)
		}
	}
	out = append(out, n.loadRolling(now, req)...)
	slices.SortFunc(out, func(a, b callback.Counter) int {
		return cmp.Or(cmp.Compare(a.Key.Slot, b.Key.Slot), strings.Compare(a.Key.Name, b.Key.Name), strings.Compare(a.Key.Subject, b.Key.Subject))
	})
	return out, nil
}

// asks reports whether a request is for a counter.
func asks(req callback.LoadRequest, tenant string, k callback.PermitKey) bool {
	return tenant == req.Tenant && k.Kind == req.Kind && k.Service == req.Service && k.Slot >= req.From && k.Slot <= req.To &&
		(req.Name == "" || k.Name == req.Name) && (len(req.Subjects) == 0 || slices.Contains(req.Subjects, k.Subject))
}

func (n *naive) Events(ctx context.Context, q callback.EventQuery) (callback.EventPage, error) {
	if err := n.lock(ctx); err != nil {
		return callback.EventPage{}, err
	}
	defer n.mu.Unlock()
	after := 0
	if q.After != "" {
		var err error
		if after, err = strconv.Atoi(string(q.After)); err != nil || after < 0 || after > n.place {
			return callback.EventPage{}, callback.ErrInvalidParameter
		}
	}
	if q.Limit < 0 || q.Limit > 10000 {
		return callback.EventPage{}, callback.ErrInvalidParameter
	}
	if q.End {
		after = n.place
	}
	page := callback.EventPage{Next: callback.Cursor(strconv.Itoa(after))}
	for _, e := range n.log {
		at, _ := strconv.Atoi(string(e.Cursor))
		if at > after && (q.AllTenants || e.Tenant == q.Tenant) && (q.Callback == "" || e.Callback == q.Callback) && len(page.Events) < cmp.Or(q.Limit, 100) {
			page.Events = append(page.Events, e)
			page.Next = e.Cursor
		}
	}
	return page, nil
}

func (n *naive) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) ([]error, error) {
	if err := n.lock(ctx); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	errs := make([]error, len(req.Items))
	for i, item := range req.Items {
		errs[i] = n.erase(now, item, req)
	}
	forgotten := func(tenant, subject string) bool {
		return tenant == req.Tenant && subject != "" && slices.Contains(req.Subjects, subject) &&
			!slices.ContainsFunc(n.records, func(r *callback.Callback) bool { return has(r, req, subject) })
	}
	n.counters = slices.DeleteFunc(n.counters, func(c tenantCounter) bool { return forgotten(c.tenant, c.Key.Subject) })
	n.dropRolling(func(t taken) bool { return forgotten(t.tenant, t.key.Subject) })
	return errs, nil
}

// has reports whether a record keeps the counters of a subject.
func has(r *callback.Callback, req callback.EraseRequest, subject string) bool {
	return r.Tenant == req.Tenant && (r.Customer.Number.Key() == subject || r.Customer.Alternative.Key() == subject ||
		slices.ContainsFunc(r.SearchValues, func(v callback.SearchValue) bool {
			return v.Value == subject && slices.Contains(req.SearchKeys, v.Key)
		}))
}

func (n *naive) erase(now time.Time, item callback.Precondition, req callback.EraseRequest) error {
	r := n.find(req.Tenant, item.ID)
	if r == nil {
		return callback.ErrNotFound
	}
	if r.Revision != item.Revision {
		return callback.ErrConflict
	}
	if err := n.untimely(now, req.Window); err != nil {
		return err
	}
	for _, h := range r.Held {
		n.give(r.Tenant, now, h)
	}
	n.records = slices.DeleteFunc(n.records, func(other *callback.Callback) bool { return other == r })
	n.log = slices.DeleteFunc(n.log, func(e callback.Event) bool { return e.Tenant == r.Tenant && e.Callback == r.ID })
	n.forgot = append(n.forgot, callback.By{Tenant: r.Tenant, ID: r.ID})
	n.write(callback.Event{
		Tenant: r.Tenant, Callback: r.ID, Service: r.Service, Seq: r.Revision + 1,
		At: now, Type: callback.EventErased, Actor: req.Actor, Detail: req.Detail,
	})
	return nil
}

// textOf returns the text by which a property is compared.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}
