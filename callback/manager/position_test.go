package manager_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

// queueRig is a rig whose router has no agents at first.
func queueRig(t *testing.T, change func(*callback.Service, *manager.Config)) (*rig, *callbacktest.Router) {
	t.Helper()
	router := callbacktest.NewRouter(0)
	return newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Router = router
		s.Limits.SameNumber = callback.NoLimit
		if change != nil {
			change(s, c)
		}
	}), router
}

// enqueue puts callbacks of other numbers into the queue, a second apart.
func (r *rig) enqueue(priorities ...scheduler.Priority) (ids []callback.ID) {
	r.t.Helper()
	for _, p := range priorities {
		r.clock.Advance(time.Second)
		ids = append(ids, r.start(manager.Request{Priority: p, Number: fmt.Sprintf("+4178555%04d", r.clock.Now().Unix()%10000)}).ID)
	}
	return ids
}

func (r *rig) position(id callback.ID) manager.Position {
	r.t.Helper()
	p, err := r.m.Position(r.ctx, id)
	if err != nil {
		r.t.Fatalf("Position: %v", err)
	}
	return p
}

func (r *rig) places(ids []callback.ID) (places []int) {
	for _, id := range ids {
		places = append(places, r.position(id).Place)
	}
	return places
}

func TestPositionFirstInFirstOut(t *testing.T) {
	r, router := queueRig(t, nil)
	ids := r.enqueue(0, 0, 0)
	for i, id := range ids {
		want := manager.Position{Place: i + 1, Waiting: 3} // no agent is free
		if diff := cmp.Diff(want, r.position(id)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	router.SetFree(callbacktest.AnyService, 2)
	if !r.position(ids[1]).Ready || r.position(ids[2]).Ready {
		t.Error("two agents are free: the second is ready and the third is not")
	}
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: ids[0]}); err != nil {
		t.Fatal(err)
	}
	if p := r.position(ids[2]); p.Place != 2 || p.Waiting != 2 || !p.Ready {
		t.Errorf("after the first has gone: %+v", p)
	}
}

// Positions in strictly ordered classes are exact.
func TestPositionByPriority(t *testing.T) {
	r, _ := queueRig(t, nil)
	ids := r.enqueue(scheduler.NothingElse, scheduler.Normal, scheduler.StrictPriority, scheduler.NothingElse, scheduler.StrictPriority, scheduler.Normal)
	if diff := cmp.Diff([]int{5, 3, 1, 6, 2, 4}, r.places(ids)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The places are the order in which the engine then releases them, also when
// its round robin has been under way for a while.
func TestPositionIsTheOrderOfRelease(t *testing.T) {
	for seed := range uint64(20) {
		r, router := queueRig(t, func(s *callback.Service, _ *manager.Config) {
			s.Queueing.Weights = scheduler.Weights{9, 1, 4, 3, 2, 2, 7}
		})
		r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Hour))
		random := rand.New(rand.NewPCG(seed, 1))
		draw := func(n int) (list []scheduler.Priority) {
			for range n {
				list = append(list, scheduler.Priorities()[random.IntN(scheduler.Levels)])
			}
			return list
		}
		ids := r.enqueue(draw(30)...)
		served := 3 + random.IntN(8)
		router.SetFree(callbacktest.AnyService, served)
		r.tick()
		ids = slices.DeleteFunc(append(ids, r.enqueue(draw(5)...)...), func(id callback.ID) bool { return r.get(id).State != callback.Queued })
		want := make(map[callback.ID]int)
		for _, id := range ids {
			want[id] = r.position(id).Place
		}
		var got, expected []callback.ID
		for i := range ids {
			router.SetFree(callbacktest.AnyService, served+i+1)
			r.tick()
			calls := r.dialer.Calls()
			got = append(got, calls[len(calls)-1].ID)
		}
		expected = slices.SortedFunc(maps.Keys(want), func(a, b callback.ID) int { return want[a] - want[b] })
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Fatalf("seed %d: order of release (-places +got):\n%s", seed, diff)
		}
	}
}

