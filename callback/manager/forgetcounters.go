package manager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ringback-go/ringback/callback"
)

// erased notes under which subjects counters of an erased callback may be kept:
// the kinds of limits.go, decide.go and round.go that have one. What it held was
// given back with it.
func (f *forgetting) erased(cb *callback.Callback) {
	f.note(cb.Customer.Number.Key())
	f.note(cb.Customer.Alternative.Key())
	for _, l := range cb.SearchValues {
		f.names[l.Key] = true
		f.note(l.Value)
	}
}

func (f *forgetting) note(subject string) {
	if subject != "" {
		f.subjects[subject] = true
	}
}

// dropCounters removes the counters of the subjects that no callback has any
// more. It is not left half done because the caller went away.
func (f *forgetting) dropCounters(ctx context.Context) error {
	const few = 50 // looked at within one Config.StoreTimeout
	var faults []error
	for subjects := range chunks(slices.Sorted(maps.Keys(f.subjects)), few) {
		if err := f.dropSome(ctx, subjects); err != nil {
			faults = append(faults, err)
		}
	}
	if faults != nil {
		return fmt.Errorf("removing counters of what was erased: %w", errors.Join(faults...))
	}
	return nil
}

// dropSome removes the counters of a few subjects.
func (f *forgetting) dropSome(ctx context.Context, subjects []string) error {
	ctx, cancel := f.m.engine.Detached(ctx)
	defer cancel()
	dropped := make(map[string]bool)
	var err error
	for range 3 {
		if err = f.tryDrop(ctx, subjects, dropped); err == nil {
			return nil
		}
	}
	return err
}

// tryDrop notes in dropped what has to be looked after, because its counters
// may be gone.
func (f *forgetting) tryDrop(ctx context.Context, subjects []string, dropped map[string]bool) error {
	if err := f.addNames(ctx); err != nil {
		return err
	}
	var free []string
	for _, subject := range subjects {
		kept, err := f.kept(ctx, subject)
		if err != nil {
			return err
		}
		if !kept {
			free = append(free, subject)
			dropped[subject] = true
		}
	}
	if len(free) > 0 {
		req := callback.EraseRequest{Tenant: f.m.tenant, Subjects: free, Actor: f.req.Actor, Detail: f.req.Detail}
		if _, err := f.m.engine.Store.Erase(ctx, f.now, req); err != nil {
			return err
		}
	}
	for _, subject := range slices.Sorted(maps.Keys(dropped)) {
		if err := f.m.mend(ctx, f.req, subject); err != nil {
			return err
		}
	}
	return nil
}

// addNames adds the properties whose values the tenant's services look up or
// count.
func (f *forgetting) addNames(ctx context.Context) error {
	for _, name := range f.services {
		p, err := f.m.engine.PolicyOf(ctx, &callback.Callback{Tenant: f.m.tenant, Service: name}, true)
		if err != nil {
			return err
		}
		for _, key := range slices.Concat(p.Service.SearchKeys, p.Service.Limits.Parameters) {
			f.names[key] = true
		}
	}
	return nil
}

// kept reports whether a callback is left that may count under the subject: by
// its number, or by a value that is looked up or was counted.
func (f *forgetting) kept(ctx context.Context, subject string) (bool, error) {
	queries := []callback.Query{{Number: subject}}
	var lookups []callback.Match
	for _, name := range slices.Sorted(maps.Keys(f.names)) {
		lookups = append(lookups, callback.Match{Key: name, Value: subject})
	}
	if len(lookups) > 0 {
		queries = append(queries, callback.Query{SearchValues: lookups, AnySearchValue: true})
	}
	for _, q := range queries {
		q.Tenant, q.Limit = f.m.tenant, 1
		page, err := f.m.engine.Store.Search(ctx, q)
		if err != nil || len(page.Callbacks) > 0 {
			return true, err
		}
	}
	return false, nil
}
