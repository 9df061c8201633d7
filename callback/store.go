package callback

import (
	"context"
	"time"
)

// Pause is a pause of a service.
type Pause struct {
	Tenant  string
	Service string // empty for a pause of all services of the tenant
	Since   time.Time
	Actor   string
	Reason  string
	// Configured is true for a pause by Service.Paused, whose Since is zero. A store
	// does not keep it.
	Configured bool
}

// Store keeps callbacks, counters, idempotency keys and events. Package store is the
// reference implementation; the suite in store/storetest checks every requirement
// below.
//
// Concurrency: the methods may be called from any number of goroutines and, if the
// store is shared, processes. They are linearizable: a call sees every change whose
// call returned before it began.
//
// Time: a store has no clock unless it implements [ClockStore]; now is an argument.
// A store that several nodes share may implement ClockStore, and then every Manager
// takes the time from it. Such a store compares a [Window] with its own clock and not
// with now, so that a node whose clock is wrong cannot write at the wrong time.
//
// Ownership: a store copies its arguments and returns copies, including maps and
// slices. Nested JSON values are shared and must not be changed.
//
// Errors: nil means that the call took effect. [ErrOutcomeUnknown] means that it may
// have taken effect. The caller can read the record or repeat the same change, which
// then either takes effect or fails its condition. After any other error, also after
// the context has ended, the call had no effect.
//
// Encoding: printed records and their JSON do not contain what identifies a person.
// To serialise a record, a store reads numbers with Address.Reveal and restores them
// with phonenum.RevealedAddress, and it encodes SearchValue and PermitKey field by
// field.
//
// Tenants: every key, query and counter belongs to one tenant. Only Claim of due
// callbacks, Count and Events can work on all tenants.
//
// The interface will not grow. New capabilities are optional interfaces, today
// [ClockStore], [NotifyingStore] and [PausingStore]. A wrapper that embeds a Store
// hides them unless it has a method Unwrap() Store, through which a Manager finds
// those of the wrapped store.
type Store interface {
	// Apply makes the changes in order. Each change is atomic: its record, counters,
	// idempotency key and event are written together or not at all. Apply returns
	// one error per change, in order; a nil slice means that all changes were made.
	// The second result is an error of the whole call; then the slice is nil, and no
	// change was made unless the error is ErrOutcomeUnknown.
	//
	// If several conditions of a change fail, its error is the first of: malformed,
	// not found, conflict, [ErrTooEarly], [ErrTooLate], refused permit. A creation
	// with an epoch is a conflict. The window of a counter includes its start but
	// not its end, which is set when the first unit is taken.
	Apply(ctx context.Context, now time.Time, changes []Change) ([]error, error)

	// Get returns one callback, or [ErrNotFound].
	Get(ctx context.Context, by By) (*Callback, error)

	// Claim leases the callbacks that req selects, at most as many as its limits
	// allow. In the store and in the result it raises Lease.Epoch by one, sets
	// Lease.Owner and Lease.Until, and sets NextAt to Lease.Until; the revision does
	// not change. Two claims never return the same callback with overlapping leases.
	//
	// A claim of due callbacks also shortens leases of all tenants: a lease that ends
	// more than a second after now + req.Lease was given before the clock was set
	// back, and then it and NextAt end at now + req.Lease. All nodes should use the
	// same length.
	Claim(ctx context.Context, now time.Time, req ClaimRequest) (Claimed, error)

	// Search returns one page of the selected callbacks in the order of q.Order,
	// then by ID; Desc reverses both. Callbacks without the time of the order come
	// first; callbacks without a time that q bounds are not selected. An ascending
	// search ends at the time of the callback that is the last when the first page
	// is read: what moves behind it later is left out. A limit that
	// is out of range, or a cursor of another order, is [ErrInvalidParameter].
	Search(ctx context.Context, q Query) (Page, error)

	// Count groups the selected callbacks by tenant, service, state and priority. It
	// ignores order, limit and cursor of the query.
	Count(ctx context.Context, q Query) ([]Group, error)

	// Load returns the selected counters that are above zero and whose window has
	// not ended, ordered by Slot, then Name, then Subject.
	Load(ctx context.Context, now time.Time, req LoadRequest) ([]Counter, error)

	// Events returns the history of one callback, or the feed after a cursor. The
	// feed of a store that commits changes out of order may withhold events until
	// all changes that precede them have ended. A history is always complete.
	Events(ctx context.Context, q EventQuery) (EventPage, error)

	// Erase removes callbacks with their events and idempotency keys and returns the
	// permits that they hold. The items are independent, and it returns one error
	// per item. It adds one event of type erased per erased callback, whose Seq
	// follows the last revision, with the ID, the service, and the Actor and Detail
	// of req. A later change of an erased callback fails with ErrNotFound, so that a
	// late write cannot restore it.
	//
	// Then Erase removes the counters of each of req.Subjects that no remaining
	// callback of the tenant has. Callbacks whose item failed remain. A callback has
	// a subject that is its number, its alternative number, or a search value under
	// one of req.SearchKeys. The check and the removal are one atomic step, so that
	// a change at the same time loses no units.
	Erase(ctx context.Context, now time.Time, req EraseRequest) ([]error, error)
}

