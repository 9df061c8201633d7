package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Facts about a store in a database.
var (
	// ErrSchemaOlder means that migrations are missing.
	ErrSchemaOlder = errors.New("schema is older than this library")
	// ErrSchemaNewer means that a newer library has migrated the schema.
	ErrSchemaNewer = errors.New("schema is newer than this library")
	// ErrReadOnly means that the database cannot be written to.
	ErrReadOnly = errors.New("database is read-only")
	// ErrClosed means that the store was closed.
	ErrClosed = errors.New("store is closed")
)

// SchemaError reports a schema whose version differs from the library's. It
// unwraps to [ErrSchemaOlder] or [ErrSchemaNewer].
type SchemaError struct {
	Found int // version of the schema; 0 if there is none
	Want  int // version of this library
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("%v: found version %d, want %d", e.Unwrap(), e.Found, e.Want)
}

// Unwrap returns ErrSchemaOlder or ErrSchemaNewer.
func (e *SchemaError) Unwrap() error {
	if e.Found > e.Want {
		return ErrSchemaNewer
	}
	return ErrSchemaOlder
}

// ConflictError reports which condition of a change failed. It unwraps to
// [callback.ErrConflict].
type ConflictError struct {
	ID callback.ID
	// Condition is "id", "revision", "epoch" or "idempotency key".
	Condition string
	Rule      string // what was found instead
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("callback %s: %s %s", e.ID, e.Condition, e.Rule)
}

// Unwrap returns callback.ErrConflict.
func (e *ConflictError) Unwrap() error { return callback.ErrConflict }

func conflict(id callback.ID, condition, format string, args ...any) error {
	return &ConflictError{ID: id, Condition: condition, Rule: fmt.Sprintf(format, args...)}
}

func notFound(id callback.ID) error { return fmt.Errorf("callback %s: %w", id, callback.ErrNotFound) }

// checkWindow compares the window of a write with the time.
func checkWindow(id callback.ID, w callback.Window, now time.Time) error {
	if err := w.Check(now); err != nil {
		return fmt.Errorf("callback %s: %w", id, err)
	}
	return nil
}

func invalid(field, format string, args ...any) error {
	return callback.NewFieldError(callback.ErrInvalidParameter, field, fmt.Sprintf(format, args...))
}
