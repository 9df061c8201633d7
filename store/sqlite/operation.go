package sqlite

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/ringback-go/ringback/callback"
)

// operation is one caller's work for the writer. It belongs to both sides until
// one of them moves it on from waiting.
type operation struct {
	ctx context.Context
	// run does the work in a transaction. When the transaction is undone it
	// runs again in another, so it must begin anew each time. An error undoes
	// the transaction.
	run func(t *transaction) error
	// changes is how many changes it makes, for the size of a group.
	changes int
	stage   atomic.Int32
	done    chan error
}

// The stages of an operation.
const (
	waiting int32 = iota
	running
	withdrawn
)

func newOperation(ctx context.Context, changes int, run func(t *transaction) error) *operation {
	return &operation{ctx: ctx, run: run, changes: changes, done: make(chan error, 1)}
}

// begin takes an operation for the writer, unless its caller has left.
func (o *operation) begin() bool { return o.stage.CompareAndSwap(waiting, running) }

// left reports whether the caller has left.
func (o *operation) left() bool { return o.stage.Load() == withdrawn }

// wait is the caller's side. When its context ends before the writer has begun,
// nothing happened; when it ends later nobody knows yet.
func (o *operation) wait() error {
	select {
	case err := <-o.done:
		return err
	case <-o.ctx.Done():
	}
	if o.stage.CompareAndSwap(waiting, withdrawn) {
		return o.ctx.Err()
	}
	select {
	case err := <-o.done:
		return err
	default:
		return fmt.Errorf("%w: %w", callback.ErrOutcomeUnknown, o.ctx.Err())
	}
}
