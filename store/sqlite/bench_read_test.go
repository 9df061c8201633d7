package sqlite_test

import (
	mathrand "math/rand/v2"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/storetest"
)

// BenchmarkRead measures reads with 20,000 pending callbacks.
func BenchmarkRead(b *testing.B) {
	s := openBench(b)
	r := mathrand.New(mathrand.NewPCG(5, 6))
	var last *callback.Callback
	for i := 0; i < 20_000; {
		changes := make([]callback.Change, 500)
		for j := range changes {
			i++
			changes[j] = typical(i, r)
		}
		apply(b, s, changes...)
		last = changes[0].Record
	}
	ctx := b.Context()
	for _, read := range []struct {
		name string
		call func() error
	}{
		{"Get", func() error {
			_, err := s.Get(ctx, callback.By{Tenant: last.Tenant, ID: last.ID})
			return err
		}},
		{"Get by key", func() error {
			_, err := s.Get(ctx, callback.By{Tenant: last.Tenant, Key: last.Idempotency.Key})
			return err
		}},
		{"Claim of nothing", func() error {
			_, err := s.Claim(ctx, storetest.At(-time.Hour), callback.ClaimRequest{Owner: "n", Lease: time.Minute, Due: true, Limit: 100})
			return err
		}},
		{"Count of queues", func() error {
			_, err := s.Count(ctx, callback.Query{AllTenants: true, States: []callback.State{callback.Queued}})
			return err
		}},
		{"Search by customer", func() error {
			_, err := s.Search(ctx, callback.Query{Tenant: last.Tenant, CustomerID: last.Customer.ID})
			return err
		}},
		{"Search page of 100", func() error {
			_, err := s.Search(ctx, callback.Query{Tenant: last.Tenant})
			return err
		}},
		{"Search page of 100 by creation", func() error {
			_, err := s.Search(ctx, callback.Query{Tenant: last.Tenant, Order: callback.ByCreated})
			return err
		}},
		{"Search page of 100 by last change", func() error {
			_, err := s.Search(ctx, callback.Query{Tenant: last.Tenant, Order: callback.ByUpdated})
			return err
		}},
		{"Load of 14 days", func() error {
			_, err := s.Load(ctx, storetest.Start(), callback.LoadRequest{
				Tenant: last.Tenant, Kind: callback.PermitBucket, Service: last.Service, To: storetest.At(14 * 24 * time.Hour).Unix(),
			})
			return err
		}},
		{"Events of a callback", func() error {
			_, err := s.Events(ctx, callback.EventQuery{Tenant: last.Tenant, Callback: last.ID})
			return err
		}},
		{"Events page of 100", func() error {
			_, err := s.Events(ctx, callback.EventQuery{AllTenants: true})
			return err
		}},
	} {
		b.Run(read.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := read.call(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
