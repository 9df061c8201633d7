package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Tenant and service of the callbacks that [New] returns.
const (
	Tenant  = "acme"
	Service = "sales"
)

// Start returns the instant at which the callbacks of this package are created:
// Monday, 2 March 2026, 09:00 UTC.
func Start() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }

// At returns the instant d after Start.
func At(d time.Duration) time.Time { return Start().Add(d) }

// New returns a callback as a creation writes it: revision 1, scheduled for an
// hour after Start, when it is due. The edits are applied in order.
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

// Queued is an edit for [New]: the callback is queued and ready since at.
func Queued(at time.Time) func(*callback.Callback) {
	return func(cb *callback.Callback) {
		cb.State, cb.Ready, cb.QueuedAt, cb.NextAt = callback.Queued, true, at, cb.ExpiresAt
	}
}

// DueAt is an edit for [New]: it sets NextAt.
func DueAt(at time.Time) func(*callback.Callback) {
	return func(cb *callback.Callback) { cb.NextAt = at }
}

// In is an edit for [New]: it sets the tenant and the service.
func In(tenant, service string) func(*callback.Callback) {
	return func(cb *callback.Callback) { cb.Tenant, cb.Service = tenant, service }
}

// Write returns the change that writes cb as it is, with an event for its
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

// Revise returns the change that writes the next revision of a copy of read,
// after the edits.
func Revise(read *callback.Callback, edits ...func(*callback.Callback)) callback.Change {
	cb := read.Clone()
	cb.Revision++
	cb.Updated = cb.Updated.Add(time.Second)
	for _, edit := range edits {
		edit(cb)
	}
	return Write(cb)
}

// Unclaim returns the change that gives back the lease of a claimed callback.
func Unclaim(claimed *callback.Callback, nextAt time.Time) callback.Change {
	return callback.Change{
		Record:  &callback.Callback{Tenant: claimed.Tenant, ID: claimed.ID, Revision: claimed.Revision, NextAt: nextAt},
		Epoch:   claimed.Lease.Epoch,
		Unclaim: true,
	}
}
