package store

import (
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

// entry is a stored callback: what claims modify, and a body that changes
// replace.
type entry struct {
	id       callback.ID
	service  *service
	body     *body
	revision int64
	nextAt   instant
	lease    lease
	standing standing
	history  history
}

type lease struct {
	owner string
	epoch int64
	until instant
}

// standing tells which index for queue claims contains an entry.
type standing uint8

const (
	notInQueue standing = iota
	readyInQueue
	leasedFromQueue
)

// body is the part of a callback that only Apply replaces. It is immutable, so
// that readers use it after they have released the lock. Fields that most
// callbacks leave empty are behind pointers.
type body struct {
	state     callback.State
	priority  scheduler.Priority
	ready     bool
	immediate bool

	number phonenum.Address   // of the customer
	others *callback.Customer // the customer without number
	origin *callback.Origin
	agent  *callback.Agent
	seldom *seldom

	properties, userData []property
	lookups              []callback.SearchValue
	held                 []held
	attempts             []callback.Attempt
	idempotency          callback.Idempotency

	desired, created, updated    instant
	releaseAt, queuedAt, readyAt instant
	expiresAt, bucket            instant
	deadlineAt, closedFrom       instant
}

// held is a number of units of a counter. The counter stands for its key, which
// never changes: it may have been dropped, and another have the key since.
type held struct {
	counter *counter
	n       int64
}

// property is one pair of a Values map. A slice of them takes a third of a
// map's memory and is faster to fill.
type property struct {
	key   string
	value any
}

// seldom holds fields that are empty in nearly every pending callback.
type seldom struct {
	reason                       callback.Reason
	detail                       string
	local, zone                  string
	cancelReason                 callback.Reason
	inBulk                       bool
	until, remindAt, pausedAt    instant
	maskedAt                     instant
	endedAt, maskAt              instant
	pausedFor, offset            time.Duration
	interaction                  *callback.Interaction
	retry                        callback.RetryLimits
	offer                        callback.Offer
	reservation                  callback.Reservation
	owed                         *[]callback.Owed
	hasRetry, hasOffer, reserved bool
	submits, rejects, lostLeases int
	copiedFrom                   callback.ID
	sessionID                    string
	accessNumber, accessCode     string
	trace                        callback.Trace
	source                       callback.Source
}

// pack copies what Apply stores of a callback, except for what it holds.
func pack(c *callback.Callback) *body {
	// Field by field, because the compiler builds a literal of this size twice.
	b := new(body)
	b.state, b.priority, b.ready, b.immediate = c.State, c.Priority, c.Ready, c.Immediate
	b.idempotency = c.Idempotency
	others := c.Customer
	others.Number = phonenum.Address{}
	b.number, b.others = c.Customer.Number, unlessZero(&others)
	b.origin, b.agent = unlessZero(&c.Origin), unlessZero(&c.Agent)
	b.lookups, b.attempts = slices.Clone(c.SearchValues), slices.Clone(c.Attempts)
	b.desired, b.created, b.updated = instantOf(c.Desired), instantOf(c.Created), instantOf(c.Updated)
	b.releaseAt, b.queuedAt, b.readyAt = instantOf(c.ReleaseAt), instantOf(c.QueuedAt), instantOf(c.ReadyAt)
	b.expiresAt, b.bucket = instantOf(c.ExpiresAt), instantOf(c.Bucket)
	b.deadlineAt, b.closedFrom = instantOf(c.DeadlineAt), instantOf(c.ClosedFrom)
	b.properties, b.userData = packValues(c.Properties, c.UserData)
	for i := range b.attempts {
		a := &b.attempts[i]
		a.Began, a.Placed, a.Ended = plain(a.Began), plain(a.Placed), plain(a.Ended)
	}
	s := seldom{
		reason: c.Reason, detail: c.Detail, local: c.Local, zone: c.Zone, offset: c.Offset, cancelReason: c.CancelReason, inBulk: c.CancelledInBulk,
		until: instantOf(c.Until), remindAt: instantOf(c.RemindAt), pausedAt: instantOf(c.PausedAt), pausedFor: c.PausedFor, maskedAt: instantOf(c.MaskedAt),
		endedAt: instantOf(c.EndedAt), maskAt: instantOf(c.MaskAt),
		submits: c.Submits, rejects: c.Rejects, lostLeases: c.LostLeases,
		copiedFrom: c.CopiedFrom, sessionID: c.SessionID,
		accessNumber: c.AccessNumber, accessCode: c.AccessCode, trace: c.Trace, source: c.Source,
	}
	if c.Interaction != nil {
		s.interaction = new(*c.Interaction)
	}
	if c.Retry != nil {
		s.retry, s.hasRetry = *c.Retry, true
	}
	if c.Offer != nil {
		s.offer, s.hasOffer = *c.Offer, true
		s.offer.Until = plain(s.offer.Until)
	}
	if c.Reservation != nil {
		s.reservation, s.reserved = *c.Reservation, true
	}
	if c.Owed != nil {
		s.owed = new(copyOwed(c.Owed))
	}
	b.seldom = unlessZero(&s)
	return b
}

// view is what a reader copies under the lock.
type view struct {
	entry    *entry // only id is read later, which never changes
	service  *service
	body     *body
	revision int64
	nextAt   instant
	lease    lease
}

func (e *entry) view() view {
	return view{entry: e, service: e.service, body: e.body, revision: e.revision, nextAt: e.nextAt, lease: e.lease}
}

// callback returns a copy for the reader. What most callbacks have in slices comes
// with it in one allocation.
func (v *view) callback() *callback.Callback {
	kept := new(struct {
		callback callback.Callback
		held     [2]callback.Held
		values   [2]callback.SearchValue
	})
	b, c := v.body, &kept.callback
	c.Tenant, c.ID, c.Service, c.Revision = v.service.tenant.name, v.entry.id, v.service.name, v.revision
	c.State, c.Priority, c.Ready, c.Immediate = b.state, b.priority, b.ready, b.immediate
	c.Customer, c.Idempotency = b.customer(), b.idempotency
	c.Properties, c.UserData = unpackValues(b.properties), unpackValues(b.userData)
	c.Held, c.Attempts = appendHeld(kept.held[:0], b.held), slices.Clone(b.attempts)
	if b.lookups != nil {
		c.SearchValues = append(kept.values[:0], b.lookups...)
	}
	c.Desired, c.Created, c.Updated = b.desired.Time(), b.created.Time(), b.updated.Time()
	c.ReleaseAt, c.QueuedAt, c.ReadyAt = b.releaseAt.Time(), b.queuedAt.Time(), b.readyAt.Time()
	c.ExpiresAt, c.Bucket = b.expiresAt.Time(), b.bucket.Time()
	c.DeadlineAt, c.ClosedFrom = b.deadlineAt.Time(), b.closedFrom.Time()
	c.NextAt = v.nextAt.Time()
	c.Lease.Owner, c.Lease.Epoch, c.Lease.Until = v.lease.owner, v.lease.epoch, v.lease.until.Time()
	if b.origin != nil {
		c.Origin = *b.origin
	}
	if b.agent != nil {
		c.Agent = *b.agent
	}
	if b.seldom != nil {
		b.seldom.fill(c)
	}
	return c
}

func (s *seldom) fill(c *callback.Callback) {
	c.Reason, c.Detail, c.CancelReason, c.CancelledInBulk = s.reason, s.detail, s.cancelReason, s.inBulk
	c.Local, c.Zone, c.Offset = s.local, s.zone, s.offset
	c.Until, c.RemindAt = s.until.Time(), s.remindAt.Time()
	c.EndedAt, c.MaskAt = s.endedAt.Time(), s.maskAt.Time()
	c.PausedAt, c.PausedFor, c.MaskedAt = s.pausedAt.Time(), s.pausedFor, s.maskedAt.Time()
	c.Submits, c.Rejects, c.LostLeases = s.submits, s.rejects, s.lostLeases
	c.CopiedFrom, c.SessionID = s.copiedFrom, s.sessionID
	c.AccessNumber, c.AccessCode = s.accessNumber, s.accessCode
	c.Trace, c.Source = s.trace, s.source
	if s.interaction != nil {
		c.Interaction = new(*s.interaction)
	}
	if s.hasRetry {
		c.Retry = new(s.retry)
	}
	if s.hasOffer {
		c.Offer = new(s.offer)
	}
	if s.reserved {
		c.Reservation = new(s.reservation)
	}
	if s.owed != nil {
		c.Owed = copyOwed(*s.owed)
	}
}

// customer returns the customer of a body.
func (b *body) customer() callback.Customer {
	var c callback.Customer
	if b.others != nil {
		c = *b.others
	}
	c.Number = b.number
	return c
}

// appendHeld appends what a callback holds. It returns nil if that is nil.
func appendHeld(to []callback.Held, list []held) []callback.Held {
	if list == nil {
		return nil
	}
	for _, h := range list {
		to = append(to, callback.Held{Key: h.counter.key, N: h.n})
	}
	return to
}

func copyOwed(list []callback.Owed) []callback.Owed {
	list = slices.Clone(list)
	for i := range list {
		o := &list[i]
		o.Since, o.Until = plain(o.Since), plain(o.Until)
		if o.Release != nil {
			o.Release = new(*o.Release)
		}
		if o.Hangup != nil {
			o.Hangup = new(*o.Hangup)
		}
	}
	return list
}

// unlessZero returns a copy of *p, or nil if that is zero.
func unlessZero[T comparable](p *T) *T {
	var zero T
	if *p == zero {
		return nil
	}
	return new(*p)
}

// packValues copies two maps into one allocation. A nil map stays nil.
func packValues(properties, userData callback.Values) (p, u []property) {
	if properties == nil && userData == nil {
		return nil, nil
	}
	all := make([]property, 0, len(properties)+len(userData))
	for key, value := range properties {
		all = append(all, property{key, value})
	}
	n := len(all)
	for key, value := range userData {
		all = append(all, property{key, value})
	}
	if properties != nil {
		p = all[:n:n]
	}
	if userData != nil {
		u = all[n:]
	}
	return p, u
}

func unpackValues(list []property) callback.Values {
	if list == nil {
		return nil
	}
	values := make(callback.Values, len(list))
	for _, p := range list {
		values[p.key] = p.value
	}
	return values
}

func valueOf(list []property, key string) (any, bool) {
	for _, p := range list {
		if p.key == key {
			return p.value, true
		}
	}
	return nil, false
}
