package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// fault is a defect and the areas whose clauses must detect it.
type fault struct {
	name   string
	areas  []string
	mutant mutant
	unseen bool // the model clauses need not detect it
}

// copyOf is a new store with the fault.
type copyOf struct{ mutant mutant }

func (f *fault) make() *copyOf {
	m := &f.mutant
	return &copyOf{mutant: mutant{
		change: m.change, keep: m.keep, applied: m.applied, claimIn: m.claimIn, claimed: m.claimed, get: m.get, query: m.query, found: m.found,
		counted: m.counted, loaded: m.loaded, evented: m.evented, erased: m.erased, erase: m.erase, ctx: m.ctx, racy: m.racy,
	}}
}

// spanning takes with another span wherever there is one.
func spanning(span time.Duration) mutant {
	return mutant{change: func(_ *mutant, c *callback.Change) {
		for i := range c.Take {
			if c.Take[i].Span > 0 {
				c.Take[i].Span = span
			}
		}
	}}
}

func changeFaults() []*fault {
	return []*fault{
		{name: "epoch unchecked", areas: []string{"leases", "create"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) { c.Epoch = 0 }}},
		{name: "revision unchecked", areas: []string{"swap", "concurrency"}, mutant: mutant{change: func(m *mutant, c *callback.Change) {
			if old := m.find(c.Record.Tenant, c.Record.ID); old != nil && c.Record.Revision > 1 {
				c.Record.Revision = old.Revision + 1
			}
		}}},
		{name: "source unchecked", areas: []string{"create", "concurrency"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) { c.Source = nil }}},
		{name: "revision of the source unchecked", areas: []string{"create"}, mutant: mutant{change: func(m *mutant, c *callback.Change) {
			if c.Source == nil {
				return
			}
			if source := m.find(c.Record.Tenant, c.Source.ID); source != nil {
				c.Source = &callback.Precondition{ID: source.ID, Revision: source.Revision}
			}
		}}},
		{name: "a source of any tenant will do", areas: []string{"create"}, unseen: true, mutant: mutant{change: func(m *mutant, c *callback.Change) {
			if c.Source != nil && slices.ContainsFunc(m.records, func(r *callback.Callback) bool {
				return r.Tenant != c.Record.Tenant && r.ID == c.Source.ID && r.Revision == c.Source.Revision
			}) {
				c.Source = nil
			}
		}}},
		{name: "numbers lose digits", areas: []string{"create"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) {
			for _, values := range []callback.Values{c.Record.Properties, c.Record.UserData} {
				for key, v := range values {
					if n, ok := v.(json.Number); ok {
						f, _ := n.Float64()
						values[key] = json.Number(strconv.FormatFloat(f, 'f', -1, 64))
					}
				}
			}
		}}},
		{name: "texts of events survive a mask", areas: []string{"events"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) { c.MaskEvents = false }}},
		{name: "creation overwrites", areas: []string{"create", "concurrency"}, mutant: mutant{change: func(m *mutant, c *callback.Change) {
			if c.Record.Revision == 1 && !c.Unclaim {
				m.records = slices.DeleteFunc(m.records, func(r *callback.Callback) bool { return r.Tenant == c.Record.Tenant && r.ID == c.Record.ID })
			}
		}}},
		{name: "units are given back twice", areas: []string{"permits"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) { c.Give = append(c.Give, c.Give...) }}},
		{name: "units are not given back", areas: []string{"permits"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) { c.Give = nil }}},
		{name: "maximum unchecked", areas: []string{"permits", "concurrency"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) {
			for i := range c.Take {
				c.Take[i].Max = -1
			}
		}}},
		{name: "the maximum is off by one", areas: []string{"permits", "concurrency"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) {
			for i := range c.Take {
				if c.Take[i].Max >= 0 {
					c.Take[i].Max++
				}
			}
		}}},
		{name: "units taken before a refusal stay taken", areas: []string{"permits"}, mutant: mutant{applied: func(m *mutant, c callback.Change, err error) {
			if errors.Is(err, callback.ErrPermitRefused) {
				m.counters = append(m.counters, tenantCounter{tenant: c.Record.Tenant, Counter: callback.Counter{Key: c.Take[0].Key, Used: c.Take[0].N}})
			}
		}}},
		{name: "permits checked outside the write", areas: []string{"concurrency"}, mutant: mutant{racy: true}},
		{name: "windows never end", areas: []string{"windows", "time"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) {
			for i := range c.Take {
				c.Take[i].For, c.Take[i].Until = 0, time.Time{}
			}
		}}},
		{name: "windows end late", areas: []string{"windows"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) {
			for i := range c.Take {
				if c.Take[i].For > 0 {
					c.Take[i].For++
				}
			}
		}}},
		{name: "a window lasts until the time of a clock that was set back", areas: []string{"windows"}, unseen: true, mutant: mutant{change: func(m *mutant, c *callback.Change) {
			for i, p := range c.Take {
				for _, old := range m.counters {
					if p.For > 0 && old.Key == p.Key && old.Ends.After(At(30*time.Minute)) {
						c.Take[i].For, c.Take[i].Until = 0, old.Ends
					}
				}
			}
		}}},
		{name: "rolling windows never end", areas: []string{"rolling"}, unseen: true, mutant: spanning(31 * 24 * time.Hour)},
		{name: "rolling windows end at once", areas: []string{"rolling"}, mutant: spanning(0)},
		{name: "rolling windows end an hour late", areas: []string{"rolling"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) {
			for i := range c.Take {
				if c.Take[i].Span > 0 {
					c.Take[i].Span += time.Hour
				}
			}
		}}},
		{name: "a rolling window begins with its first unit", areas: []string{"rolling"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) {
			for i := range c.Take {
				if p := &c.Take[i]; p.Span > 0 {
					p.For, p.Span = p.Span+time.Hour, 0
				}
			}
		}}},
		{name: "rolling units of a clock that was set back count", areas: []string{"rolling"}, unseen: true, mutant: mutant{change: func(m *mutant, _ *callback.Change) {
			// Those of the clause that end too late for its change.
			for i, t := range m.rolling {
				if most := At(25 * time.Hour); t.key.Subject != "x" && t.ends.After(most) {
					m.rolling[i].ends = most
				}
			}
		}}},
		{name: "the oldest units are given back first", areas: []string{"rolling"}, mutant: mutant{change: func(m *mutant, _ *callback.Change) {
			slices.Reverse(m.rolling)
		}}},
		{name: "window unchecked", areas: []string{"timely"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) { c.Window = callback.Window{} }}},
		{name: "nothing is too late", areas: []string{"timely"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) { c.Window.Until = time.Time{} }}},
		{name: "the end of the window is within it", areas: []string{"timely"}, unseen: true, mutant: mutant{change: func(_ *mutant, c *callback.Change) {
			if !c.Window.Until.IsZero() {
				c.Window.Until = c.Window.Until.Add(1)
			}
		}}},
		{name: "the begin of the window is outside", areas: []string{"timely"}, unseen: true, mutant: mutant{change: func(_ *mutant, c *callback.Change) {
			if !c.Window.From.IsZero() {
				c.Window.From = c.Window.From.Add(1)
			}
		}}},
		{name: "the window is checked before the revision", areas: []string{"timely"}, mutant: mutant{change: func(m *mutant, c *callback.Change) {
			if old := m.find(c.Record.Tenant, c.Record.ID); old != nil && !c.Unclaim && c.Window != (callback.Window{}) {
				c.Record.Revision = old.Revision + 1
			}
		}}},
		{name: "a permit is refused before the window", areas: []string{"timely"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) {
			for _, p := range c.Take {
				if p.Max < 2 {
					c.Window = callback.Window{}
				}
			}
		}}},
		{name: "units stay taken outside the window", areas: []string{"timely"}, mutant: mutant{applied: func(m *mutant, c callback.Change, err error) {
			if errors.Is(err, callback.ErrTooEarly) && len(c.Take) > 0 {
				m.counters = append(m.counters, tenantCounter{tenant: c.Record.Tenant, Counter: callback.Counter{Key: c.Take[0].Key, Used: c.Take[0].N}})
			}
		}}},
		{name: "a lease is given back outside the window", areas: []string{"timely"}, mutant: mutant{change: func(_ *mutant, c *callback.Change) {
			if c.Unclaim {
				c.Window = callback.Window{}
			}
		}}},
		{name: "a callback is erased outside the window", areas: []string{"timely"}, mutant: mutant{erase: func(req *callback.EraseRequest) {
			req.Window = callback.Window{}
		}}},
		{name: "a key can be used twice", areas: []string{"idempotency", "concurrency"}, mutant: mutant{change: func(m *mutant, c *callback.Change) {
			for _, r := range m.records {
				if r.Tenant == c.Record.Tenant && r.ID != c.Record.ID && r.Idempotency.Key == c.Record.Idempotency.Key {
					r.Idempotency.Key = ""
				}
			}
		}}},
		{name: "a failed change writes its event", areas: []string{"events", "permits", "swap"}, mutant: mutant{applied: func(m *mutant, c callback.Change, err error) {
			if err != nil && c.Record != nil && c.Event.Type != "" {
				m.write(c.Event)
			}
		}}},
		{name: "event lost", areas: []string{"events"}, mutant: mutant{applied: func(m *mutant, c callback.Change, err error) {
			if err == nil && !c.Unclaim && c.Record.Revision == 3 {
				m.log = m.log[:len(m.log)-1]
			}
		}}},
		{name: "a write keeps the end of the lease", areas: []string{"leases"}, mutant: mutant{change: func(m *mutant, c *callback.Change) {
			if old := m.find(c.Record.Tenant, c.Record.ID); old != nil && !old.Lease.Until.IsZero() && !c.Unclaim {
				c.Record.NextAt = old.Lease.Until
			}
		}}},
		{name: "an unclaim increments the revision", areas: []string{"leases"}, mutant: mutant{applied: func(m *mutant, c callback.Change, err error) {
			if err == nil && c.Unclaim {
				m.find(c.Record.Tenant, c.Record.ID).Revision++
			}
		}}},
		{name: "an unclaim ignores NextAt", areas: []string{"leases"}, mutant: mutant{change: func(m *mutant, c *callback.Change) {
			if old := m.find(c.Record.Tenant, c.Record.ID); old != nil && c.Unclaim {
				c.Record.NextAt = old.NextAt
			}
		}}},
		{name: "the argument is stored without copying", areas: []string{"ownership"}, unseen: true, mutant: mutant{applied: func(m *mutant, c callback.Change, err error) {
			if err == nil && !c.Unclaim {
				// Share maps with the caller.
				r := m.find(c.Record.Tenant, c.Record.ID)
				r.UserData, r.Properties, r.SearchValues = c.Record.UserData, c.Record.Properties, c.Record.SearchValues
			}
		}}},
		{name: "a cancelled context is ignored", areas: []string{"cancelled"}, unseen: true, mutant: mutant{ctx: context.WithoutCancel}},
	}
}

