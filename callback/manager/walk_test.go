package manager_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/scheduler"
)

// A callback that arrives while heads of its queue cannot be served gets the free agent at once.
func TestNewcomerBehindHeadsThatWait(t *testing.T) {
	for _, heads := range []int{1, 5, 250} {
		f := newFloor(t, func(c *manager.Config, _ *callbacktest.Dialer) {
			c.Router = personal{callbacktest.NewRouter(1), "absent"}
		}, map[string]func(*callback.Service){"desk": nil})
		f.fill(heads, manager.Request{Agent: callback.Agent{Personal: "absent"}}, "desk")
		f.poll(5 * time.Second)
		before := f.clock.Now()
		id := f.fill(1, manager.Request{}, "desk")[0]
		f.poll(2 * time.Second)
		if cb := f.get(id); len(cb.Attempts) == 0 {
			f.poll(60 * time.Second)
			cb = f.get(id)
			t.Errorf("%d heads: not dialed within 2 s; attempts %v (after %v)", heads, len(cb.Attempts), firstBegan(cb).Sub(before))
		}
	}
}

// The same, started on another node.
func TestNewcomerFromAnotherNode(t *testing.T) {
	f := newFloor(t, func(c *manager.Config, _ *callbacktest.Dialer) {
		c.Router = personal{callbacktest.NewRouter(1), "absent"}
	}, map[string]func(*callback.Service){"desk": nil})
	f.fill(5, manager.Request{Agent: callback.Agent{Personal: "absent"}}, "desk")
	f.poll(5 * time.Second)
	c := manager.Config{Store: f.store, Services: f.services, Dialer: f.dialer, Node: "web"}
	managertest.Deterministic(&c, f.clock.Now)
	c.NewID = callbacktest.IDs("other")
	m2, err := manager.New(c)
	if err != nil {
		t.Fatal(err)
	}
	before := f.clock.Now()
	cb, err := m2.Start(f.ctx, manager.Request{Service: "desk", Number: "+41785550001"})
	if err != nil {
		t.Fatal(err)
	}
	f.poll(3 * time.Second)
	if cb := f.get(cb.ID); len(cb.Attempts) == 0 {
		f.poll(60 * time.Second)
		cb = f.get(cb.ID)
		t.Errorf("not dialed within 3 s; after %v", firstBegan(cb).Sub(before))
	}
}

// Two services with endless backlogs share one agent equally although one has unservable heads.
func TestSharesWithHeadsThatWait(t *testing.T) {
	for _, heads := range []int{50, 250, 1000} {
		f := newFloor(t, func(c *manager.Config, _ *callbacktest.Dialer) {
			c.Router = personal{callbacktest.NewRouter(1), "absent"}
		}, map[string]func(*callback.Service){"aaa": nil, "zzz": nil})
		f.fill(heads, manager.Request{Agent: callback.Agent{Personal: "absent"}}, "aaa")
		f.clock.Advance(time.Second)
		f.fill(100, manager.Request{}, "aaa", "zzz")
		f.poll(time.Hour)
		t.Logf("%d heads: %v", heads, f.served())
		if c := f.served(); c["aaa"] < c["zzz"]-2 {
			t.Errorf("%d heads: %v", heads, c)
		}
	}
}

// After many agents served one service at once, a newcomer and it share one agent.
func TestShareAfterABurst(t *testing.T) {
	for _, burst := range []int{5, 50} {
		for _, tenants := range []bool{false, true} {
			a, z := "aaa", "zzz"
			if tenants {
				a, z = "a/x", "b/x"
			}
			router := callbacktest.NewRouter(burst)
			f := newFloor(t, func(c *manager.Config, _ *callbacktest.Dialer) { c.Router = router }, map[string]func(*callback.Service){a: nil, z: nil})
			f.fill(burst+100, manager.Request{}, a)
			f.poll(time.Second)
			if n := f.served()[a]; n != burst {
				t.Fatal(n)
			}
			router.SetFree(callbacktest.AnyService, 1)
			f.fill(100, manager.Request{}, z)
			before := f.served()
			f.poll(40 * time.Minute)
			after := f.served()
			t.Logf("burst %d: while both compete %s %d, %s %d", burst, a, after[a]-before[a], z, after[z]-before[z])
			if d := (after[z] - before[z]) - (after[a] - before[a]); d > 2 {
				t.Errorf("burst %d: %s %d, %s %d", burst, a, after[a]-before[a], z, after[z]-before[z])
			}
		}
	}
}

