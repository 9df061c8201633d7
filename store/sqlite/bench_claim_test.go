package sqlite_test

import (
	"context"
	mathrand "math/rand/v2"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// claimAndComplete claims a hundred due callbacks and completes them.
func claimAndComplete(b *testing.B, s *sqlite.Store, now time.Time) int {
	ctx := context.Background()
	claimed, err := s.Claim(ctx, now, callback.ClaimRequest{Owner: "node-1", Lease: time.Minute, Due: true, Limit: 100})
	if err != nil {
		b.Fatal(err)
	}
	changes := make([]callback.Change, len(claimed.Callbacks))
	for i, cb := range claimed.Callbacks {
		changes[i] = storetest.Revise(cb, func(cb *callback.Callback) {
			cb.State, cb.Reason, cb.EndedAt, cb.NextAt = callback.Completed, callback.ReasonAgentConnected, now, now.Add(30*24*time.Hour)
		})
		changes[i].Epoch, changes[i].Give = cb.Lease.Epoch, cb.Held
		changes[i].Record.Held = nil
	}
	apply(b, s, changes...)
	return len(changes)
}

// claimAndComplete writes the same rows without reading them first.
func (p *bare) claimAndComplete(changes []callback.Change, now time.Time) int {
	p.run(p.begin)
	rows, err := p.due.Query(now.UnixMicro())
	if err != nil {
		p.b.Fatal(err)
	}
	var all []int64
	for rows.Next() {
		var cb, priority, revision, epoch, nextAt int64
		var tenant, id, service, state string
		var body []byte
		if err := rows.Scan(&cb, &tenant, &id, &service, &state, &priority, &revision, &epoch, &nextAt, &body); err != nil {
			p.b.Fatal(err)
		}
		all = append(all, cb)
	}
	if err := rows.Close(); err != nil {
		p.b.Fatal(err)
	}
	until := now.Add(time.Minute).UnixMicro()
	for _, cb := range all {
		p.run(p.lease, "node-1", until, until, cb)
	}
	p.run(p.commit)
	p.run(p.begin)
	at := now.UnixMicro()
	for i, cb := range all {
		record := changes[i].Record
		p.run(p.complete, now.Add(30*24*time.Hour).UnixMicro(), at, at, p.body, cb)
		p.run(p.event, cb, 2, record.Tenant, "updated", p.eventBody)
		p.run(p.give, record.Tenant, "bucket", record.Service, []byte{}, record.Desired.Unix(), "")
	}
	p.run(p.tally, changes[0].Record.Tenant, changes[0].Record.Service, int64(5), "SCHEDULED", -len(all))
	p.run(p.tally, changes[0].Record.Tenant, changes[0].Record.Service, int64(5), "COMPLETED", len(all))
	p.run(p.commit)
	return len(all)
}

func BenchmarkClaimComplete(b *testing.B) {
	const batch = 100
	s, p := openBench(b), newBare(b, "FULL")
	r := mathrand.New(mathrand.NewPCG(3, 4))
	made := 0
	some := func(n int) []callback.Change {
		changes := make([]callback.Change, n)
		for i := range changes {
			made++
			changes[i] = typical(made, r)
		}
		apply(b, s, changes...)
		p.start(changes, n)
		return changes
	}
	some(10_000) // rows that are not due, but are in the indexes
	now := storetest.At(14 * 24 * time.Hour)
	n := 0
	var ours, theirs time.Duration
	for b.Loop() {
		changes := some(batch)
		began := time.Now()
		done := claimAndComplete(b, s, now)
		ours += time.Since(began)
		began = time.Now()
		if other := p.claimAndComplete(changes, now); done != batch || other != batch {
			b.Fatalf("the store completed %d, the loop %d", done, other)
		}
		theirs += time.Since(began)
		n += batch
	}
	report(b, n, ours, theirs)
}
