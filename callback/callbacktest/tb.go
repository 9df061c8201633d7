package callbacktest

import (
	"cmp"
	"context"
	"errors"
	"iter"

	"github.com/ringback-go/ringback/callback"
)

// TB is the part of testing.TB that the assertions need. With it this package does
// not import package testing, and tests can test the assertions.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// errNoProgress ends a walk over a store whose cursors do not advance.
var errNoProgress = errors.New("store returned the same cursor twice")

// pageSize is the largest page of a search, feedSize that of events.
const (
	pageSize = 1000
	feedSize = 10000
)

// callbacksOf walks over all callbacks of a tenant that match a query.
func callbacksOf(ctx context.Context, store callback.Store, q callback.Query) iter.Seq2[*callback.Callback, error] {
	return func(yield func(*callback.Callback, error) bool) {
		q.Order, q.Limit, q.After = callback.ByCreated, pageSize, ""
		for {
			page, err := store.Search(ctx, q)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, cb := range page.Callbacks {
				if !yield(cb, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			if page.Next == q.After {
				yield(nil, errNoProgress)
				return
			}
			q.After = page.Next
		}
	}
}

// drain reads events after the query's cursor to the end, and returns the
// cursor to go on from.
func drain(ctx context.Context, store callback.Store, q callback.EventQuery) ([]callback.Event, callback.Cursor, error) {
	var events []callback.Event
	q.Limit = feedSize
	for {
		page, err := store.Events(ctx, q)
		if err != nil {
			return events, q.After, err
		}
		if len(page.Events) == 0 {
			return events, cmp.Or(page.Next, q.After), nil
		}
		if page.Next == q.After {
			return events, q.After, errNoProgress
		}
		events = append(events, page.Events...)
		q.After = page.Next
	}
}
