package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// random returns a callback whose fields have few different values and are
// often empty.
func random(r *rand.Rand, i int) *callback.Callback {
	at := func() time.Time {
		if r.IntN(5) == 0 {
			return time.Time{}
		}
		return storetest.At(time.Duration(r.IntN(400)) * time.Minute)
	}
	return storetest.New(callback.ID(fmt.Sprintf("c%05d", (i*7919)%100_003)), func(cb *callback.Callback) {
		cb.Service = []string{"sales", "support"}[r.IntN(2)]
		cb.Priority = scheduler.Priority(r.IntN(3))
		cb.State = callback.States()[r.IntN(9)]
		cb.Ready = r.IntN(2) == 0
		cb.Desired, cb.Created, cb.Updated, cb.QueuedAt, cb.EndedAt = at(), at(), at(), at(), at()
		cb.Customer.ID = fmt.Sprint(min(r.IntN(40), 5))
		cb.Customer.Number = storetest.Number(r.IntN(30))
		if r.IntN(4) == 0 {
			cb.Customer.Alternative = storetest.Number(r.IntN(30))
		}
		cb.Origin.CallerID = []string{"", "crm", "web"}[r.IntN(3)]
		cb.SearchValues = []callback.SearchValue{{Key: "k", Value: fmt.Sprint(r.IntN(3))}, {Key: "l", Value: fmt.Sprint(r.IntN(3))}}
		cb.UserData = callback.Values{"score": float64(r.IntN(3))}
		if cb.State.Final() {
			cb.Reason = []callback.Reason{callback.ReasonCancelled, callback.ReasonError}[r.IntN(2)]
		}
	})
}

// question returns a query with some conditions.
func question(r *rand.Rand) callback.Query {
	at := func() time.Time { return storetest.At(time.Duration(r.IntN(400)) * time.Minute) }
	q := callback.Query{Tenant: storetest.Tenant, Order: callback.OrderBy(r.IntN(4)), Desc: r.IntN(2) == 0, Limit: 1 + r.IntN(60)}
	for range r.IntN(4) {
		switch r.IntN(12) {
		case 0:
			q.CustomerID = fmt.Sprint(r.IntN(6))
		case 1:
			q.Number = storetest.Number(r.IntN(30)).Key()
		case 2:
			q.States = []callback.State{callback.Queued}
		case 3:
			q.NotStates = []callback.State{callback.Completed, callback.Queued}
		case 4:
			q.Services = []string{"sales"}
		case 5:
			q.DesiredFrom, q.DesiredTo = at(), at()
		case 6:
			q.CreatedTo = at().Add(time.Duration(r.IntN(2)))
		case 7:
			q.EndedFrom = at().Add(time.Duration(r.IntN(2)))
		case 8:
			q.QueuedBefore = &callback.Place{QueuedAt: at().Add(time.Duration(r.IntN(2))), ID: callback.ID(fmt.Sprintf("c%05d", r.IntN(100_000)))}
		case 9:
			q.Properties = []callback.Match{{Key: "score", Value: fmt.Sprint(r.IntN(3))}}
		case 10:
			q.AnySearchValue = r.IntN(2) == 0
			q.SearchValues = []callback.Match{{Key: "k", Value: fmt.Sprint(r.IntN(3))}, {Key: "l", Value: fmt.Sprint(r.IntN(3))}}
		case 11:
			q.CallerID, q.Priorities = "crm", []scheduler.Priority{0, 2}
		}
	}
	return q
}

