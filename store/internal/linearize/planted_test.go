package linearize

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// planted is a fault that a store could have.
type planted struct {
	name string
	make func() callback.Store
}

func mutants() []planted {
	return slices.Concat(changeMutants(), permitMutants(), claimMutants(), eraseMutants())
}

func changeMutants() []planted {
	return []planted{
		{"ignores the epoch", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				c.Epoch = 0
				return m.one(ctx, now, c)
			}
			return m
		}},
		{"writes over what changed meanwhile", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				err := m.one(ctx, now, c)
				if c.Unclaim || c.Record.Revision == 1 || !errors.Is(err, callback.ErrConflict) {
					return err
				}
				cb, getErr := m.present(ctx, byID(&c))
				if cb == nil || getErr != nil {
					return errors.Join(err, getErr)
				}
				c.Record.Revision = cb.Revision + 1
				return m.one(ctx, now, c)
			}
			return m
		}},
		{"lets two creators of a callback win", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				if c.Record.Revision != 1 || c.Unclaim {
					return m.one(ctx, now, c)
				}
				cb, err := m.present(ctx, byID(&c))
				if cb != nil || err != nil {
					return errors.Join(err, conflict())
				}
				linger()
				if err = m.one(ctx, now, c); errors.Is(err, callback.ErrConflict) {
					return nil
				}
				return err
			}
			return m
		}},
		{"lets two users of a key win", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				key := c.Record.Idempotency.Key
				if c.Record.Revision != 1 || key == "" {
					return m.one(ctx, now, c)
				}
				cb, err := m.present(ctx, callback.By{Tenant: c.Record.Tenant, Key: key})
				if cb != nil || err != nil {
					return errors.Join(err, conflict())
				}
				linger()
				if err = m.one(ctx, now, c); errors.Is(err, callback.ErrConflict) {
					c.Record.Idempotency.Key = ""
					err = m.one(ctx, now, c)
				}
				return err
			}
			return m
		}},
		{"says conflict of what happened", func() callback.Store {
			m := newMutant()
			var n atomic.Int64
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				if err := m.one(ctx, now, c); err != nil || n.Add(1)%10 > 0 {
					return err
				}
				return conflict()
			}
			return m
		}},
		{"says that it happened before it does", late},
		{"answers from a cache", stale},
		{"gives back no lease", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				if !c.Unclaim {
					return m.one(ctx, now, c)
				}
				cb, err := m.present(ctx, byID(&c))
				switch {
				case err != nil:
					return err
				case cb == nil || cb.Revision != c.Record.Revision || cb.Lease.Epoch != c.Epoch:
					return m.one(ctx, now, c)
				}
				return nil
			}
			return m
		}},
	}
}

// late answers at once and writes when the next change or claim comes.
func late() callback.Store {
	m := newMutant()
	var pending []func()
	flush := func() {
		m.mu.Lock()
		waiting := pending
		pending = nil
		m.mu.Unlock()
		for _, f := range waiting {
			f()
		}
	}
	m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
		flush()
		cb, err := m.present(ctx, byID(&c))
		if c.Unclaim || len(c.Take) > 0 || cb == nil || cb.Revision+1 != c.Record.Revision || c.Epoch != 0 || err != nil {
			return m.one(ctx, now, c)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		pending = append(pending, func() {
			_ = m.one(ctx, now, c) // nobody is left to tell
		})
		return nil
	}
	m.claim = func(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
		flush()
		return m.Store.Claim(ctx, now, req)
	}
	m.erase = func(ctx context.Context, now time.Time, req callback.EraseRequest) error {
		flush()
		return m.eraseOne(ctx, now, req)
	}
	return m
}

// stale answers every other question as the one before.
func stale() callback.Store {
	m := newMutant()
	seen := make(map[callback.By]*callback.Callback)
	m.get = func(ctx context.Context, by callback.By) (*callback.Callback, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if cb := seen[by]; cb != nil {
			delete(seen, by)
			return cb.Clone(), nil
		}
		cb, err := m.Store.Get(ctx, by)
		if err == nil {
			seen[by] = cb.Clone()
		}
		return cb, err
	}
	return m
}

