package manager

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// QueuesRequest asks for the callbacks of services by desired time. GMS: 4.7
// "query by queues".
type QueuesRequest struct {
	// Services are the names of at most 1,000 services. Empty means all of the
	// [callback.ServiceLister] and all that have matching callbacks.
	Services []string
	// From and To are the first and the last desired time. Zero means 15
	// minutes before and 24 hours after now. They are at most 45 days apart.
	From, To time.Time
	States   []callback.State  // empty means all
	Reasons  []callback.Reason // empty means all; only completed callbacks have one
	// Properties must all match the current text of properties or user data.
	// The value of _customer_number may have any spelling that the service
	// reads; it matches alternative numbers, too. GMS: filter-keys.
	Properties []callback.Match
	// Max is the most callbacks returned of one service, at most 1,000. Defaults
	// to 500.
	Max int
}

// String returns the request without the values it looks for.
func (r QueuesRequest) String() string {
	return fmt.Sprintf("query of the queues of services %q, states %v, at most %d", r.Services, r.States, r.Max)
}

// Format prints String for every formatting verb.
func (r QueuesRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// LogValue returns String.
func (r QueuesRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// ServiceQueue has the matching callbacks of one service.
type ServiceQueue struct {
	Service   string
	Callbacks []*callback.Callback // by desired time
	More      bool                 // more callbacks match than Max allows
}

// Defaults and bounds of a QueuesRequest.
const (
	queuesBefore = 15 * time.Minute
	queuesAfter  = 24 * time.Hour
	queuesWidest = 45 * 24 * time.Hour
	queuesMax    = 500
)

// Queues returns the callbacks of services in a range of desired times. Each
// service has an entry even if it is unknown or has none. The entries are in the
// order of the request, or by name if it names no service.
//
// Errors: a [callback.FieldError] for a malformed request, a [RangeError], and
// those of the store.
func (m *Manager) Queues(ctx context.Context, req QueuesRequest) ([]ServiceQueue, error) {
	if req.Max < 0 || req.Max > maxPage {
		return nil, decide.Invalid("max", fmt.Sprintf("%d is not between 0 and %d", req.Max, maxPage))
	}
	req.Max = cmp.Or(req.Max, queuesMax)
	now, err := m.engine.Now(ctx)
	if err != nil {
		return nil, err
	}
	q := callback.Query{
		Tenant: m.tenant, Services: once(req.Services), States: req.States, Reasons: req.Reasons, Properties: req.Properties,
	}
	if q.DesiredFrom, q.DesiredTo, err = window(now, req.From, req.To, queuesBefore, queuesAfter, queuesWidest); err != nil {
		return nil, err
	}
	if err := checkQuery(q); err != nil {
		return nil, err
	}
	counts, names, err := m.queueCounts(ctx, q)
	if err != nil {
		return nil, err
	}
	queues := make([]ServiceQueue, len(names))
	at := make(map[string]*ServiceQueue, len(names))
	for i, name := range names {
		queues[i].Service = name
		at[name] = &queues[i]
	}
	for _, c := range counts {
		if err := m.readQueues(ctx, c, names, at, req.Max); err != nil {
			return nil, err
		}
	}
	return queues, nil
}

// queueCount is a query and the number of callbacks that match it by service.
type queueCount struct {
	query callback.Query
	n     map[string]int
}

// queueCounts counts the matching callbacks, so that idle services cost no search
// and small ones share one, and returns the services of the answer.
func (m *Manager) queueCounts(ctx context.Context, q callback.Query) (counts []queueCount, names []string, err error) {
	named := len(q.Services) > 0
	if names = q.Services; !named {
		if names, err = m.known(ctx); err != nil {
			return nil, nil, err
		}
	}
	queries := []callback.Query{q}
	if slices.ContainsFunc(q.Properties, isNumber) {
		q.Services = names
		if !named {
			all := q
			all.Services = nil
			all.Properties = slices.DeleteFunc(slices.Clone(q.Properties), isNumber)
			if q.Services, err = m.serving(ctx, names, all); err != nil {
				return nil, nil, err
			}
		}
		if queries, err = m.byNumber(ctx, q); err != nil {
			return nil, nil, err
		}
	}
	for _, q := range queries {
		groups, err := m.engine.Store.Count(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		c := queueCount{query: q, n: make(map[string]int)}
		for _, g := range groups {
			c.n[g.Queue.Service] += g.N
			if !named {
				names = append(names, g.Queue.Service)
			}
		}
		counts = append(counts, c)
	}
	if !named {
		slices.Sort(names)
		names = slices.Compact(names)
	}
	return counts, names, nil
}

func isNumber(p callback.Match) bool { return p.Key == callback.PropertyNumber }

// byNumber splits a query for a number among the properties into one query per
// reading of the number, because each service reads numbers of its own country.
func (m *Manager) byNumber(ctx context.Context, q callback.Query) ([]callback.Query, error) {
	i := slices.IndexFunc(q.Properties, isNumber)
	raw := q.Properties[i].Value
	q.Properties = slices.Delete(slices.Clone(q.Properties), i, i+1)
	if slices.ContainsFunc(q.Properties, isNumber) {
		return nil, decide.Invalid("properties", callback.PropertyNumber+" is given twice")
	}
	var queries []callback.Query
	for _, name := range q.Services {
		key, err := m.reading(ctx, name, raw)
		if err != nil {
			return nil, err
		}
		if key == "" {
			continue
		}
		at := slices.IndexFunc(queries, func(q callback.Query) bool { return q.Number == key })
		if at < 0 {
			at = len(queries)
			next := q
			next.Number, next.Services = key, nil
			queries = append(queries, next)
		}
		queries[at].Services = append(queries[at].Services, name)
	}
	return queries, nil
}

// readQueues searches the services that have matching callbacks: together as long
// as one page holds all of them, and by itself each service that has more than
// most.
func (m *Manager) readQueues(ctx context.Context, c queueCount, names []string, at map[string]*ServiceQueue, most int) error {
	var together []string
	room := maxPage
	flush := func() error {
		if len(together) == 0 {
			return nil
		}
		err := m.readTogether(ctx, c.query, together, at, most)
		together, room = nil, maxPage
		return err
	}
	for _, name := range names {
		n := c.n[name]
		if n == 0 {
			continue
		}
		if n > most {
			if err := m.readQueue(ctx, c.query, at[name], most); err != nil {
				return err
			}
			continue
		}
		if n > room {
			if err := flush(); err != nil {
				return err
			}
		}
		together, room = append(together, name), room-n
	}
	return flush()
}

// readTogether searches several services at once. If a page cannot hold them any
// more, because callbacks have been added, it searches each by itself.
func (m *Manager) readTogether(ctx context.Context, q callback.Query, names []string, at map[string]*ServiceQueue, most int) error {
	q.Services, q.Limit = names, maxPage
	page, err := m.engine.Store.Search(ctx, q)
	if err != nil {
		return err
	}
	if page.Next != "" {
		for _, name := range names {
			if err := m.readQueue(ctx, q, at[name], most); err != nil {
				return err
			}
		}
		return nil
	}
	for _, cb := range page.Callbacks {
		queue := at[cb.Service]
		if queue.More = len(queue.Callbacks) == most; !queue.More {
			queue.Callbacks = append(queue.Callbacks, cb)
		}
	}
	return nil
}

// readQueue searches one service.
func (m *Manager) readQueue(ctx context.Context, q callback.Query, queue *ServiceQueue, most int) error {
	q.Services, q.Limit = []string{queue.Service}, most
	page, err := m.engine.Store.Search(ctx, q)
	if err != nil {
		return err
	}
	queue.Callbacks, queue.More = page.Callbacks, page.Next != ""
	return nil
}

// window fills in the ends of a range of times and refuses one that is too wide.
func window(now, from, to time.Time, before, after, widest time.Duration) (time.Time, time.Time, error) {
	from = cmp.Or(from, now.Add(-before))
	to = cmp.Or(to, now.Add(after))
	if to.Before(from) {
		return from, to, decide.Invalid("range", "ends before it begins")
	}
	if span := to.Sub(from); span > widest {
		return from, to, &RangeError{Span: span, Max: widest}
	}
	return from, to, nil
}

// RangeError says that a range of times is wider than a query allows. It unwraps
// to [callback.ErrInvalidOperation]. GMS: 40020 "Query range spans too wide time
// range".
type RangeError struct {
	Span time.Duration // the requested width; at most the longest Duration
	Max  time.Duration // the allowed width
}

func (e *RangeError) Error() string {
	return fmt.Sprintf("time range of %v is wider than %v", e.Span, e.Max)
}

// Unwrap returns callback.ErrInvalidOperation.
func (e *RangeError) Unwrap() error { return callback.ErrInvalidOperation }
