package callback

import (
	"context"
	"time"
)

// Pause is a pause that is in force.
type Pause struct {
	Tenant  string
	Service string // empty means all services of the tenant
	Since   time.Time
	Actor   string
	Reason  string
}

// Store keeps callbacks, the counters they hold permits of, idempotency keys
// and events. package store has the reference implementation, store/storetest
// the suite that checks every clause below.
//
// Concurrency: all methods may be called from any number of goroutines, and a
// shared store from any number of processes. Every call that returned sees all
// that was applied before it began, from anywhere (linearizable).
//
// Time: a store never reads a clock; now is an argument. A store that several
// nodes share may implement [ClockStore], and then every Manager takes the time from
// it.
//
// Ownership: a store keeps its own copy of what it is given and returns copies,
// down to the maps and slices; nested JSON values are shared and never changed.
//
// Errors: nil means it happened. [ErrOutcomeUnknown] means it may have
// happened: reading tells, and repeating the same change is safe, because it
// either applies or fails its condition. Any other error means it did not
// happen. A cancelled context leaves no half-written change.
//
// Form: printing a record, or writing it as JSON, hides what identifies a
// person. A store that serialises takes numbers through Address.Reveal and
// phonenum.RevealedAddress, and Lookup.Value and PermitKey.Subject field by
// field.
//
// Tenants: every key, query and counter is within one tenant; only Claim of due
// work, Count and Events take AllTenants.
//
// The interface will not grow. New capabilities are optional interfaces found
// by assertion.
type Store interface {
	// Apply makes each change atomically on its own - record, counters,
	// idempotency key and event together or not at all - and returns one error
	// per change, in order; a nil slice means that all happened. The changes of
	// one call are made in order. The second result is for failures of the
	// whole call: then the first is nil and no change happened, unless it is
	// ErrOutcomeUnknown.
	//
	// A conflict is found before any permit is refused. Creating under an epoch
	// is a conflict. The window of a counter is half-open, and its first unit
	// sets its end.
	Apply(ctx context.Context, now time.Time, changes []Change) ([]error, error)

	// Get returns the callback, by ID or by idempotency key, or [ErrNotFound].
	Get(ctx context.Context, by By) (*Callback, error)

	// Claim leases work: see [ClaimRequest]. Each callback returned has its
	// Lease.Epoch raised by one, Lease.Owner and Lease.Until set, and NextAt
	// set to Lease.Until, in the store as in the copy; the revision stays. No
	// callback is ever returned to two claims whose leases overlap, and never
	// more than the limit.
	Claim(ctx context.Context, now time.Time, req ClaimRequest) (Claimed, error)

	// Search returns one page of the callbacks that match, in the order asked
	// for, ties broken by ID; Desc reverses ties, too. A time that is not set
	// sorts first, and a bound on it leaves the callback out. A limit out of
	// range or a cursor that is not this order's is [ErrInvalidParameter].
	Search(ctx context.Context, q Query) (Page, error)

	// Count groups the callbacks that match by tenant, service, state and
	// priority. Order, limit and cursor of the query are ignored.
	Count(ctx context.Context, q Query) ([]Group, error)

	// Load returns the counters in the range that are above zero and whose
	// window has not ended, ordered by Slot, then Name, then Subject.
	Load(ctx context.Context, now time.Time, req LoadRequest) ([]Counter, error)

	// Events returns the history of one callback, or the feed after a cursor. A
	// store whose changes commit in any order may hold back events of the feed,
	// never of a history, while changes are under way that may come before them.
	Events(ctx context.Context, q EventQuery) (EventPage, error)

	// Erase removes callbacks with their events and idempotency keys and gives
	// back the permits they hold. It returns one error per item; items are
	// independent. Each erased callback leaves one event of type erased, whose
	// Seq follows the last revision and which holds the ID, the service and the
	// Actor and Detail of req. Any later change of an erased callback fails with
	// ErrNotFound, so that a late writer cannot bring it back.
	//
	// After the items Erase removes the counters of req.Subjects. A subject that
	// a remaining callback of the tenant has keeps all its counters: the units
	// that callback holds, and what is used up of a window. A callback has a
	// subject as its number, as its alternative number, or as a search value
	// under one of req.SearchKeys. An item that failed is a remaining callback.
	// The check and the removal are one atomic step, so that units taken by a
	// change made at the same time are never lost.
	Erase(ctx context.Context, now time.Time, req EraseRequest) ([]error, error)
}

// ClockStore is implemented by stores that say what time it is.
type ClockStore interface {
	Now(ctx context.Context) (time.Time, error)
}

// NotifyingStore is implemented by stores that can hint that another node changed
// something. The hint may be lost, late or repeated.
type NotifyingStore interface {
	// Notify calls f, which never blocks, after changes until stop is called.
	Notify(f func()) (stop func())
}

