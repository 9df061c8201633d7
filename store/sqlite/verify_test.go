package sqlite_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// crossedFile makes a file with n due callbacks in which one page of the index of due callbacks has the content of another: of two leaves,
// or of two pages that have leaves.
func crossedFile(t *testing.T, n int, leaves bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "callbacks.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var changes []callback.Change
	for i := range n {
		at := storetest.Start().Add(time.Duration(i) * time.Second)
		changes = append(changes, storetest.Write(storetest.New(callback.ID(fmt.Sprintf("callback-with-a-long-name-%08d", i)), storetest.DueAt(at))))
	}
	if errs, err := s.Apply(t.Context(), storetest.Start(), changes); err != nil || errs != nil {
		t.Fatal(errs, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	raw := openRaw(t, path)
	var root int64
	if err := raw.QueryRow("SELECT rootpage FROM sqlite_schema WHERE name = 'callbacks_due'").Scan(&root); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := int64(binary.BigEndian.Uint16(file[16:]))
	page := func(n int64) []byte { return file[(n-1)*size : n*size] }
	const inner = 2 // the type of a page that has others
	interior := page(root)
	child := func(i int) int64 {
		at := binary.BigEndian.Uint16(interior[12+2*i:])
		return int64(binary.BigEndian.Uint32(interior[at:]))
	}
	for leaves && page(child(0))[0] == inner {
		interior = page(child(0))
	}
	if interior[0] != inner || binary.BigEndian.Uint16(interior[3:]) < 2 || (page(child(0))[0] == inner) == leaves {
		t.Fatalf("the index is not deep enough: type %d", interior[0])
	}
	copy(page(child(1)), page(child(0)))
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A page of the due index that has another one's content is noticed and mended: at once in a small file, in the background in a large one.
func TestDueIndexIsMended(t *testing.T) {
	t.Parallel()
	for _, n := range []int{300, 12_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			path := crossedFile(t, n, true)
			var mu sync.Mutex
			var log bytes.Buffer
			s, err := sqlite.Open(t.Context(), path, sqlite.Config{Logger: slog.New(slog.NewTextHandler(locked{&mu, &log}, nil))})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			logged := func() bool {
				mu.Lock()
				defer mu.Unlock()
				return strings.Contains(log.String(), "made again")
			}
			for end := time.Now().Add(20 * time.Second); !logged() && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond)
			}
			if !logged() {
				t.Fatal("nothing was said about it")
			}
			seen := make(map[callback.ID]bool)
			for {
				c, err := s.Claim(t.Context(), storetest.Start().Add(24*time.Hour), callback.ClaimRequest{Owner: "n", Lease: time.Minute, Due: true, Limit: 1000})
				if err != nil {
					t.Fatal(err)
				}
				if len(c.Callbacks) == 0 {
					break
				}
				for _, cb := range c.Callbacks {
					seen[cb.ID] = true
				}
			}
			if len(seen) != n {
				t.Errorf("%d of %d callbacks were claimed", len(seen), n)
			}
		})
	}
}

// Damage that goes beyond the index is told and not mended.
func TestDueIndexIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := crossedFile(t, 12_000, false)
	var mu sync.Mutex
	var log bytes.Buffer
	s, err := sqlite.Open(t.Context(), path, sqlite.Config{Logger: slog.New(slog.NewTextHandler(locked{&mu, &log}, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if text := log.String(); !strings.Contains(text, "restore a backup") || strings.Contains(text, "made again: check") {
		t.Errorf("the log says %q", text)
	}
}

// locked is a writer for several goroutines.
type locked struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// A file on a read-only file system is as little of use as one without the permission.
func TestReadOnlyFileSystem(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EROFS, syscall.EACCES, syscall.EPERM} {
		if !sqlite.IsReadOnly(&fs.PathError{Op: "open", Path: "callbacks.db", Err: errno}) {
			t.Errorf("%v is not taken as read-only", errno)
		}
	}
	if sqlite.IsReadOnly(&fs.PathError{Op: "open", Path: "callbacks.db", Err: syscall.ENOSPC}) {
		t.Error("a full disk is taken as read-only")
	}
}
