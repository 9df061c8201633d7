// Package refusal keeps a refused request from being told twice: by the Manager, and
// by the adapter that passes the Manager's error on.
package refusal

import (
	"context"
	"sync/atomic"
)

type key struct{}

// Watch returns the context of one request, in which Told knows what was noted.
func Watch(ctx context.Context) context.Context {
	return context.WithValue(ctx, key{}, new(atomic.Bool))
}

// Note notes that a refusal was told.
func Note(ctx context.Context) {
	if told, ok := ctx.Value(key{}).(*atomic.Bool); ok {
		told.Store(true)
	}
}

// Told reports whether a refusal was told in a context from Watch.
func Told(ctx context.Context) bool {
	told, ok := ctx.Value(key{}).(*atomic.Bool)
	return ok && told.Load()
}
