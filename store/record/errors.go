package record

import (
	"errors"
	"fmt"
)

var (
	// ErrVersion tells that a newer library wrote the bytes, in a form that
	// this one does not know.
	ErrVersion = errors.New("record is of a newer form")
	// ErrDamaged tells that bytes are no record.
	ErrDamaged = errors.New("record is damaged")
)

// VersionError says in which form bytes are that this library cannot read. It
// unwraps to [ErrVersion].
type VersionError struct {
	Version int // the version byte; this library reads 1
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("record is of form %d, newer than %d", e.Version, version)
}

// Unwrap returns [ErrVersion].
func (e *VersionError) Unwrap() error { return ErrVersion }

// DamagedError says where bytes stop being a record, and the rule that they
// break there. It unwraps to [ErrDamaged]. It holds nothing of the record's
// contents.
type DamagedError struct {
	Offset int // counted from the version byte, which is at 0
	Rule   string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("record is damaged at byte %d: %s", e.Offset, e.Rule)
}

// Unwrap returns [ErrDamaged].
func (e *DamagedError) Unwrap() error { return ErrDamaged }
