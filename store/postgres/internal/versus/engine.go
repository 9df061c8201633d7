package main

import (
	"context"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// manager returns a whole engine on the store, with all that it does of itself:
// numbers are parsed and checked, hours and limits are looked at. Callbacks are
// released at their very time.
func (r *ringback) host(dialer callback.Dialer) (*manager.Manager, error) {
	services, err := callback.NewServices(callback.Service{
		Name:     serviceName,
		Numbers:  callback.Numbers{Country: "CH"},
		Booking:  callback.Booking{PerBucket: callback.Limit(seats), Buffer: callback.Off, ConnectThreshold: callback.Off},
		Queueing: callback.Queueing{Lines: callback.NoLimit},
	})
	if err != nil {
		return nil, err
	}
	return manager.New(manager.Config{Store: r.store, Services: services, Dialer: dialer, Logger: quiet()})
}

// begun notes when jobs were begun, against the time for which they were
// wanted.
type begun struct {
	meter *meter

	mu    sync.Mutex
	due   map[string]time.Time // by number, of those that have not begun
	waits []time.Duration
	all   chan struct{} // closed when all have begun
}

func newBegun(m *meter, jobs []job) *begun {
	b := &begun{meter: m, due: make(map[string]time.Time, len(jobs)), all: make(chan struct{})}
	for _, j := range jobs {
		b.due[j.number] = j.desired
	}
	return b
}

// note notes that a job has begun. Only the first time counts.
func (b *begun) note(number string) {
	now := b.meter.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	due, ok := b.due[number]
	if !ok {
		return
	}
	delete(b.due, number)
	b.waits = append(b.waits, now.Sub(due))
	if len(b.due) == 0 {
		close(b.all)
	}
}

// patience is how long due jobs are waited for after the last was due.
const patience = 30 * time.Second

// await waits until all have begun, and returns the waits.
func (b *begun) await(ctx context.Context, until time.Time) ([]time.Duration, error) {
	ctx, cancel := context.WithDeadline(ctx, until.Add(patience))
	defer cancel()
	select {
	case <-b.all:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waits, nil
}

// due lets a Manager call customers at the times they asked for.
func (r *ringback) due(ctx context.Context, m *meter, jobs []job) ([]time.Duration, error) {
	b := newBegun(m, jobs)
	host, err := r.host(callback.DialerFunc(func(_ context.Context, call callback.Call) (callback.Outcome, error) {
		b.note(call.To.Reveal())
		return callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known}, nil
	}))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var engine sync.WaitGroup
	engine.Go(func() { _ = host.Run(ctx) }) // it ends with ctx
	defer engine.Wait()
	defer cancel()
	err = spreadJobs(ctx, jobs, func(ctx context.Context, j job) error {
		_, err := host.Start(ctx, manager.Request{Service: j.service, Number: j.number, Desired: j.desired})
		return err
	})
	if err != nil {
		return nil, err
	}
	waits, err := b.await(ctx, last(jobs))
	if err != nil {
		return nil, err
	}
	stopping, release := context.WithTimeout(ctx, patience)
	defer release()
	return waits, host.Shutdown(stopping)
}

// spreadJobs makes the requests for jobs, four at a time.
func spreadJobs(ctx context.Context, jobs []job, do func(ctx context.Context, j job) error) error {
	queue := make(chan job, len(jobs))
	for _, j := range jobs {
		queue <- j
	}
	return spread(ctx, 4, len(jobs), func(ctx context.Context, _ int) error { return do(ctx, <-queue) })
}

// last returns the latest desired time.
func last(jobs []job) time.Time {
	var t time.Time
	for _, j := range jobs {
		if j.desired.After(t) {
			t = j.desired
		}
	}
	return t
}
