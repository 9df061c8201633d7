package engine

import (
	"context"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
	"github.com/ringback-go/ringback/scheduler"
)

// reserveAny asks a BatchRouter for up to n agents for the heads in hand, in the
// order of their turns, and passes over those that get none. Without such a
// router, consider asks for each head.
func (v *visit) reserveAny(ctx context.Context, n int) error {
	router, ok := unwrap.As[callback.BatchRouter](v.Config.Router)
	if !ok {
		return nil
	}
	if v.agents == nil {
		v.agents = make(map[callback.ID]callback.Reservation)
	}
	var heads, asked []*callback.Callback
	waiting := make(map[callback.ID]*callback.Callback)
	for _, cb := range v.inTurn() {
		if _, ok := v.agents[cb.ID]; !ok && v.sift(ctx, cb) {
			heads, asked = append(heads, cb), append(asked, handCallback(cb))
			waiting[cb.ID] = cb
		}
	}
	for p := range v.hand {
		kept := v.hand[p][:0]
		for _, cb := range v.hand[p] {
			if _, ok := v.agents[cb.ID]; ok {
				kept = append(kept, cb)
			}
		}
		v.hand[p] = kept
	}
	if len(asked) == 0 {
		return nil
	}
	var picks []callback.Pick
	err := guard.Call("router", func() (err error) {
		picks, err = router.ReserveAny(ctx, asked, n-len(v.agents))
		return err
	})
	if err != nil {
		v.logService(ctx, v.backlog.key, "reserving agents failed", err)
		v.fails = failsMost - 1 // not for each of the heads
	}
	for _, pick := range picks {
		cb := waiting[pick.Callback]
		if _, twice := v.agents[pick.Callback]; cb == nil || twice {
			continue // an answer to nothing that was asked
		}
		v.agents[pick.Callback] = pick.Reservation
		v.observeReserved(ctx, cb, pick.Reservation)
	}
	for _, cb := range heads {
		if _, ok := v.agents[cb.ID]; ok {
			v.hand[cb.Priority] = append(v.hand[cb.Priority], cb)
			continue
		}
		if err != nil {
			v.noteFailure(cb)
		}
		v.passOver(cb)
	}
	return nil
}

// inTurn returns the heads in hand in the order of the turns of their classes.
func (v *visit) inTurn() []*callback.Callback {
	var heads []*callback.Callback
	order, at := v.order, waiting{}
	for {
		class, ok := order.Next(func(p scheduler.Priority) bool { return at[p] < len(v.hand[p]) })
		if !ok {
			return heads
		}
		heads = append(heads, v.hand[class][at[class]])
		at[class]++
	}
}