func eraseMutants() []planted {
	return []planted{
		{"brings back what was erased", zombie},
		{"erases at any revision", func() callback.Store {
			m := newMutant()
			m.erase = func(ctx context.Context, now time.Time, req callback.EraseRequest) error {
				cb, err := m.present(ctx, callback.By{Tenant: req.Tenant, ID: req.Items[0].ID})
				if err != nil {
					return err
				}
				if cb != nil {
					req.Items[0].Revision = cb.Revision
				}
				return m.eraseOne(ctx, now, req)
			}
			return m
		}},
		{"keeps the seat of what was erased", erasing(func(held []callback.Held) (give []callback.Held, take []callback.Permit) {
			return nil, free(held)
		})},
		{"gives back the seat of what was erased twice", erasing(func(held []callback.Held) (give []callback.Held, take []callback.Permit) {
			return held, nil
		})},
		{"keeps the key of what was erased", func() callback.Store {
			m := newMutant()
			gone := make(map[callback.By]bool)
			m.erase = func(ctx context.Context, now time.Time, req callback.EraseRequest) error {
				cb, _ := m.present(ctx, callback.By{Tenant: req.Tenant, ID: req.Items[0].ID})
				err := m.eraseOne(ctx, now, req)
				if err == nil && cb != nil && cb.Idempotency.Key != "" {
					m.mu.Lock()
					defer m.mu.Unlock()
					gone[callback.By{Tenant: req.Tenant, Key: cb.Idempotency.Key}] = true
				}
				return err
			}
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				m.mu.Lock()
				taken := gone[callback.By{Tenant: c.Record.Tenant, Key: c.Record.Idempotency.Key}]
				m.mu.Unlock()
				if taken && c.Record.Revision == 1 {
					return conflict()
				}
				return m.one(ctx, now, c)
			}
			return m
		}},
	}
}

// erasing moves units after an erasure, with what was held before it.
func erasing(units func(held []callback.Held) ([]callback.Held, []callback.Permit)) func() callback.Store {
	return func() callback.Store {
		m := newMutant()
		m.erase = func(ctx context.Context, now time.Time, req callback.EraseRequest) error {
			cb, _ := m.present(ctx, callback.By{Tenant: req.Tenant, ID: req.Items[0].ID})
			err := m.eraseOne(ctx, now, req)
			if err != nil || cb == nil || len(cb.Held) == 0 {
				return err
			}
			give, take := units(cb.Held)
			return m.move(ctx, now, req.Tenant, give, take)
		}
		return m
	}
}

// zombie lets a late writer bring back what was erased.
func zombie() callback.Store {
	m := newMutant()
	erased := make(map[callback.By]int64) // the last revision
	risen := make(map[callback.By]*callback.Callback)
	m.erase = func(ctx context.Context, now time.Time, req callback.EraseRequest) error {
		err := m.eraseOne(ctx, now, req)
		if err == nil {
			m.mu.Lock()
			defer m.mu.Unlock()
			erased[callback.By{Tenant: req.Tenant, ID: req.Items[0].ID}] = req.Items[0].Revision
		}
		return err
	}
	m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
		err := m.one(ctx, now, c)
		m.mu.Lock()
		defer m.mu.Unlock()
		if last, was := erased[byID(&c)]; was && !c.Unclaim && c.Record.Revision == last+1 && errors.Is(err, callback.ErrNotFound) {
			risen[byID(&c)] = c.Record.Clone()
			return nil
		}
		return err
	}
	m.get = func(ctx context.Context, by callback.By) (*callback.Callback, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if cb := risen[by]; cb != nil {
			return cb.Clone(), nil
		}
		return m.Store.Get(ctx, by)
	}
	return m
}
