package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

func (n *naive) Search(ctx context.Context, q callback.Query) (callback.Page, error) {
	if err := n.lock(ctx); err != nil {
		return callback.Page{}, err
	}
	defer n.mu.Unlock()
	if q.Limit < 0 || q.Limit > 1000 || q.AllTenants {
		return callback.Page{}, callback.ErrInvalidParameter
	}
	order := func(a, b placed) int {
		c := cmp.Or(a.At.Compare(b.At), strings.Compare(string(a.ID), string(b.ID)))
		if q.Desc {
			return -c
		}
		return c
	}
	var after mark
	if q.After != "" && json.Unmarshal([]byte(q.After), &after) != nil {
		return callback.Page{}, callback.ErrInvalidParameter
	}
	var found []*callback.Callback
	for _, r := range n.records {
		if r.Tenant == q.Tenant && satisfies(r, q) && (q.After == "" || order(placeOf(r, q.Order), after.placed) > 0 && (after.End == nil || !placeOf(r, q.Order).At.After(*after.End))) {
			found = append(found, r.Clone())
		}
	}
	slices.SortFunc(found, func(a, b *callback.Callback) int { return order(placeOf(a, q.Order), placeOf(b, q.Order)) })
	limit := cmp.Or(q.Limit, 100)
	if len(found) <= limit {
		return callback.Page{Callbacks: found}, nil
	}
	if q.After == "" && !q.Desc {
		end := placeOf(found[len(found)-1], q.Order)
		after.End = &end.At
	}
	after.placed = placeOf(found[limit-1], q.Order)
	next, err := json.Marshal(after)
	return callback.Page{Callbacks: found[:limit], Next: callback.Cursor(next)}, err
}

// placed is the position of a callback in an order.
type placed struct {
	At time.Time
	ID callback.ID
}

// mark is where a search goes on, and where an ascending one ends.
type mark struct {
	placed
	End *time.Time
}

func placeOf(r *callback.Callback, order callback.OrderBy) placed {
	at := map[callback.OrderBy]time.Time{
		callback.ByDesired: r.Desired, callback.ByCreated: r.Created, callback.ByUpdated: r.Updated, callback.ByQueue: r.QueuedAt,
	}
	return placed{at[order], r.ID}
}

func (n *naive) Count(ctx context.Context, q callback.Query) ([]callback.Group, error) {
	if err := n.lock(ctx); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	var groups []callback.Group
	for _, r := range n.records {
		if !q.AllTenants && r.Tenant != q.Tenant || !satisfies(r, q) {
			continue
		}
		key := callback.QueueKey{Tenant: r.Tenant, Service: r.Service, Priority: r.Priority}
		i := slices.IndexFunc(groups, func(g callback.Group) bool { return g.Queue == key && g.State == r.State })
		if i < 0 {
			i = len(groups)
			groups = append(groups, callback.Group{Queue: key, State: r.State})
		}
		groups[i].N++
		if r.State == callback.Queued && r.Ready {
			groups[i].Ready++
		}
	}
	return groups, nil
}

// satisfies reports whether a callback meets all conditions of a query except
// the tenant.
func satisfies(r *callback.Callback, q callback.Query) bool {
	between := func(at, from, to time.Time) bool {
		return from.IsZero() && to.IsZero() ||
			!at.IsZero() && (from.IsZero() || !at.Before(from)) && (to.IsZero() || !at.After(to))
	}
	same := func(want, got string) bool { return want == "" || want == got }
	return among(q.IDs, r.ID) && among(q.Services, r.Service) && among(q.States, r.State) &&
		!slices.Contains(q.NotStates, r.State) && among(q.Reasons, r.Reason) && among(q.Priorities, r.Priority) &&
		lookedUp(r, q) && hasProperties(r, q) &&
		(q.Number == "" || r.Customer.Number.Key() == q.Number || r.Customer.Alternative.Key() == q.Number) &&
		same(q.CustomerID, r.Customer.ID) && same(q.ExternalID, r.Origin.ExternalID) && same(q.CallerID, r.Origin.CallerID) &&
		same(q.AppPool, r.Origin.AppPool) && same(q.Personal, r.Agent.Personal) &&
		between(r.Desired, q.DesiredFrom, q.DesiredTo) && between(r.Created, q.CreatedFrom, q.CreatedTo) &&
		between(r.EndedAt, q.EndedFrom, q.EndedTo) && standsBefore(r, q.QueuedBefore)
}

func among[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func lookedUp(r *callback.Callback, q callback.Query) bool {
	n := 0
	for _, m := range q.SearchValues {
		for _, l := range r.SearchValues {
			if l.Key == m.Key && l.Value == m.Value {
				n++
				break
			}
		}
	}
	return n == len(q.SearchValues) || q.AnySearchValue && n > 0
}

func hasProperties(r *callback.Callback, q callback.Query) bool {
	for _, m := range q.Properties {
		if m.Value == "" || textOf(r.Properties[m.Key]) != m.Value && textOf(r.UserData[m.Key]) != m.Value {
			return false
		}
	}
	return true
}

func standsBefore(r *callback.Callback, place *callback.Place) bool {
	if place == nil {
		return true
	}
	c := r.QueuedAt.Compare(place.QueuedAt)
	return !r.QueuedAt.IsZero() && (c < 0 || c == 0 && r.ID < place.ID)
}

func standsBehind(r *callback.Callback, place callback.Place) bool {
	c := r.QueuedAt.Compare(place.QueuedAt)
	return c > 0 || c == 0 && r.ID > place.ID
}
