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
		{"overwrites a concurrent change", func() callback.Store {
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
		{"accepts two creations of a callback", func() callback.Store {
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
		{"accepts two uses of a key", func() callback.Store {
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
		{"reports a conflict for a change that took effect", func() callback.Store {
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
		{"reports success before the change takes effect", late},
		{"answers from a cache", stale},
		{"ignores an unclaim", func() callback.Store {
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

// late returns at once and writes when the next change or claim comes.
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
			_ = m.one(ctx, now, c) // the caller has its result already
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

// stale answers every other Get of a callback with the previous result.
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
		{"restores an erased callback", zombie},
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
		{"keeps the seat of an erased callback", erasing(func(held []callback.Held) (give []callback.Held, take []callback.Permit) {
			return nil, free(held)
		})},
		{"gives the seat of an erased callback back twice", erasing(func(held []callback.Held) (give []callback.Held, take []callback.Permit) {
			return held, nil
		})},
		{"keeps the key of an erased callback", func() callback.Store {
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

// erasing moves units after an erasure, depending on what the callback held.
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

// zombie accepts a late write to an erased callback.
func zombie() callback.Store {
	m := newMutant()
	erased := make(map[callback.By]int64) // revision at the erasure
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

func permitMutants() []planted {
	return []planted{
		{"double-books a seat", doubleBooks},
		{"gives a seat back twice", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				c.Give = append(c.Give[:len(c.Give):len(c.Give)], c.Give...)
				return m.one(ctx, now, c)
			}
			return m
		}},
		{"does not give a seat back", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				c.Give = nil
				return m.one(ctx, now, c)
			}
			return m
		}},
		{"reads and writes a counter separately", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				if len(c.Take) == 0 {
					return m.one(ctx, now, c)
				}
				if err := m.crowded(ctx, now, &c); err != nil {
					return err
				}
				linger()
				for i := range c.Take {
					c.Take[i].Max = -1
				}
				return m.one(ctx, now, c)
			}
			return m
		}},
		{"gives the old seat back although the new one is refused", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				err := m.one(ctx, now, c)
				if errors.Is(err, callback.ErrPermitRefused) && len(c.Give) > 0 {
					return errors.Join(err, m.move(ctx, now, c.Record.Tenant, c.Give, nil))
				}
				return err
			}
			return m
		}},
		{"keeps the place although the seat is refused", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				err := m.one(ctx, now, c)
				refused, ok := errors.AsType[*callback.PermitError](err)
				if ok && len(c.Take) > 1 && refused.Permit.Key == c.Take[1].Key {
					c.Take[0].Max = -1
					return errors.Join(err, m.move(ctx, now, c.Record.Tenant, nil, c.Take[:1]))
				}
				return err
			}
			return m
		}},
		{"gives and takes in two steps", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				if len(c.Give) == 0 || len(c.Take) == 0 {
					return m.one(ctx, now, c)
				}
				give := c.Give
				if err := m.move(ctx, now, c.Record.Tenant, give, nil); err != nil {
					return err
				}
				linger()
				c.Give = nil
				err := m.one(ctx, now, c)
				if err != nil {
					err = errors.Join(err, m.move(ctx, now, c.Record.Tenant, nil, free(give)))
				}
				return err
			}
			return m
		}},
		{"checks permits before conflicts", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				err := m.one(ctx, now, c)
				if !errors.Is(err, callback.ErrConflict) {
					return err
				}
				if refused := m.crowded(ctx, now, &c); refused != nil {
					return refused
				}
				return err
			}
			return m
		}},
	}
}

// doubleBooks allows one seat too many in each bucket.
func doubleBooks() callback.Store {
	m := newMutant()
	m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
		for i, p := range c.Take {
			if p.Key.Kind == callback.PermitBucket {
				c.Take[i].Max++
			}
		}
		return m.one(ctx, now, c)
	}
	return m
}

func claimMutants() []planted {
	return []planted{
		{"ends leases too early", func() callback.Store {
			m := newMutant()
			m.claim = func(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
				if !req.Due && req.Lease > time.Second {
					now, req.Lease = now.Add(time.Second), req.Lease-time.Second
				}
				return m.Store.Claim(ctx, now, req)
			}
			return m
		}},
		{"claims callbacks before they are due", func() callback.Store {
			m := newMutant()
			m.claim = func(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
				if req.Due && req.Lease > time.Second {
					now, req.Lease = now.Add(time.Second), req.Lease-time.Second
				}
				return m.Store.Claim(ctx, now, req)
			}
			return m
		}},
		{"leases a callback twice", func() callback.Store {
			m := newMutant()
			var last *callback.Callback
			m.claim = func(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
				m.mu.Lock()
				defer m.mu.Unlock()
				got, err := m.Store.Claim(ctx, now, req)
				switch {
				case err != nil:
				case len(got.Callbacks) > 0:
					last = got.Callbacks[0].Clone()
				case last != nil && (req.Due || last.Tenant == req.Queues[0].Queue.Tenant):
					last.Lease.Owner = req.Owner
					got.Callbacks, last = append(got.Callbacks, last), nil
				}
				return got, err
			}
			return m
		}},
		{"does not return the first callback of a claim", func() callback.Store {
			m := newMutant()
			m.claim = func(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
				got, err := m.Store.Claim(ctx, now, req)
				if len(got.Callbacks) > 1 {
					got.Callbacks = got.Callbacks[1:]
				}
				return got, err
			}
			return m
		}},
		{"claims out of order", func() callback.Store {
			m := newMutant()
			m.claim = func(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
				got, err := m.Store.Claim(ctx, now, req)
				if n := len(got.Callbacks); n > 1 {
					got.Callbacks[0], got.Callbacks[n-1] = got.Callbacks[n-1], got.Callbacks[0]
				}
				return got, err
			}
			return m
		}},
		{"skips callbacks that are not locked", func() callback.Store {
			m := newMutant()
			var n atomic.Int64
			m.claim = func(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
				if n.Add(1)%4 == 0 {
					req.Limit = 0
					for i := range req.Queues {
						req.Queues[i].N = 0
					}
				}
				return m.Store.Claim(ctx, now, req)
			}
			return m
		}},
		{"does not return NextAt", func() callback.Store {
			m := newMutant()
			m.claim = func(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
				got, err := m.Store.Claim(ctx, now, req)
				got.NextAt = time.Time{}
				return got, err
			}
			return m
		}},
	}
}
