package interaction

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ringback-go/ringback/callback"
)

// CursorKeeper stores the position of a [Notifier] in the event feed. Load
// returns the last saved cursor, or "" before the first Save. A cursor must be
// durable when Save returns nil. A Notifier never calls the methods
// concurrently.
type CursorKeeper interface {
	Load(ctx context.Context) (callback.Cursor, error)
	Save(ctx context.Context, c callback.Cursor) error
}

// FileCursor is a [CursorKeeper] that stores the cursor in the named file. Save
// replaces the file atomically: a crash leaves the old or the new cursor.
type FileCursor string

// Load implements [CursorKeeper].
func (f FileCursor) Load(context.Context) (callback.Cursor, error) {
	text, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return callback.Cursor(text), err
}

// Save implements [CursorKeeper].
func (f FileCursor) Save(_ context.Context, c callback.Cursor) (err error) {
	dir, name := filepath.Split(string(f))
	if dir == "" {
		dir = "."
	}
	file, err := os.CreateTemp(dir, name+".*")
	if err != nil {
		return fmt.Errorf("keeping the cursor: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("keeping the cursor: %w", errors.Join(err, os.Remove(file.Name())))
		}
	}()
	_, err = file.WriteString(string(c))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), string(f))
}
