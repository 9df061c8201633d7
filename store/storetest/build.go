package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Tenant and Service are those of the callbacks that New makes.
const (
	Tenant  = "acme"
	Service = "sales"
)

// Start is the instant at which the callbacks of this package are created:
// Monday, 2 March 2026, 09:00 UTC.
func Start() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }

// At is an instant after Start.
func At(d time.Duration) time.Time { return Start().Add(d) }

// New returns a callback as it is created: revision 1, scheduled an hour after
// Start, when it is due. Each edit changes it further.
func New(id callback.ID, edits ...func(*callback.Callback)) *callback.Callback {
	cb := &callback.Callback{
		Tenant: Tenant, ID: id, Service: Service, Revision: 1, State: callback.Scheduled,
		Created: Start(), Updated: Start(), Desired: At(time.Hour), ReleaseAt: At(time.Hour),
		NextAt: At(time.Hour), ExpiresAt: At(25 * time.Hour),
	}
	for _, edit := range edits {
		edit(cb)
	}
	return cb
}

// Queued is an edit for New: the callback waits, ready, in its queue since at.
func Queued(at time.Time) func(*callback.Callback) {
	return func(cb *callback.Callback) {
		cb.State, cb.Ready, cb.QueuedAt, cb.NextAt = callback.Queued, true, at, cb.ExpiresAt
	}
}

// DueAt is an edit for New: the callback's next moment of attention.
func DueAt(at time.Time) func(*callback.Callback) {
	return func(cb *callback.Callback) { cb.NextAt = at }
}

// In is an edit for New: the callback's tenant and service.
func In(tenant, service string) func(*callback.Callback) {
	return func(cb *callback.Callback) { cb.Tenant, cb.Service = tenant, service }
}

// Write is the change that writes a callback as it is, with the event of its
// revision.
func Write(cb *callback.Callback) callback.Change {
	e := callback.Event{
		Tenant: cb.Tenant, Callback: cb.ID, Service: cb.Service, Seq: cb.Revision,
		At: cb.Updated, Type: callback.EventUpdated, To: cb.State, Next: cb.NextAt, Actor: "storetest",
	}
	if cb.Revision == 1 {
		e.Type = callback.EventAccepted
	}
	return callback.Change{Record: cb, Event: e}
}

// Revise is the change that follows what was read: the next revision of a copy,
// edited.
func Revise(read *callback.Callback, edits ...func(*callback.Callback)) callback.Change {
	cb := read.Clone()
	cb.Revision++
	cb.Updated = cb.Updated.Add(time.Second)
	for _, edit := range edits {
		edit(cb)
	}
	return Write(cb)
}

// Unclaim is the change that gives back the lease of what was claimed.
func Unclaim(claimed *callback.Callback, nextAt time.Time) callback.Change {
	return callback.Change{
		Record:  &callback.Callback{Tenant: claimed.Tenant, ID: claimed.ID, Revision: claimed.Revision, NextAt: nextAt},
		Epoch:   claimed.Lease.Epoch,
		Unclaim: true,
	}
}
