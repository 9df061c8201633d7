package manager

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/phonenum"
)

// Get returns one callback, or [callback.ErrNotFound].
//
// Errors: [callback.ErrNotFound] and the store's.
func (m *Manager) Get(ctx context.Context, id callback.ID) (*callback.Callback, error) {
	return m.engine.Store.Get(ctx, callback.By{Tenant: m.tenant, ID: id})
}

// Wait returns the callback once it is completed or unresolved; if it is
// already, at once. Changes of other nodes are seen within Config.Poll.
//
// Errors: [callback.ErrNotFound], [callback.ErrStopped] when the Manager stops
// first, the error of ctx, and the store's.
func (m *Manager) Wait(ctx context.Context, id callback.ID) (*callback.Callback, error) {
	for {
		signal := m.engine.Feed.Wait()
		cb, err := m.Get(ctx, id)
		if err != nil || cb.State == callback.Completed || cb.State == callback.Unresolved {
			return cb, err
		}
		if !m.engine.Await(ctx, signal) {
			return nil, cmp.Or(ctx.Err(), error(callback.ErrStopped))
		}
	}
}

// maxPage is the most callbacks that one page holds.
const maxPage = 1000

// SearchPage returns one page of the callbacks that match. Limit defaults to 100
// and is at most 1,000; the next page begins after Page.Next in Query.After.
// Query.Number and search values of _customer_number may have any spelling that
// the service reads, if the query names exactly one, else they need a country
// code.
//
// Errors: [callback.FieldError] for a malformed query, and the store's.
func (m *Manager) SearchPage(ctx context.Context, q callback.Query) (callback.Page, error) {
	if err := checkQuery(q); err != nil {
		return callback.Page{}, err
	}
	if q.Tenant != "" && q.Tenant != m.tenant {
		return callback.Page{}, decide.Invalid("query.tenant", "is not the Manager's")
	}
	q.Tenant = m.tenant
	read := readAnywhere
	if len(q.Services) == 1 {
		if p, err := m.engine.Policy(ctx, q.Tenant, q.Services[0]); err == nil {
			read = p.Read
		}
	}
	q.Number = canonicalNumber(q.Number, read)
	if len(q.SearchValues) > 0 {
		q.SearchValues = slices.Clone(q.SearchValues)
		for i := range q.SearchValues {
			if q.SearchValues[i].Key == callback.PropertyNumber {
				q.SearchValues[i].Value = canonicalNumber(q.SearchValues[i].Value, read)
			}
		}
	}
	q.Limit = cmp.Or(q.Limit, 100)
	return m.engine.Store.Search(ctx, q)
}

// canonicalNumber returns the key of a number as callbacks hold it, or the text
// as it is if it is no number.
func canonicalNumber(raw string, read func(string) phonenum.Address) string {
	if key := read(raw).Key(); key != "" {
		return key
	}
	return raw
}

// readAnywhere reads a number that has a country code.
func readAnywhere(raw string) phonenum.Address {
	address, err := phonenum.ParseAddress(raw, "")
	if err != nil {
		address, err = phonenum.RawAddress(raw)
	}
	if err != nil {
		return phonenum.Address{}
	}
	return address
}

// checkQuery refuses a query that is malformed or too large.
func checkQuery(q callback.Query) error {
	if q.AllTenants {
		return decide.Invalid("tenant", "must be one")
	}
	if q.Limit < 0 || q.Limit > maxPage {
		return decide.Invalid("limit", fmt.Sprintf("%d is not between 0 and %d", q.Limit, maxPage))
	}
	if q.Order > callback.ByQueue {
		return decide.Invalid("order", fmt.Sprintf("%d is not defined", q.Order))
	}
	for _, list := range []struct {
		name string
		n    int
	}{
		{"ids", len(q.IDs)}, {"services", len(q.Services)}, {"states", len(q.States) + len(q.NotStates)},
		{"lookups", len(q.SearchValues)}, {"properties", len(q.Properties)}, {"reasons", len(q.Reasons)},
	} {
		if list.n > maxPage {
			return decide.Invalid(list.name, fmt.Sprintf("has %d entries, at most %d are allowed", list.n, maxPage))
		}
	}
	for _, s := range slices.Concat(q.States, q.NotStates) {
		if !s.Valid() {
			return decide.Invalid("state", fmt.Sprintf("%d is not defined", s))
		}
	}
	for _, span := range []struct {
		name     string
		from, to time.Time
	}{{"desired", q.DesiredFrom, q.DesiredTo}, {"created", q.CreatedFrom, q.CreatedTo}, {"ended", q.EndedFrom, q.EndedTo}} {
		if !span.to.IsZero() && span.to.Before(span.from) {
			return decide.Invalid(span.name, "ends before it begins")
		}
	}
	return nil
}

