package sqlite

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/ringback-go/ringback/callback"
)

// operation is the work of one caller for the writer. Both may access it until
// one of them moves stage on from waiting.
type operation struct {
	ctx context.Context
	// run does the work in a transaction. If the transaction is rolled back,
	// run is called again, and must not depend on its first call. An error
	// rolls the transaction back.
	run func(t *transaction) error
	// changes is the number of changes, which limits the size of a group.
	changes int
	stage   atomic.Int32
	done    chan error
}

// Stages of an operation.
const (
	waiting int32 = iota
	running
	withdrawn
)

func newOperation(ctx context.Context, changes int, run func(t *transaction) error) *operation {
	return &operation{ctx: ctx, run: run, changes: changes, done: make(chan error, 1)}
}

// begin moves the operation to running. It returns false if the caller has
// given up.
func (o *operation) begin() bool { return o.stage.CompareAndSwap(waiting, running) }

// left reports whether the caller has given up.
func (o *operation) left() bool { return o.stage.Load() == withdrawn }

// wait waits for the result. If ctx ends before the writer begins, nothing
// happened; if it ends later, the outcome is unknown.
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
