package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// loadQueue puts queued callbacks into a queue past the store, one a millisecond. They share a body.
func loadQueue(t *testing.T, dsn string, queue callback.QueueKey, n int, first time.Time) {
	t.Helper()
	c := newcomer("shared", 1, first).Record
	execute(t, dsn, `INSERT INTO rb1.callbacks (k, nonce, revision, epoch, desired, created, queued_at, priority, ready,
			tenant, id, service, state, number, body)
		SELECT gen_random_uuid(), 0, 1, 0, $3::timestamptz, $3, $3 + i * interval '1 ms', $4, true,
			$1, 'c' || lpad(i::text, 6, '0'), $2, 2, '+4144' || lpad(i::text, 7, '0'), $5
		FROM generate_series(0, $6 - 1) i`, queue.Tenant, queue.Service, first, int16(queue.Priority), encoded(c), n)
	execute(t, dsn, `INSERT INTO rb1.queue (tenant, service, priority, ready, queued_at, id, k)
		SELECT tenant, service, priority, ready, queued_at, id, k FROM rb1.callbacks`)
	execute(t, dsn, "ANALYZE rb1.callbacks, rb1.queue")
}

// TestClaimGoesToThePlace claims behind a place deep in a long queue and counts the rows that it reads.
func TestClaimGoesToThePlace(t *testing.T) {
	t.Parallel()
	const length, claims, n = 100_000, 20, 10
	dsn := suite.NewDatabase(t)
	pool := poolOf(t, dsn, 1)
	s := (&rig{pool: pool}).open(t)
	now := time.Now().UTC().Truncate(time.Second)
	queue := callback.QueueKey{Service: "desk", Priority: 3}
	loadQueue(t, dsn, queue, length, now.Add(-time.Hour))
	before := rowsRead(t, dsn)
	for i := range claims {
		at := length/2 + 1000*i
		c, err := s.Claim(t.Context(), now, callback.ClaimRequest{Owner: "n", Lease: time.Minute, Queues: []callback.QueueClaim{{Queue: queue, N: n,
			After: callback.Place{QueuedAt: now.Add(-time.Hour + time.Duration(at)*time.Millisecond), ID: callback.ID(fmt.Sprintf("c%06d", at))}}}})
		if err != nil || len(c.Callbacks) != n || c.Callbacks[0].ID != callback.ID(fmt.Sprintf("c%06d", at+1)) {
			t.Fatal(len(c.Callbacks), err)
		}
	}
	s.Close()
	pool.Close() // a session tells what it has read when it ends, if not before
	var each float64
	if !eventually(t, 10*time.Second, func() bool {
		last := each
		each = float64(rowsRead(t, dsn)-before) / claims
		return each > 0 && each == last
	}) || each > 10*n {
		t.Errorf("a claim of %d behind a place reads %.0f rows", n, each)
	}
}
