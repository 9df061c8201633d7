package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/scheduler"
)

func inQueue(service string, ready bool) *callback.Callback {
	return &callback.Callback{Service: service, State: callback.Queued, Ready: ready, Priority: scheduler.Normal}
}

func queue(service string) callback.QueueKey {
	return callback.QueueKey{Service: service, Priority: scheduler.Normal}
}

// What is written while the store counts is not lost: a callback that became ready
// in that time may be counted twice, but is there.
func TestTallyWhileCounting(t *testing.T) {
	now := time.Date(2026, time.January, 12, 10, 0, 0, 0, time.UTC)
	var y tally
	if _, _, ok := y.read(now, now, time.Minute); ok {
		t.Error("it is known before the first count")
	}
	y.settle(&decide.Draft{Callback: inQueue("desk", true)})
	y.begin()
	y.settle(&decide.Draft{Callback: inQueue("desk", true)})
	y.settle(&decide.Draft{Old: inQueue("shop", true), Callback: &callback.Callback{State: callback.Dialing}})
	counted := y.end([]callback.Group{{Queue: queue("shop"), N: 5, Ready: 3}}, now, now, 20*time.Millisecond)
	if diff := cmp.Diff(map[callback.QueueKey]int{queue("desk"): 1, queue("shop"): 3}, counted); diff != "" {
		t.Error(diff)
	}
	y.settle(&decide.Draft{Old: inQueue("shop", true), Callback: inQueue("shop", false)})
	y.settle(&decide.Draft{Old: inQueue("desk", false), Callback: inQueue("desk", true)})
	y.settle(&decide.Draft{Old: inQueue("desk", true), Callback: inQueue("desk", true)}) // an update
	known, again, ok := y.read(now.Add(10*time.Millisecond), now, time.Minute)
	if diff := cmp.Diff(map[callback.QueueKey]int{queue("desk"): 2, queue("shop"): 2}, known); diff != "" || !ok || !again.IsZero() {
		t.Errorf("%s %v %v", diff, again, ok)
	}
}

// The store is asked again after a time that grows with what asking costs, sooner
// after news of other nodes, and at least at each poll.
func TestTallyGrowsOld(t *testing.T) {
	now := time.Date(2026, time.January, 12, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name        string
		took        time.Duration
		news        bool
		fresh, aged time.Duration
	}{
		{"costs nothing", 0, false, -1, 0},
		{"costs little", time.Millisecond, false, 199 * time.Millisecond, 200 * time.Millisecond},
		{"news", time.Millisecond, true, 19 * time.Millisecond, 20 * time.Millisecond},
		{"costs much", time.Second, false, 9 * time.Second, 10 * time.Second},
		{"clock set back", time.Second, false, -1, -time.Second},
	} {
		var y tally
		y.begin()
		y.end(nil, now, now, c.took)
		if c.news {
			y.stale()
		}
		if c.fresh >= 0 {
			_, again, ok := y.read(now.Add(c.fresh), now.Add(c.fresh), 10*time.Second)
			if !ok || again.IsZero() == c.news {
				t.Errorf("%s: not known after %v, again at %v", c.name, c.fresh, again)
			}
		}
		if _, _, ok := y.read(now.Add(c.aged), now, 10*time.Second); ok {
			t.Errorf("%s: still known after %v", c.name, c.aged)
		}
	}
}
