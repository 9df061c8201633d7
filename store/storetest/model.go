package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// modelSteps is the number of random operations per model clause.
const modelSteps = 500

func modelClauses() []Clause {
	var all []Clause
	for seed := range uint64(4) {
		all = append(all, Clause{Name: fmt.Sprintf("random operations, seed %d", seed), run: func(p *probe) {
			newTwin(p, seed).run(modelSteps)
		}})
	}
	return all
}

// twin runs the same operations on a store and on the naive store.
type twin struct {
	*probe
	naive *naive
	rand  *rand.Rand
	now   time.Time
	// known holds copies that were read earlier, some of them stale.
	known []*callback.Callback
	// feed and naiveFeed are the cursors up to which the feeds were read.
	feed, naiveFeed callback.Cursor
}

func newTwin(p *probe, seed uint64) *twin {
	return &twin{probe: p, naive: &naive{clock: p.clock}, rand: rand.New(rand.NewPCG(seed, 1)), now: Start()}
}

func (m *twin) run(steps int) {
	for step := range steps {
		m.now = m.now.Add(time.Duration(m.rand.IntN(20_000)) * time.Millisecond)
		if m.rand.IntN(50) == 0 {
			m.now = m.now.Add(40 * time.Minute) // to the next parts of rolling windows
		}
		name := m.step()
		if len(m.faults) > 0 {
			m.fatalf("step %d: %s", step, name)
		}
	}
}

func (m *twin) step() string {
	switch n := m.rand.IntN(100); {
	case n < 45:
		return m.apply()
	case n < 65:
		return m.claim()
	case n < 80:
		return m.search()
	case n < 85:
		return m.count()
	case n < 89:
		return m.load()
	case n < 95:
		return m.events()
	default:
		return m.erase()
	}
}

