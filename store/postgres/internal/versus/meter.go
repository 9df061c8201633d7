package main

import (
	"context"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// usage is processor time; ok tells that the server's is known.
type usage struct {
	client, server time.Duration
	ok             bool
}

func (u usage) minus(v usage) usage {
	return usage{client: u.client - v.client, server: u.server - v.server, ok: u.ok && v.ok}
}

// meter reads processor time, and the server's clock.
type meter struct {
	postmaster int // the parent of all server processes; 0 = not on this machine
	redis      func() (time.Duration, bool)
	// ahead is how far the server's clock is before this machine's.
	ahead time.Duration
}

// newMeter finds the server's processes, where they are on this machine, and
// compares the clocks.
func newMeter(ctx context.Context, pool *pgxpool.Pool) (*meter, error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	var pid int
	var address *netip.Addr
	if err := conn.QueryRow(ctx, "SELECT pg_backend_pid(), inet_server_addr()").Scan(&pid, &address); err != nil {
		return nil, err
	}
	m := &meter{}
	if address == nil || address.IsLoopback() {
		m.postmaster, _ = parentOf(pid, "postgres")
	}
	// The quickest of several answers has the least doubt in it.
	best := time.Hour
	for range 20 {
		var now time.Time
		asked := time.Now()
		if err := conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
			return nil, err
		}
		if took := time.Since(asked); took < best {
			best, m.ahead = took, now.Sub(asked.Add(took/2))
			if m.ahead.Abs() <= took {
				// No difference that can be told: it is the same clock.
				m.ahead = 0
			}
		}
	}
	return m, nil
}

// now is the time on the server's clock.
func (m *meter) now() time.Time { return time.Now().Add(m.ahead) }

// read returns the processor time so far.
func (m *meter) read() usage {
	u := usage{client: clientCPU()}
	if m.postmaster > 0 {
		u.server, u.ok = familyCPU(m.postmaster)
	}
	if m.redis != nil && u.ok {
		redis, ok := m.redis()
		u.server, u.ok = u.server+redis, ok
	}
	return u
}
