package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// subjects returns a new callback that takes a permit of each of some subjects.
func subjects(id callback.ID, from, to int) callback.Change {
	c := storetest.Write(storetest.New(id))
	for i := from; i < to; i++ {
		key := callback.PermitKey{Kind: callback.PermitNumber, Subject: fmt.Sprint("subject-", i)}
		c.Take = append(c.Take, callback.Permit{Key: key, N: 1, Max: 1, For: time.Hour})
	}
	return c
}

func keyRows(t *testing.T, s *sqlite.Store) int64 {
	t.Helper()
	n, err := s.Number(t.Context(), "SELECT count(*) FROM counter_keys")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Rows of freed keys are reused, also by a store that was opened later, so that
// the table does not grow each time.
func TestFreedKeysAreUsedAgain(t *testing.T) {
	const n = 300
	path := filepath.Join(t.TempDir(), "callbacks.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, s, subjects("first", 0, n))
	var every []string
	for i := 0; i < n; i += 3 {
		every = append(every, fmt.Sprint("subject-", i))
	}
	if _, err := s.Erase(t.Context(), storetest.Start(), callback.EraseRequest{Tenant: storetest.Tenant, Subjects: every}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f := &faults{}
	s = faultyAt(t, path, f)
	// A free row that an undone transaction used is free again.
	f.add(fault{statement: "COMMIT", err: codeError(codeFull), times: 1})
	if errs, err := s.Apply(t.Context(), storetest.Start(), []callback.Change{subjects("undone", n, n+10)}); !errors.Is(err, sqlite.ErrFull) {
		t.Fatal(errs, err)
	}
	apply(t, s, subjects("second", n, n+len(every)/2))
	apply(t, s, subjects("third", 2*n, 2*n+len(every)-len(every)/2))
	if got := keyRows(t, s); got != n {
		t.Errorf("there are %d rows of keys, want the %d of before", got, n)
	}
	apply(t, s, subjects("fourth", 3*n, 3*n+5))
	if got := keyRows(t, s); got != n+5 {
		t.Errorf("there are %d rows of keys when none was free, want %d", got, n+5)
	}
	load, err := s.Load(t.Context(), storetest.Start(), callback.LoadRequest{Tenant: storetest.Tenant, Kind: callback.PermitNumber})
	if err != nil || len(load) != n+5 {
		t.Errorf("%d counters can be read, %v, want %d", len(load), err, n+5)
	}
	verifyFile(t, openRaw(t, path))
}
