package record

import (
	"errors"
	"fmt"
)

var (
	// ErrVersion means that a newer library wrote the record, in a version of
	// the format that this one does not know.
	ErrVersion = errors.New("record has a newer version")
	// ErrDamaged means that the bytes are not a valid record.
	ErrDamaged = errors.New("record is damaged")
)

// VersionError reports a record in a version of the format that this library
// cannot decode. It unwraps to [ErrVersion].
type VersionError struct {
	Version int // the first byte of the record; this library decodes 1
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("record has version %d, newer than %d", e.Version, version)
}

// Unwrap returns [ErrVersion].
func (e *VersionError) Unwrap() error { return ErrVersion }

// DamagedError reports where a record is invalid, and why. It unwraps to
// [ErrDamaged]. It contains nothing of the record.
type DamagedError struct {
	Offset int    // index of the byte where decoding failed
	Rule   string // the rule that the bytes break there
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("record is damaged at byte %d: %s", e.Offset, e.Rule)
}

// Unwrap returns [ErrDamaged].
func (e *DamagedError) Unwrap() error { return ErrDamaged }