// window is open for most changes, and shut for some.
func (m *twin) window() (w callback.Window) {
	now := m.clock(m.now)
	switch m.rand.IntN(12) {
	case 0:
		w.From = now.Add(far)
	case 1:
		w.Until = now.Add(-far)
	case 2:
		w = callback.Window{From: now.Add(-far), Until: now.Add(far)}
	}
	return w
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func (m *twin) tenant() string { return pick(m.rand, Tenant, Tenant, Tenant, "other", "") }

func (m *twin) id() callback.ID { return numbered(m.rand.IntN(40)) }

func (m *twin) service() string { return pick(m.rand, Service, Service, "support") }

func (m *twin) instant() time.Time { return At(time.Duration(m.rand.IntN(20)) * 10 * time.Minute) }

// soon returns the zero time or a time that the run reaches or has just passed.
func (m *twin) soon() time.Time {
	if m.rand.IntN(8) == 0 {
		return time.Time{}
	}
	return m.now.Add(time.Duration(m.rand.IntN(10)-2) * time.Minute).Truncate(time.Minute)
}

func (m *twin) key() callback.PermitKey {
	switch m.rand.IntN(5) {
	case 4:
		return callback.PermitKey{Kind: callback.PermitBooking, Service: m.service(), Subject: pick(m.rand, "x", "y")}
	case 0:
		return callback.PermitKey{Kind: callback.PermitNumber, Service: m.service(), Subject: Number(m.rand.IntN(9)).Key()}
	case 1:
		return callback.PermitKey{Kind: callback.PermitBucket, Service: m.service(), Slot: int64(300 * m.rand.IntN(4))}
	case 2:
		return callback.PermitKey{Kind: callback.PermitParameter, Service: m.service(), Name: pick(m.rand, "a", "b"), Subject: pick(m.rand, "x", "y")}
	}
	return callback.PermitKey{Kind: callback.PermitInterval, Service: m.service(), Name: pick(m.rand, "1", "2")}
}

// remember adds copies to known and drops the oldest.
func (m *twin) remember(cbs ...*callback.Callback) {
	m.known = append(m.known, cbs...)
	if n := len(m.known) - 30; n > 0 {
		m.known = slices.Delete(m.known, 0, n)
	}
}

// fill gives a callback random contents.
func (m *twin) fill(cb *callback.Callback) {
	r := m.rand
	cb.Service, cb.State, cb.Priority = m.service(), pick(r, callback.States()...), scheduler.Priority(r.IntN(3))
	if r.IntN(2) == 0 {
		cb.State = callback.Queued
	}
	cb.Ready = r.IntN(4) > 0
	cb.Desired, cb.NextAt, cb.QueuedAt = m.instant(), m.soon(), time.Time{}
	if cb.State != callback.Scheduled {
		cb.QueuedAt = m.instant()
	}
	cb.Updated = m.now
	cb.EndedAt, cb.Reason = time.Time{}, ""
	if cb.State.Final() {
		cb.EndedAt, cb.Reason = m.now, pick(r, callback.ReasonError, callback.ReasonCancelled)
	}
	cb.Customer.Number, cb.Customer.ID = Number(r.IntN(9)), pick(r, "", "cust-1", "cust-2")
	cb.Origin.ExternalID, cb.Origin.CallerID, cb.Agent.Personal = pick(r, "", "e1", "e2"), pick(r, "", "crm"), pick(r, "", "hans")
	cb.UserData = callback.Values{"score": json.Number(pick(r, "0", "1", "900719925474099303")), "lang": pick(r, "de", "fr")}
	cb.SearchValues = nil
	for range r.IntN(4) {
		cb.SearchValues = append(cb.SearchValues, callback.SearchValue{Key: pick(r, "city", "vip"), Value: pick(r, "1", "2", "3", "x", "y"), Former: r.IntN(2) == 0})
	}
	cb.Idempotency.Key = ""
	if r.IntN(3) == 0 {
		cb.Idempotency.Key = fmt.Sprint("k", r.IntN(30))
	}
}

// change returns a random change: a creation, a change to a callback read
// recently or long ago, or the return of a lease.
func (m *twin) change() callback.Change {
	r := m.rand
	if len(m.known) == 0 || r.IntN(3) == 0 {
		cb := New(m.id())
		cb.Tenant, cb.Created = m.tenant(), m.now
		m.fill(cb)
		c := Write(cb)
		if len(m.known) > 0 && r.IntN(4) == 0 {
			read := pick(r, m.known...)
			cb.Tenant = read.Tenant
			c = copyOfSource(Write(cb), read.ID, read.Revision)
		}
		return m.permits(c)
	}
	read := pick(r, m.known...)
	if r.IntN(2) == 0 {
		// Use the newest revision, so that many changes succeed.
		if cb, err := m.naive.Get(m.ctx, callback.By{Tenant: read.Tenant, ID: read.ID}); err == nil {
			read = cb
		}
	}
	if r.IntN(6) == 0 {
		c := Unclaim(read, m.soon())
		c.Window = m.window()
		return c
	}
	c := Revise(read, m.fill)
	if r.IntN(2) == 0 {
		c.Epoch = read.Lease.Epoch
	}
	c.Event.Detail, c.MaskEvents = pick(r, "", "why"), r.IntN(4) == 0
	return m.permits(c)
}

func (m *twin) permits(c callback.Change) callback.Change {
	r := m.rand
	c.Window = m.window()
	for range r.IntN(3) {
		c.Give = append(c.Give, callback.Held{Key: m.key(), N: 1 + r.Int64N(2)})
	}
	for range r.IntN(4) {
		p := callback.Permit{Key: m.key(), N: 1 + r.Int64N(2), Max: r.Int64N(9) - 1}
		switch {
		case p.Key.Kind == callback.PermitInterval && p.Key.Name == "1":
			p.For = 10 * time.Minute
		case p.Key.Kind == callback.PermitBooking:
			p.Span = time.Hour
		case p.Key.Kind == callback.PermitParameter:
			p.Until = m.now.Truncate(time.Hour).Add(time.Hour)
		}
		c.Take = append(c.Take, p)
		c.Record.Held = append(c.Record.Held, callback.Held{Key: p.Key, N: p.N})
	}
	return c
}

// fact describes an error as far as a caller may distinguish it.
func fact(err error) string {
	var refused *callback.PermitError
	switch {
	case err == nil:
		return "none"
	case errors.As(err, &refused):
		return fmt.Sprintf("refused: %+v, %d used until %v", refused.Permit.Key, refused.Used, refused.Ends.UTC())
	case errors.Is(err, callback.ErrConflict):
		return "conflict"
	case errors.Is(err, callback.ErrTooEarly):
		return "too early"
	case errors.Is(err, callback.ErrTooLate):
		return "too late"
	case errors.Is(err, callback.ErrNotFound):
		return "not found"
	case errors.Is(err, callback.ErrInvalidParameter):
		return "invalid"
	}
	return "other: " + err.Error()
}

func facts(errs []error, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = "none"
		if i < len(errs) {
			out[i] = fact(errs[i])
		}
	}
	return out
}

