package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/store/postgres/internal/faulttest"
)

// standstill is how long a node stands still: past its lease and past the time in which its calls may be placed.
const standstill = 3 * faulttest.Lease / 2

// TestPauses stops nodes at every point of an attempt until others have taken their work over, and lets them go on.
func TestPauses(t *testing.T) {
	t.Parallel()
	for _, class := range []struct {
		name          string
		fenced, whole bool
	}{{"fenced dialer of whole calls", true, true}, {"look-up dialer", false, false}} {
		t.Run(class.name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, suite.NewDatabase(t), faulttest.FleetConfig{Nodes: 4, Fenced: class.fenced, Whole: class.whole, Seed: uint64(len(class.name))})
			points := []faulttest.Point{faulttest.Handed, faulttest.AfterCommit, faulttest.OnTheWire, faulttest.BeforeCommit, faulttest.AfterClaim,
				faulttest.DuringCommit, faulttest.CallUp, faulttest.DuringResult, faulttest.Handed}
			begun := time.Now()
			f.pause(t, 3, faulttest.Handed) // for all of the others' time
			pauses := 1
			for len(points) > 0 {
				n := min(2, len(points))
				var stopped sync.WaitGroup
				for i, p := range points[:n] {
					stopped.Go(func() { f.pause(t, i, p) })
				}
				stopped.Wait()
				await(t.Context(), standstill)
				for i := range n {
					f.resume(t, i)
					pauses++
				}
				points = points[n:]
			}
			f.resume(t, 3)
			// What the node was about to send may come after everything else is settled.
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for f.World.Ledger.Count(faulttest.Refused) == 0 {
				if !await(ctx, faulttest.Poll) {
					t.Fatal("the world had nothing to refuse: the pauses proved nothing")
				}
			}
			verdict := f.judge(t)
			t.Logf("SIGSTOP past the lease, %s: %d pauses, settled after %.1fs; %s", class.name, pauses, time.Since(begun).Seconds(), verdict)
		})
	}
}

// pause makes a node stand still at a point, under load, and returns when it does.
func (f *fleet) pause(t *testing.T, i int, p faulttest.Point) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	victim := f.Node(i)
	if err := victim.Arm(ctx, faulttest.Fuse{Point: p, Stop: true}); err != nil {
		t.Error(err)
		return
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-victim.Struck():
		case <-victim.Gone():
			t.Errorf("%s ended instead of standing still: %s", victim.Name, victim.Said())
		case <-ctx.Done():
		}
	}()
	f.load(ctx, t, i, stopped)
}

func (f *fleet) resume(t *testing.T, i int) {
	t.Helper()
	if err := f.Node(i).Continue(); err != nil {
		t.Error(err)
	}
}

// await lets time pass; false means that ctx ended first.
func await(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