// ClockStore is implemented by stores that have a clock.
type ClockStore interface {
	Now(ctx context.Context) (time.Time, error)
}

// NotifyingStore is implemented by stores that can signal changes by other nodes. A
// signal may be lost, delayed or repeated.
type NotifyingStore interface {
	// Notify calls f, which never blocks, after changes until stop is called.
	Notify(f func()) (stop func())
}

// PausingStore is implemented by stores that keep the pauses of services, for all
// nodes that share the store. A Manager cannot pause services without it.
//
// A Manager also keeps here when a service was last resumed: as a Pause whose
// Service begins with a control character, which is in no service's name. The
// store treats it like any other.
//
// The requirements of [Store] on concurrency, errors and tenants apply.
type PausingStore interface {
	// SetPause begins the pause of p.Tenant and p.Service or, if on is false, ends
	// it. To begin a pause that exists leaves its Since, Actor and Reason unchanged;
	// to end one that does not exist has no effect. The pause of all services, with
	// an empty Service, is independent of those of single services. Since is stored
	// in microseconds.
	SetPause(ctx context.Context, p Pause, on bool) error
	// Pauses returns the pauses of one tenant or of all tenants, sorted by tenant,
	// then by service, in the order of their bytes.
	Pauses(ctx context.Context, tenant string, allTenants bool) ([]Pause, error)
}

// Window is the time in which a write may be made: at From or later, and before
// Until. A zero bound does not limit the write. A write that is due at a time has a
// Window, so that a node with a wrong clock cannot make it at another time.
//
// A [ClockStore] compares the window with its own clock, any other store with the
// now of the call. The clock is read in the transaction of the write, after the
// store has taken the locks. A write outside its window has no effect.
type Window struct {
	From, Until time.Time
}

// Check returns [ErrTooEarly] or [ErrTooLate] if t is outside the window, and
// nil if it is inside.
func (w Window) Check(t time.Time) error {
	switch {
	case t.Before(w.From):
		return ErrTooEarly
	case !w.Until.IsZero() && !t.Before(w.Until):
		return ErrTooLate
	}
	return nil
}

// Change is one atomic write.
type Change struct {
	// Record is the callback to store. Revision 1 creates it; any other revision
	// replaces the one before it. The change fails with [ErrConflict] if another
	// revision is stored or if the tenant already has the ID or Idempotency.Key of a
	// creation, and with [ErrNotFound] if there is nothing to replace. The key exists
	// as long as the record. The store takes all fields from Record except Lease,
	// which it clears apart from the epoch.
	Record *Callback
	// Epoch, if it is not zero, must equal the stored Lease.Epoch. Otherwise the
	// change fails with [ErrConflict], because the writer has lost its lease.
	Epoch int64
	// Source is the callback of which Record is a copy; only a creation may have it.
	// The change fails with [ErrNotFound] if the tenant does not have that callback
	// any more, and with [ErrConflict] if it has another revision. Conflicts of
	// Record are reported first.
	Source *Precondition
	// Window is the time in which the change may be made. Outside it this change
	// fails with [ErrTooEarly] or [ErrTooLate].
	Window Window
	// Give returns units to counters, before Take. A counter does not go below zero;
	// a counter at zero is the same as none.
	Give []Held
	// Take asks for permits in order. The first refusal fails the change with a
	// [PermitError]. If a permit has a Subject, Record must have it in the sense of
	// Erase, which finds the callbacks of a subject that way.
	Take []Permit
	// Event is stored with Seq = Record.Revision.
	Event Event
	// MaskEvents removes the Detail of all earlier events of the callback.
	MaskEvents bool
	// Unclaim ends the lease and stores NextAt. Nothing else is written, and the
	// revision does not change. Record needs Tenant, ID, NextAt and the current
	// Revision.
	Unclaim bool
}