func claimFaults() []*fault {
	original := func(before []*callback.Callback, cb *callback.Callback) *callback.Callback {
		i := slices.IndexFunc(before, func(r *callback.Callback) bool { return r.Tenant == cb.Tenant && r.ID == cb.ID })
		return before[i]
	}
	return []*fault{
		{name: "a claim does not set NextAt", areas: []string{"due", "leases", "concurrency"}, mutant: mutant{claimed: func(m *mutant, before []*callback.Callback, got *callback.Claimed) {
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, cb := range got.Callbacks {
				m.find(cb.Tenant, cb.ID).NextAt = original(before, cb).NextAt
			}
		}}},
		{name: "a lease lasts until the time of a clock that was set back", areas: []string{"leases"}, unseen: true, mutant: mutant{claimed: func(m *mutant, before []*callback.Callback, _ *callback.Claimed) {
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, cb := range before {
				if now := m.find(cb.Tenant, cb.ID); now.Lease.Until.Before(cb.Lease.Until) {
					now.Lease, now.NextAt = cb.Lease, cb.NextAt
				}
			}
		}}},
		{name: "every lease ends at a claim", areas: []string{"leases"}, unseen: true, mutant: mutant{claimed: func(m *mutant, before []*callback.Callback, _ *callback.Claimed) {
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, cb := range before {
				if now := m.find(cb.Tenant, cb.ID); !cb.Lease.Until.IsZero() && now.Lease == cb.Lease {
					now.Lease.Until, now.NextAt = At(lease), At(lease)
				}
			}
		}}},
		{name: "claims from queues overlap", areas: []string{"queues", "concurrency"}, mutant: mutant{claimed: func(m *mutant, _ []*callback.Callback, got *callback.Claimed) {
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, cb := range got.Callbacks {
				m.find(cb.Tenant, cb.ID).Lease.Until = time.Time{}
			}
		}}},
		{name: "the epoch does not increase", areas: []string{"leases", "queues"}, mutant: mutant{claimed: func(m *mutant, _ []*callback.Callback, got *callback.Claimed) {
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, cb := range got.Callbacks {
				cb.Lease.Epoch = 1
				m.find(cb.Tenant, cb.ID).Lease.Epoch = 1
			}
		}}},
		{name: "claimed early", areas: []string{"due", "time"}, mutant: mutant{claimIn: func(_ *mutant, now *time.Time, _ *callback.ClaimRequest) {
			*now = now.Add(time.Second)
		}}},
		{name: "one more than the limit", areas: []string{"due", "queues", "concurrency"}, mutant: mutant{claimIn: func(_ *mutant, _ *time.Time, req *callback.ClaimRequest) {
			req.Limit++
			for i := range req.Queues {
				req.Queues[i].N++
			}
		}}},
		{name: "claimed in reverse order", areas: []string{"due", "queues"}, mutant: mutant{claimed: func(_ *mutant, _ []*callback.Callback, got *callback.Claimed) {
			slices.Reverse(got.Callbacks)
		}}},
		{name: "NextAt is not returned", areas: []string{"due"}, mutant: mutant{claimed: func(_ *mutant, _ []*callback.Callback, got *callback.Claimed) {
			got.NextAt = time.Time{}
		}}},
		{name: "the queue's tenant is ignored", areas: []string{"queues"}, mutant: mutant{claimIn: func(m *mutant, _ *time.Time, req *callback.ClaimRequest) {
			req.Queues = slices.Clone(req.Queues)
			for i := range req.Queues {
				req.Queues[i].Queue.Tenant = Tenant
			}
		}}},
		{name: "the place of a queue claim is ignored", areas: []string{"queues"}, mutant: places(func([]callback.QueueClaim) callback.Place {
			return callback.Place{}
		})},
		{name: "a queue claim includes its place", areas: []string{"queues"}, mutant: places(func(claims []callback.QueueClaim) callback.Place {
			at := claims[0].After
			if n := len(at.ID) - 1; n >= 0 {
				at.ID = at.ID[:n] + callback.ID([]byte{at.ID[n] - 1, 0xff}) // just before it
			}
			return at
		})},
		{name: "a queue claim passes over all of the time of its place", areas: []string{"queues"}, mutant: places(func(claims []callback.QueueClaim) callback.Place {
			at := claims[0].After
			if at != (callback.Place{}) {
				at.ID = "\xff"
			}
			return at
		})},
		{name: "a queue claim has the place of the next queue", areas: []string{"queues"}, mutant: places(func(claims []callback.QueueClaim) callback.Place {
			return claims[min(1, len(claims)-1)].After
		})},
	}
}

