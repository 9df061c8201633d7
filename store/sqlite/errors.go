package sqlite

import (
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

var (
	// ErrForeign tells that a SQLite file belongs to something else.
	ErrForeign = errors.New("file is no store of callbacks")
	// ErrCorrupt tells that a file is not, or no longer, a sound SQLite file.
	ErrCorrupt = errors.New("file is damaged")
	// ErrDigestKey tells that a file needs the key of [WithDigestKey], or another
	// than was given.
	ErrDigestKey = errors.New("key of the digests is missing or wrong")
	// ErrFull tells that there is no room. What failed with it did not happen.
	ErrFull = errors.New("no room is left")
	// ErrBusy tells that another process held the file for too long. What failed
	// with it did not happen.
	ErrBusy = errors.New("file is locked by another process")
)

// The primary result codes of SQLite that are told apart.
const (
	codeBusy     = 5
	codeLocked   = 6
	codeReadOnly = 8
	codeCorrupt  = 11
	codeFull     = 13
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

// outcome is the error of a COMMIT that failed. Where the disk failed, the
// change may be there after a restart all the same.
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