// PausingStore is implemented by stores that keep pauses of services, for every node
// that shares the store. Without it a Manager cannot pause.
//
// What a [Store] promises holds here as well: calls see all that was done before
// they began, from anywhere; an error that is not [ErrOutcomeUnknown] means that
// nothing happened; tenants know nothing of each other.
type PausingStore interface {
	// SetPause begins the pause of p.Tenant and p.Service, or ends it when on is
	// false. A pause that is in force already stays as it is, with its Since,
	// Actor and Reason; ending one that is not in force changes nothing. The
	// pause of all services, whose Service is empty, is one of its own. Since has
	// microseconds.
	SetPause(ctx context.Context, p Pause, on bool) error
	// Pauses returns the pauses of one tenant, or of all, by tenant, then by
	// service, both in the order of their bytes.
	Pauses(ctx context.Context, tenant string, allTenants bool) ([]Pause, error)
}

// Change is one atomic write.
type Change struct {
	// Record is the callback as it is to be. Its Revision is one above the one
	// it replaces: 1 creates. Creating an ID or an Idempotency.Key that the
	// tenant already has, or replacing another revision than the one before, is
	// [ErrConflict]; replacing what does not exist is [ErrNotFound]. The key
	// lives as long as the record.
	// A store takes NextAt, Ready and all else from it as they are, and clears
	// the lease but keeps its epoch.
	Record *Callback
	// Epoch, when not zero, must equal the stored Lease.Epoch, else
	// [ErrConflict]: whoever lost its lease cannot write.
	Epoch int64
	// Source, which only a creation may have, names another callback of the
	// tenant that must exist at that revision when Record is stored, as the one
	// that Record is a copy of. The change fails with [ErrNotFound] if the source
	// does not exist or is erased, and with [ErrConflict] if its revision is
	// another one; conflicts of Record itself come first.
	Source *Precondition
	// Give returns units to counters, before anything is taken. A counter never
	// goes below zero; at zero it is as if it had never been.
	Give []Held
	// Take asks for permits in order. The first refusal fails the change with a
	// [PermitError]. A Subject of a counter is one that Record has, as Erase
	// defines it: Erase finds the holders of a subject by that.
	Take []Permit
	// Event is stored with Seq = Record.Revision.
	Event Event
	// MaskEvents removes the Detail of all events that the callback has before
	// this change.
	MaskEvents bool
	// Unclaim makes the change only give back the lease: nothing of Record is
	// stored but NextAt, there is no event and the revision stays. Record needs
	// Tenant, ID, NextAt and the current Revision.
	Unclaim bool
}

// Precondition names a revision of a callback.
type Precondition struct {
	ID       ID
	Revision int64
}

// By names one callback.
type By struct {
	Tenant string
	ID     ID
	Key    string // idempotency key, looked at when ID is empty
}

// ClaimRequest asks for work.
//
// With Due set it asks for the callbacks of every tenant whose NextAt has come
// (not after now), earliest first, ties by ID. A callback whose lease ran out
// is due again, because a claim set its NextAt to the lease's end.
//
// Otherwise it asks for the heads of queues: callbacks that are Queued and
// Ready and not under a running lease, from each queue in the order of
// Queues, within a queue by QueuedAt, ties by ID.
type ClaimRequest struct {
	Owner  string
	Lease  time.Duration // at least 1 s
	Due    bool
	Limit  int // Due: at most this many
	Queues []QueueClaim
}

// QueueClaim asks for the first N of one queue, or of what is behind a place in
// it.
type QueueClaim struct {
	Queue QueueKey
	N     int
	// After leaves out the callbacks up to this place: what is claimed has a later
	// QueuedAt, or the same and a greater ID. No callback needs to stand there, so
	// that a place stays usable when its callback has left the queue. The zero
	// Place is before the front. A store goes to the place directly: the cost does
	// not depend on what is before it.
	After Place
}

// Claimed is the work a claim leased.
type Claimed struct {
	Callbacks []*Callback
	// NextAt is the earliest NextAt of what is left, for Due claims; zero when
	// nothing is. It may be in the past when the limit cut the claim short.
	NextAt time.Time
}

// LoadRequest asks for counters of one kind and service. From and To bound the
// Slot, both inclusive; Name and Subject narrow when not empty.
type LoadRequest struct {
	Tenant   string
	Kind     PermitKind
	Service  string
	Name     string
	Subject  string
	From, To int64
}

// EventQuery asks for history or feed.
type EventQuery struct {
	Tenant     string
	AllTenants bool   // feed only
	Callback   ID     // set: the history of one callback, by Seq
	After      Cursor // only events after this place
	// End begins at the end of the feed: the page has no events and its Next is
	// the place after the last event. Events of changes that begin after the call
	// follow it. Feed only, without After.
	End   bool
	Limit int // 0 = 100; at most 10,000
}

// EventPage is a run of events. Next continues after the last of them, also
// when there is nothing yet: it is never empty once the feed has begun. The
// feed keeps the order of each callback's events, and no event ever appears
// before a place that has already been read past.
type EventPage struct {
	Events []Event
	Next   Cursor
}

// EraseRequest says what to forget.
type EraseRequest struct {
	Tenant string
	Items  []EraseItem
	// Subjects are the subjects whose counters are removed, unless a remaining
	// callback has them.
	Subjects []string
	// SearchKeys are the keys of the search values that are compared with
	// Subjects. Numbers are always compared.
	SearchKeys []string
	Actor      string
	Detail     string
}

// EraseItem is one callback as it was read. If its revision is not the current
// one the item fails with [ErrConflict].
type EraseItem struct {
	ID       ID
	Revision int64
}
