package manager

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// number forgets the callbacks of a number and returns one item for each.
func (f *forgetting) number(ctx context.Context, raw string) []BulkItem {
	failed := func(err error) []BulkItem { return []BulkItem{{Number: raw, Err: err}} }
	keys, err := f.readings(ctx, raw)
	if err != nil {
		return failed(err)
	}
	var found trail
	var subjects []string
	for _, key := range keys {
		if err := f.unnamed(key); err != nil {
			return failed(err)
		}
		t, err := f.follow(ctx, key, nil)
		switch {
		case err != nil:
			return failed(err)
		case t.empty():
			subjects = append(subjects, key)
		case found.empty():
			found = t
		default:
			return failed(decide.Invalid(callback.PropertyNumber, "is read as different numbers by services that have callbacks of them"))
		}
	}
	if !found.empty() {
		subjects = []string{found.key}
	}
	var items []BulkItem
	done := make(map[callback.ID]bool)
	for ids := found.ids; len(ids) > 0; {
		errs := f.eraseAll(ctx, ids, func(cb *callback.Callback) bool { return has(cb, found.key) })
		for _, id := range ids {
			done[id] = true
			switch err := errs[id]; {
			case errors.Is(err, errRenumbered):
				found.mentions = append(found.mentions, id)
			case !errors.Is(err, callback.ErrNotFound): // erased by another call
				items = append(items, BulkItem{ID: id, Number: raw, N: 1, Err: err})
			}
		}
		// A callback may have been copied before it was erased, and not since.
		copies, err := f.follow(ctx, found.key, func(cb *callback.Callback) bool { return done[cb.CopiedFrom] && !done[cb.ID] })
		if err != nil {
			items = append(items, BulkItem{Number: raw, Err: err})
		}
		ids = copies.ids
	}
	for _, id := range found.mentions {
		erased, err := f.dropMention(ctx, id, found.key)
		if errors.Is(err, callback.ErrNotFound) {
			continue
		}
		if erased || err != nil {
			items = append(items, BulkItem{ID: id, Number: raw, N: 1, Err: err})
		}
	}
	for _, subject := range subjects {
		f.noteSubject(subject)
	}
	if len(items) == 0 {
		return []BulkItem{{Number: raw}}
	}
	return items
}

// trail lists the callbacks of a number.
type trail struct {
	key      string        // the number in its canonical form
	ids      []callback.ID // callbacks that have it
	mentions []callback.ID // callbacks that once had it and have another one
}

func (t *trail) empty() bool { return len(t.ids) == 0 && len(t.mentions) == 0 }

// follow finds the callbacks of a number in its canonical form. If wanted is not
// nil, follow leaves out those of which it is false.
func (f *forgetting) follow(ctx context.Context, key string, wanted func(*callback.Callback) bool) (trail, error) {
	t := trail{key: key}
	for _, q := range []callback.Query{{Number: key}, {SearchValues: []callback.Match{{Key: callback.PropertyNumber, Value: key}}}} {
		q.Tenant, q.Limit, q.Order = f.m.tenant, maxPage, callback.ByCreated
		for {
			page, err := f.m.engine.Store.Search(ctx, q)
			if err != nil {
				return t, err
			}
			for _, cb := range page.Callbacks {
				if wanted != nil && !wanted(cb) {
					continue
				}
				if has(cb, key) {
					t.ids = append(t.ids, cb.ID)
				} else {
					t.mentions = append(t.mentions, cb.ID)
				}
			}
			if page.Next == "" {
				break
			}
			q.After = page.Next
		}
	}
	t.ids = once(t.ids)
	return t, nil
}

// has reports whether key is the number or the alternative number of a callback.
func has(cb *callback.Callback, key string) bool {
	return cb.Customer.Number.Key() == key || cb.Customer.Alternative.Key() == key
}

// dropMention removes a number from the former numbers of a callback that has
// another one. If the callback is completed, dropMention erases it and returns
// true: the request for it came from the number.
func (f *forgetting) dropMention(ctx context.Context, id callback.ID, key string) (ended bool, err error) {
	_, err = f.m.engine.Alter(ctx, f.m.tenant, id, true, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		if ended = cb.State == callback.Completed; ended || has(cb, key) {
			return nil, callback.ErrConflict
		}
		d := decide.NewDraft(cb, p, now, callback.EventUpdated, f.req.Actor)
		d.Callback.SearchValues = slices.DeleteFunc(d.Callback.SearchValues, func(l callback.SearchValue) bool {
			drop := l.Key == callback.PropertyNumber && (l.Value == key || p.Read(l.Value).Key() == key)
			if drop {
				f.keys[l.Key] = true
				f.noteSubject(l.Value)
			}
			return drop
		})
		d.Event.Detail = f.req.Detail
		return d, nil
	})
	if ended {
		err = f.eraseAll(ctx, []callback.ID{id}, nil)[id]
	}
	return ended, err
}

// readings returns the numbers, in canonical form, that the services of the tenant
// read a text as. A service that has callbacks but is not configured reads it with
// the defaults of a service.
func (f *forgetting) readings(ctx context.Context, raw string) ([]string, error) {
	if raw == "" {
		return nil, decide.Invalid(callback.PropertyNumber, "is empty")
	}
	if err := decide.CheckText(callback.PropertyNumber, raw, decide.MaxText); err != nil {
		return nil, err
	}
	if f.readers == nil {
		readers, err := f.m.serving(ctx, f.services, callback.Query{Tenant: f.m.tenant})
		if err != nil {
			return nil, err
		}
		f.readers = readers
	}
	services := f.readers
	if len(services) == 0 {
		services = []string{"any"} // an unknown service, which has the defaults
	}
	var keys []string
	for _, name := range services {
		key, err := f.m.reading(ctx, name, raw)
		if err != nil {
			return nil, err
		}
		if key != "" {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, &callback.NumberError{Field: callback.PropertyNumber, Rule: "impossible"}
	}
	return once(keys), nil
}

// reading returns the canonical form of a number as a service reads it, or empty
// text if the service cannot read it.
func (m *Manager) reading(ctx context.Context, service, raw string) (string, error) {
	p, err := m.engine.PolicyOf(ctx, &callback.Callback{Tenant: m.tenant, Service: service}, true)
	if err != nil {
		return "", err
	}
	return p.Read(raw).Key(), nil
}
