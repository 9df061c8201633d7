package linearize

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
)

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
		{"gives no seat back", func() callback.Store {
			m := newMutant()
			m.change = func(ctx context.Context, now time.Time, c callback.Change) error {
				c.Give = nil
				return m.one(ctx, now, c)
			}
			return m
		}},
		{"reads a counter, then writes it", func() callback.Store {
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
		{"gives back the old seat although the new one is refused", func() callback.Store {
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
		{"looks at permits before it looks for conflicts", func() callback.Store {
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

// doubleBooks lets one more into each bucket.
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
		{"claims what is not due yet", func() callback.Store {
			m := newMutant()
			m.claim = func(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
				if req.Due && req.Lease > time.Second {
					now, req.Lease = now.Add(time.Second), req.Lease-time.Second
				}
				return m.Store.Claim(ctx, now, req)
			}
			return m
		}},
		{"hands out a callback twice", func() callback.Store {
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
		{"loses the first that it claims", func() callback.Store {
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
		{"claims in no order", func() callback.Store {
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
		{"passes over what nobody touches", func() callback.Store {
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
		{"forgets the earliest moment of what is left", func() callback.Store {
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
