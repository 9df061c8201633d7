package manager

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// Now returns the time the Manager decides by: that of a store with a clock, else
// that of Config.Now.
//
// Errors: the store's.
func (m *Manager) Now(ctx context.Context) (time.Time, error) { return m.engine.Now(ctx) }

// Policy returns a service of the tenant as it is configured now, or
// [callback.ErrInvalidParameter] if there is none of that name.
//
// Errors: [callback.ErrInvalidParameter] for an unknown service, and those of
// Config.Services.
func (m *Manager) Policy(ctx context.Context, name string) (*callback.Policy, error) {
	p, err := m.engine.Policy(ctx, m.tenant, name)
	if err != nil {
		return nil, err
	}
	return p.Source, nil
}

// Policies returns all services of the tenant, by name. It returns
// [callback.ErrConfiguration] unless Config.Services is a
// [callback.ServiceLister].
//
// Errors: [callback.ErrConfiguration] if Config.Services is no
// [callback.ServiceLister], and those of Config.Services.
func (m *Manager) Policies(ctx context.Context) ([]*callback.Policy, error) {
	names, ok, err := m.configured(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, decide.Misconfigured("services", "the source cannot list them")
	}
	list := make([]*callback.Policy, 0, len(names))
	for _, name := range names {
		p, err := m.engine.Policy(ctx, m.tenant, name)
		switch {
		case errors.Is(err, callback.ErrInvalidParameter):
			continue // removed since it was listed
		case err != nil:
			return nil, err
		}
		list = append(list, p.Source)
	}
	return list, nil
}

// configured returns the names of the configured services, sorted. ok is false if
// the source cannot list them.
func (m *Manager) configured(ctx context.Context) (names []string, ok bool, err error) {
	lister, ok := m.engine.Config.Services.(callback.ServiceLister)
	if !ok {
		return nil, false, nil
	}
	names, err = lister.Names(ctx, m.tenant)
	if err != nil {
		return nil, true, err
	}
	return slices.Compact(slices.Sorted(slices.Values(names))), true, nil
}

// known returns the names of the configured services, sorted, or of those that
// have callbacks if the source cannot list them.
func (m *Manager) known(ctx context.Context) ([]string, error) {
	names, ok, err := m.configured(ctx)
	if ok || err != nil {
		return names, err
	}
	groups, err := m.engine.Store.Count(ctx, callback.Query{Tenant: m.tenant})
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		names = append(names, g.Queue.Service)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// serving returns names and the services of the callbacks that match a query,
// sorted.
func (m *Manager) serving(ctx context.Context, names []string, q callback.Query) ([]string, error) {
	groups, err := m.engine.Store.Count(ctx, q)
	if err != nil {
		return nil, err
	}
	names = slices.Clone(names)
	for _, g := range groups {
		names = append(names, g.Queue.Service)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// once returns the values of a list without repetitions, in their first order.
func once[T comparable](list []T) []T {
	seen := make(map[T]bool, len(list))
	var kept []T
	for _, v := range list {
		if !seen[v] {
			seen[v] = true
			kept = append(kept, v)
		}
	}
	return kept
}
