package callback

import (
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

// OrderBy is the order of the results of a search.
type OrderBy uint8

// The orders, each by a time of the callback. Only the time of creation never
// changes: a callback that moves while the pages of another order are read may be
// on two pages or on none. An ascending search ends with the last callback of when
// it began, whatever moves behind it.
const (
	ByDesired OrderBy = iota // Callback.Desired
	ByCreated                // Callback.Created
	ByUpdated                // Callback.Updated
	ByQueue                  // Callback.QueuedAt, the order of a queue of one priority
)

// Query selects the callbacks of one tenant that meet all conditions that are set.
// A list is met by a callback that has one of its values.
type Query struct {
	Tenant     string
	AllTenants bool // used by a Manager, with Count only

	IDs        []ID
	Services   []string
	States     []State
	NotStates  []State
	Reasons    []Reason
	Priorities []scheduler.Priority

	// SearchValues selects callbacks whose present or former search values include
	// all of these or, with AnySearchValue, one of them.
	SearchValues   []Match
	AnySearchValue bool
	// Properties selects callbacks whose properties or user data have all of these
	// values now, compared by [TextOf].
	Properties []Match

	Number     string // [phonenum.Address.Key] of the number or the alternative
	CustomerID string
	ExternalID string
	CallerID   string
	AppPool    string
	Personal   string // the agent of a personal callback

	// The times are inclusive bounds. Zero sets no bound.
	DesiredFrom, DesiredTo time.Time
	CreatedFrom, CreatedTo time.Time
	EndedFrom, EndedTo     time.Time
	// QueuedBefore selects callbacks whose place in their queue is before this one.
	QueuedBefore *Place

	Order OrderBy
	Desc  bool
	Limit int // at most 1,000; 0 means 100
	After Cursor
}

// Match is a key and the value that a callback must have under it.
type Match struct{ Key, Value string }

// Place is a place in a queue, which is ordered by time, then by ID.
type Place struct {
	QueuedAt time.Time
	ID       ID
}

// Page is one page of the results of a search. Next is empty on the last page.
type Page struct {
	Callbacks []*Callback
	Next      Cursor
}

// QueueKey names one queue: a service's callbacks of one priority.
type QueueKey struct {
	Tenant   string
	Service  string
	Priority scheduler.Priority
}

// Group counts the callbacks of one tenant, service, priority and state.
type Group struct {
	Queue QueueKey
	State State
	N     int // number of callbacks
	// Ready is the number of these that are ready, including those under a lease,
	// which a claim does not return.
	Ready int
}