// places is a mutant whose claims have other places: after gets the claim of a
// queue and those that follow it.
func places(after func(claims []callback.QueueClaim) callback.Place) mutant {
	return mutant{claimIn: func(_ *mutant, _ *time.Time, req *callback.ClaimRequest) {
		asked := req.Queues
		req.Queues = slices.Clone(asked)
		for i := range asked {
			req.Queues[i].After = after(asked[i:])
		}
	}}
}

func readFaults() []*fault {
	return []*fault{
		{name: "a search by customer covers all tenants", areas: []string{"tenants"}, mutant: mutant{found: func(m *mutant, q callback.Query, page *callback.Page) {
			for _, r := range m.snapshot() {
				if q.CustomerID != "" && r.Tenant != q.Tenant && satisfies(r, q) {
					page.Callbacks = append(page.Callbacks, r)
				}
			}
		}}},
		{name: "former lookups are not found", areas: []string{"search"}, mutant: mutant{found: func(_ *mutant, q callback.Query, page *callback.Page) {
			page.Callbacks = slices.DeleteFunc(page.Callbacks, func(cb *callback.Callback) bool {
				return slices.ContainsFunc(cb.SearchValues, func(l callback.SearchValue) bool {
					return l.Former && slices.Contains(q.SearchValues, callback.Match{Key: l.Key, Value: l.Value})
				})
			})
		}}},
		{name: "any lookup is all lookups", areas: []string{"search"}, mutant: mutant{query: func(q *callback.Query) { q.AnySearchValue = false }}},
		{name: "upper bounds are exclusive", areas: []string{"search"}, mutant: mutant{query: func(q *callback.Query) {
			if !q.DesiredTo.IsZero() {
				q.DesiredTo = q.DesiredTo.Add(-1)
			}
		}}},
		{name: "an ascending search has no end", areas: []string{"pages"}, unseen: true, mutant: mutant{query: func(q *callback.Query) {
			var m mark
			if json.Unmarshal([]byte(q.After), &m) == nil {
				m.End = nil
				after, _ := json.Marshal(m)
				q.After = callback.Cursor(after)
			}
		}}},
		{name: "the cursor counts rows", areas: []string{"pages"}, mutant: mutant{found: func(m *mutant, q callback.Query, page *callback.Page) {
			if q.After != "" && len(page.Callbacks) > 1 {
				page.Callbacks = page.Callbacks[1:]
			}
		}}},
		{name: "a cursor after the last page", areas: []string{"pages"}, mutant: mutant{found: func(_ *mutant, q callback.Query, page *callback.Page) {
			if n := len(page.Callbacks); n > 0 && page.Next == "" {
				page.Next = callback.Cursor(`{"At":"2300-01-01T00:00:00Z","ID":"z"}`)
			}
		}}},
		{name: "Get does not copy", areas: []string{"ownership"}, unseen: true, mutant: mutant{get: func(m *mutant, by callback.By) *callback.Callback {
			if by.ID == "" {
				return nil
			}
			return m.find(by.Tenant, by.ID)
		}}},
		{name: "the key takes precedence over the ID", areas: []string{"idempotency"}, unseen: true, mutant: mutant{get: func(m *mutant, by callback.By) *callback.Callback {
			for _, r := range m.records {
				if by.Key != "" && r.Tenant == by.Tenant && r.Idempotency.Key == by.Key {
					return r.Clone()
				}
			}
			return nil
		}}},
		{name: "every queued callback counts as ready", areas: []string{"count"}, mutant: mutant{counted: func(groups []callback.Group) {
			for i, g := range groups {
				if g.State == callback.Queued {
					groups[i].Ready = g.N
				}
			}
		}}},
		{name: "the range of a load excludes its end", areas: []string{"load"}, mutant: mutant{loaded: func(req *callback.LoadRequest, _ *time.Time) {
			if req.To > req.From {
				req.To--
			}
		}}, unseen: true},
		{name: "a load returns ended windows", areas: []string{"windows"}, unseen: true, mutant: mutant{loaded: func(_ *callback.LoadRequest, now *time.Time) {
			*now = time.Time{}
		}}},
		{name: "the feed repeats its last event", areas: []string{"events", "erase"}, mutant: mutant{evented: func(q callback.EventQuery, page *callback.EventPage) {
			if n := len(page.Events); n > 1 && q.Callback == "" {
				page.Next = page.Events[n-2].Cursor
			}
		}}},
		{name: "the feed has no cursor at its end", areas: []string{"events"}, mutant: mutant{evented: func(q callback.EventQuery, page *callback.EventPage) {
			if len(page.Events) == 0 {
				page.Next = ""
			}
		}}},
		{name: "an erased callback can be written", areas: []string{"erase"}, mutant: mutant{erased: func(m *mutant, _ []*callback.Callback, _ callback.EraseRequest) {
			m.forgot = nil
		}}},
		{name: "the key is not released", areas: []string{"erase"}, mutant: mutant{erased: func(m *mutant, before []*callback.Callback, req callback.EraseRequest) {
			for _, r := range before {
				if r.Idempotency.Key != "" && m.find(r.Tenant, r.ID) == nil {
					m.records = append(m.records, &callback.Callback{Tenant: r.Tenant, ID: "ghost of " + r.ID, Idempotency: r.Idempotency, Revision: 1})
				}
			}
		}}},
		{name: "held units stay in use", areas: []string{"erase"}, mutant: mutant{erased: func(m *mutant, before []*callback.Callback, _ callback.EraseRequest) {
			for _, r := range before {
				if m.find(r.Tenant, r.ID) != nil {
					continue
				}
				for _, h := range r.Held {
					for i, c := range m.counters {
						if c.tenant == r.Tenant && c.Key == h.Key {
							m.counters[i].Used += h.N
						}
					}
				}
			}
		}}},
		{name: "counters go though a callback has the number", areas: []string{"erase", "concurrency"}, mutant: mutant{erased: func(m *mutant, _ []*callback.Callback, req callback.EraseRequest) {
			m.dropCounters(req, m.records, func(*callback.Callback, string) bool { return false })
		}}},
		{name: "used-up counters go though a callback has the number", areas: []string{"erase"}, mutant: mutant{erased: func(m *mutant, _ []*callback.Callback, req callback.EraseRequest) {
			m.counters = slices.DeleteFunc(m.counters, func(c tenantCounter) bool {
				return c.tenant == req.Tenant && slices.Contains(req.Subjects, c.Key.Subject) && !c.Ends.IsZero()
			})
		}}},
		{name: "an alternative number keeps no counter", areas: []string{"erase"}, mutant: mutant{erased: func(m *mutant, _ []*callback.Callback, req callback.EraseRequest) {
			m.dropCounters(req, m.records, func(r *callback.Callback, subject string) bool {
				r = r.Clone()
				r.Customer.Alternative = phonenum.Address{}
				return has(r, req, subject)
			})
		}}, unseen: true},
		{name: "a search value keeps no counter", areas: []string{"erase"}, mutant: mutant{erased: func(m *mutant, _ []*callback.Callback, req callback.EraseRequest) {
			req.SearchKeys = nil
			m.dropCounters(req, m.records, func(r *callback.Callback, subject string) bool { return has(r, req, subject) })
		}}},
		{name: "every counter stays that a held one was erased with", areas: []string{"erase"}, unseen: true, mutant: mutant{keep: has}},
		{name: "a number of another tenant keeps counters", areas: []string{"erase"}, unseen: true, mutant: mutant{keep: func(before *callback.Callback, req callback.EraseRequest, subject string) bool {
			req.Tenant = before.Tenant
			return before.Tenant == "other" && has(before, req, subject)
		}}},
		{name: "any key of a search value keeps counters", areas: []string{"erase"}, mutant: mutant{keep: func(before *callback.Callback, req callback.EraseRequest, subject string) bool {
			return slices.ContainsFunc(before.SearchValues, func(v callback.SearchValue) bool { return v.Value == subject })
		}}},
		{name: "no trace of the erased", areas: []string{"erase"}, mutant: mutant{erased: func(m *mutant, _ []*callback.Callback, _ callback.EraseRequest) {
			m.log = slices.DeleteFunc(m.log, func(e callback.Event) bool { return e.Type == callback.EventErased })
		}}},
	}
}
