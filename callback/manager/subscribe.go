package manager

import (
	"context"
	"fmt"
	"iter"
	"log/slog"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// Subscription says which events are wanted.
type Subscription struct {
	AllTenants bool
	Services   []string             // empty means all
	Types      []callback.EventType // empty means all
	// After continues behind an event already handled: its Cursor. Empty
	// begins with the oldest event kept.
	After callback.Cursor
}

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

// Events returns the events of a subscription as they happen, those of each
// callback in order, until ctx ends or the Manager stops; an error is yielded
// once, last. Each subscriber reads at its own pace from the store: a slow one
// delays nobody and loses nothing. Events of other nodes are seen within
// Config.Poll.
func (m *Manager) Events(ctx context.Context, s Subscription) iter.Seq2[callback.Event, error] {
	return func(yield func(callback.Event, error) bool) {
		after := s.After
		for {
			signal := m.engine.Feed.Wait()
			page, err := m.engine.Store.Events(ctx, callback.EventQuery{Tenant: m.tenant, AllTenants: s.AllTenants, After: after, Limit: 1000})
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
			after = page.Next
			if len(page.Events) == 0 && !m.engine.Await(ctx, signal) {
				return
			}
		}
	}
}

// Subscribe calls handle for each event of a subscription, one after another on
// the caller's goroutine, until ctx ends or the Manager stops; then it returns
// the cursor to continue from. An event whose handler fails or panics is
// handed over again after Config.Poll: at least once, in order per callback.
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
			m.engine.Log.LogAttrs(ctx, slog.LevelError, "subscriber failed",
				slog.String("callback", string(e.Callback)), slog.Int64("seq", e.Seq), slog.String("error", text.RedactError(err)))
			if !m.engine.Await(ctx, nil) {
				return after, ctx.Err()
			}
		}
		after = e.Cursor
	}
	return after, ctx.Err()
}
