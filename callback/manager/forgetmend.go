package manager

import (
	"context"
	"errors"
	"slices"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// mend looks after a number whose counters were removed because no callback had
// it any more. One that was started in between lost the count of what it holds:
// it is counted again, so that the limits of its number hold.
func (m *Manager) mend(ctx context.Context, req *ForgetRequest, number string) error {
	for range maxErasures {
		holders, err := m.holders(ctx, number)
		if err != nil || len(holders) == 0 {
			return err
		}
		lost, err := m.lost(ctx, number, holders)
		if err != nil {
			return err
		}
		again, err := m.holders(ctx, number)
		if err != nil {
			return err
		}
		if !slices.EqualFunc(holders, again, sameRevision) {
			continue // counters and callbacks were not read as of one moment
		}
		if len(lost) == 0 {
			return nil
		}
		// What follows is looked at again: a holder may have changed.
		if err = m.retakeAll(ctx, req, holders, lost); err != nil && !errors.Is(err, callback.ErrConflict) && !errors.Is(err, callback.ErrOutcomeUnknown) {
			return err
		}
	}
	return callback.ErrConflict
}

func sameRevision(a, b *callback.Callback) bool { return a.ID == b.ID && a.Revision == b.Revision }

// holders are the callbacks that hold a permit of a number, oldest first: who
// mends at the same time begins with the same one, and meets its revision.
func (m *Manager) holders(ctx context.Context, number string) ([]*callback.Callback, error) {
	page, err := m.engine.Store.Search(ctx, callback.Query{Tenant: m.tenant, Number: number, NotStates: []callback.State{callback.Completed}, Order: callback.ByCreated, Limit: maxPage})
	return slices.DeleteFunc(page.Callbacks, func(cb *callback.Callback) bool {
		return !slices.ContainsFunc(cb.Held, func(h callback.Held) bool { return h.Key.Subject == number })
	}), err
}

// lost is what callbacks hold of a number and its counters do not show.
func (m *Manager) lost(ctx context.Context, number string, holders []*callback.Callback) (map[callback.PermitKey]int64, error) {
	var keys []callback.PermitKey
	held := make(map[callback.PermitKey]int64)
	for _, cb := range holders {
		for _, h := range cb.Held {
			if h.Key.Subject == number {
				keys = append(keys, h.Key)
				held[h.Key] += h.N
			}
		}
	}
	now, err := m.engine.Now(ctx)
	if err != nil {
		return nil, err
	}
	lost := make(map[callback.PermitKey]int64)
	for _, key := range once(keys) {
		counters, err := m.engine.Store.Load(ctx, now, callback.LoadRequest{
			Tenant: m.tenant, Kind: key.Kind, Service: key.Service, Name: key.Name, Subject: key.Subject, From: key.Slot, To: key.Slot,
		})
		if err != nil {
			return nil, err
		}
		for _, c := range counters {
			if c.Key == key {
				held[key] -= c.Used
			}
		}
		if held[key] > 0 {
			lost[key] = held[key]
		}
	}
	return lost, nil
}

// retakeAll counts lost units again, each with a callback that holds it: one that
// ends meanwhile gives back what it holds, and no more is counted for it.
func (m *Manager) retakeAll(ctx context.Context, req *ForgetRequest, holders []*callback.Callback, lost map[callback.PermitKey]int64) error {
	for _, cb := range holders {
		var own []callback.Permit
		for _, h := range cb.Held {
			if n := min(h.N, lost[h.Key]); n > 0 {
				own = append(own, callback.Permit{Key: h.Key, N: n, Max: -1})
				lost[h.Key] -= n
			}
		}
		if len(own) == 0 {
			continue
		}
		if err := m.retake(ctx, req, cb, own); err != nil {
			return err
		}
	}
	return nil
}

// retake counts units again that callbacks hold already, provided that cb has
// not changed since it was read.
func (m *Manager) retake(ctx context.Context, req *ForgetRequest, cb *callback.Callback, lost []callback.Permit) error {
	policy, err := m.engine.PolicyOf(ctx, cb, true)
	if err != nil {
		return err
	}
	now, err := m.engine.Now(ctx)
	if err != nil {
		return err
	}
	d := decide.NewDraft(cb, policy, now, callback.EventUpdated, req.Actor)
	d.Take = lost
	d.Event.Detail = "counted again"
	return m.engine.Commit(ctx, d)
}