func (m *twin) apply() string {
	changes := make([]callback.Change, 1+m.rand.IntN(3))
	for i := range changes {
		changes[i] = m.change()
	}
	got, err := m.store.Apply(m.ctx, m.now, changes)
	if err != nil {
		m.fatalf("Apply: %v", err)
	}
	want, _ := m.naive.Apply(m.ctx, m.now, changes)
	m.same("errors of Apply", facts(got, len(changes)), facts(want, len(changes)))
	for _, c := range changes {
		m.compareOne(callback.By{Tenant: c.Record.Tenant, ID: c.Record.ID})
		if key := c.Record.Idempotency.Key; key != "" {
			m.compareOne(callback.By{Tenant: c.Record.Tenant, Key: key})
		}
	}
	return "Apply"
}

func (m *twin) compareOne(by callback.By) {
	got, err := m.store.Get(m.ctx, by)
	want, wantErr := m.naive.Get(m.ctx, by)
	m.same("error of Get", fact(err), fact(wantErr))
	m.same("callback of Get", got, want)
	if err == nil && want != nil {
		m.remember(want)
	}
}

func (m *twin) claim() string {
	req := callback.ClaimRequest{Owner: pick(m.rand, "n1", "n2"), Lease: time.Duration(1+m.rand.IntN(300)) * time.Second}
	if m.rand.IntN(2) == 0 {
		req.Due, req.Limit = true, 1+m.rand.IntN(4)
	} else {
		for range 1 + m.rand.IntN(3) {
			key := callback.QueueKey{Tenant: m.tenant(), Service: m.service(), Priority: scheduler.Priority(m.rand.IntN(3))}
			q := callback.QueueClaim{Queue: key, N: 1 + m.rand.IntN(2)}
			switch m.rand.IntN(4) {
			case 0:
				q.After = callback.Place{QueuedAt: m.instant(), ID: m.id()}
			case 1:
				if len(m.known) > 0 {
					at := pick(m.rand, m.known...)
					q.Queue = callback.QueueKey{Tenant: at.Tenant, Service: at.Service, Priority: at.Priority}
					q.After = callback.Place{QueuedAt: at.QueuedAt, ID: at.ID}
				}
			}
			req.Queues = append(req.Queues, q)
		}
	}
	got, err := m.store.Claim(m.ctx, m.now, req)
	if err != nil {
		m.fatalf("Claim: %v", err)
	}
	// Of callbacks that are due at one time the store may choose.
	m.naive.choice = make(map[callback.By]int)
	for _, cb := range got.Callbacks {
		m.naive.choice[callback.By{Tenant: cb.Tenant, ID: cb.ID}] = 1
	}
	want, _ := m.naive.Claim(m.ctx, m.now, req)
	m.same("result of Claim", got, want)
	m.remember(want.Callbacks...)
	return fmt.Sprintf("Claim, due work: %v", req.Due)
}

// query returns a random query with few conditions.
func (m *twin) query() callback.Query {
	r := m.rand
	q := callback.Query{Tenant: m.tenant(), Order: callback.OrderBy(r.IntN(4)), Desc: r.IntN(2) == 0, Limit: 1 + r.IntN(6)}
	for range 1 + r.IntN(2) {
		switch r.IntN(14) {
		case 0:
			q.IDs = append(q.IDs, m.id(), m.id(), m.id())
		case 1:
			q.Services = []string{m.service()}
		case 2:
			q.States = []callback.State{pick(r, callback.States()...), callback.Queued}
		case 3:
			q.NotStates = []callback.State{callback.Completed}
		case 4:
			q.Reasons = []callback.Reason{callback.ReasonError}
		case 5:
			q.Priorities = []scheduler.Priority{1, 2}
		case 6:
			q.AnySearchValue = r.IntN(2) == 0
			q.SearchValues = []callback.Match{{Key: pick(r, "city", "vip"), Value: pick(r, "1", "2")}, {Key: "city", Value: "3"}}
		case 7:
			q.Properties = []callback.Match{{Key: "lang", Value: "de"}, {Key: "score", Value: pick(r, "0", "1")}}
		case 8:
			q.Number = Number(r.IntN(5)).Key()
		case 9:
			q.CustomerID = pick(r, "cust-1", "cust-2")
		case 10:
			q.ExternalID, q.CallerID = pick(r, "e1", ""), pick(r, "crm", "")
		case 11:
			q.DesiredFrom, q.DesiredTo = m.instant(), m.instant()
		case 12:
			q.CreatedFrom, q.EndedTo = m.instant(), pick(r, time.Time{}, m.now)
		case 13:
			q.QueuedBefore = &callback.Place{QueuedAt: m.instant(), ID: m.id()}
		}
	}
	return q
}

