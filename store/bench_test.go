package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

func benchStart() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// numbers returns n distinct addresses.
func numbers(b *testing.B, n int) []phonenum.Address {
	b.Helper()
	all := make([]phonenum.Address, n)
	for i := range all {
		a, err := phonenum.ParseAddress(fmt.Sprintf("+4479%08d", i), "GB")
		if err != nil {
			b.Fatal(err)
		}
		all[i] = a
	}
	return all
}

// request returns a create as Start makes it: two lookups, four properties and
// six permits, of which two are held.
func request(i int, number phonenum.Address, r *rand.Rand) Change {
	desired := benchStart().Add(time.Duration(r.IntN(14*288)) * 5 * time.Minute)
	key := number.Key()
	seat := callback.PermitKey{Kind: callback.PermitBucket, Service: "sales", Slot: desired.Unix()}
	mine := callback.PermitKey{Kind: callback.PermitNumber, Service: "sales", Subject: key}
	cb := &callback.Callback{
		Tenant: "acme", ID: callback.ID(fmt.Sprintf("018f2b8c-0000-7000-8000-%012x", i)), Service: "sales", Revision: 1, State: callback.Scheduled,
		Customer:     callback.Customer{Number: number},
		Properties:   callback.Values{"_customer_number": key, "_media_type": "voice"},
		UserData:     callback.Values{"lang": "de", "score": 5.0},
		SearchValues: []callback.SearchValue{{Key: "_customer_number", Value: key}},
		Desired:      desired, Created: benchStart(), Updated: benchStart(), ReleaseAt: desired, Bucket: desired,
		ExpiresAt: desired.Add(24 * time.Hour), NextAt: desired,
		Held:        []callback.Held{{Key: seat, N: 1}, {Key: mine, N: 1}},
		Idempotency: callback.Idempotency{Key: fmt.Sprint("key-", i), Hash: "digest"},
	}
	return Change{
		Record: cb,
		Event:  callback.Event{Tenant: "acme", Callback: cb.ID, Service: "sales", At: benchStart(), Type: callback.EventAccepted, To: callback.Scheduled},
		Take: []callback.Permit{
			{Key: mine, N: 1, Max: 2}, {Key: seat, N: 1, Max: 1 << 30},
			{Key: callback.PermitKey{Kind: callback.PermitQueued, Service: "sales"}, N: 1, Max: 1 << 30},
			{Key: callback.PermitKey{Kind: callback.PermitInterval, Service: "sales", Name: "1"}, N: 1, Max: 1 << 30, For: 5 * time.Minute},
			{Key: callback.PermitKey{Kind: callback.PermitInterval, Service: "sales", Name: "2"}, N: 1, Max: 1 << 30, For: time.Hour},
			{Key: callback.PermitKey{Kind: callback.PermitParameter, Service: "sales", Name: "_customer_number", Subject: key}, N: 1, Max: 6, Until: benchStart().Add(15 * time.Hour)},
		},
	}
}

func mustApply(b *testing.B, m *Memory, changes ...Change) {
	errs, err := m.Apply(context.Background(), benchStart(), changes)
	if err != nil || errs != nil {
		b.Fatal(errs, err)
	}
}

// filled returns a store with n pending callbacks.
func filled(b *testing.B, n int, edit func(i int, cb *callback.Callback)) *Memory {
	b.Helper()
	m, r := NewMemory(Config{}), rand.New(rand.NewPCG(1, 2))
	all := numbers(b, n)
	for i := range n {
		c := request(i, all[i], r)
		if edit != nil {
			edit(i, c.Record)
		}
		mustApply(b, m, c)
	}
	return m
}

func BenchmarkApplyCreate(b *testing.B) {
	const pending = 100_000
	m, r := filled(b, pending, nil), rand.New(rand.NewPCG(3, 4))
	all := numbers(b, 2*pending)
	// Make many requests at once, so that stopping the timer does not dominate.
	batch := make([]Change, 20_000)
	next, n := len(batch), pending
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if next == len(batch) {
			b.StopTimer()
			for i := range batch {
				batch[i] = request(n, all[n%len(all)], r)
				batch[i].Take[0].Max, batch[i].Take[5].Max = -1, -1
				n++
			}
			next = 0
			b.StartTimer()
		}
		mustApply(b, m, batch[next:next+1]...)
		next++
	}
}

// BenchmarkMemory reports the memory of one pending callback among a million,
// including its share of indexes and counters and its event.
func BenchmarkMemory(b *testing.B) {
	const n = 1_000_000
	for b.Loop() {
		all := numbers(b, n)
		r := rand.New(rand.NewPCG(1, 2))
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		m := NewMemory(Config{})
		for i := range n {
			mustApply(b, m, request(i, all[i], r))
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/callback")
		runtime.KeepAlive(m)
		runtime.KeepAlive(all)
	}
}

func BenchmarkClaim(b *testing.B) {
	const pending, batch = 1_000_000, 500
	queue := callback.QueueKey{Tenant: "acme", Service: "sales"}
	for _, kind := range []struct {
		name string
		req  ClaimRequest
	}{
		{"due", ClaimRequest{Owner: "n", Lease: 30 * time.Second, Due: true, Limit: batch}},
		{"queue", ClaimRequest{Owner: "n", Lease: 30 * time.Second, Queues: []QueueClaim{{Queue: queue, N: batch}}}},
	} {
		b.Run(kind.name, func(b *testing.B) {
			m := filled(b, pending, func(i int, cb *callback.Callback) {
				cb.State, cb.Ready, cb.QueuedAt = callback.Queued, true, benchStart().Add(time.Duration(i)*time.Millisecond)
				cb.NextAt = benchStart().Add(time.Duration(i) * time.Millisecond)
			})
			now := benchStart().Add(time.Hour)
			b.ReportAllocs()
			b.ResetTimer()
			n := 0
			for b.Loop() {
				claimed, err := m.Claim(context.Background(), now, kind.req)
				if err != nil || len(claimed.Callbacks) != batch {
					b.Fatal(len(claimed.Callbacks), err)
				}
				n += batch
				now = now.Add(100 * time.Millisecond)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/callback")
		})
	}
}

func BenchmarkPage(b *testing.B) {
	const pending = 1_000_000
	all := numbers(b, pending)
	m := filled(b, pending, func(i int, cb *callback.Callback) { cb.State = callback.States()[i%9] })
	for name, query := range map[string]func(i int) Query{
		"number": func(i int) Query { return Query{Tenant: "acme", Number: all[i%pending].Key()} },
		"lookup": func(i int) Query {
			return Query{Tenant: "acme", SearchValues: []callback.Match{{Key: "_customer_number", Value: all[i%pending].Key()}}}
		},
		"state-time": func(i int) Query {
			from := benchStart().Add(time.Duration(i%4000) * 5 * time.Minute)
			return Query{Tenant: "acme", States: []callback.State{callback.Queued, callback.Scheduled}, DesiredFrom: from, DesiredTo: from.Add(time.Hour)}
		},
		"count": func(int) Query { return Query{} },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			found, i := 0, 0
			for b.Loop() {
				i += 7919
				if name == "count" {
					groups, err := m.Count(context.Background(), Query{AllTenants: true})
					if err != nil || len(groups) != 9 {
						b.Fatal(len(groups), err)
					}
					found += len(groups)
					continue
				}
				page, err := m.Search(context.Background(), query(i))
				if err != nil {
					b.Fatal(err)
				}
				found += len(page.Callbacks)
			}
			b.ReportMetric(float64(found)/float64(b.N), "found/op")
		})
	}
}
