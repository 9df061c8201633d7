package store

import (
	"context"
	"time"
)

// Claim leases due work or the heads of queues; see [ClaimRequest]. Each
// callback costs the depth of a tree, however many wait.
func (m *Memory) Claim(ctx context.Context, now time.Time, req ClaimRequest) (Claimed, error) {
	if err := ctx.Err(); err != nil {
		return Claimed{}, err
	}
	if err := CheckClaim(&req); err != nil {
		return Claimed{}, err
	}
	at, until := instantOf(now), instantOf(now.Add(req.Lease))
	views, next := m.claim(at, until, &req)
	claimed := Claimed{NextAt: next.Time()}
	for i := range views {
		claimed.Callbacks = append(claimed.Callbacks, views[i].callback())
	}
	return claimed, nil
}

func (m *Memory) claim(now, until instant, req *ClaimRequest) (views []view, next instant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !req.Due {
		m.wakeQueues(now)
		for _, q := range req.Queues {
			views = m.claimQueue(views, now, until, q, req.Owner)
		}
		return views, instant{}
	}
	var taken []*entry
	p := m.due.First()
	for ; p.Valid() && len(taken) < req.Limit && !p.Item().at.After(now); p.Next() {
		taken = append(taken, p.Item().e)
	}
	if p.Valid() {
		next = p.Item().at
	}
	for _, e := range taken {
		m.lease(e, until, req.Owner)
		views = append(views, e.view())
	}
	return views, next
}

// claimQueue leases the first callbacks of one queue.
func (m *Memory) claimQueue(views []view, now, until instant, q QueueClaim, owner string) []view {
	t := m.tenants[q.Queue.Tenant]
	if t == nil || t.services[q.Queue.Service] == nil {
		return views
	}
	queue := t.services[q.Queue.Service].queues[q.Queue.Priority]
	if queue == nil {
		return views
	}
	var taken []*entry
	for p := queue.First(); p.Valid() && len(taken) < q.N; p.Next() {
		// A lease that had run out for a caller whose clock is ahead may
		// still run for this one.
		if e := p.Item().e; !e.lease.until.After(now) {
			taken = append(taken, e)
		}
	}
	for _, e := range taken {
		m.lease(e, until, owner)
		views = append(views, e.view())
	}
	return views
}

// lease gives an entry to an owner until an instant.
func (m *Memory) lease(e *entry, until instant, owner string) {
	m.leaveQueue(e)
	e.lease = lease{owner: owner, epoch: e.lease.epoch + 1, until: until}
	m.setDue(e, until)
	if e.body.claimable() {
		e.standing = leasedFromQueue
		m.leased.Insert(item{until, e})
	}
}

// wakeQueues puts back into their queues the entries whose leases ran out.
func (m *Memory) wakeQueues(now instant) {
	for {
		p := m.leased.First()
		if !p.Valid() || p.Item().at.After(now) {
			return
		}
		e := p.Item().e
		m.leaveQueue(e)
		m.joinQueue(e)
	}
}

// joinQueue puts an entry that queue claims may hand out into its queue.
func (m *Memory) joinQueue(e *entry) {
	if e.body.claimable() {
		e.service.queue(e.body.priority).Insert(item{e.body.queuedAt, e})
		e.standing = readyInQueue
	}
}

// leaveQueue takes an entry out of its queue, or out of those that wait for
// the end of their lease.
func (m *Memory) leaveQueue(e *entry) {
	switch e.standing {
	case readyInQueue:
		e.service.queue(e.body.priority).Delete(item{e.body.queuedAt, e})
	case leasedFromQueue:
		m.leased.Delete(item{e.lease.until, e})
	}
	e.standing = notInQueue
}

// setDue sets the NextAt of an entry.
func (m *Memory) setDue(e *entry, at instant) {
	if e.nextAt == at {
		return
	}
	if !e.nextAt.IsZero() {
		m.due.Delete(item{e.nextAt, e})
	}
	e.nextAt = at
	if !at.IsZero() {
		m.due.Insert(item{at, e})
	}
}