func (m *twin) search() string {
	q := m.query()
	want := q
	for range 20 {
		got, err := m.store.Search(m.ctx, q)
		if err != nil {
			m.fatalf("Search: %v", err)
		}
		page, _ := m.naive.Search(m.ctx, want)
		m.same("page of Search", got.Callbacks, page.Callbacks)
		m.remember(page.Callbacks...)
		if (got.Next == "") != (page.Next == "") {
			m.fatalf("Search: next cursor %q, want a cursor: %v", got.Next, page.Next != "")
		}
		if q.After, want.After = got.Next, page.Next; got.Next == "" {
			break
		}
	}
	return fmt.Sprintf("Search, order %d, descending %v", q.Order, q.Desc)
}

func (m *twin) count() string {
	q := m.query()
	q.AllTenants = m.rand.IntN(2) == 0
	got, err := m.store.Count(m.ctx, q)
	if err != nil {
		m.fatalf("Count: %v", err)
	}
	want, _ := m.naive.Count(m.ctx, q)
	m.same("groups of Count", sortGroups(got), sortGroups(want))
	return "Count"
}

func (m *twin) load() string {
	key := m.key()
	req := callback.LoadRequest{Tenant: m.tenant(), Kind: key.Kind, Service: key.Service, To: int64(m.rand.IntN(1000))}
	if m.rand.IntN(2) == 0 {
		req.Name = key.Name
	}
	if m.rand.IntN(2) == 0 {
		req.Subjects = []string{key.Subject}
	}
	got, err := m.store.Load(m.ctx, m.now, req)
	if err != nil {
		m.fatalf("Load: %v", err)
	}
	want, _ := m.naive.Load(m.ctx, m.now, req)
	m.same("counters of Load", got, want)
	return "Load"
}

func (m *twin) events() string {
	if m.rand.IntN(2) == 0 {
		q := callback.EventQuery{Tenant: m.tenant(), Callback: m.id()}
		want, _ := m.naive.Events(m.ctx, q)
		m.same("history", m.probe.events(q).Events, withoutCursors(want.Events))
		return "Events of a callback"
	}
	limit := 1 + m.rand.IntN(50)
	got := m.probe.events(callback.EventQuery{AllTenants: true, After: m.feed, Limit: limit})
	want, _ := m.naive.Events(m.ctx, callback.EventQuery{AllTenants: true, After: m.naiveFeed, Limit: limit})
	m.same("feed", got.Events, withoutCursors(want.Events))
	m.feed, m.naiveFeed = got.Next, want.Next
	return "Events of the feed"
}

func withoutCursors(events []callback.Event) []callback.Event {
	for i := range events {
		events[i].Cursor = ""
	}
	return events
}

func (m *twin) erase() string {
	req := callback.EraseRequest{Tenant: m.tenant(), Window: m.window(), Actor: "clerk", Detail: "asked to"}
	for range m.rand.IntN(3) {
		item := callback.Precondition{ID: m.id(), Revision: 1}
		if cb, err := m.naive.Get(m.ctx, callback.By{Tenant: req.Tenant, ID: item.ID}); err == nil && m.rand.IntN(4) > 0 {
			item.Revision = cb.Revision
			req.Subjects = append(req.Subjects, cb.Customer.Number.Key())
		}
		req.Items = append(req.Items, item)
	}
	if m.rand.IntN(2) == 0 {
		req.Subjects = append(req.Subjects, pick(m.rand, "x", "y"), Number(m.rand.IntN(9)).Key())
		req.SearchKeys = pick(m.rand, nil, []string{"city"}, []string{"city", "vip"})
	}
	got, err := m.store.Erase(m.ctx, m.now, req)
	if err != nil {
		m.fatalf("Erase: %v", err)
	}
	want, _ := m.naive.Erase(m.ctx, m.now, req)
	m.same("errors of Erase", facts(got, len(req.Items)), facts(want, len(req.Items)))
	return "Erase"
}