// A router that fails once does not cost 30 s.
func TestRouterFailsOnce(t *testing.T) {
	router := callbacktest.NewRouter(1)
	f := newFloor(t, func(c *manager.Config, _ *callbacktest.Dialer) { c.Router = router }, map[string]func(*callback.Service){"desk": nil})
	router.ScriptReserve(func() error { return errors.New("timeout") })
	id := f.fill(1, manager.Request{}, "desk")[0]
	before := f.clock.Now()
	f.poll(5 * time.Second)
	if cb := f.get(id); len(cb.Attempts) == 0 {
		f.poll(60 * time.Second)
		t.Errorf("not dialed in 5 s but after %v", firstBegan(f.get(id)).Sub(before))
	}
}

// NothingElse of one service waits for the servable callbacks of another that has unservable heads.
func TestNothingElseBehindHeadsThatWait(t *testing.T) {
	f := newFloor(t, func(c *manager.Config, _ *callbacktest.Dialer) {
		c.Router = personal{callbacktest.NewRouter(1), "absent"}
	}, map[string]func(*callback.Service){"aaa": nil, "zzz": nil})
	f.fill(300, manager.Request{Agent: callback.Agent{Personal: "absent"}}, "aaa")
	f.clock.Advance(time.Second)
	f.fill(20, manager.Request{}, "aaa")
	f.fill(50, manager.Request{Priority: scheduler.NothingElse}, "zzz")
	f.poll(15 * time.Minute)
	t.Logf("%v", f.served())
	if c := f.served(); c["zzz"] > 1 {
		t.Errorf("%v, want the Normal callbacks of aaa first", c)
	}
}

// A callback that goes back to an early place of its queue is asked at once.
func TestMovedBehindHeadsThatWait(t *testing.T) {
	f := newFloor(t, func(c *manager.Config, _ *callbacktest.Dialer) {
		c.Router = personal{callbacktest.NewRouter(1), "absent"}
	}, map[string]func(*callback.Service){"desk": nil})
	f.fill(3, manager.Request{Agent: callback.Agent{Personal: "absent"}}, "desk")
	id := f.fill(1, manager.Request{Desired: f.clock.Now().Add(10 * time.Minute)}, "desk")[0]
	f.poll(5 * time.Second)
	before := f.clock.Now()
	if _, err := f.m.Reschedule(f.ctx, manager.RescheduleRequest{ID: id, Desired: f.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	f.poll(3 * time.Second)
	if cb := f.get(id); len(cb.Attempts) == 0 {
		f.poll(time.Minute)
		t.Errorf("moved to now, dialed after %v", firstBegan(f.get(id)).Sub(before))
	}
}

func firstBegan(cb *callback.Callback) time.Time {
	if len(cb.Attempts) == 0 {
		return time.Time{}
	}
	return cb.Attempts[0].Began
}

// poll is run with a Tick each second, as Run makes them.
func (f *floor) poll(d time.Duration) {
	f.t.Helper()
	until := f.clock.Now().Add(d)
	driver := callbacktest.Driver{Engine: f.m, Clock: f.clock, Dialer: f.dialer, Poll: time.Second}
	if _, err := driver.Run(context.Background(), until); err != nil {
		f.t.Fatal(err)
	}
	f.clock.Set(until)
}

// choosy is a Router that takes only callbacks with the user data open.
type choosy struct{ *callbacktest.Router }

func (r choosy) Reserve(ctx context.Context, cb *callback.Callback) (callback.Reservation, error) {
	if cb.UserData["open"] == nil {
		return callback.Reservation{}, callback.ErrNoAgent
	}
	return r.Router.Reserve(ctx, cb)
}

// A callback that changes in the middle of a long queue is asked again at once.
func TestChangedAmongHeadsThatWait(t *testing.T) {
	f := newFloor(t, func(c *manager.Config, _ *callbacktest.Dialer) {
		c.Router = choosy{callbacktest.NewRouter(1)}
	}, map[string]func(*callback.Service){"desk": nil})
	f.fill(150, manager.Request{}, "desk")
	f.clock.Advance(time.Second)
	id := f.fill(1, manager.Request{}, "desk")[0]
	f.clock.Advance(time.Second)
	f.fill(150, manager.Request{}, "desk")
	f.poll(5 * time.Second)
	before := f.clock.Now()
	if _, err := f.m.Update(f.ctx, manager.UpdateRequest{ID: id, Set: callback.Values{"open": "yes"}}); err != nil {
		t.Fatal(err)
	}
	f.poll(2 * time.Second)
	if cb := f.get(id); len(cb.Attempts) == 0 {
		f.poll(time.Minute)
		t.Errorf("changed, dialed after %v", firstBegan(f.get(id)).Sub(before))
	}
}
