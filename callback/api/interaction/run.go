package interaction

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/manager"
)

// ErrRunning is returned by Run while another Run of the Notifier is active.
var ErrRunning = errors.New("notifier is already running")

// Run sends notifications until ctx ends or the Manager is shut down. It then
// waits for deliveries in flight (at most three Timeouts), saves the cursor and
// returns nil. It returns an error, having sent nothing, if the cursor cannot
// be loaded or another Run is active. Failures to read the feed or to save the
// cursor are retried. Run may be called again after it has returned.
func (n *Notifier) Run(ctx context.Context) error {
	if !n.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer n.running.Store(false)
	start, err := n.config.Cursor.Load(ctx)
	if err != nil {
		return fmt.Errorf("loading the cursor: %w", err)
	}
	n.mu.Lock()
	n.lanes = make(map[callback.ID]*lane)
	n.feed = feed{read: start, saved: start}
	n.pause = time.Time{}
	n.mu.Unlock()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var lanes, saver sync.WaitGroup
	saver.Go(func() { n.save(ctx) })
	n.read(ctx, &lanes)
	stop()
	lanes.Wait()
	saver.Wait()
	n.saveNow(ctx)
	n.client.CloseIdleConnections()
	// Events left in the lanes are read again by the next Run.
	for len(n.unsettled) > 0 {
		<-n.unsettled
	}
	return nil
}

// read follows the feed until ctx ends or the Manager stops.
func (n *Notifier) read(ctx context.Context, lanes *sync.WaitGroup) {
	for failures := 1; ; failures++ {
		n.mu.Lock()
		after := n.feed.read
		n.mu.Unlock()
		var failed error
		s := manager.Subscription{Oldest: true, After: after}
		for e, err := range n.config.Manager.Tenant(n.config.Tenant).Events(ctx, s) {
			if err != nil {
				failed = err
				break
			}
			failures = 1
			if !n.take(ctx, e, lanes) {
				return
			}
		}
		if failed == nil || ctx.Err() != nil {
			return
		}
		n.log(ctx, slog.LevelError, "reading events failed", slog.String("error", api.Redact(failed.Error())))
		if !sleep(ctx, n.backoff(failures)) {
			return
		}
	}
}

// take adds an event to the lane of its callback. It blocks while MaxPending
// events are unsettled and returns false if ctx ends.
func (n *Notifier) take(ctx context.Context, e callback.Event, lanes *sync.WaitGroup) bool {
	names := n.wanted(e)
	if len(names) == 0 {
		n.mu.Lock()
		n.feed.pass(e)
		n.mu.Unlock()
		n.markDirty()
		return true
	}
	select {
	case n.unsettled <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	it := n.feed.add(e, names)
	l := n.lanes[e.Callback]
	if l == nil {
		l = &lane{}
		n.lanes[e.Callback] = l
		lanes.Go(func() { n.work(ctx, l, e.Callback) })
	}
	l.queue = append(l.queue, it)
	return true
}

// wanted returns the notifications that the configuration selects for an event.
func (n *Notifier) wanted(e callback.Event) []Name {
	c := n.config
	if len(c.Services) > 0 && !slices.Contains(c.Services, e.Service) || e.At.Before(c.Since) {
		return nil
	}
	return slices.DeleteFunc(NamesOf(e), func(name Name) bool {
		_, ok := c.Notify[name]
		return !ok
	})
}

// markDirty signals that the cursor to save may have changed. It does not
// block.
func (n *Notifier) markDirty() {
	select {
	case n.dirty <- struct{}{}:
	default:
	}
}

// save saves the cursor when it changes, until ctx ends.
func (n *Notifier) save(ctx context.Context) {
	for {
		select {
		case <-n.dirty:
		case <-ctx.Done():
			return
		}
		if !n.saveNow(ctx) {
			n.markDirty()
		}
		if !sleep(ctx, n.config.SaveEvery) {
			return
		}
	}
}

// saveNow saves the cursor if it has changed. It returns false on failure.
func (n *Notifier) saveNow(ctx context.Context) bool {
	n.mu.Lock()
	at, saved := n.feed.safe(), n.feed.saved
	n.mu.Unlock()
	if at == saved {
		return true
	}
	ctx, cancel := n.detached(ctx)
	defer cancel()
	err := guard(func() error { return n.config.Cursor.Save(ctx, at) })
	if err != nil {
		n.log(ctx, slog.LevelError, "saving the cursor failed", slog.String("error", api.Redact(err.Error())))
		return false
	}
	n.mu.Lock()
	n.feed.saved = at
	n.mu.Unlock()
	return true
}

func (n *Notifier) log(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	n.config.Logger.LogAttrs(ctx, level, message, attrs...)
}

// sleep waits for d and returns false if ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// guard calls f and converts a panic to an error.
func guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panicked: %T", v)
		}
	}()
	return f()
}
