package store

import (
	"fmt"

	"github.com/ringback-go/ringback/callback"
)

// InvalidError names the field of a change or a request that no store can
// accept, and the rule it breaks. It unwraps to
// [callback.ErrInvalidParameter]. It never holds a value that may identify a
// person.
type InvalidError struct {
	Field string
	Rule  string
}

func (e *InvalidError) Error() string { return e.Field + ": " + e.Rule }

// Unwrap returns [callback.ErrInvalidParameter].
func (e *InvalidError) Unwrap() error { return callback.ErrInvalidParameter }

func invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Rule: fmt.Sprintf(format, args...)}
}

// ConflictError says which condition of a change did not hold. It unwraps to
// [callback.ErrConflict].
type ConflictError struct {
	ID callback.ID
	// Condition is "id", "revision", "epoch" or "idempotency key".
	Condition string
	Rule      string // what was found
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("callback %s: %s %s", e.ID, e.Condition, e.Rule)
}

// Unwrap returns [callback.ErrConflict].
func (e *ConflictError) Unwrap() error { return callback.ErrConflict }

func conflict(id callback.ID, condition, format string, args ...any) error {
	return &ConflictError{ID: id, Condition: condition, Rule: fmt.Sprintf(format, args...)}
}

func notFound(id callback.ID) error { return fmt.Errorf("callback %s: %w", id, callback.ErrNotFound) }
