package engine

import (
	"context"
	"errors"
	"log/slog"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
)

// identify finds the number of a head that has none. ok is false if the head cannot
// be dialed now: it then completes, or is passed over if the resolver has failed, or
// waits for the next visit if the resolver is slow.
func (v *visit) identify(ctx context.Context, cb *callback.Callback) (ok bool) {
	policy := v.backlog.policy
	if v.Config.Resolver == nil || !cb.Customer.Target().IsZero() || policy.Service.Inbound.On {
		return true
	}
	if v.freshen(ctx); v.lapsing(4) {
		// The numbers found so far are for calls whose leases must not end.
		v.postpone(cb)
		return false
	}
	ctx, cancel := v.Detached(ctx)
	defer cancel()
	var number string
	err := guard.Call("number resolver", func() (err error) {
		number, err = v.Config.Resolver.ResolveNumber(ctx, handCallback(cb))
		return err
	})
	if err == nil {
		err = policy.SetNumber(cb, number)
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, callback.ErrNoNumber), errors.Is(err, callback.ErrInvalidNumber):
		v.ended.Add(decide.WithoutNumber(cb, policy, v.tick.now, v.Config.Node, err))
	default:
		v.logCallback(ctx, slog.LevelError, "finding the number of a customer failed", cb, err)
		v.noteFailure(cb)
		v.passOver(cb)
	}
	return false
}
