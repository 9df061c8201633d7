package manager

import (
	"context"
	"fmt"
	"iter"
	"log/slog"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/guard"
)

// Subscription selects events.
type Subscription struct {
	AllTenants bool                 // events of every tenant, not only of the Manager's
	Services   []string             // empty means all
	Types      []callback.EventType // empty means all
	// Callback names one callback; empty means all. Its events are delivered from
	// the first on. An ID that does not exist is no error and delivers nothing.
	Callback callback.ID
	// After continues behind an event that was handled: its Cursor. Without After,
	// Oldest or Callback a subscription begins now.
	After callback.Cursor
	// Oldest begins with the oldest event that is kept.
	Oldest bool
}

// wants reports whether the subscription selects an event.
func (s Subscription) wants(e callback.Event) bool {
	return contains(s.Services, e.Service) && contains(s.Types, e.Type)
}

// contains reports whether the list is empty or has v.
func contains[T comparable](list []T, v T) bool {
	for _, item := range list {
		if item == v {
			return true
		}
	}
	return len(list) == 0
}

// Events returns the events of a subscription as they happen, those of one
// callback in order, until ctx ends or the Manager stops. An error of the store
// ends the sequence. Each subscriber reads the store by itself, so that a slow
// one delays no other and loses nothing. Events of other nodes arrive within
// Config.Poll.
//
// Errors: the store's; the iterator yields one, last.
func (m *Manager) Events(ctx context.Context, s Subscription) iter.Seq2[callback.Event, error] {
	return func(yield func(callback.Event, error) bool) {
		q := callback.EventQuery{Tenant: m.tenant, AllTenants: s.AllTenants, Callback: s.Callback, After: s.After, Limit: 1000}
		q.End = s.After == "" && s.Callback == "" && !s.Oldest
		for {
			signal := m.engine.Feed.Wait()
			page, err := m.engine.Store.Events(ctx, q)
			if err != nil {
				if ctx.Err() == nil {
					yield(callback.Event{}, err)
				}
				return
			}
			for _, e := range page.Events {
				if ctx.Err() != nil {
					return
				}
				if s.wants(e) && !yield(e, nil) {
					return
				}
			}
			q.After, q.End = page.Next, false
			if len(page.Events) == 0 && !m.engine.Await(ctx, signal) {
				return
			}
		}
	}
}

// Subscribe calls handle for each event of a subscription, one after another on
// the caller's goroutine, until ctx ends or the Manager stops. It returns the
// cursor to continue from, and the error of ctx or of the store. If handle fails
// or panics, it is called with the same event again after Config.Poll: each
// event is delivered at least once, in order per callback.
//
// Errors: the context's and the store's. Errors of handle are logged.
func (m *Manager) Subscribe(ctx context.Context, s Subscription, handle func(context.Context, callback.Event) error) (callback.Cursor, error) {
	after := s.After
	for e, err := range m.Events(ctx, s) {
		if err != nil {
			return after, fmt.Errorf("reading events: %w", err)
		}
		for {
			err := guard.Call("subscriber", func() error { return handle(ctx, e) })
			if err == nil {
				break
			}
			m.engine.LogError(ctx, slog.LevelError, "subscriber failed", err, slog.String("callback", string(e.Callback)), slog.Int64("seq", e.Seq))
			if !m.engine.Await(ctx, nil) {
				return after, ctx.Err()
			}
		}
		after = e.Cursor
	}
	return after, ctx.Err()
}
