package record

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ringback-go/ringback/callback"
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

// DamagedError reports a callback or an event that cannot be decoded. It contains
// nothing of the record. It unwraps to Err.
type DamagedError struct {
	Tenant string
	ID     callback.ID // the callback, or the callback of the event
	Offset int         // index of the byte where decoding failed; 0 also if it was elsewhere
	Rule   string      // what is wrong; empty if Err says it
	Err    error       // [ErrDamaged], a [VersionError], or an error of the store
}

func (e *DamagedError) Error() string {
	var b strings.Builder
	if e.ID != "" {
		fmt.Fprintf(&b, "callback %s: ", e.ID)
	}
	b.WriteString(e.Err.Error())
	if e.Offset > 0 {
		fmt.Fprintf(&b, " at byte %d", e.Offset)
	}
	if e.Rule != "" {
		b.WriteString(": " + e.Rule)
	}
	return b.String()
}

// Unwrap returns Err.
func (e *DamagedError) Unwrap() error { return e.Err }
