package manager

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// number forgets whoever has a number and returns one item for each callback.
func (f *forgetting) number(ctx context.Context, raw string) []BulkItem {
	failed := func(err error) []BulkItem { return []BulkItem{{Number: raw, Err: err}} }
	keys, err := f.readings(ctx, raw)
	if err != nil {
		return failed(err)
	}
	var whose trail
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
		case whose.empty():
			whose = t
		default:
			return failed(decide.Invalid(callback.PropertyNumber, "is read as different numbers by services that have callbacks of them"))
		}
	}
	if !whose.empty() {
		subjects = []string{whose.key}
	}
	var items []BulkItem
	done := make(map[callback.ID]bool)
	for ids := whose.ids; len(ids) > 0; {
		errs := f.eraseAll(ctx, ids, func(cb *callback.Callback) bool { return has(cb, whose.key) })
		for _, id := range ids {
			done[id] = true
			switch err := errs[id]; {
			case errors.Is(err, errNotTheirs):
				whose.mentions = append(whose.mentions, id)
			case !errors.Is(err, callback.ErrNotFound): // somebody else forgot it meanwhile
				items = append(items, BulkItem{ID: id, Number: raw, N: 1, Err: err})
			}
		}
		var err error
		if ids, err = f.copies(ctx, whose.key, done); err != nil {
			items = append(items, BulkItem{Number: raw, Err: err})
		}
	}
	for _, id := range whose.mentions {
		erased, err := f.dropMention(ctx, id, whose.key)
		if errors.Is(err, callback.ErrNotFound) {
			continue
		}
		if erased || err != nil {
			items = append(items, BulkItem{ID: id, Number: raw, N: 1, Err: err})
		}
	}
	for _, subject := range subjects {
		f.note(subject)
	}
	if len(items) == 0 {
		return []BulkItem{{Number: raw}}
	}
	return items
}

// copies finds the callbacks of a number that were copied from those that were
// handled, while that was done: whoever copied saw its source still there.
func (f *forgetting) copies(ctx context.Context, key string, done map[callback.ID]bool) ([]callback.ID, error) {
	t, err := f.follow(ctx, key, func(cb *callback.Callback) bool { return done[cb.CopiedFrom] && !done[cb.ID] })
	return t.ids, err
}

// trail is where a number is found.
type trail struct {
	key      string
	ids      []callback.ID // callbacks that have it
	mentions []callback.ID // callbacks that had it once and have another now
}

func (t *trail) empty() bool { return len(t.ids) == 0 && len(t.mentions) == 0 }

// follow finds the callbacks of a number in its canonical form, or those of
// them that are wanted.
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

// has reports whether a callback has the number, as such or as alternative.
func has(cb *callback.Callback, key string) bool {
	return cb.Customer.Number.Key() == key || cb.Customer.Alternative.Key() == key
}

// dropMention takes a number from among the former ones of a callback that has
// another now. One that is over is erased: it was asked for under the number,
// and nobody waits for it any more.
func (f *forgetting) dropMention(ctx context.Context, id callback.ID, key string) (ended bool, err error) {
	_, err = f.m.engine.Alter(ctx, f.m.tenant, id, true, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		if ended = cb.State == callback.Completed; ended || has(cb, key) {
			return nil, callback.ErrConflict
		}
		d := decide.NewDraft(cb, p, now, callback.EventUpdated, f.req.Actor)
		d.Callback.SearchValues = slices.DeleteFunc(d.Callback.SearchValues, func(l callback.SearchValue) bool {
			drop := l.Key == callback.PropertyNumber && (l.Value == key || p.Read(l.Value).Key() == key)
			if drop {
				f.names[l.Key] = true
				f.note(l.Value)
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

// readings are the numbers that the services of the tenant take a text for, in
// their canonical form; those that are not configured any more, but still have
// callbacks, read it as a service does by default.
func (f *forgetting) readings(ctx context.Context, raw string) ([]string, error) {
	if raw == "" {
		return nil, decide.Invalid(callback.PropertyNumber, "is empty")
	}
	if err := decide.CheckText(callback.PropertyNumber, raw, decide.MaxText); err != nil {
		return nil, err
	}
	if f.readers == nil {
		readers, err := f.m.Tenant(f.m.tenant).serving(ctx, f.services, callback.Query{})
		if err != nil {
			return nil, err
		}
		f.readers = readers
	}
	services := f.readers
	if len(services) == 0 {
		services = []string{"any"} // read as a service does by default
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

// reading is the canonical form of a number as a service reads it; empty when
// it cannot.
func (m *Manager) reading(ctx context.Context, service, raw string) (string, error) {
	p, err := m.engine.PolicyOf(ctx, &callback.Callback{Tenant: m.tenant, Service: service}, true)
	if err != nil {
		return "", err
	}
	return p.Read(raw).Key(), nil
}
