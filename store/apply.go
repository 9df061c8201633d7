package store

import (
	"context"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Apply makes each change atomically and independently of the others; see
// [callback.Store]. If several conditions of a change fail, the error names the
// first in this order: a malformed change ([callback.FieldError]), a callback
// that does not exist or was erased ([callback.ErrNotFound]), the ID of a new
// callback, revision, epoch and idempotency key ([ConflictError]), the window of
// the change ([callback.ErrTooEarly], [callback.ErrTooLate]), a permit
// ([callback.PermitError]). A repeated request is thus reported as a conflict
// and not as a refused permit that it holds itself.
func (m *Memory) Apply(ctx context.Context, now time.Time, changes []Change) ([]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// Copy before locking.
	var few [1]prepared
	all := few[:]
	if len(changes) > len(few) {
		all = make([]prepared, len(changes))
	}
	for i := range changes {
		all[i] = prepare(&changes[i])
	}
	var errs []error
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(instantOf(now))
	for i := range changes {
		err := all[i].err
		if err == nil {
			err = m.apply(now, &changes[i], all[i])
		}
		if err == nil {
			continue
		}
		if errs == nil {
			errs = make([]error, len(changes))
		}
		errs[i] = err
	}
	return errs, nil
}

// prepared is what apply stores of one change, copied from the caller.
type prepared struct {
	body  *body
	event *event
	err   error
}

func prepare(c *Change) prepared {
	if err := CheckChange(c); err != nil {
		return prepared{err: err}
	}
	if c.Unclaim {
		return prepared{}
	}
	return prepared{body: pack(c.Record), event: packEvent(c)}
}

func (m *Memory) apply(now time.Time, c *Change, p prepared) error {
	r := c.Record
	t := m.tenants[r.Tenant]
	var e *entry
	if t != nil {
		e = t.entries[r.ID]
	}
	switch {
	case e == nil && (c.Unclaim || r.Revision != 1 || t != nil && t.erased[r.ID] != nil):
		return notFound(r.ID)
	case c.Unclaim:
		return m.unclaim(now, e, c)
	case e != nil && r.Revision == 1:
		return conflict(r.ID, "id", "is taken")
	case e != nil && e.revision+1 != r.Revision:
		return conflict(r.ID, "revision", "%d does not follow %d", r.Revision, e.revision)
	}
	if err := checkEpoch(e, c); err != nil {
		return err
	}
	if t == nil {
		t = newTenant(r.Tenant)
		m.tenants[t.name] = t
	}
	if key := p.body.idempotency.Key; key != "" {
		if other := t.keys[key]; other != nil && other != e {
			return conflict(r.ID, "idempotency key", "belongs to callback %s", other.id)
		}
	}
	if err := t.checkSource(c); err != nil {
		return err
	}
	if err := checkWindow(r.ID, c.Window, now); err != nil {
		return err
	}
	if err := m.permits(t, instantOf(now), c.Give, c.Take); err != nil {
		return err
	}
	p.body.held = t.holdings(r.Held, e)
	if e == nil {
		e = m.create(t, r, p.body)
	} else {
		m.leaveQueue(e)
		t.reindex(e, t.service(r.Service), p.body)
		e.revision = r.Revision
		e.lease = lease{epoch: e.lease.epoch}
	}
	m.joinQueue(e)
	m.setDue(e, instantOf(r.NextAt))
	if c.MaskEvents {
		for old := e.history.first; old != nil; old = old.next {
			old.detail = ""
		}
	}
	p.event.belong(e, c.Event.Service)
	m.feed.append(p.event)
	e.history.append(p.event)
	return nil
}

func (m *Memory) create(t *tenant, r *callback.Callback, b *body) *entry {
	e := &entry{id: r.ID, service: t.service(r.Service), body: b, revision: 1}
	t.entries[e.id] = e
	t.index(e, true)
	return e
}

// checkEpoch refuses a change by a node that has lost its lease to another. A
// callback that does not exist yet has epoch 0.
func checkEpoch(e *entry, c *Change) error {
	var current int64
	if e != nil {
		current = e.lease.epoch
	}
	if c.Epoch != 0 && c.Epoch != current {
		return conflict(c.Record.ID, "epoch", "%d is not the current one, %d", c.Epoch, current)
	}
	return nil
}

// checkSource returns an error unless the source of a new callback exists at the
// revision that the change names.
func (t *tenant) checkSource(c *Change) error {
	if c.Source == nil {
		return nil
	}
	source := t.entries[c.Source.ID]
	switch {
	case source == nil:
		return notFound(c.Source.ID)
	case source.revision != c.Source.Revision:
		return conflict(c.Record.ID, "source", "revision %d is not the current one, %d", c.Source.Revision, source.revision)
	}
	return nil
}

// unclaim gives back a lease and sets NextAt.
func (m *Memory) unclaim(now time.Time, e *entry, c *Change) error {
	if c.Record.Revision != e.revision {
		return conflict(e.id, "revision", "%d is not the current one, %d", c.Record.Revision, e.revision)
	}
	if err := checkEpoch(e, c); err != nil {
		return err
	}
	if err := checkWindow(e.id, c.Window, now); err != nil {
		return err
	}
	m.leaveQueue(e)
	e.lease = lease{epoch: e.lease.epoch}
	m.joinQueue(e)
	m.setDue(e, instantOf(c.Record.NextAt))
	return nil
}
