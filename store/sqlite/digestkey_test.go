package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

func secretOf(t *testing.T, db *sql.DB) (value []byte) {
	t.Helper()
	if err := db.QueryRow("SELECT value FROM secret").Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// With a digest key, the secret of the digests is neither in the file nor in
// its log or a backup, and earlier callbacks are still found.
func TestDigestKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callbacks.db")
	c, markers := person(1, rand.New(rand.NewPCG(1, 2)))
	s, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, s, c)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db := openRaw(t, path)
	plain := secretOf(t, db)
	if b, err := os.ReadFile(path); err != nil || !bytes.Contains(b, plain) {
		t.Fatalf("the secret is not in the file before it is sealed: the search is worth nothing (%v)", err)
	}
	key := sqlite.Config{DigestKey: &[32]byte{1}}
	for round := range 2 {
		s, err := sqlite.Open(t.Context(), path, key)
		if err != nil {
			t.Fatal(err)
		}
		second := openAt(t, path, key)
		next := storetest.Write(storetest.New(callback.ID("new-" + string(rune('0'+round)))))
		apply(t, s, next)
		absent(t, files(t, s, path), "secrets", [][]byte{plain})
		for _, s := range []*sqlite.Store{s, second} {
			page, err := s.Search(t.Context(), callback.Query{Tenant: c.Record.Tenant, Number: c.Record.Customer.Number.Key()})
			if err != nil || names(page.Callbacks) != string(c.Record.ID) {
				t.Errorf("found by number: %q, %v", names(page.Callbacks), err)
			}
			got, err := s.Get(t.Context(), callback.By{Tenant: c.Record.Tenant, Key: c.Record.Idempotency.Key})
			if err != nil || got.ID != c.Record.ID {
				t.Errorf("found by key: %v, %v", got, err)
			}
			load, err := s.Load(t.Context(), storetest.Start(), callback.LoadRequest{
				Tenant: c.Record.Tenant, Kind: callback.PermitNumber, Service: c.Record.Service, Subjects: []string{markers[0]},
			})
			if err != nil || len(load) != 1 {
				t.Errorf("the counter of the number: %v, %v", load, err)
			}
		}
		sealed := secretOf(t, db)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if again := secretOf(t, db); len(sealed) <= len(plain) || !bytes.Equal(sealed, again) {
			t.Errorf("round %d: the secret in the file is %x, then %x", round, sealed, again)
		}
	}
	verifyFile(t, db)
}

// A backup contains no digest of what was erased before it, whatever SQLite has
// left in the file.
func TestBackupHasNoErasedDigests(t *testing.T) {
	const n = 200
	s, path := openNew(t)
	r := rand.New(rand.NewPCG(8, 9))
	var stays, goes [][]byte
	req := callback.EraseRequest{Tenant: storetest.Tenant}
	for i := range n {
		c, markers := person(i, r)
		apply(t, s, c)
		digests := s.Digests(c.Record.Tenant, c.Record.Customer.Number.Key(), c.Record.Idempotency.Key, markers[0])
		if i%2 == 0 {
			stays = append(stays, digests...)
			continue
		}
		goes = append(goes, digests...)
		req.Items = append(req.Items, callback.Precondition{ID: c.Record.ID, Revision: 1})
		req.Subjects = append(req.Subjects, markers[0])
	}
	errs, err := s.Erase(t.Context(), storetest.Start(), req)
	if err := errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	for name, b := range files(t, s, path) {
		if filepath.Base(name) != "backup.db" {
			continue
		}
		for _, digest := range stays {
			if !bytes.Contains(b, digest) {
				t.Fatal("the backup lacks a digest of what was not erased: the search is worth nothing")
			}
		}
		absent(t, map[string][]byte{name: b}, "digests", goes)
	}
}

// A file that needs a digest key, and its backup, do not open with another key
// or without one, and keep their secret. A key of zeros is rejected.
func TestDigestKeyIsNeeded(t *testing.T) {
	dir := t.TempDir()
	key := sqlite.Config{DigestKey: &[32]byte{1}}
	path, backup := filepath.Join(dir, "callbacks.db"), filepath.Join(dir, "backup.db")
	s, err := sqlite.Open(t.Context(), path, key)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, s, storetest.Write(storetest.New("x")))
	if err := errors.Join(s.Backup(t.Context(), backup), s.Close()); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{path, backup} {
		db := openRaw(t, at)
		before := secretOf(t, db)
		for name, config := range map[string]sqlite.Config{
			"no key":         {},
			"another key":    {DigestKey: &[32]byte{2}},
			"a key of zeros": {DigestKey: &[32]byte{}},
		} {
			if _, err := sqlite.Open(t.Context(), at, config); !errors.Is(err, sqlite.ErrDigestKey) {
				t.Errorf("%s with %s: %v", filepath.Base(at), name, err)
			}
			if _, err := sqlite.New(t.Context(), openRaw(t, at), config); !errors.Is(err, sqlite.ErrDigestKey) {
				t.Errorf("a handle of %s with %s: %v", filepath.Base(at), name, err)
			}
		}
		if after := secretOf(t, db); !bytes.Equal(before, after) {
			t.Errorf("the secret of %s was changed", filepath.Base(at))
		}
		if s := openAt(t, at, key); !exists(t, s, "x") {
			t.Errorf("%s has lost a callback", filepath.Base(at))
		}
	}
	nowhere := filepath.Join(dir, "nowhere.db")
	if _, err := sqlite.Open(t.Context(), nowhere, sqlite.Config{DigestKey: &[32]byte{}}); !errors.Is(err, sqlite.ErrDigestKey) {
		t.Error(err)
	}
	if _, err := os.Lstat(nowhere); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made with a key of zeros: %v", err)
	}
}
