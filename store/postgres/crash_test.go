package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/internal/faulttest"
)

// soak returns few, or many if SOAK is set in the environment, as make soak does.
func soak(few, many int) int {
	if os.Getenv("SOAK") != "" {
		return many
	}
	return few
}

// fleet is a fleet with what its test needs to load and to judge it.
type fleet struct {
	*faulttest.Fleet
	store  *postgres.Store
	random *rand.Rand     // of the test's own goroutine
	starts sync.WaitGroup // under way
	serial atomic.Int64
}

// newFleet migrates a new schema of a database and starts nodes on it.
func newFleet(t *testing.T, dsn string, config faulttest.FleetConfig) *fleet {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	r := &rig{pool: pool}
	f := &fleet{store: r.open(t), random: rand.New(rand.NewPCG(config.Seed, 3))}
	config.DSN, config.Schema = dsn, "rb1"
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if f.Fleet, err = faulttest.NewFleet(ctx, config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return f
}

// request returns a request that is like no earlier one. Every fourth is for a bucket that will be full.
func (f *fleet) request() faulttest.Request {
	n := f.serial.Add(1)
	r := faulttest.Request{Service: faulttest.Desk, Number: fmt.Sprintf("+4144%07d", 2000000+n), Key: fmt.Sprintf("key %d", n)}
	if n%4 == 0 {
		r.Service = faulttest.Booked
		r.Desired = time.Now().Add(time.Hour + time.Duration(n/64)*5*time.Minute)
	}
	return r
}

// judge waits until everything is settled, reports every fault, and returns a verdict for the log.
func (f *fleet) judge(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	f.starts.Wait()
	if err := f.Settle(ctx, f.store); err != nil {
		t.Error(err)
	}
	faults, err := f.Faults(ctx, f.store)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
	now, err := f.store.Now(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n := callbacktest.VerifyAudit(t, f.store); n == 0 {
		t.Error("there is nothing to audit")
	}
	callbacktest.VerifyPermits(t, f.store, now, "")
	callbacktest.RequireNoOverbooking(t, f.store, now, "", faulttest.Booked, func(time.Time) int { return faulttest.Seats })
	if t.Failed() {
		return "promises broken"
	}
	return fmt.Sprintf("%d accepted and none lost, %d calls placed and none double, %d refused as late", f.Accepted(),
		f.World.Ledger.Count(faulttest.Placed), f.World.Ledger.Count(faulttest.Refused))
}

// TestCrashPoints kills one of three nodes at each of the nine points of an attempt.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	each := soak(3, 10) // of each point, with each of the two kinds of dialer
	for _, fenced := range []bool{true, false} {
		name := "lookup"
		if fenced {
			name = "fenced"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, suite.NewDatabase(t), faulttest.FleetConfig{Nodes: 3, Fenced: fenced, Seed: uint64(len(name))})
			var points []faulttest.Point
			for range each {
				points = append(points, faulttest.Points()...)
			}
			f.random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
			// What takes long to settle comes first, so that it settles while the rest goes on.
			slices.SortStableFunc(points, func(a, b faulttest.Point) int {
				if a.Lasting() == b.Lasting() {
					return 0
				} else if a.Lasting() {
					return -1
				}
				return 1
			})
			begun := time.Now()
			kills := map[faulttest.Point]int{}
			for i, p := range points {
				f.crash(t, i%3, p)
				kills[p]++
			}
			killed := time.Since(begun)
			verdict := f.judge(t)
			var counts []string
			for _, p := range faulttest.Points() {
				counts = append(counts, fmt.Sprintf("%v %d", p, kills[p]))
			}
			t.Logf("kill -9 of one of three nodes, %s dialer: %d kills (%s) in %.1fs, settled after %.1fs; %s",
				name, len(points), strings.Join(counts, ", "), killed.Seconds(), time.Since(begun).Seconds(), verdict)
		})
	}
}

// crash makes a node die at a point, under load, and puts a new one in its place.
func (f *fleet) crash(t *testing.T, i int, p faulttest.Point) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	victim := f.Node(i)
	f.Favor(i)
	fuse := faulttest.Fuse{Point: p, Skip: f.random.IntN(2), Delay: time.Duration(f.random.IntN(1500)) * time.Microsecond}
	if err := victim.Arm(ctx, fuse); err != nil {
		t.Fatal(err)
	}
	f.load(ctx, t, i, victim.Gone())
	if !victim.Killed() {
		t.Fatalf("%s ended by itself: %s", victim.Name, victim.Said())
	}
	if struck := <-victim.Struck(); struck != p {
		t.Fatalf("killed at %v instead of %v", struck, p)
	}
	f.Favor(-1)
	if err := f.Replace(ctx, i); err != nil {
		t.Fatal(err)
	}
}

// load starts callbacks with the node in a place, one after another, until done. Starts that are under way then are finished elsewhere,
// while the test goes on.
func (f *fleet) load(ctx context.Context, t *testing.T, i int, done <-chan struct{}) {
	t.Helper()
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for {
		r := f.request()
		f.starts.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err := f.Start(ctx, i, r); err != nil && !full(err) {
				t.Errorf("%s: %v", r.Key, err)
			}
		})
		select {
		case <-done:
			return
		case <-pace.C:
		case <-ctx.Done():
			t.Error("the node does not come to its point: ", context.Cause(ctx))
			return
		}
	}
}

// full reports whether a start was refused because a bucket has no seat left.
func full(err error) bool {
	return strings.Contains(err.Error(), "no capacity at the desired time")
}
