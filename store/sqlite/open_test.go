package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// filled creates a file with some callbacks and returns what was written.
func filled(t *testing.T, path string, n int) []*callback.Callback {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorker(s, 1, "w")
	var cbs []*callback.Callback
	for range n {
		c := w.seated()
		c.Take[0].Max = -1
		apply(t, s, c)
		cbs = append(cbs, c.Record)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return cbs
}

func TestOpenFailsClearly(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path(name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	create := func(name, statements string) {
		t.Helper()
		db := openRaw(t, path(name))
		if _, err := db.Exec(statements); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write("text.db", bytes.Repeat([]byte("no database at all "), 1000))
	filled(t, path("whole.db"), 50)
	whole, err := os.ReadFile(path("whole.db"))
	if err != nil {
		t.Fatal(err)
	}
	write("header.db", append([]byte("SQLite format 4\x00"), whole[16:]...))
	write("torn.db", whole[:5000])
	write("short.db", whole[:60])
	create("foreign.db", "CREATE TABLE customers (name TEXT); INSERT INTO customers VALUES ('x')")
	create("claimed.db", "PRAGMA application_id = 1382641255; PRAGMA user_version = 0; CREATE TABLE t (x)")
	write("future.db", whole)
	create("future.db", "PRAGMA user_version = 999; CREATE TABLE news (x)")
	write("secret.db", whole)
	create("secret.db", "UPDATE secret SET value = x'0102'")
	if err := os.Mkdir(path("directory.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{
		"text.db": sqlite.ErrCorrupt, "header.db": sqlite.ErrCorrupt, "torn.db": sqlite.ErrCorrupt, "short.db": sqlite.ErrCorrupt,
		"foreign.db": sqlite.ErrForeign, "claimed.db": sqlite.ErrForeign, "future.db": store.ErrSchemaNewer, "secret.db": sqlite.ErrCorrupt,
		"directory.db": nil, "nowhere/x.db": fs.ErrNotExist, "": nil,
	} {
		before, _ := os.ReadFile(path(name))
		at := path(name)
		if name == "" {
			at = ":memory:"
		}
		s, err := sqlite.Open(t.Context(), at, sqlite.Config{})
		if err == nil {
			t.Errorf("%s: opened", name)
			s.Close()
			continue
		}
		if want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if !strings.Contains(err.Error(), at) {
			t.Errorf("%s: the error does not name the file: %v", name, err)
		}
		if after, _ := os.ReadFile(path(name)); !bytes.Equal(before, after) {
			t.Errorf("%s: the file was changed", name)
		}
	}
	var schema *store.SchemaError
	if _, err := sqlite.Open(t.Context(), path("future.db"), sqlite.Config{}); !errors.As(err, &schema) || schema.Found != 999 || schema.Want != 1 {
		t.Errorf("future schema: %v", err)
	}
}

// A read-only file is rejected.
func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callbacks.db")
	filled(t, path, 3)
	for mode, want := range map[string]error{"mode=ro": store.ErrReadOnly, "immutable=1": nil, "mode=rw&_pragma=query_only(1)": store.ErrReadOnly} {
		db, err := sql.Open("sqlite", "file:"+path+"?"+mode)
		if err != nil {
			t.Fatal(err)
		}
		s, err := sqlite.New(t.Context(), db, sqlite.Config{})
		if err == nil || s != nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", mode, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever byte of a file is altered, a callback is read as it was written, or
// gives an error.
func TestFlippedBytes(t *testing.T) {
	t.Parallel()
	const flips = 500
	dir := t.TempDir()
	path := filepath.Join(dir, "callbacks.db")
	cbs := filled(t, path, 60)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 2))
	failed, lost := 0, 0
	for range flips / 10 {
		b := bytes.Clone(whole)
		for range 10 {
			b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
		}
		copied := filepath.Join(dir, "copy.db")
		for _, suffix := range []string{"-wal", "-shm"} {
			if err := os.Remove(copied + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(copied, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := sqlite.Open(t.Context(), copied, sqlite.Config{})
		if err != nil {
			failed++
			continue
		}
		for _, want := range cbs {
			got, err := s.Get(t.Context(), callback.By{Tenant: want.Tenant, ID: want.ID})
			switch {
			case errors.Is(err, callback.ErrNotFound):
				lost++ // the ID itself was altered
			case err != nil:
				failed++
			case got.State != want.State || got.Revision != want.Revision || got.Customer != want.Customer || got.Service != want.Service ||
				got.Idempotency != want.Idempotency || !got.Desired.Equal(want.Desired) || got.UserData["text"] != want.UserData["text"]:
				t.Errorf("callback %s is read as something else", want.ID)
			}
		}
		// Whatever the result, the call must not hang or panic.
		_, _ = s.Claim(t.Context(), storetest.At(time.Hour), callback.ClaimRequest{Owner: "n", Lease: time.Minute, Due: true, Limit: 100})
		_, _ = s.Search(t.Context(), callback.Query{Tenant: storetest.Tenant, Limit: 1000})
		_, _ = s.Events(t.Context(), callback.EventQuery{AllTenants: true})
		_ = s.Close()
	}
	if failed == 0 || lost > failed {
		t.Errorf("%d errors and %d callbacks not found: the flips do nothing", failed, lost)
	}
}

// Without its log, a file is in the consistent state of the last checkpoint.
func TestLogDeleted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callbacks.db")
	filled(t, path, 30)
	cmd, _, _ := child(t, "crash", path, 7, 400)
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child was to be killed")
	}
	if log := readLog(t, path); len(log) == 0 {
		t.Fatal("the killed process left no log")
	}
	if err := os.Remove(path + "-wal"); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	verify(t, s, path, storetest.At(24*time.Hour))
	if n := count(t, s, callback.Query{}); n == 0 {
		t.Error("no callback is left")
	}
}

// Characters with a meaning in URIs are plain characters in paths.
func TestOddPaths(t *testing.T) {
	for _, name := range []string{"a b.db", "50%.db", "what?.db", "no#1.db", "ü&x=1.db", "file:x.db", "a%20b.db"} {
		path := filepath.Join(t.TempDir(), name)
		filled(t, path, 1)
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v", name, info.Mode())
		}
	}
	t.Chdir(t.TempDir())
	filled(t, "here.db", 1)
	if _, err := os.Stat("here.db"); err != nil {
		t.Error(err)
	}
}
