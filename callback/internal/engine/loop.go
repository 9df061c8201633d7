package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// lifetime is whether a Manager works, stops, or has stopped.
type lifetime struct {
	ctx      context.Context // ends with a hard stop
	kill     context.CancelFunc
	mu       sync.Mutex
	stopping chan struct{}
	stopped  bool
	loops    sync.WaitGroup
}

func newLifetime() *lifetime {
	l := &lifetime{stopping: make(chan struct{})}
	l.ctx, l.kill = context.WithCancel(context.Background())
	return l
}

// Check returns ErrStopped once Shutdown was called.
func (l *lifetime) Check() error {
	select {
	case <-l.stopping:
		return callback.ErrStopped
	default:
		return nil
	}
}

// enter counts a loop, unless the Manager is stopping.
func (l *lifetime) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return callback.ErrStopped
	}
	l.loops.Add(1)
	return nil
}

// Run works until ctx ends or Shutdown is called; see Manager.Run.
func (m *Engine) Run(ctx context.Context) error {
	if err := m.Life.enter(); err != nil {
		return err
	}
	defer m.Life.loops.Done()
	if notifier, ok := unwrap.As[callback.NotifyingStore](m.Store); ok {
		defer notifier.Notify(func() { m.Feed.Signal(); m.Wake() })()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return m.drain(ctx)
		case <-m.Life.stopping:
			return nil
		case <-m.wake:
		case <-timer.C:
		}
		timer.Reset(m.turn(ctx))
	}
}

// drain waits until the calls of the dialer that have begun have returned. It
// goes on renewing the claims on whole calls: they are still being made here.
func (m *Engine) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.Config.ShutdownTimeout)
	defer cancel()
	drained := m.flights.drained()
	renew := time.NewTicker(m.Config.Lease / 3)
	defer renew.Stop()
	for {
		select {
		case <-drained:
			return nil
		case <-ctx.Done():
			return m.Shutdown(ctx)
		case <-renew.C:
			if now, err := m.Now(ctx); err == nil {
				m.flights.renew(ctx, m, now)
			}
		}
	}
}

// turn ticks once and returns how long to sleep.
func (m *Engine) turn(ctx context.Context) time.Duration {
	now, err := m.Now(ctx)
	if err != nil {
		m.complain(ctx, err)
		return m.Config.Poll
	}
	p, err := m.Tick(ctx, now)
	if err != nil {
		m.complain(ctx, err)
		return m.Config.Poll
	}
	if p.NextAt.IsZero() {
		return m.Config.Poll
	}
	if now, err = m.Now(ctx); err != nil {
		m.complain(ctx, err)
		return m.Config.Poll
	}
	return min(max(p.NextAt.Sub(now), 0), m.Config.Poll)
}

func (m *Engine) complain(ctx context.Context, err error) {
	if ctx.Err() == nil && m.Life.Check() == nil {
		m.Log.LogAttrs(ctx, slog.LevelError, "tick failed", slog.String("error", text.RedactError(err)))
	}
}

// Shutdown stops the engine; see Manager.Shutdown.
func (m *Engine) Shutdown(ctx context.Context) error {
	m.Life.mu.Lock()
	if !m.Life.stopped {
		m.Life.stopped = true
		close(m.Life.stopping)
	}
	m.Life.mu.Unlock()
	drained := make(chan struct{})
	go func() {
		m.Life.loops.Wait()
		<-m.flights.drained()
		close(drained)
	}()
	defer m.Life.kill()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("calls of the dialer that have not returned: %d: %w", m.flights.stuck(), ctx.Err())
	}
}

// Await sleeps until the signal, the end of ctx or the manager, or the next
// poll; false means that the caller is to stop.
func (m *Engine) Await(ctx context.Context, signal <-chan struct{}) bool {
	timer := time.NewTimer(m.Config.Poll)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-m.Life.stopping:
		return false
	case <-signal:
	case <-timer.C:
	}
	return true
}