// Searches and counts give the same results as the reference store, page by
// page, whichever index they use and however many portions they read.
func TestAgreesWithMemory(t *testing.T) {
	t.Parallel()
	const n, questions = 400, 120
	r := rand.New(rand.NewPCG(3, 3))
	s, _ := openNew(t)
	reference := store.NewMemory(store.Config{})
	changes := make([]callback.Change, n)
	for i := range changes {
		changes[i] = storetest.Write(random(r, i))
	}
	apply(t, s, changes...)
	apply(t, reference, changes...)
	for i := range n / 3 { // change some again
		next := random(r, i)
		next.Revision = 2
		apply(t, s, storetest.Write(next))
		apply(t, reference, storetest.Write(next))
	}
	for range questions {
		q := question(r)
		want, err := reference.Count(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Count(t.Context(), q)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Fatalf("Count of %+v: %v\n%s", q, err, d)
		}
		for page := range 5 {
			want, err := reference.Search(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Search(t.Context(), q)
			if err != nil || names(got.Callbacks) != names(want.Callbacks) || got.Next != want.Next {
				t.Fatalf("page %d of %+v: %v\n got %s %s\nwant %s %s", page, q, err, names(got.Callbacks), got.Next, names(want.Callbacks), want.Next)
			}
			if q.After = got.Next; q.After == "" {
				break
			}
		}
	}
	long := callback.Query{Tenant: storetest.Tenant, Limit: 1000}
	for i := range 3000 { // more than a condition may have
		long.IDs = append(long.IDs, callback.ID(fmt.Sprintf("c%05d", i)))
	}
	want, _ := reference.Search(t.Context(), long)
	got, err := s.Search(t.Context(), long)
	if err != nil || names(got.Callbacks) != names(want.Callbacks) || len(got.Callbacks) == 0 {
		t.Errorf("a long list: %v, got %d, want %d", err, len(got.Callbacks), len(want.Callbacks))
	}
}

// A cached row must not be used after another process has changed it.
func TestStaleCachedRow(t *testing.T) {
	s, path := openNew(t)
	other := openAt(t, path)
	w := newWorker(s, 1, "w")
	claim := func(id callback.ID) *callback.Callback {
		t.Helper()
		c := w.seated()
		c.Record.ID, c.Record.NextAt = id, storetest.Start()
		c.Record.State, c.Record.Ready = callback.Scheduled, false
		c.Take[0].Max = -1
		apply(t, s, c)
		got := claimDue(t, s, storetest.At(time.Minute), 1)
		if len(got) != 1 || got[0].ID != id {
			t.Fatal(names(got))
		}
		return got[0]
	}
	one := func(s *sqlite.Store, c callback.Change) error {
		t.Helper()
		errs, err := s.Apply(t.Context(), storetest.Start(), []callback.Change{c})
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(errs, []error{nil})[0]
	}
	full := callback.Permit{Key: callback.PermitKey{Kind: callback.PermitLine}, N: 1, Max: 0}

	cb := claim("changed")
	apply(t, other, storetest.Revise(cb))
	c := storetest.Revise(cb)
	c.Take = []callback.Permit{full}
	if err := one(s, c); !isConflict(err) {
		t.Errorf("changed by another, and a permit refused: %v, want a conflict", err)
	}

	cb = claim("refused")
	c = storetest.Revise(cb)
	c.Take = []callback.Permit{full}
	if err := one(s, c); !isRefusal(err) {
		t.Errorf("a permit refused: %v", err)
	}
	apply(t, s, storetest.Revise(cb))

	cb = claim("erased")
	erase(t, other, cb)
	if err := one(s, storetest.Revise(cb)); !isNotFound(err) {
		t.Errorf("erased by another: %v", err)
	}

	cb = claim("moved")
	apply(t, s, storetest.Revise(cb, func(cb *callback.Callback) {
		cb.Customer.ID, cb.Desired, cb.Idempotency.Key = "someone", storetest.At(99*time.Hour), "another"
	}))
	for _, q := range []callback.Query{{CustomerID: "someone"}, {DesiredFrom: storetest.At(98 * time.Hour)}} {
		q.Tenant = storetest.Tenant
		page, err := s.Search(t.Context(), q)
		if got := names(page.Callbacks); err != nil || got != "moved" {
			t.Errorf("found %q, %v", got, err)
		}
	}
	if got, err := s.Get(t.Context(), callback.By{Tenant: storetest.Tenant, Key: "another"}); err != nil || got.ID != "moved" {
		t.Error(got, err)
	}

	cb = claim("leased")
	if got := claimDue(t, other, storetest.At(200*time.Hour), 10); !strings.Contains(names(got), "leased") {
		t.Fatal(names(got))
	}
	c = storetest.Revise(cb)
	c.Epoch = cb.Lease.Epoch
	if err := one(s, c); !isConflict(err) {
		t.Errorf("leased by another: %v", err)
	}
	verifyFile(t, openRaw(t, path))
}
