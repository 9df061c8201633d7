package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
)

// nine is when the examples begin.
func nine() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }

// booked returns the change that books a callback: the record, a seat in its
// bucket and the event, all or nothing.
func booked(id callback.ID, at time.Time) callback.Change {
	cb := &callback.Callback{
		Tenant: "acme", ID: id, Service: "sales", Revision: 1, State: callback.Scheduled,
		Created: nine(), Updated: nine(), Desired: at, ReleaseAt: at, NextAt: at,
		Customer: callback.Customer{ID: "customer-7"},
	}
	return callback.Change{
		Record: cb,
		Take:   []callback.Permit{{Key: callback.PermitKey{Kind: callback.PermitBucket, Service: "sales", Slot: at.Unix()}, N: 1, Max: 1}},
		Event:  callback.Event{Service: "sales", At: nine(), Type: callback.EventAccepted, To: callback.Scheduled},
	}
}

// withStore runs an example with a store of its own.
func withStore(example func(ctx context.Context, s *sqlite.Store)) {
	path, remove := somewhere()
	defer remove()
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, sqlite.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	example(ctx, s)
	if err := s.Close(); err != nil {
		fmt.Println(err)
	}
}

// Of two bookings of the last seat one succeeds, and the other gets the reason.
func ExampleStore_Apply() {
	withStore(func(ctx context.Context, s *sqlite.Store) {
		ten := nine().Add(time.Hour)
		errs, err := s.Apply(ctx, nine(), []callback.Change{booked("c1", ten), booked("c2", ten)})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(errs[0])
		fmt.Println(errs[1], errors.Is(errs[1], callback.ErrPermitRefused))
		_, err = s.Get(ctx, callback.By{Tenant: "acme", ID: "c2"})
		fmt.Println(err)
	})
	// Output:
	// <nil>
	// bucket of service "sales": 1 of 1 used true
	// callback c2: callback not found
}

// A due callback is leased; until the lease ends, no other claim gets it.
func ExampleStore_Claim() {
	withStore(func(ctx context.Context, s *sqlite.Store) {
		ten := nine().Add(time.Hour)
		if _, err := s.Apply(ctx, nine(), []callback.Change{booked("c1", ten)}); err != nil {
			fmt.Println(err)
			return
		}
		for _, now := range []time.Time{nine(), ten, ten.Add(time.Second), ten.Add(time.Minute)} {
			claimed, err := s.Claim(ctx, now, callback.ClaimRequest{Owner: "node-1", Lease: time.Minute, Due: true, Limit: 10})
			if err != nil {
				fmt.Println(err)
				return
			}
			for _, cb := range claimed.Callbacks {
				fmt.Println(now.Format("15:04:05"), cb.ID, "epoch", cb.Lease.Epoch)
			}
			if len(claimed.Callbacks) == 0 {
				fmt.Println(now.Format("15:04:05"), "nothing before", claimed.NextAt.Format("15:04:05"))
			}
		}
	})
	// Output:
	// 09:00:00 nothing before 10:00:00
	// 10:00:00 c1 epoch 1
	// 10:00:01 nothing before 10:01:00
	// 10:01:00 c1 epoch 2
}

// Searches by what identifies a customer, in pages. Counts read no callback.
func ExampleStore_Search() {
	withStore(func(ctx context.Context, s *sqlite.Store) {
		for i := range 3 {
			id := callback.ID(fmt.Sprint("c", i))
			if _, err := s.Apply(ctx, nine(), []callback.Change{booked(id, nine().Add(time.Duration(3-i)*time.Hour))}); err != nil {
				fmt.Println(err)
				return
			}
		}
		q := callback.Query{Tenant: "acme", CustomerID: "customer-7", Limit: 2}
		for {
			page, err := s.Search(ctx, q)
			if err != nil {
				fmt.Println(err)
				return
			}
			for _, cb := range page.Callbacks {
				fmt.Println(cb.ID, cb.Desired.Format("15:04"))
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		groups, err := s.Count(ctx, callback.Query{AllTenants: true})
		fmt.Println(groups[0].N, groups[0].State, err)
	})
	// Output:
	// c2 10:00
	// c1 11:00
	// c0 12:00
	// 3 SCHEDULED <nil>
}

// An erased callback leaves one event and cannot be created again.
func ExampleStore_Erase() {
	withStore(func(ctx context.Context, s *sqlite.Store) {
		change := booked("c1", nine().Add(time.Hour))
		if _, err := s.Apply(ctx, nine(), []callback.Change{change}); err != nil {
			fmt.Println(err)
			return
		}
		_, err := s.Erase(ctx, nine(), callback.EraseRequest{
			Tenant: "acme", Items: []callback.Precondition{{ID: "c1", Revision: 1}}, Actor: "clerk", Detail: "asked to",
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		page, err := s.Events(ctx, callback.EventQuery{Tenant: "acme", Callback: "c1"})
		for _, e := range page.Events {
			fmt.Println(e.Seq, e.Type, e.Actor, e.Detail, err)
		}
		errs, err := s.Apply(ctx, nine(), []callback.Change{change})
		fmt.Println(errs, err)
	})
	// Output:
	// 2 erased clerk asked to <nil>
	// [callback c1: callback not found] <nil>
}
