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

// CursorKeeper keeps the place in the event feed behind which a [NotifyingStore] goes
// on after a restart. Load returns what the last Save was given, and "" before
// the first one. A Notifier calls one method at a time. What Save has returned
// nil for must survive the end of the process.
type CursorKeeper interface {
	Load(ctx context.Context) (callback.Cursor, error)
	Save(ctx context.Context, c callback.Cursor) error
}

// FileCursor is a [CursorKeeper] that keeps the cursor in the file of that name.
// The file is replaced as a whole, so that a crash leaves the old or the new
// one.
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
