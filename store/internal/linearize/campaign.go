package linearize

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/ringback-go/ringback/callback"
)

// Campaign runs and checks many histories of one kind of store.
type Campaign struct {
	// Stores are empty and share nothing. Each runs one history at a time.
	Stores    []callback.Store
	Rules     Rules
	First     uint64 // seed of the first history; later histories count up
	Histories int
	// Timeout limits the check of one history. Defaults to 20 s.
	Timeout time.Duration
}

// Run runs and checks the histories. It stops with a [*Violation] at the first
// one that is not linearizable.
func (c *Campaign) Run(ctx context.Context) (Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var report Report
	var mu sync.Mutex
	var all sync.WaitGroup
	var next atomic.Int64
	for _, s := range c.Stores {
		all.Go(func() {
			for ctx.Err() == nil {
				n := next.Add(1) - 1
				if n >= int64(c.Histories) {
					return
				}
				one, err := c.one(ctx, s, c.First+uint64(n))
				if err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				report.add(&one)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return report, context.Cause(ctx)
}

// one runs and checks the history of a seed.
func (c *Campaign) one(ctx context.Context, s callback.Store, seed uint64) (Report, error) {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = 20 * time.Second
	}
	h, err := Generate(seed).Run(ctx, s)
	if err != nil {
		return Report{}, &Violation{Seed: seed, History: h, Result: porcupine.Illegal, Fault: err}
	}
	var r Report
	r.count(h)
	began := time.Now()
	result := h.Check(Rules{}, timeout)
	if result == porcupine.Illegal && c.Rules.PassOver {
		r.Passing++
		result = h.Check(c.Rules, timeout)
	}
	r.Longest = time.Since(began)
	if result != porcupine.Ok {
		return r, &Violation{Seed: seed, History: h, Result: result}
	}
	return r, nil
}
