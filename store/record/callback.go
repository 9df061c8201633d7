package record

import (
	"github.com/ringback-go/ringback/callback"
)

// newRecord is the capacity of a record that is appended to nothing. It holds
// most callbacks.
const newRecord = 512

// AppendCallback appends the durable form of c to b and returns the longer
// slice. Tenant, ID, Service, State, Priority, Ready, Revision, NextAt and Lease
// are not in it: a store has them as columns of its own.
//
// Times lose what is below a microsecond. Values are written as encoding/json
// writes them, so that what a caller put there as an int is read as a float64.
//
// An error is a [*store.InvalidError] that names the field: a time that an
// int64 of microseconds since 1970 cannot hold, a value that JSON cannot
// express, or a list of more than 65,536 items. Then the result is b as it was.
//
// AppendCallback allocates nothing but room in b where Properties and UserData
// are nil. It is safe for concurrent use as long as nobody changes c.
func AppendCallback(b []byte, c *callback.Callback) ([]byte, error) {
	e := newEncoder(b)
	e.callback(c)
	return e.result(b)
}

func (e *encoder) callback(c *callback.Callback) {
	e.bool(callbackImmediate, c.Immediate)
	if c.Customer != (callback.Customer{}) {
		start := e.begin(callbackCustomer)
		e.customer(&c.Customer)
		e.end(start)
	}
	if c.Agent != (callback.Agent{}) {
		start := e.begin(callbackAgent)
		e.agent(&c.Agent)
		e.end(start)
	}
	if c.Origin != (callback.Origin{}) {
		start := e.begin(callbackOrigin)
		e.origin(&c.Origin)
		e.end(start)
	}
	e.values(callbackProperties, "Properties", c.Properties)
	e.values(callbackUserData, "UserData", c.UserData)
	e.lookups(c.Lookups)
	e.time(callbackDesired, "Desired", c.Desired)
	e.time(callbackUntil, "Until", c.Until)
	e.time(callbackBucket, "Bucket", c.Bucket)
	e.time(callbackCreated, "Created", c.Created)
	e.time(callbackUpdated, "Updated", c.Updated)
	e.time(callbackReleaseAt, "ReleaseAt", c.ReleaseAt)
	e.time(callbackQueuedAt, "QueuedAt", c.QueuedAt)
	e.time(callbackReadyAt, "ReadyAt", c.ReadyAt)
	e.time(callbackExpiresAt, "ExpiresAt", c.ExpiresAt)
	e.time(callbackRemindAt, "RemindAt", c.RemindAt)
	e.time(callbackDeadlineAt, "DeadlineAt", c.DeadlineAt)
	e.time(callbackEndedAt, "EndedAt", c.EndedAt)
	e.attempts(c.Attempts)
	e.held(c.Held)
	if c.Idempotency != (callback.Idempotency{}) {
		start := e.begin(callbackIdempotency)
		e.text(idempotencyKey, c.Idempotency.Key)
		e.text(idempotencyHash, c.Idempotency.Hash)
		e.end(start)
	}
	e.text(callbackReason, string(c.Reason))
	e.text(callbackDetail, c.Detail)
	e.text(callbackLocal, c.Local)
	e.text(callbackZone, c.Zone)
	e.retry(c.Retry)
	e.offer(c.Offer)
	e.reservation(c.Reservation)
	e.text(callbackSessionID, c.SessionID)
	e.interaction(c.Interaction)
	e.text(callbackCancelReason, string(c.CancelReason))
	e.int(callbackSubmits, int64(c.Submits))
	e.int(callbackRejects, int64(c.Rejects))
	e.int(callbackLostLeases, int64(c.LostLeases))
	e.text(callbackCopiedFrom, string(c.CopiedFrom))
	e.text(callbackAccessNumber, c.AccessNumber)
	e.text(callbackAccessCode, c.AccessCode)
	e.time(callbackPausedAt, "PausedAt", c.PausedAt)
	e.int(callbackPausedFor, int64(c.PausedFor))
}

// DecodeCallback reads into c what [AppendCallback] wrote. It leaves alone the
// fields that are not in a record (Tenant, ID, Service, State, Priority, Ready,
// Revision, NextAt, Lease) and sets all others, to zero where b has nothing.
// Times are in UTC. c shares nothing with b.
//
// Any bytes are safe to read: what is no record is a [*DamagedError], what a
// newer library wrote a [*VersionError], and then c is as it was. It is safe
// for concurrent use on different targets.
func DecodeCallback(b []byte, c *callback.Callback) error {
	d := newDecoder(b)
	read := callback.Callback{
		Tenant: c.Tenant, ID: c.ID, Service: c.Service, Revision: c.Revision,
		State: c.State, Priority: c.Priority, Ready: c.Ready, NextAt: c.NextAt, Lease: c.Lease,
	}
	d.callback(&read)
	if d.err == nil {
		*c = read
	}
	return d.err
}

func (d *decoder) callback(c *callback.Callback) {
	for number := d.next(); number != 0; number = d.next() {
		switch number {
		case callbackImmediate:
			c.Immediate = d.bool()
		case callbackCustomer:
			d.customer(&c.Customer)
		case callbackAgent:
			d.agent(&c.Agent)
		case callbackOrigin:
			d.origin(&c.Origin)
		case callbackProperties:
			c.Properties = d.values()
		case callbackUserData:
			c.UserData = d.values()
		case callbackLookups:
			c.Lookups = d.lookups()
		case callbackDesired:
			c.Desired = d.time()
		case callbackUntil:
			c.Until = d.time()
		case callbackBucket:
			c.Bucket = d.time()
		case callbackCreated:
			c.Created = d.time()
		case callbackUpdated:
			c.Updated = d.time()
		case callbackReleaseAt:
			c.ReleaseAt = d.time()
		case callbackQueuedAt:
			c.QueuedAt = d.time()
		case callbackReadyAt:
			c.ReadyAt = d.time()
		case callbackExpiresAt:
			c.ExpiresAt = d.time()
		case callbackRemindAt:
			c.RemindAt = d.time()
		case callbackDeadlineAt:
			c.DeadlineAt = d.time()
		case callbackEndedAt:
			c.EndedAt = d.time()
		case callbackAttempts:
			c.Attempts = d.attempts()
		case callbackHeld:
			c.Held = d.held()
		case callbackIdempotency:
			d.idempotency(&c.Idempotency)
		case callbackReason:
			c.Reason = callback.Reason(d.text())
		case callbackDetail:
			c.Detail = d.text()
		case callbackLocal:
			c.Local = d.text()
		case callbackZone:
			c.Zone = d.text()
		case callbackRetry:
			c.Retry = d.retry()
		case callbackOffer:
			c.Offer = d.offer()
		case callbackReservation:
			c.Reservation = d.reservation()
		case callbackSessionID:
			c.SessionID = d.text()
		case callbackInteraction:
			c.Interaction = d.interaction()
		case callbackCancelReason:
			c.CancelReason = callback.Reason(d.text())
		case callbackSubmits:
			c.Submits = d.int()
		case callbackRejects:
			c.Rejects = d.int()
		case callbackLostLeases:
			c.LostLeases = d.int()
		case callbackCopiedFrom:
			c.CopiedFrom = callback.ID(d.text())
		case callbackAccessNumber:
			c.AccessNumber = d.text()
		case callbackAccessCode:
			c.AccessCode = d.text()
		case callbackPausedAt:
			c.PausedAt = d.time()
		case callbackPausedFor:
			c.PausedFor = d.duration()
		default:
			d.skip()
		}
	}
}
