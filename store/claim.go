package store

import (
	"context"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Claim leases due callbacks or the heads of queues; see
// [callback.ClaimRequest]. The cost of a callback is logarithmic in the number
// of waiting ones.
func (m *Memory) Claim(ctx context.Context, now time.Time, req ClaimRequest) (Claimed, error) {
	if err := ctx.Err(); err != nil {
		return Claimed{}, err
	}
	if err := CheckClaim(&req); err != nil {
		return Claimed{}, err
	}
	at, until := instantOf(now), instantOf(now.Add(req.Lease))
	if req.Due {
		m.shorten(until)
	}
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

// claimQueue leases the first callbacks of one queue, or the first behind a
// place.
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
	p := queue.First()
	if q.After != (callback.Place{}) {
		p = queue.Behind(item{instantOf(q.After.QueuedAt), t.pivot(q.After.ID)})
	}
	for ; p.Valid() && len(taken) < q.N; p.Next() {
		// Another caller whose clock is ahead may have returned e to the queue
		// while its lease still runs by the clock of this one.
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

// shorten makes leases end at until that end much later, because they were given
// before the clock was set back.
func (m *Memory) shorten(until instant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := instantOf(until.Time().Add(Slack))
	if !m.farthest.After(last) {
		return
	}
	var late []*entry
	for p := m.due.Last(); p.Valid() && p.Item().at.After(last); p.Prev() {
		if e := p.Item().e; e.lease.until == e.nextAt {
			late = append(late, e)
		}
	}
	for _, e := range late {
		m.hold(e, lease{owner: e.lease.owner, epoch: e.lease.epoch, until: until})
	}
	m.farthest = last
}

func (m *Memory) lease(e *entry, until instant, owner string) {
	m.hold(e, lease{owner: owner, epoch: e.lease.epoch + 1, until: until})
}

// hold leases e until the end of the lease.
func (m *Memory) hold(e *entry, l lease) {
	m.leaveQueue(e)
	e.lease = l
	until := l.until
	if until.After(m.farthest) {
		m.farthest = until
	}
	m.setDue(e, until)
	if e.body.claimable() {
		e.standing = leasedFromQueue
		m.leased.Insert(item{until, e})
	}
}

// wakeQueues returns entries whose leases ended to their queues.
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

// joinQueue adds e to its queue if queue claims may lease it.
func (m *Memory) joinQueue(e *entry) {
	if e.body.claimable() {
		e.service.queue(e.body.priority).Insert(item{e.body.queuedAt, e})
		e.standing = readyInQueue
	}
}

// leaveQueue removes e from its queue, or from m.leased.
func (m *Memory) leaveQueue(e *entry) {
	switch e.standing {
	case readyInQueue:
		e.service.queue(e.body.priority).Delete(item{e.body.queuedAt, e})
	case leasedFromQueue:
		m.leased.Delete(item{e.lease.until, e})
	}
	e.standing = notInQueue
}

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
