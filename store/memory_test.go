package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) callback.Store { return store.NewMemory(store.Config{}) })
}

func TestErasedKeptDropsTheOldest(t *testing.T) {
	ctx, now := t.Context(), storetest.Start()
	for kept, want := range map[int]int{-1: 1, 0: 10, 1: 1, 3: 3} {
		m := store.NewMemory(store.Config{ErasedKept: kept})
		for i := range 10 {
			id := callback.ID(fmt.Sprint("c", i))
			if errs, err := m.Apply(ctx, now, []callback.Change{storetest.Write(storetest.New(id))}); errs != nil || err != nil {
				t.Fatal(errs, err)
			}
			errs, err := m.Erase(ctx, now, callback.EraseRequest{Tenant: storetest.Tenant, Items: []callback.Precondition{{ID: id, Revision: 1}}})
			if err != nil || errs[0] != nil {
				t.Fatal(errs, err)
			}
		}
		page, err := m.Events(ctx, callback.EventQuery{AllTenants: true})
		if err != nil || len(page.Events) != want || page.Events[want-1].Callback != "c9" {
			t.Errorf("kept %d: %d events, %v", kept, len(page.Events), err)
		}
		errs, err := m.Apply(ctx, now, []callback.Change{storetest.Write(storetest.New("c9")), storetest.Write(storetest.New("c0"))})
		if err != nil || !errors.Is(errs[0], callback.ErrNotFound) || (errs[1] == nil) != (want < 10) {
			t.Errorf("kept %d: creating the newest and the oldest again: %v, %v", kept, errs, err)
		}
	}
}

// Searching by value and walking an order give the same page; which of them is
// used depends on the number of callbacks.
func TestPlansAgree(t *testing.T) {
	const n = 3000
	ctx, r := t.Context(), rand.New(rand.NewPCG(7, 7))
	m := store.NewMemory(store.Config{})
	all := make([]*callback.Callback, n)
	for i := range all {
		all[i] = storetest.New(callback.ID(fmt.Sprintf("c%05d", i)), func(cb *callback.Callback) {
			cb.Desired = storetest.At(time.Duration(r.IntN(500)) * time.Minute)
			cb.Created = storetest.At(time.Duration(r.IntN(500)) * time.Second)
			cb.State = callback.States()[min(r.IntN(30), 8)]
			// One customer has most callbacks.
			cb.Customer.ID = fmt.Sprint(min(r.IntN(40), 20))
			cb.SearchValues = []callback.SearchValue{{Key: "k", Value: fmt.Sprint(r.IntN(3))}}
		})
		if errs, err := m.Apply(ctx, storetest.Start(), []callback.Change{storetest.Write(all[i])}); errs != nil || err != nil {
			t.Fatal(errs, err)
		}
	}
	for range 400 {
		q := callback.Query{Tenant: storetest.Tenant, Order: callback.OrderBy(r.IntN(2)), Desc: r.IntN(2) == 0, Limit: 1 + r.IntN(40)}
		if r.IntN(2) == 0 {
			q.CustomerID = fmt.Sprint(r.IntN(21))
		}
		if r.IntN(2) == 0 {
			q.States = []callback.State{callback.States()[r.IntN(9)], callback.States()[r.IntN(9)]}
		}
		if r.IntN(3) == 0 {
			q.SearchValues = []callback.Match{{Key: "k", Value: fmt.Sprint(r.IntN(3))}}
		}
		if r.IntN(3) == 0 {
			q.DesiredFrom, q.DesiredTo = storetest.At(100*time.Minute), storetest.At(400*time.Minute)
		}
		want := expect(all, q)
		for page := 0; page < 4; page++ {
			got, err := m.Search(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			var ids []callback.ID
			for _, cb := range got.Callbacks {
				ids = append(ids, cb.ID)
			}
			end := min(q.Limit, len(want))
			if !slices.Equal(ids, want[:end]) || (got.Next == "") != (end == len(want)) {
				t.Fatalf("query %+v, page %d: got %v, want %v", q, page, ids, want[:end])
			}
			want = want[end:]
			if q.After = got.Next; q.After == "" {
				break
			}
		}
	}
}

// expect returns the IDs that a query must find, by a scan of all callbacks.
func expect(all []*callback.Callback, q callback.Query) []callback.ID {
	at := func(cb *callback.Callback) time.Time {
		if q.Order == callback.ByCreated {
			return cb.Created
		}
		return cb.Desired
	}
	var found []*callback.Callback
	for _, cb := range all {
		if q.CustomerID != "" && cb.Customer.ID != q.CustomerID ||
			len(q.States) > 0 && !slices.Contains(q.States, cb.State) ||
			len(q.SearchValues) > 0 && cb.SearchValues[0].Value != q.SearchValues[0].Value ||
			!q.DesiredFrom.IsZero() && (cb.Desired.Before(q.DesiredFrom) || cb.Desired.After(q.DesiredTo)) {
			continue
		}
		found = append(found, cb)
	}
	slices.SortFunc(found, func(a, b *callback.Callback) int {
		c := at(a).Compare(at(b))
		if c == 0 {
			c = strings.Compare(string(a.ID), string(b.ID))
		}
		if q.Desc {
			return -c
		}
		return c
	})
	ids := make([]callback.ID, len(found))
	for i, cb := range found {
		ids[i] = cb.ID
	}
	return ids
}

func TestErrorsName(t *testing.T) {
	ctx, m := context.Background(), store.NewMemory(store.Config{})
	good := storetest.Write(storetest.New("c1"))
	bad := good
	bad.Take = []callback.Permit{{N: 1}, {N: -3}}
	errs, err := m.Apply(ctx, storetest.Start(), []callback.Change{good, good, bad})
	if err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
	if c, ok := errors.AsType[*store.ConflictError](errs[1]); !ok || c.ID != "c1" || c.Condition != "id" {
		t.Errorf("conflict is %v", errs[1])
	}
	if i, ok := errors.AsType[*callback.FieldError](errs[2]); !ok || i.Field != "Take" || !strings.Contains(i.Rule, "-3") {
		t.Errorf("invalid is %v", errs[2])
	}
}
