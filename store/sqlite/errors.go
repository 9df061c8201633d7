package sqlite

import (
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

var (
	// ErrSchemaNewer tells that a newer library wrote the file.
	ErrSchemaNewer = errors.New("schema is newer than this library")
	// ErrSchemaOlder tells that migrations are missing; see [Migrate].
	ErrSchemaOlder = errors.New("schema lacks migrations")
	// ErrForeign tells that a SQLite file belongs to something else.
	ErrForeign = errors.New("file is no store of callbacks")
	// ErrCorrupt tells that a file is not, or no longer, a sound SQLite file.
	ErrCorrupt = errors.New("file is damaged")
	// ErrDigestKey tells that a file needs the key of [WithDigestKey], or another
	// than was given.
	ErrDigestKey = errors.New("key of the digests is missing or wrong")
	// ErrReadOnly tells that a store cannot be written to.
	ErrReadOnly = errors.New("file cannot be written to")
	// ErrFull tells that there is no room. What failed with it did not happen.
	ErrFull = errors.New("no room is left")
	// ErrBusy tells that another process held the file for too long. What failed
	// with it did not happen.
	ErrBusy = errors.New("file is locked by another process")
	// ErrClosed tells that the store was closed.
	ErrClosed = errors.New("store is closed")
)

// SchemaError says which schema was found. It unwraps to [ErrSchemaNewer] or
// [ErrSchemaOlder].
type SchemaError struct {
	Found int // the version of the file
	Want  int // the version of this library
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("%v: found version %d, want %d", e.Unwrap(), e.Found, e.Want)
}

// Unwrap returns the sentinel.
func (e *SchemaError) Unwrap() error {
	if e.Found > e.Want {
		return ErrSchemaNewer
	}
	return ErrSchemaOlder
}

// DamagedError names a record that cannot be read, and says what is wrong with
// it, never what is in it. It unwraps to record.ErrDamaged or record.ErrVersion.
type DamagedError struct {
	Tenant string
	ID     callback.ID
	What   string
	cause  error
}

func (e *DamagedError) Error() string { return fmt.Sprintf("callback %s: %s", e.ID, e.What) }

// Unwrap returns the cause.
func (e *DamagedError) Unwrap() error { return e.cause }

// The primary result codes of SQLite that are told apart.
const (
	codeBusy     = 5
	codeLocked   = 6
	codeReadOnly = 8
	codeIO       = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// codeOf is the primary result code of an error of SQLite, or 0.
func codeOf(err error) int {
	var coded interface{ Code() int }
	if errors.As(err, &coded) {
		return coded.Code() & 0xff
	}
	return 0
}

// isBusy reports whether another connection is in the way.
func isBusy(err error) bool {
	code := codeOf(err)
	return code == codeBusy || code == codeLocked
}

// classify adds the fact that an error of SQLite stands for.
func classify(err error) error {
	var fact error
	switch codeOf(err) {
	case codeBusy, codeLocked:
		fact = ErrBusy
	case codeReadOnly:
		fact = ErrReadOnly
	case codeCorrupt, codeNotADB:
		fact = ErrCorrupt
	case codeFull:
		fact = ErrFull
	}
	if fact == nil || errors.Is(err, fact) {
		return err
	}
	return fmt.Errorf("%w: %w", fact, err)
}

// outcome is the error of a COMMIT that failed. Where the disk failed, the
// change may be there after a restart all the same.
func outcome(err error) error {
	switch codeOf(err) {
	case codeFull, codeBusy, codeLocked, codeReadOnly:
		return classify(err)
	}
	return fmt.Errorf("%w: %w", callback.ErrOutcomeUnknown, err)
}

func invalid(field, rule string, args ...any) error {
	return &store.InvalidError{Field: field, Rule: fmt.Sprintf(rule, args...)}
}
