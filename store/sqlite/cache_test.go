package sqlite_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/storetest"
)

// Rows that a transaction cached are dropped when it is undone, or its outcome
// is unknown: later changes and counts depend on the file only.
func TestUndoneChangeIsForgotten(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault fault
		claim bool // the claim fails instead of the change
	}{
		{name: "no room for the event", fault: fault{statement: "INSERT INTO events", err: codeError(codeFull), times: 1}},
		{name: "no room for the tally", fault: fault{statement: "INSERT INTO tallies", err: codeError(codeFull), times: 1}},
		{name: "no room at the commit", fault: fault{statement: "COMMIT", err: codeError(codeFull), times: 1}},
		{name: "the disk fails before the commit", fault: fault{statement: "COMMIT", err: codeError(codeIO), times: 1}},
		{name: "the disk fails after the commit", fault: fault{statement: "COMMIT", err: codeError(codeIO), run: true, times: 1}},
		{name: "a claim, no room at the commit", fault: fault{statement: "COMMIT", err: codeError(codeFull), times: 1}, claim: true},
		{name: "a claim, the disk fails after the commit", fault: fault{statement: "COMMIT", err: codeError(codeIO), run: true, times: 1}, claim: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, f, path := openFaulty(t)
			now := storetest.At(2 * time.Hour)
			apply(t, s, storetest.Write(storetest.New("x")))
			if c.claim {
				f.add(c.fault)
				_, err := s.Claim(t.Context(), now, callback.ClaimRequest{Owner: "node-1", Lease: time.Minute, Due: true, Limit: 1})
				if err == nil {
					t.Fatal("the claim succeeded")
				}
				now = now.Add(time.Hour)
			}
			claimed := claimDue(t, s, now, 1)
			if len(claimed) != 1 {
				t.Fatal(claimed)
			}
			release := storetest.Revise(claimed[0], storetest.Queued(now))
			release.Epoch = claimed[0].Lease.Epoch
			if !c.claim {
				f.add(c.fault)
				if _, err := s.Apply(t.Context(), now, []callback.Change{release}); err == nil {
					t.Fatal("the release succeeded")
				}
			}
			// Later changes use the rows in the file.
			for range 2 {
				cb, err := s.Get(t.Context(), callback.By{Tenant: storetest.Tenant, ID: "x"})
				if err != nil {
					t.Fatal(err)
				}
				apply(t, s, storetest.Revise(cb))
			}
			errs, err := s.Apply(t.Context(), now, []callback.Change{release})
			if err != nil || len(errs) != 1 || !isConflict(errs[0]) {
				t.Errorf("the release, once more: %v, %v, want a conflict", errs, err)
			}
			verifyFile(t, openRaw(t, path))

			waits := count(t, s, callback.Query{States: []callback.State{callback.Queued}})
			apply(t, s, storetest.Write(storetest.New("y", storetest.Queued(now))))
			if got := count(t, s, callback.Query{States: []callback.State{callback.Queued}}); got != waits+1 {
				t.Errorf("%d wait in the queue, and %d when one more has come", waits, got)
			}
		})
	}
}

// Several changes to one callback in a call are made in order, whether or not
// each reads the row.
func TestChangesOfOneCallFollowEachOther(t *testing.T) {
	now := storetest.At(2 * time.Hour)
	later := func(cb *callback.Callback) { cb.Desired = cb.Desired.Add(time.Hour) }
	call := func(t *testing.T, s callback.Store) (*callback.Callback, error) {
		t.Helper()
		apply(t, s, storetest.Write(storetest.New("x")), storetest.Write(storetest.New("y", storetest.DueAt(storetest.At(100*time.Hour)))))
		claimed := claimDue(t, s, now, 1)
		if len(claimed) != 1 {
			t.Fatal(claimed)
		}
		// The first uses the cached row, the second changes the indexes, and
		// with the last, several are read at once.
		second := storetest.Revise(claimed[0])
		third := storetest.Revise(second.Record, later)
		fourth := storetest.Revise(third.Record)
		fifth := storetest.Revise(fourth.Record, later)
		errs, err := s.Apply(t.Context(), now, []callback.Change{second, third, fourth, fifth, storetest.Revise(storetest.New("y"))})
		if err = errors.Join(append(errs, err)...); err != nil {
			return nil, err
		}
		return s.Get(t.Context(), callback.By{Tenant: storetest.Tenant, ID: "x"})
	}
	s, path := openNew(t)
	for name, s := range map[string]callback.Store{"memory": store.NewMemory(store.Config{}), "sqlite": s} {
		cb, err := call(t, s)
		if err != nil || cb.Revision != 5 || !cb.Desired.Equal(storetest.At(3*time.Hour)) {
			t.Errorf("%s: %+v, %v", name, cb, err)
		}
	}
	verifyFile(t, openRaw(t, path))
}
