package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes a consistent copy of the store to a new file while the store is
// in use. The copy has all changes that were applied before the call, no
// remains of erased callbacks, and no log. [Open] opens it like any other file.
//
// Backup writes to a temporary file in the same directory, named path with
// ".part-" and a number, and moves it to path once it is complete and synced. A
// process that dies in between leaves that file, and the backup can be
// repeated. Backup does not overwrite an existing file: the error is
// fs.ErrExist.
//
// Changes continue during a backup. The log grows until the backup is done.
func (s *Store) Backup(ctx context.Context, path string) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if err := s.backup(ctx, path); err != nil {
		return fmt.Errorf("backing up to %s: %w", path, classify(err))
	}
	return nil
}

func (s *Store) backup(ctx context.Context, path string) (err error) {
	// An early check; publish decides.
	if _, err := os.Lstat(path); err == nil {
		return &os.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	err = s.copyTo(ctx, part.Name())
	err = errors.Join(err, part.Sync(), part.Close())
	if err != nil {
		return err
	}
	if err := publish(part.Name(), path, os.Link); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// publish renames a complete file to path, unless path exists.
func publish(part, path string, link func(from, to string) error) error {
	err := link(part, path)
	switch {
	case err == nil:
		return os.Remove(part)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	// The file system has no hard links. An empty file reserves the name until
	// the complete one replaces it.
	held, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(held.Close(), os.Rename(part, path)); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// copyTo writes the store into an empty file.
func (s *Store) copyTo(ctx context.Context, path string) error {
	conn, err := s.committer.writer.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	err = s.reading(ctx, func() error {
		_, err := conn.ExecContext(ctx, "VACUUM INTO ?", path)
		return err
	})
	return err
}

// syncDirectory makes a new name durable. Where directories cannot be opened,
// the system does this itself.
func syncDirectory(path string) error {
	if d, err := os.Open(path); err == nil {
		// Some file systems cannot sync a directory; the content of the file is
		// synced.
		_ = d.Sync()
		return d.Close()
	}
	return nil
}
