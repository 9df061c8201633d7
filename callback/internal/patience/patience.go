// Package patience bounds how long a request waits for a store that does not
// answer, however many calls of the store it makes.
package patience

import (
	"context"
	"sync"
	"time"
)

type key struct{}

// budget is the time that a request may still wait.
type budget struct {
	mu    sync.Mutex
	most  time.Duration
	until time.Time // zero before the first call, and after one that succeeded
}

// With returns a context for a request. Its calls of a store end when they have
// waited for most, and a fifth of it more for the calls that follow, since the last call
// that succeeded, also where the request goes on after its own context has ended.
func With(ctx context.Context, most time.Duration) context.Context {
	return context.WithValue(ctx, key{}, &budget{most: most})
}

// last is the part of a budget that is left when it is used up, for reading what became
// of a write that was not answered.
const last = 5

// Call returns the context of one call of a store, and a function to call at its end
// with its error. Without a budget the context is ctx.
func Call(ctx context.Context) (context.Context, func(err error)) {
	b, _ := ctx.Value(key{}).(*budget)
	if b == nil {
		return ctx, func(error) {}
	}
	// Contexts end by the clock of the process, which is not Config.Now.
	call, cancel := context.WithDeadline(ctx, b.end(time.Now()))
	return call, func(err error) {
		cancel()
		if err == nil {
			b.refill()
		}
	}
}

// end returns when a call that begins now must end.
func (b *budget) end(now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		b.until = now.Add(b.most)
	}
	if now.Before(b.until) {
		return b.until
	}
	return b.until.Add(b.most / last)
}

func (b *budget) refill() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = time.Time{}
}