// Precondition names a callback and the revision that it must have.
type Precondition struct {
	ID       ID
	Revision int64
}

// By selects one callback by ID or idempotency key.
type By struct {
	Tenant string
	ID     ID
	Key    string // idempotency key; used if ID is empty
}

// ClaimRequest selects callbacks to lease.
//
// If Due is set, it selects the callbacks of all tenants whose NextAt is not after
// now, the earliest first; which of those with the same NextAt it selects when the
// limit does not allow all is up to the store. They are ordered by NextAt, then by
// ID, then by tenant: IDs are unique within a tenant only. They include callbacks
// whose lease has expired, because a claim sets NextAt to the end of the lease.
//
// Otherwise it selects the first callbacks of each of Queues, in the order of
// Queues: those that are Queued and Ready and have no unexpired lease, ordered by
// QueuedAt, then by ID.
type ClaimRequest struct {
	Owner  string
	Lease  time.Duration // at least 1 s
	Due    bool
	Limit  int // the most callbacks, if Due is set
	Queues []QueueClaim
}

// QueueClaim selects the first N callbacks of one queue that are behind a place.
type QueueClaim struct {
	Queue QueueKey
	N     int
	// After excludes the callbacks up to this place: the selected ones have a later
	// QueuedAt, or the same and a greater ID. A place stays valid after its callback
	// has left the queue. The zero Place is before the first callback. The cost of a
	// claim must not depend on the callbacks before the place.
	After Place
}

// Claimed is the result of a claim.
type Claimed struct {
	Callbacks []*Callback
	// NextAt is the earliest NextAt of the other callbacks, for a claim with Due;
	// zero if there is none. It may be in the past if the limit was reached.
	NextAt time.Time
}

// LoadRequest selects counters of one kind and service. From and To are inclusive
// bounds of Slot. Name selects one value if it is not empty, Subjects several if there
// are any; one that is named twice counts once. The counters are ordered by Slot, then
// Name, then Subject.
type LoadRequest struct {
	Tenant   string
	Kind     PermitKind
	Service  string
	Name     string
	Subjects []string
	From, To int64
}

// EventQuery selects events: the history of Callback or, if that is empty, the feed.
type EventQuery struct {
	Tenant     string
	AllTenants bool   // for the feed only
	Callback   ID     // selects the history of this callback, ordered by Seq
	After      Cursor // selects the events after this place
	// End returns no events, and as Next the place after the last event of the
	// feed. The events of changes that begin after the call follow that place. For
	// the feed only, without After.
	End   bool
	Limit int // at most 10,000; 0 means 100
}

// EventPage is a part of a history or of the feed. Next is the place after the last
// event; it is also set if the page has no events, unless the feed never had one.
// The feed has the events of each callback in order, and no event is inserted
// before a place that a reader has passed.
type EventPage struct {
	Events []Event
	Next   Cursor
}

// EraseRequest names the callbacks and counters to erase.
type EraseRequest struct {
	Tenant string
	// Items are the callbacks to erase. An item whose revision is not the stored
	// one fails with [ErrConflict].
	Items []Precondition
	// Window is the time in which the items may be erased. Outside it each item
	// without a conflict fails with [ErrTooEarly] or [ErrTooLate].
	Window Window
	// Subjects are the subjects whose counters are removed, unless a remaining
	// callback has them.
	Subjects []string
	// SearchKeys are the keys of the search values that can be subjects. Numbers
	// are subjects as well.
	SearchKeys []string
	Actor      string
	Detail     string
}
