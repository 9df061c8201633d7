package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// side is one contestant of a row.
type side struct {
	name string
	// before is what is done before each round and not measured.
	before func(ctx context.Context) error
	// run works for one round. It may start and stop the watch by itself.
	run func(ctx context.Context, w *watch) error
	// warm works a little before the first round; nil does not.
	warm func(ctx context.Context, w *watch) error
}

// watch takes the time and the processor time of a round, and counts.
type watch struct {
	meter *meter

	n     int             // operations
	waits []time.Duration // of single operations, or from due to begun

	began    time.Time
	used     usage
	took     time.Duration
	stopped  bool
	measured usage
}

// start begins the round. A second call restarts it.
func (w *watch) start() {
	w.used, w.began, w.stopped = w.meter.read(), time.Now(), false
}

// stop ends the round, unless it has ended.
func (w *watch) stop() {
	if !w.stopped {
		w.took, w.stopped = time.Since(w.began), true
		w.measured = w.meter.read().minus(w.used)
	}
}

// result is what became of a side in all rounds: medians, but for waits.
type result struct {
	rate           float64 // operations a second
	client, server float64 // microseconds of processor time an operation; NaN when unknown
	p99            float64 // milliseconds
	waits          []time.Duration
}

// contest runs the sides in turns, round after round.
func (b *bench) contest(ctx context.Context, rounds int, sides ...*side) ([]result, error) {
	for _, s := range sides {
		if s.warm == nil {
			continue
		}
		if _, err := b.round(ctx, s, s.warm); err != nil {
			return nil, err
		}
	}
	watches := make([][]*watch, len(sides))
	for range rounds {
		for i, s := range sides {
			w, err := b.round(ctx, s, s.run)
			if err != nil {
				return nil, err
			}
			watches[i] = append(watches[i], w)
		}
	}
	results := make([]result, len(sides))
	for i := range sides {
		results[i] = resultOf(watches[i])
	}
	return results, nil
}

func (b *bench) round(ctx context.Context, s *side, run func(context.Context, *watch) error) (*watch, error) {
	w := &watch{meter: b.meter}
	if s.before != nil {
		if err := s.before(ctx); err != nil {
			return nil, fmt.Errorf("%s: preparing a round: %w", s.name, err)
		}
	}
	// The garbage of the other side is not this one's.
	runtime.GC()
	w.start()
	err := run(ctx, w)
	w.stop()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil && w.n == 0 {
		err = errors.New("nothing was done")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	return w, nil
}

func resultOf(watches []*watch) result {
	var r result
	var rates, clients, servers, p99s []float64
	for _, w := range watches {
		rates = append(rates, float64(w.n)/w.took.Seconds())
		clients = append(clients, w.measured.client.Seconds()*1e6/float64(w.n))
		server := math.NaN()
		if w.measured.ok {
			server = w.measured.server.Seconds() * 1e6 / float64(w.n)
		}
		servers = append(servers, server)
		p99s = append(p99s, milliseconds(quantile(w.waits, 0.99)))
		r.waits = append(r.waits, w.waits...)
	}
	r.rate, r.client, r.server, r.p99 = median(rates), median(clients), median(servers), median(p99s)
	return r
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// quantile returns the wait that the given part of the waits does not exceed;
// zero of none.
func quantile(waits []time.Duration, part float64) time.Duration {
	if len(waits) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(waits))
	return sorted[min(len(sorted)-1, int(math.Ceil(part*float64(len(sorted))))-1)]
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }

// hammer lets callers do one operation after another until d is over. do
// returns how many callbacks the operation was about.
func hammer(callers int, d time.Duration, do func(ctx context.Context, caller int) (int, error)) func(context.Context, *watch) error {
	return func(ctx context.Context, w *watch) error {
		waits := make([][]time.Duration, callers)
		errs := make([]error, callers)
		var done atomic.Int64
		var all sync.WaitGroup
		w.start()
		for caller := range callers {
			all.Go(func() {
				for ctx.Err() == nil {
					began := time.Now()
					if began.Sub(w.began) >= d {
						return
					}
					n, err := do(ctx, caller)
					if err != nil {
						errs[caller] = err
						return
					}
					waits[caller] = append(waits[caller], time.Since(began))
					done.Add(int64(n))
				}
			})
		}
		all.Wait()
		w.stop()
		w.n, w.waits = int(done.Load()), slices.Concat(waits...)
		return errors.Join(errs...)
	}
}

// spread lets callers do n operations in all, and is not measured.
func spread(ctx context.Context, callers, n int, do func(ctx context.Context, caller int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, callers)
	var left atomic.Int64
	left.Store(int64(n))
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for ctx.Err() == nil && left.Add(-1) >= 0 {
				if errs[caller] = do(ctx, caller); errs[caller] != nil {
					cancel()
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
