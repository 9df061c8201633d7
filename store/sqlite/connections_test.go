package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// openHosted creates a store on a handle with a limited number of connections.
func openHosted(t *testing.T, connections int) (*sqlite.Store, *sql.DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "host.db")
	db := openRaw(t, path)
	if err := sqlite.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(connections)
	s, err := sqlite.New(t.Context(), db, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, db, path
}

// several returns n new callbacks.
func several(n int) []callback.Change {
	all := make([]callback.Change, n)
	for i := range all {
		at := storetest.At(time.Duration(i) * time.Second)
		all[i] = storetest.Write(storetest.New(callback.ID(fmt.Sprintf("c%05d", i)), storetest.DueAt(at)))
	}
	return all
}

// soon returns a context whose deadline expires only in a deadlock.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// A search must not hold one connection while it waits for another. It succeeds
// with the one connection that a small handle leaves for reading, and so do as
// many concurrent searches as there are connections, each with another query.
func TestSearchesShareFewConnections(t *testing.T) {
	for _, connections := range []int{2, 3, 5} {
		t.Run(fmt.Sprint(connections), func(t *testing.T) {
			t.Parallel()
			s, _, _ := openHosted(t, connections)
			apply(t, s, several(200)...)
			ctx := soon(t)
			// Only the records show who has this property, so that it takes
			// several queries to find that none has.
			q := callback.Query{Tenant: storetest.Tenant, Limit: 5, Properties: []callback.Match{{Key: "a", Value: "b"}}}
			if page, err := s.Search(ctx, q); err != nil || len(page.Callbacks) > 0 {
				t.Fatalf("one search alone: %d found, %v", len(page.Callbacks), err)
			}
			var all sync.WaitGroup
			for i := range 4 * connections {
				all.Go(func() {
					q := q
					q.Services = []string{storetest.Service}
					for j := range i {
						q.Services = append(q.Services, fmt.Sprint("s", j))
					}
					if _, err := s.Search(ctx, q); err != nil {
						t.Errorf("search %d: %v", i, err)
					}
				})
			}
			all.Wait()
		})
	}
}

// A host that holds every connection except the writer's does not block
// changes, not even while the log should be copied, nor Close.
func TestHostHoldsTheConnections(t *testing.T) {
	s, db, path := openHosted(t, 2)
	mine, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	apply(t, s, several(2500)...) // enough to copy the log
	for db.Stats().WaitCount == 0 {
		runtime.Gosched() // until a connection is requested
	}
	ctx := soon(t)
	if _, err := s.Erase(ctx, storetest.Start(), callback.EraseRequest{Tenant: storetest.Tenant, Subjects: []string{"somebody"}}); err != nil {
		t.Errorf("Erase: %v", err)
	}
	if log := readLog(t, path); len(log) > 0 {
		t.Errorf("the log has %d bytes after an erasure", len(log))
	}
	if errs, err := s.Apply(ctx, storetest.Start(), []callback.Change{storetest.Write(storetest.New("late"))}); err != nil || errs != nil {
		t.Errorf("Apply: %v, %v", errs, err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// After Close, the store does nothing, although the host's handle is still
// open: it leases, counts and removes nothing.
func TestCloseLeavesTheHandle(t *testing.T) {
	s, db, _ := openHosted(t, 4)
	cb := storetest.New("x", storetest.Queued(storetest.Start()), storetest.DueAt(storetest.Start()))
	c := storetest.Write(cb)
	c.Take = []callback.Permit{{Key: callback.PermitKey{Kind: callback.PermitNumber, Subject: "x"}, N: 1, Max: 1}}
	apply(t, s, c)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, err := range calls(t.Context(), s) {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
	var epoch, counters int
	err := db.QueryRow("SELECT (SELECT epoch FROM callbacks), (SELECT count(*) FROM counters)").Scan(&epoch, &counters)
	if err != nil || epoch != 0 || counters != 1 {
		t.Errorf("after Close there are %d leases and %d counters, %v", epoch, counters, err)
	}
	verifyFile(t, db)
}
