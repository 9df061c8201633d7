package store

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Limits of the contract of [callback.Store].
const (
	// MinLease is the shortest lease of a claim.
	MinLease = time.Second
	// Slack is how much later than its length after now a lease or the window of a
	// counter may end: the clocks of nodes differ a little.
	Slack = time.Second
	// MinSpan and MaxSpan are the shortest and the longest rolling window.
	MinSpan = time.Hour
	MaxSpan = 31 * 24 * time.Hour
	// DefaultLimit is the page size of a query without a limit.
	DefaultLimit = 100
	// MaxSearch is the largest page of a search, MaxEvents that of a feed.
	MaxSearch = 1000
	MaxEvents = 10000
)

// CheckChange reports whether a change is well formed, which does not depend on
// the store. The error is a [callback.FieldError]. CheckChange accepts any
// input.
func CheckChange(c *Change) error {
	r := c.Record
	switch {
	case r == nil:
		return invalid("Record", "is missing")
	case r.ID == "":
		return invalid("Record.ID", "is empty")
	case r.Revision < 1:
		return invalid("Record.Revision", "%d is below 1", r.Revision)
	case c.Epoch < 0:
		return invalid("Epoch", "%d is negative", c.Epoch)
	}
	if s := c.Source; s != nil {
		switch {
		case c.Unclaim || r.Revision != 1:
			return invalid("Source", "is only for a new callback")
		case s.ID == "" || s.Revision < 1:
			return invalid("Source", "has no ID or a revision below 1")
		}
	}
	if c.Unclaim {
		if len(c.Give) > 0 || len(c.Take) > 0 || c.Event != (callback.Event{}) || c.MaskEvents {
			return invalid("Unclaim", "cannot have permits or an event")
		}
		return nil
	}
	if !r.State.Valid() {
		return invalid("Record.State", "%d is not a state", uint8(r.State))
	}
	if !r.Priority.Valid() {
		return invalid("Record.Priority", "%d is not a priority", uint8(r.Priority))
	}
	if c.Event.Type == "" {
		return invalid("Event.Type", "is empty")
	}
	for i, h := range c.Give {
		if h.N < 1 {
			return invalid("Give", "item %d: %d units are below 1", i, h.N)
		}
	}
	for i, p := range c.Take {
		switch {
		case p.N < 1:
			return invalid("Take", "item %d: %d units are below 1", i, p.N)
		case p.For < 0:
			return invalid("Take", "item %d: the window of %v is negative", i, p.For)
		case p.For > 0 && !p.Until.IsZero():
			return invalid("Take", "item %d: the window has both a length and an end", i)
		case p.Span == 0:
		case p.For > 0 || !p.Until.IsZero():
			return invalid("Take", "item %d: the rolling window of %v has also a length or an end", i, p.Span)
		case p.Span < MinSpan || p.Span > MaxSpan || p.Span%time.Hour != 0:
			return invalid("Take", "item %d: the rolling window of %v is not whole hours from %v to %v", i, p.Span, MinSpan, MaxSpan)
		}
	}
	return nil
}

// CheckClaim reports whether a claim is well formed. Limits and counts of zero
// are valid and lease nothing.
func CheckClaim(req *ClaimRequest) error {
	if req.Lease < MinLease {
		return invalid("Lease", "%v is below %v", req.Lease, MinLease)
	}
	if req.Owner == "" {
		return invalid("Owner", "is empty")
	}
	if req.Limit < 0 {
		return invalid("Limit", "%d is negative", req.Limit)
	}
	if req.Due && len(req.Queues) > 0 {
		return invalid("Queues", "cannot be combined with Due")
	}
	for i, q := range req.Queues {
		if q.N < 0 {
			return invalid("Queues", "item %d: %d is negative", i, q.N)
		}
	}
	return nil
}

// CheckQuery reports whether a search is well formed, except for its cursor,
// which [ParseCursor] checks. It returns the limit, or the default if the query
// has none.
func CheckQuery(q *Query) (limit int, err error) {
	if q.Order > callback.ByQueue {
		return 0, invalid("Order", "%d is not an order", uint8(q.Order))
	}
	if q.AllTenants {
		return 0, invalid("AllTenants", "is not supported by searches")
	}
	return checkLimit(q.Limit, MaxSearch)
}

// CheckEvents reports whether a query of events is well formed, except for its
// cursor, which [ParseFeed] checks. It returns the limit, or the default if the
// query has none.
func CheckEvents(q *EventQuery) (limit int, err error) {
	if q.AllTenants && q.Callback != "" {
		return 0, invalid("AllTenants", "cannot be combined with Callback")
	}
	if q.End && (q.Callback != "" || q.After != "") {
		return 0, invalid("End", "is for the feed, without After")
	}
	return checkLimit(q.Limit, MaxEvents)
}

// CheckErase reports whether a request to erase is well formed. It rejects an
// empty subject, which would match every counter that belongs to no person,
// such as bucket capacity.
func CheckErase(req *EraseRequest) error {
	for i, s := range req.Subjects {
		if s == "" {
			return invalid("Subjects", "item %d is empty", i)
		}
	}
	return nil
}

func checkLimit(limit, most int) (int, error) {
	switch {
	case limit < 0:
		return 0, invalid("Limit", "%d is negative", limit)
	case limit > most:
		return 0, invalid("Limit", "%d is above %d", limit, most)
	case limit == 0:
		return DefaultLimit, nil
	}
	return limit, nil
}
