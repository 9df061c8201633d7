package callback

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
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

// check returns ErrStopped once Shutdown was called.
func (l *lifetime) check() error {
	select {
	case <-l.stopping:
		return ErrStopped
	default:
		return nil
	}
}

// enter counts a loop, unless the Manager is stopping.
func (l *lifetime) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return ErrStopped
	}
	l.loops.Add(1)
	return nil
}

// Run does the Manager's work until ctx ends or Shutdown is called: it ticks
// when something is due, when it is woken, and at least every Config.Poll. It
// returns nil after Shutdown and the context's error otherwise. A store that
// fails is tried again at the next poll.
func (m *Manager) Run(ctx context.Context) error {
	if err := m.life.enter(); err != nil {
		return err
	}
	defer m.life.loops.Done()
	if notifier, ok := m.store.(Notifier); ok {
		defer notifier.Notify(func() { m.feed.signal(); m.Wake() })()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-m.life.stopping:
			return nil
		case <-m.wake:
		case <-timer.C:
		}
		timer.Reset(m.turn(ctx))
	}
}

// turn ticks once and returns how long to sleep.
func (m *Manager) turn(ctx context.Context) time.Duration {
	now, err := m.now(ctx)
	if err != nil {
		m.complain(ctx, err)
		return m.config.Poll
	}
	p, err := m.Tick(ctx, now)
	if err != nil {
		m.complain(ctx, err)
		return m.config.Poll
	}
	if p.NextAt.IsZero() {
		return m.config.Poll
	}
	if now, err = m.now(ctx); err != nil {
		m.complain(ctx, err)
		return m.config.Poll
	}
	return min(max(p.NextAt.Sub(now), 0), m.config.Poll)
}

func (m *Manager) complain(ctx context.Context, err error) {
	if ctx.Err() == nil && m.life.check() == nil {
		m.log.LogAttrs(ctx, slog.LevelError, "tick failed", slog.String("error", redact(err)))
	}
}

// Shutdown stops the Manager: Run returns, verbs that change something answer
// [ErrStopped], Report excepted, and calls of the dialer that have begun are waited for, so that
// their answers are not lost. When ctx ends first, their contexts are cancelled
// and the error says how many have not returned; their callbacks become
// unresolved and are looked up, by this or another node, when their time runs
// out. Calls that customers are on are never hung up.
func (m *Manager) Shutdown(ctx context.Context) error {
	m.life.mu.Lock()
	if !m.life.stopped {
		m.life.stopped = true
		close(m.life.stopping)
	}
	m.life.mu.Unlock()
	drained := make(chan struct{})
	go func() {
		m.life.loops.Wait()
		m.flights.done.Wait()
		close(drained)
	}()
	defer m.life.kill()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("calls of the dialer that have not returned: %d: %w", m.flights.stuck(), ctx.Err())
	}
}

// await sleeps until the signal, the end of ctx or the manager, or the next
// poll; false means that the caller is to stop.
func (m *Manager) await(ctx context.Context, signal <-chan struct{}) bool {
	timer := time.NewTimer(m.config.Poll)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-m.life.stopping:
		return false
	case <-signal:
	case <-timer.C:
	}
	return true
}
