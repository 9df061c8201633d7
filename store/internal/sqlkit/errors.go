package sqlkit

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

// Conflict returns a [store.ConflictError].
func Conflict(id callback.ID, condition, format string, args ...any) error {
	return &store.ConflictError{ID: id, Condition: condition, Rule: fmt.Sprintf(format, args...)}
}

// NotCurrent returns the conflict of a change made for another revision or
// epoch, which is the condition, than the callback has.
func NotCurrent(id callback.ID, condition string, given, current int64) error {
	return Conflict(id, condition, "%d is not the current one, %d", given, current)
}

// NotNext returns the conflict of a change whose revision does not follow the
// current one.
func NotNext(id callback.ID, given, current int64) error {
	return Conflict(id, "revision", "%d does not follow %d", given, current)
}

// Outside returns an error if a time is outside the window of a write.
func Outside(id callback.ID, w callback.Window, now time.Time) error {
	if err := w.Check(now); err != nil {
		return Untimely(id, err)
	}
	return nil
}

// Untimely returns the error of a write that was refused with
// callback.ErrTooEarly or callback.ErrTooLate.
func Untimely(id callback.ID, fact error) error { return fmt.Errorf("callback %s: %w", id, fact) }

// NotFound returns an error for a callback that does not exist.
func NotFound(id callback.ID) error { return fmt.Errorf("callback %s: %w", id, callback.ErrNotFound) }
