//go:build ha

package hatest_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/internal/faulttest"
	"github.com/ringback-go/ringback/store/postgres/internal/hatest"
)

func TestMain(m *testing.M) {
	if faulttest.RunNode() {
		return
	}
	if code, ran := hatest.InHub(context.Background()); ran {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// trouble is something that happens to the cluster.
type trouble struct {
	name string
	// node is who is hit, by role.
	role  string
	begin func(ctx context.Context, c *hatest.Cluster, node int) error
	end   func(ctx context.Context, c *hatest.Cluster, node int) error
	// takesOver is whether another node becomes the primary.
	takesOver bool
}

func troubles() []trouble {
	cut := func(ctx context.Context, c *hatest.Cluster, node int) error { return c.Network.Cut(ctx, node) }
	split := func(ctx context.Context, c *hatest.Cluster, node int) error { return c.Network.Split(ctx, node) }
	heal := func(ctx context.Context, c *hatest.Cluster, node int) error { return c.Network.Heal(ctx, node) }
	kill := func(ctx context.Context, c *hatest.Cluster, node int) error { return c.Kill(ctx, node) }
	boot := func(_ context.Context, c *hatest.Cluster, node int) error { return c.Boot(node) }
	return []trouble{
		{"planned switchover", "leader", func(ctx context.Context, c *hatest.Cluster, _ int) error { return c.SwitchOver(ctx) }, nil, true},
		{"primary's machine killed", "leader", kill, boot, true},
		{"primary cut off from all", "leader", cut, heal, true},
		{"primary cut off from the other servers, not from clients", "leader", split, heal, true},
		{"synchronous standby cut off", "sync_standby", cut, heal, false},
		{"synchronous standby's machine killed", "sync_standby", kill, boot, false},
	}
}

// load is customers who ask for callbacks all the time.
type load struct {
	*faulttest.Fleet
	serial atomic.Int64
	mu     sync.Mutex
	last   time.Time
	gap    time.Duration
}

func (l *load) run(ctx context.Context, t *testing.T, customers int) (wait func()) {
	var all sync.WaitGroup
	l.last = time.Now()
	for range customers {
		all.Go(func() {
			for ctx.Err() == nil {
				n := l.serial.Add(1)
				r := faulttest.Request{Service: faulttest.Desk, Number: fmt.Sprintf("+4144%07d", 2000000+n), Key: fmt.Sprintf("key %d", n)}
				asking, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
				_, err := l.Start(asking, -1, r)
				cancel()
				if err != nil {
					t.Error(err)
				}
				l.mu.Lock()
				now := time.Now()
				l.gap, l.last = max(l.gap, now.Sub(l.last)), now
				l.mu.Unlock()
				select { // the machine is shared by all the servers
				case <-time.After(20 * time.Millisecond):
				case <-ctx.Done():
				}
			}
		})
	}
	return all.Wait
}

// longest returns the longest time without an accepted callback since it was last asked.
func (l *load) longest() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	gap := max(l.gap, time.Since(l.last))
	l.gap = 0
	return gap
}

// await asks until the answer is yes.
func await(t *testing.T, what string, within time.Duration, ask func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ask() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s takes more than %v", what, within)
		}
	}
}

// TestPatroni lets everything happen to three servers while callbacks are accepted and dialed. Nothing that was accepted is lost, and
// no customer is called twice.
func TestPatroni(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	starting, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	c, err := hatest.Start(starting, hatest.OpenNetwork())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			if err := c.Save(t.ArtifactDir()); err != nil {
				t.Error(err)
			}
		}
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	store := migrate(ctx, t, c)
	fleet, err := faulttest.NewFleet(ctx, faulttest.FleetConfig{DSN: c.DSN("calls"), Schema: "ringback", Nodes: 3, Fenced: true, Notify: true, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := fleet.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	l := &load{Fleet: fleet}
	loading, stopLoad := context.WithCancel(ctx)
	defer stopLoad()
	wait := l.run(loading, t, 4)
	for _, trouble := range troubles() {
		if !t.Run(trouble.name, func(t *testing.T) { l.happen(ctx, t, c, trouble) }) {
			return
		}
	}
	stopLoad()
	wait()
	judge(ctx, t, fleet, store)
}

func migrate(ctx context.Context, t *testing.T, c *hatest.Cluster) *postgres.Store {
	t.Helper()
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "create database calls"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(ctx); err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(ctx, c.DSN("calls"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	// A standby that does not have the new database yet ends the search for the primary.
	await(t, "migration", time.Minute, func() bool { err = postgres.Migrate(ctx, pool, postgres.Config{}); return err == nil })
	s, err := postgres.New(ctx, pool, postgres.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// happen lets a trouble happen, waits until callbacks are accepted again, and repairs what is broken.
func (l *load) happen(ctx context.Context, t *testing.T, c *hatest.Cluster, trouble trouble) {
	t.Helper()
	node := c.With(ctx, trouble.role)
	await(t, "accepting", time.Minute, func() bool { n := l.Accepted(); time.Sleep(200 * time.Millisecond); return l.Accepted() > n+5 })
	l.longest()
	accepted, unknown := l.Accepted(), l.Unknown()
	begun := time.Now()
	if err := trouble.begin(ctx, c, node); err != nil {
		t.Fatal(err)
	}
	if trouble.takesOver {
		await(t, "a new primary", 2*time.Minute, func() bool { p := c.With(ctx, "leader"); return p >= 0 && p != node })
	}
	leader := time.Since(begun)
	mark := l.Accepted()
	await(t, "accepting again", 2*time.Minute, func() bool { return l.Accepted() > mark+20 })
	took := time.Since(begun)
	during := l.Accepted() - accepted
	gap := l.longest()
	if trouble.end != nil {
		if err := trouble.end(ctx, c, node); err != nil {
			t.Fatal(err)
		}
	}
	healing, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	if err := c.AwaitWhole(healing); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s %s: new primary after %.1fs, longest time without an accepted callback %.1fs, %d accepted within %.1fs, %d answers unknown; whole again %.1fs after it began",
		trouble.role, hatest.Name(node), leader.Seconds(), gap.Seconds(), during, took.Seconds(), l.Unknown()-unknown, time.Since(begun).Seconds())
}

func judge(ctx context.Context, t *testing.T, f *faulttest.Fleet, s *postgres.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	if err := f.Settle(ctx, s); err != nil {
		t.Error(err)
	}
	faults, err := f.Faults(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	if len(faults) > 0 {
		t.Errorf("%d faults:\n%s", len(faults), strings.Join(faults[:min(len(faults), 20)], "\n"))
	}
	now, err := s.Now(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n := callbacktest.VerifyAudit(t, s); n == 0 {
		t.Error("there is nothing to audit")
	}
	callbacktest.VerifyPermits(t, s, now, "")
	t.Logf("%d accepted, %d calls placed, %d refused as late", f.Accepted(), f.World.Ledger.Count(faulttest.Placed), f.World.Ledger.Count(faulttest.Refused))
}