// Search returns all callbacks that match. It reads a page when the one before is
// consumed. An error ends the sequence; see [Manager.SearchPage].
//
// Errors: those of [Manager.SearchPage]; the iterator yields one, last.
func (m *Manager) Search(ctx context.Context, q callback.Query) iter.Seq2[*callback.Callback, error] {
	return func(yield func(*callback.Callback, error) bool) {
		for page, err := range pages(ctx, q, m.SearchPage) {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, cb := range page.Callbacks {
				if !yield(cb, nil) {
					return
				}
			}
		}
	}
}

// pages returns the pages of a query from q.After on. An error ends the
// sequence.
func pages(ctx context.Context, q callback.Query, read func(context.Context, callback.Query) (callback.Page, error)) iter.Seq2[callback.Page, error] {
	return func(yield func(callback.Page, error) bool) {
		for {
			page, err := read(ctx, q)
			if !yield(page, err) || err != nil || page.Next == "" {
				return
			}
			q.After = page.Next
		}
	}
}

// History returns all events of a callback, oldest first, or
// [callback.ErrNotFound].
//
// Errors: [callback.ErrNotFound] and the store's.
func (m *Manager) History(ctx context.Context, id callback.ID) ([]callback.Event, error) {
	var all []callback.Event
	var after callback.Cursor
	for {
		page, err := m.engine.Store.Events(ctx, callback.EventQuery{Tenant: m.tenant, Callback: id, After: after, Limit: 1000})
		if err != nil {
			return nil, err
		}
		all = append(all, page.Events...)
		if len(page.Events) < 1000 {
			break
		}
		after = page.Next
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("history of %q: %w", id, callback.ErrNotFound)
	}
	return all, nil
}

// AvailabilityRequest asks for the time slots of a service, or of the one that it
// redirects to.
type AvailabilityRequest struct {
	Service string
	availability.Query
}

// Availability returns the time slots of a service that are open and have seats
// left, and the full ones on request. It lists none that begin after
// Booking.Horizon, because no callback can be booked there.
//
// Errors: [callback.ErrInvalidParameter] for an unknown service and for a range
// or parameters that are refused, [callback.ErrRedirect] for a redirection that leads
// nowhere or back, [callback.ErrCapacity] if the service's Capacity panics, and the
// store's.
func (m *Manager) Availability(ctx context.Context, req AvailabilityRequest) (availability.Slots, error) {
	start := decide.Start{Tenant: m.tenant}
	start.Service = strings.TrimSpace(req.Service)
	p, err := m.engine.Redirect(ctx, &start)
	if err != nil {
		return availability.Slots{}, err
	}
	now, err := m.engine.Now(ctx)
	if err != nil {
		return availability.Slots{}, err
	}
	from, to, err := p.Planner.Range(req.Query, now)
	if err != nil {
		return availability.Slots{}, queryFault(err)
	}
	last := p.LastDesired(now)
	switch {
	case from.After(last):
		req.Start, req.End, req.Days, to = from, from, 0, from // nothing is left; the zone is checked
	case to.After(last):
		to = last.Add(time.Second)
		req.Start, req.End, req.Days = from, to, 0
	}
	load, err := m.engine.Load(ctx, now, m.tenant, p.Service.Name, from.Add(-p.Service.Booking.Bucket), to)
	if err != nil {
		return availability.Slots{}, err
	}
	var slots availability.Slots
	err = p.AskCapacity(func() (err error) {
		slots, err = p.Planner.Slots(req.Query, load, now)
		return err
	})
	switch {
	case errors.Is(err, callback.ErrCapacity):
		return availability.Slots{}, err
	case err != nil:
		return availability.Slots{}, queryFault(err)
	}
	if from.After(last) {
		slots.Slots = nil
	}
	return slots, nil
}

// queryFault returns the error of a planner as a callback.ErrInvalidParameter.
func queryFault(err error) error {
	return fmt.Errorf("%w: %w", callback.ErrInvalidParameter, err)
}