// A callback in a retry gap keeps its place, and others may pass it.
func TestPositionInAGap(t *testing.T) {
	r, router := queueRig(t, nil)
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Busy())
	ids := r.enqueue(0)
	router.SetFree(callbacktest.AnyService, 1)
	r.run(10 * time.Second)
	router.SetFree(callbacktest.AnyService, 0)
	ids = append(ids, r.enqueue(0)...)
	first := r.wantState(ids[0], callback.Queued)
	if first.Ready || len(first.Attempts) != 1 {
		t.Fatalf("the first is not in its gap: %+v", first)
	}
	if p := r.position(ids[0]); p.Place != 1 || p.Waiting != 2 || p.Ready {
		t.Errorf("in the gap: %+v", p)
	}
	if p := r.position(ids[1]); p.Place != 2 || p.Waiting != 2 || p.Ready {
		t.Errorf("behind it, without a free agent: %+v", p)
	}
	router.SetFree(callbacktest.AnyService, 1)
	if p := r.position(ids[1]); p.Place != 2 || !p.Ready {
		t.Errorf("behind it, next to be dialed: %+v", p)
	}
}

// Without a router it is the service's lines that have to be free.
func TestPositionReadyByLines(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Queueing.Lines = 2
		s.Limits.SameNumber = callback.NoLimit
	})
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Hour))
	r.enqueue(0)
	r.tick()
	ids := r.enqueue(0, 0)
	if !r.position(ids[0]).Ready || r.position(ids[1]).Ready {
		t.Error("one of two lines is free: the first is ready and the second is not")
	}
	r.services.Remove("", "desk")
	_, err := r.m.Position(r.ctx, ids[0])
	wantCode(t, err, callback.ErrConfiguration, 50020)
}

func TestPositionReadyByRouter(t *testing.T) {
	for name, step := range map[string]func() error{
		"fails":  func() error { return errors.New("router is down") },
		"panics": func() error { panic("x") },
	} {
		t.Run(name, func(t *testing.T) {
			r, router := queueRig(t, nil)
			ids := r.enqueue(0, 0)
			router.SetFree(callbacktest.AnyService, 5)
			router.ScriptFree(step, step)
			if r.position(ids[0]).Ready || r.position(ids[1]).Ready {
				t.Error("a router that does not tell promises nothing")
			}
			if !r.position(ids[1]).Ready {
				t.Error("and then it does")
			}
		})
	}
}

func TestPositionWhilePaused(t *testing.T) {
	r, router := queueRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Paused = true
		s.Booking.Estimator = scheduler.EstimatorFunc(func(int, time.Time) (time.Duration, bool) { return time.Minute, true })
	})
	router.SetFree(callbacktest.AnyService, 5)
	ids := r.enqueue(0)
	if diff := cmp.Diff(manager.Position{Place: 1, Waiting: 1}, r.position(ids[0])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPositionErrors(t *testing.T) {
	r, _ := queueRig(t, nil)
	if err := r.services.Set("acme", callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}}); err != nil {
		t.Fatal(err)
	}
	ids := r.enqueue(0)
	for _, by := range []callback.By{{ID: "none"}, {Tenant: "acme", ID: ids[0]}, {}} {
		_, err := r.m.Tenant(by.Tenant).Position(r.ctx, by.ID)
		wantCode(t, err, callback.ErrNotFound, 40030)
	}
	for _, s := range []callback.State{callback.Scheduled, callback.Paused, callback.Routing, callback.Processing, callback.Completed} {
		cb := r.start(manager.Request{State: s})
		_, err := r.m.Position(r.ctx, cb.ID)
		wantCode(t, err, callback.ErrInvalidOperation, 40020)
		var state *callback.StateError
		if !errors.As(err, &state) || state.State != s {
			t.Errorf("%#v", err)
		}
	}
	// Other services, tenants and states do not count.
	theirs, err := r.m.Tenant("acme").Start(r.ctx, manager.Request{Service: "desk", Number: swiss})
	if err != nil {
		t.Fatal(err)
	}
	if p := r.position(ids[0]); p.Waiting != 1 {
		t.Errorf("%+v", p)
	}
	if p, err := r.m.Tenant("acme").Position(r.ctx, theirs.ID); err != nil || p.Place != 1 || p.Waiting != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestPositionWaitOfTheEstimator(t *testing.T) {
	r, _ := queueRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Booking.Estimator = scheduler.EstimatorFunc(func(position int, _ time.Time) (time.Duration, bool) {
			if position == 4 {
				panic("four")
			}
			return time.Duration(position) * 90 * time.Second, position != 3
		})
	})
	for i, id := range r.enqueue(0, 0, 0, 0) {
		p := r.position(id)
		if known := i < 2; p.Known != known || known && p.Wait != time.Duration(i+1)*90*time.Second || !known && p.Wait != 0 {
			t.Errorf("place %d: %+v", i+1, p)
		}
	}
}

