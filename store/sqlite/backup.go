package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes a copy of the store to a new file while it is in use: all that
// was applied before the call and nothing that is half done. The copy holds no
// remains of what was erased, needs no log beside it, and is opened like any
// other file. It is written under another name in the same directory, and
// appears at path when it is complete and on the disk. A file that is there
// already is not overwritten: the error is fs.ErrExist. A process that dies on its
// way leaves a file whose name is that of path with ".part-" and a number behind
// it, and nothing at path, so that it can be tried again.
//
// Writers go on meanwhile, and the log grows until the backup is done.
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
	// What stands there now is told before the work; publish tells the rest.
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

// publish gives a complete file its name, unless that is taken.
func publish(part, path string, link func(from, to string) error) error {
	err := link(part, path)
	switch {
	case err == nil:
		return os.Remove(part)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	// The file system has no hard links. An empty file keeps the name until the
	// complete one takes its place.
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

// syncDirectory makes a new name durable. Where directories cannot be opened
// the system sees to that itself.
func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return nil
	}
	// Some file systems refuse to sync a directory; the file itself is safe.
	_ = d.Sync()
	return d.Close()
}
