package callback

import (
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

// OrderBy is what a search is ordered by.
type OrderBy uint8

const (
	ByDesired OrderBy = iota // Desired
	ByCreated                // Created
	ByUpdated                // Updated
	ByQueue                  // QueuedAt: the order of a queue within one priority
)

// Query selects callbacks of one tenant. All conditions that are set must
// hold; within one list any value will do.
type Query struct {
	Tenant     string
	AllTenants bool // Count only; a Manager sets it for its own duties

	IDs        []ID
	Services   []string
	States     []State
	NotStates  []State
	Reasons    []Reason
	Priorities []scheduler.Priority

	// Lookups match properties that have or once had the value, all of them,
	// or any of them when AnyLookup is set (GMS operand AND, OR).
	SearchValues   []Match
	AnySearchValue bool
	// Properties match the present text of properties or user data.
	Properties []Match

	Number     string // [phonenum.Address.Key] of the number or the alternative
	CustomerID string
	ExternalID string
	CallerID   string
	AppPool    string
	Personal   string // the agent of a personal callback

	// Times are inclusive; zero means no bound.
	DesiredFrom, DesiredTo time.Time
	CreatedFrom, CreatedTo time.Time
	EndedFrom, EndedTo     time.Time
	// QueuedBefore keeps callbacks that stand before this place in their queue.
	QueuedBefore *Place

	Order OrderBy
	Desc  bool
	Limit int // 0 = 100; at most 1,000
	After Cursor
}

// Match is a key and the value it is compared with.
type Match struct{ Key, Value string }

// Place is a place in a queue.
type Place struct {
	QueuedAt time.Time
	ID       ID
}

// Page is one page of a search. Next is empty when nothing follows.
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

// Group is a count of callbacks that share tenant, service, priority and state.
type Group struct {
	Queue QueueKey
	State State
	N     int
	// Ready is how many of them are Queued and Ready. Some may be under a
	// lease, so that a queue claim gets fewer.
	Ready int
}
