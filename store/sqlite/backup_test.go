package sqlite_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// A backup made during writes has every change acknowledged before it and no
// partial one. It is a store like any other.
func TestBackupWhileWriting(t *testing.T) {
	s, path := openNew(t)
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for i := range 3 {
		writers.Go(func() {
			w := newWorker(s, uint64(i), string(rune('a'+i)))
			w.fault = func(err error) error { return err }
			for {
				if err := w.step(ctx); err != nil {
					if !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	for i := range 5 {
		mark := callback.ID("mark-" + string(rune('0'+i)))
		mine := newWorker(s, 99, string(mark))
		c := mine.seated()
		c.Take[0].Max = -1
		apply(t, s, c)
		to := filepath.Join(t.TempDir(), "backup.db")
		if err := s.Backup(t.Context(), to); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(to + "-wal"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the backup needs a log: %v", err)
		}
		left, err := filepath.Glob(to + ".*")
		if err != nil || len(left) > 0 {
			t.Errorf("left in the directory of the backup: %v, %v", left, err)
		}
		copied := openAt(t, to)
		if !exists(t, copied, c.Record.ID) {
			t.Errorf("backup %d lacks what was acknowledged before it", i)
		}
		verifyFile(t, openRaw(t, to))
		apply(t, copied, storetest.Write(storetest.New("after")))
	}
	cancel()
	writers.Wait()
	verifyFile(t, openRaw(t, path))
}

func TestBackupRefuses(t *testing.T) {
	s, path := openNew(t)
	there := filepath.Join(t.TempDir(), "there.db")
	if err := os.WriteFile(there, []byte("something"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{there, path, t.TempDir()} {
		if err := s.Backup(t.Context(), to); !errors.Is(err, fs.ErrExist) {
			t.Errorf("over %s: %v", filepath.Base(to), err)
		}
	}
	if b, err := os.ReadFile(there); err != nil || string(b) != "something" {
		t.Errorf("the file that was there is %q, %v", b, err)
	}
	if err := s.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "such.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into no directory: %v", err)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	if err := s.Backup(ctx, filepath.Join(dir, "late.db")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("too late: %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A failed backup leaves no file behind.
func TestBackupFails(t *testing.T) {
	s, f, _ := openFaulty(t)
	f.add(fault{statement: "VACUUM", err: codeError(codeFull), times: 1})
	dir := t.TempDir()
	if err := s.Backup(t.Context(), filepath.Join(dir, "b.db")); !errors.Is(err, sqlite.ErrFull) {
		t.Errorf("without room: %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "b.db")); err != nil {
		t.Error(err)
	}
}

// Nothing exists at the path until the backup is complete, not even after a
// crash, so that it cannot be mistaken for an empty store. A file that appears
// there in the meantime is not overwritten.
func TestBackupAppearsComplete(t *testing.T) {
	s, f, _ := openFaulty(t)
	apply(t, s, several(10)...)
	dir := t.TempDir()
	to := filepath.Join(dir, "b.db")
	f.add(fault{statement: "VACUUM", times: 1, before: func() {
		if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("while the backup is written there is a file at its path: %v", err)
		}
		parts, err := filepath.Glob(to + ".part-*")
		if err != nil || len(parts) != 1 {
			t.Fatalf("it is written to %v, %v", parts, err)
		}
		// What a process that dies now leaves behind.
		if err := os.WriteFile(to+".part-1", nil, 0o600); err != nil {
			t.Error(err)
		}
	}})
	if err := s.Backup(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if got := count(t, openAt(t, to), callback.Query{}); got != 10 {
		t.Errorf("the backup has %d callbacks", got)
	}

	to = filepath.Join(dir, "taken.db")
	f.add(fault{statement: "VACUUM", times: 1, before: func() {
		if err := os.WriteFile(to, []byte("something"), 0o600); err != nil {
			t.Error(err)
		}
	}})
	if err := s.Backup(t.Context(), to); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file that another process made: %v", err)
	}
	if b, err := os.ReadFile(to); err != nil || string(b) != "something" {
		t.Errorf("the file that another process made is %q, %v", b, err)
	}
	left, err := filepath.Glob(to + ".*")
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