// The gap before the next attempt is waited out in any case.
func TestPositionWaitOfAGap(t *testing.T) {
	r, router := queueRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Booking.Estimator = scheduler.EstimatorFunc(func(int, time.Time) (time.Duration, bool) { return -time.Second, true })
	})
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Busy())
	ids := r.enqueue(0)
	router.SetFree(callbacktest.AnyService, 1)
	r.run(10 * time.Second)
	want := r.get(ids[0]).ReadyAt.Sub(r.clock.Now())
	if p := r.position(ids[0]); want <= 0 || p.Wait != want || !p.Known {
		t.Errorf("%+v, want a wait of %v", p, want)
	}
	r.clock.Advance(want)
	if p := r.position(ids[0]); p.Wait != 0 || !p.Known {
		t.Errorf("at its end: %+v", p)
	}
}

// Without an estimator the pace at which callbacks were dialed tells.
func TestPositionWaitOfThePace(t *testing.T) {
	r, router := queueRig(t, nil)
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(59*time.Second))
	router.SetFree(callbacktest.AnyService, 1)
	r.enqueue(make([]scheduler.Priority, 20)...)
	for len(r.dialer.Calls()) < 4 {
		r.run(time.Minute)
	}
	waiting := func() manager.Position {
		for cb, err := range r.m.Search(r.ctx, callback.Query{States: []callback.State{callback.Queued}, Order: callback.ByQueue, Desc: true}) {
			if err != nil {
				t.Fatal(err)
			}
			return r.position(cb.ID)
		}
		return manager.Position{}
	}
	if p := waiting(); p.Known || p.Wait != 0 {
		t.Errorf("with %d dialled: %+v", len(r.dialer.Calls()), p)
	}
	for len(r.dialer.Calls()) < 10 {
		r.run(time.Minute)
	}
	calls := r.dialer.Calls()
	each := calls[9].Dialed.Sub(calls[0].Dialed) / 9
	p := waiting()
	want := time.Duration(p.Place) * each
	if !p.Known || p.Wait < want*8/10 || p.Wait > want*13/10 {
		t.Errorf("one is dialled every %v: %+v, want about %v", each, p, want)
	}
	// After an hour without attempts the wait is unknown.
	router.SetFree(callbacktest.AnyService, 0)
	r.run(2 * time.Minute)
	r.clock.Advance(time.Hour)
	if p := waiting(); p.Known {
		t.Errorf("an hour later: %+v", p)
	}
}

// A long call that has just ended says nothing of how fast others went.
func TestPositionWaitOfALargeSample(t *testing.T) {
	r, router := queueRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.PerParameter = 1000 })
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(5*time.Second))
	r.dialer.On(swiss, callbacktest.Answered(50*time.Minute))
	router.SetFree(callbacktest.AnyService, 7)
	r.start(manager.Request{})
	r.run(38 * time.Minute)
	r.enqueue(make([]scheduler.Priority, 230)...)
	for r.get("cb000001").State != callback.Completed {
		r.run(time.Minute)
	}
	router.SetFree(callbacktest.AnyService, 0)
	r.run(2 * time.Minute)
	calls := r.dialer.Calls()
	if len(calls) != 231 {
		t.Fatalf("%d calls: the sample is not full", len(calls))
	}
	calls = calls[31:]
	each := calls[len(calls)-1].Dialed.Sub(calls[0].Dialed) / time.Duration(len(calls)-1)
	p := r.position(r.enqueue(0)[0])
	since := r.clock.Now().Sub(calls[len(calls)-1].Dialed)
	if low, high := since, max(each*16/10, since+time.Second); !p.Known || p.Wait < low || p.Wait > high {
		t.Errorf("one was dialled every %v until %v ago: %+v", each, since, p)
	}
}

// A wait grows while all lines are busy, however fast the attempts before were.
func TestPositionWaitWhileLinesAreBusy(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Queueing.Lines, s.Limits.SameNumber = 20, callback.NoLimit
	})
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(2*time.Hour))
	r.enqueue(make([]scheduler.Priority, 20)...)
	r.run(time.Minute)
	if n := len(r.dialer.Calls()); n != 20 {
		t.Fatalf("%d calls", n)
	}
	began := r.dialer.Calls()[19].Dialed
	id := r.enqueue(0)[0]
	for range 11 {
		r.clock.Advance(5 * time.Minute)
		if p, since := r.position(id), r.clock.Now().Sub(began); p.Ready || p.Known && p.Wait < since {
			t.Errorf("%v after the last attempt: %+v", since, p)
		}
	}
}

