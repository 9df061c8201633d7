package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup writes a copy of the store to a new file while it is in use: all that
// was applied before the call and nothing that is half done. The copy holds no
// remains of what was erased, needs no log beside it, and is opened like any
// other file. It is written under another name in the same directory, and
// appears at path when it is complete and on the disk. A file that is there
// already is not overwritten: the error is fs.ErrExist.
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
	// The empty file keeps the name for this call.
	held, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := held.Close(); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*")
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()), os.Remove(path))
		}
	}()
	err = s.copyTo(ctx, part.Name())
	err = errors.Join(err, part.Sync(), part.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
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
