package sqlite

import (
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

var (
	// ErrForeign means that the SQLite file belongs to another application.
	ErrForeign = errors.New("file belongs to another application")
	// ErrCorrupt means that the file is damaged, or not a SQLite file.
	ErrCorrupt = errors.New("file is damaged or not a database")
	// ErrDigestKey means that the file needs the key of [Config.DigestKey], or
	// another one than was given.
	ErrDigestKey = errors.New("digest key is missing or wrong")
	// ErrFull means that there is no space. The operation had no effect.
	ErrFull = errors.New("no space is left")
	// ErrBusy means that another process held the lock of the file for too
	// long. The operation had no effect.
	ErrBusy = errors.New("file is locked by another process")
)

// Primary result codes of SQLite.
const (
	codeBusy     = 5
	codeLocked   = 6
	codeReadOnly = 8
	codeCorrupt  = 11
	codeFull     = 13
	codeNotADB   = 26
)

// codeOf returns the primary result code of an error, or 0.
func codeOf(err error) int {
	var coded interface{ Code() int }
	if errors.As(err, &coded) {
		return coded.Code() & 0xff
	}
	return 0
}

// isBusy reports whether another connection holds a lock.
func isBusy(err error) bool {
	code := codeOf(err)
	return code == codeBusy || code == codeLocked
}

// classify wraps an error of SQLite with the sentinel for its code.
func classify(err error) error {
	var fact error
	switch codeOf(err) {
	case codeBusy, codeLocked:
		fact = ErrBusy
	case codeReadOnly:
		fact = store.ErrReadOnly
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

// outcome returns the error of a failed COMMIT. If the disk failed, the change
// may still be there after a restart.
func outcome(err error) error {
	switch codeOf(err) {
	case codeFull, codeBusy, codeLocked, codeReadOnly:
		return classify(err)
	}
	return fmt.Errorf("%w: %w", callback.ErrOutcomeUnknown, err)
}

func misconfigured(field, rule string) error {
	return callback.NewFieldError(callback.ErrConfiguration, field, rule)
}