// The pace is not read for each who asks.
func TestPositionCostsFewCalls(t *testing.T) {
	faulty := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
	r, _ := queueRig(t, func(_ *callback.Service, c *manager.Config) { c.Store = faulty.Store() })
	ids := r.enqueue(0, 0)
	cost := func() (calls, searches int) {
		calls, searches = faulty.Count(callbacktest.AnyMethod), faulty.Count(callbacktest.MethodSearch)
		r.position(ids[1])
		return faulty.Count(callbacktest.AnyMethod) - calls, faulty.Count(callbacktest.MethodSearch) - searches
	}
	if calls, searches := cost(); calls != 4 || searches != 1 {
		t.Errorf("the first cost %d calls, %d searches", calls, searches)
	}
	r.clock.Advance(15*time.Second - 1)
	if calls, searches := cost(); calls != 3 || searches != 0 {
		t.Errorf("the second cost %d calls, %d searches", calls, searches)
	}
	r.clock.Advance(1)
	if _, searches := cost(); searches != 1 {
		t.Errorf("15 seconds later: %d searches", searches)
	}
	for _, method := range []callbacktest.Method{callbacktest.MethodGet, callbacktest.MethodCount, callbacktest.MethodSearch} {
		faulty.Inject(callbacktest.Fault{Method: method, Kind: callbacktest.FailBefore})
		r.clock.Advance(time.Minute)
		if p, err := r.m.Position(r.ctx, ids[0]); !errors.Is(err, callbacktest.ErrInjected) || p != (manager.Position{}) {
			t.Errorf("%v fails: %+v, %v", method, p, err)
		}
	}
}

// damaged shows one more queued callback, with a priority that none can have.
type damaged struct {
	callback.Store
	id callback.ID
}

func (d damaged) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	cb, err := d.Store.Get(ctx, by)
	if err == nil && cb.ID == d.id {
		cb.Priority = 200
	}
	return cb, err
}

func (d damaged) Count(ctx context.Context, q callback.Query) ([]callback.Group, error) {
	groups, err := d.Store.Count(ctx, q)
	if len(q.Priorities) > 0 {
		return groups, err
	}
	key := callback.QueueKey{Service: "desk", Priority: 200}
	return append(groups, callback.Group{Queue: key, State: callback.Queued, N: 1, Ready: 1}), err
}

// A record with a priority that there is not has no place, and takes none.
func TestPositionBesideADamagedRecord(t *testing.T) {
	r, _ := queueRig(t, func(_ *callback.Service, c *manager.Config) { c.Store = damaged{c.Store, "cb000002"} })
	ids := r.enqueue(0, 0)
	if p := r.position(ids[0]); p.Place != 1 {
		t.Errorf("%+v", p)
	}
	p, err := r.m.Position(r.ctx, ids[1])
	wantCode(t, err, callback.ErrConfiguration, 50020)
	if p != (manager.Position{}) {
		t.Errorf("%+v", p)
	}
}

// A callback is not ready while its customer is in another call, of whichever
// service, and is when that call has ended.
func TestPositionReadyByNumber(t *testing.T) {
	other := managertest.Desk()
	other.Name = "other"
	desk := managertest.Desk()
	desk.Limits.SameNumber, other.Limits.SameNumber = 3, 3
	for _, router := range []callback.Router{nil, callbacktest.NewRouter(5)} {
		for _, service := range []string{"desk", "other"} {
			r := wrap(t, managertest.New(t, managertest.Config{
				Services: []callback.Service{desk, other}, Options: func(c *manager.Config) { c.Router = router },
			}))
			r.dialer.On("*", callbacktest.Answered(10*time.Minute))
			r.start(manager.Request{Service: service})
			r.run(time.Second)
			second := r.start(manager.Request{})
			if p := r.position(second.ID); p.Ready {
				t.Errorf("the number is in a call of %s: %+v", service, p)
			}
			if p := r.position(r.start(manager.Request{Number: swiss2}).ID); p.Place != 2 {
				t.Errorf("another customer: %+v", p)
			}
			r.clock.Advance(11 * time.Minute)
			for _, call := range r.dialer.Calls() {
				ended := callback.Ended(callback.ResultBridged)
				if err := r.m.Report(r.ctx, callback.Report{Key: call.Key, Outcome: &ended}); err != nil {
					t.Fatal(err)
				}
			}
			if p := r.position(second.ID); !p.Ready {
				t.Errorf("the call has ended: %+v", p)
			}
		}
	}
}
