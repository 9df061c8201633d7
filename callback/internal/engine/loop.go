package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// lifetime tells a working Manager from one that is stopping or has stopped.
type lifetime struct {
	ctx      context.Context // ends when Shutdown returns
	kill     context.CancelFunc
	mu       sync.Mutex
	stopping chan struct{}
	stopped  bool
	loops    sync.WaitGroup // work that Shutdown waits for
}

func newLifetime() *lifetime {
	l := &lifetime{stopping: make(chan struct{})}
	l.ctx, l.kill = context.WithCancel(context.Background())
	return l
}

// Check returns callback.ErrStopped once Shutdown has been called.
func (l *lifetime) Check() error {
	select {
	case <-l.stopping:
		return callback.ErrStopped
	default:
		return nil
	}
}

// enter makes Shutdown wait for the caller, who calls loops.Done at the end. It
// returns callback.ErrStopped once Shutdown has been called.
func (l *lifetime) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return callback.ErrStopped
	}
	l.loops.Add(1)
	return nil
}

// Run ticks until ctx ends or Shutdown is called; see Manager.Run.
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

// complain logs an error of a tick, unless the engine is stopping.
func (m *Engine) complain(ctx context.Context, err error) {
	if ctx.Err() == nil && m.Life.Check() == nil {
		m.LogError(ctx, slog.LevelError, "tick failed", err)
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

// Await sleeps until the signal or for Config.Poll. It returns false if ctx or the
// engine has ended.
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
