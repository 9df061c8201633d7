package manager_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

// busy is a service without the limits that keep a backlog from forming.
func busy(name string, change func(s *callback.Service)) callback.Service {
	s := managertest.Desk()
	s.Name = name
	s.Limits.SameNumber, s.Limits.Queued = callback.NoLimit, callback.NoLimit
	s.Queueing.Lines = callback.NoLimit
	s.Queueing.TTL, s.TTL = 48*time.Hour, 48*time.Hour
	if change != nil {
		change(&s)
	}
	return s
}

// floor is a rig with services in several tenants and calls of one minute.
type floor struct {
	*rig
	numbers int
}

// newFloor builds a rig; the services are named "tenant/service", a name without
// a slash is a service of the empty tenant.
func newFloor(t *testing.T, options func(c *manager.Config, d *callbacktest.Dialer), services map[string]func(s *callback.Service)) *floor {
	t.Helper()
	tenants := map[string][]callback.Service{}
	own := []callback.Service{busy("other", nil)}
	for name, change := range services {
		if tenant, service, ok := strings.Cut(name, "/"); ok {
			tenants[tenant] = append(tenants[tenant], busy(service, change))
		} else {
			own = append(own, busy(name, change))
		}
	}
	clock := callbacktest.NewClock(monday())
	dialer := callbacktest.NewDialer(clock.Now)
	dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute))
	return &floor{rig: wrap(t, managertest.New(t, managertest.Config{Clock: clock, Dialer: dialer, Services: own, Tenants: tenants, Options: func(c *manager.Config) {
		if options != nil {
			options(c, dialer)
		}
	}}))}
}

// fill starts n callbacks of other numbers, one for each name in turn.
func (f *floor) fill(n int, req manager.Request, names ...string) (ids []callback.ID) {
	f.t.Helper()
	for range n {
		for _, name := range names {
			tenant, service, ok := strings.Cut(name, "/")
			if !ok {
				tenant, service = "", name
			}
			f.numbers++
			req.Service, req.Number = service, fmt.Sprintf("+4178%07d", 5_000_000+f.numbers)
			cb, err := f.m.Tenant(tenant).Start(f.ctx, req)
			if err != nil {
				f.t.Fatal(err)
			}
			ids = append(ids, cb.ID)
		}
	}
	return ids
}

// served counts the calls placed so far by "tenant/service".
func (f *floor) served() map[string]int {
	counts := make(map[string]int)
	for _, call := range f.dialer.Calls() {
		name := call.Service
		if call.Tenant != "" {
			name = call.Tenant + "/" + name
		}
		counts[name]++
	}
	return counts
}

// scarcities are the things that services share.
func scarcities() map[string]func(c *manager.Config, d *callbacktest.Dialer) {
	return map[string]func(c *manager.Config, d *callbacktest.Dialer){
		"one agent":           func(c *manager.Config, _ *callbacktest.Dialer) { c.Router = callbacktest.NewRouter(1) },
		"one call a second":   func(_ *manager.Config, d *callbacktest.Dialer) { d.SetLimits(callback.DialerLimits{CallsPerSecond: 1}) },
		"seven shared agents": func(c *manager.Config, _ *callbacktest.Dialer) { c.Router = callbacktest.NewRouter(7) },
	}
}

// What is scarce is shared equally between services and between tenants.
func TestServicesShareWhatIsScarce(t *testing.T) {
	for name, options := range scarcities() {
		t.Run(name, func(t *testing.T) {
			f := newFloor(t, options, map[string]func(*callback.Service){"aaa": nil, "zzz": nil, "a/x": nil, "a/y": nil, "b/x": nil})
			f.fill(400, manager.Request{}, "aaa", "zzz", "a/x", "a/y", "b/x")
			for len(f.dialer.Calls()) < 170 {
				f.run(10 * time.Second)
			}
			counts := f.served()
			total := len(f.dialer.Calls())
			t.Logf("%d calls: %v", total, counts)
			if total > 1000 {
				t.Fatalf("%d calls, nothing was scarce: %v", total, counts)
			}
			for name, parts := range map[string]int{"aaa": 6, "zzz": 6, "a/x": 6, "a/y": 6, "b/x": 3} {
				want := total / parts
				if got := counts[name]; got < want-3 || got > want+3 {
					t.Errorf("%s was served %d times of %d, want %d: %v", name, got, total, want, counts)
				}
			}
		})
	}
}

// The places of a dialer that takes one call at a time are shared.
func TestSlotsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counts := make(map[string]int)
		dialer := callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
			counts[call.Service]++
			time.Sleep(time.Minute)
			return callback.Ended(callback.ResultBridged), nil
		})
		services, err := callback.NewServices(busy("aaa", nil), busy("zzz", nil))
		if err != nil {
			t.Fatal(err)
		}
		m, err := manager.New(manager.Config{Store: store.NewMemory(store.Config{}), Services: services, Dialer: dialer, MaxInFlight: 1, ShutdownTimeout: 2 * time.Minute, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 300 {
			for j, name := range []string{"aaa", "zzz"} {
				_, err := m.Start(t.Context(), manager.Request{Service: name, Number: fmt.Sprintf("+4178%07d", 5_000_000+2*i+j)})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Hour)
		defer cancel()
		if err := m.Run(ctx); err != nil {
			t.Error(err)
		}
		if a, z := counts["aaa"], counts["zzz"]; a+z < 239 || a-z < -1 || a-z > 1 {
			t.Errorf("aaa was served %d times and zzz %d times in four hours", a, z)
		}
	})
}

// Shares follow Queueing.Share.
func TestShares(t *testing.T) {
	share := func(n int) func(*callback.Service) { return func(s *callback.Service) { s.Queueing.Share = n } }
	f := newFloor(t, scarcities()["one agent"], map[string]func(*callback.Service){"aaa": share(1), "mmm": share(3), "zzz": share(2)})
	f.fill(300, manager.Request{}, "aaa", "mmm", "zzz")
	f.run(2 * time.Hour)
	counts, total := f.served(), len(f.dialer.Calls())
	t.Logf("%d calls: %v", total, counts)
	if diff := cmp.Diff(map[string]int{"aaa": total / 6, "mmm": total / 2, "zzz": total / 3}, counts, cmp.Comparer(func(a, b int) bool { return a-b <= 2 && b-a <= 2 })); diff != "" {
		t.Errorf("of %d (-want +got):\n%s", total, diff)
	}
}

// A service that begins to compete is served within one turn of each of the
// others, however long their backlogs have been served.
func TestWaitOfANewcomer(t *testing.T) {
	for _, n := range []int{2, 50, 5000} {
		if n == 5000 && testing.Short() {
			continue
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			services, names := make(map[string]func(*callback.Service)), []string{}
			for i := range n {
				name := fmt.Sprintf("s%04d", i)
				services[name] = nil
				names = append(names, name)
			}
			rate := 1 + n/50
			f := newFloor(t, func(_ *manager.Config, d *callbacktest.Dialer) {
				d.SetLimits(callback.DialerLimits{CallsPerSecond: rate})
			}, services)
			f.fill(3*min(n, 1000), manager.Request{}, names[0]) // a backlog that does not end
			f.run(10 * time.Second)
			before := len(f.dialer.Calls())
			f.fill(1, manager.Request{}, names[1:]...)
			f.run(time.Duration(2*n/rate) * time.Second)
			calls := f.dialer.Calls()[before:]
			last := 0
			for i, call := range calls {
				if call.Service != names[0] {
					last = i + 1
				}
			}
			// The backlog takes its part in every round.
			t.Logf("the last of %d newcomers was call %d", n-1, last)
			if most := n + rate; last > most || last < n-1 {
				t.Errorf("the last of %d newcomers was call %d, want at most %d", n-1, last, most)
			}
		})
	}
}

// StrictPriority goes first in its tenant and only there; NothingElse waits for
// the other callbacks of its tenant.
func TestPrioritiesWithinATenant(t *testing.T) {
	f := newFloor(t, scarcities()["one agent"], map[string]func(*callback.Service){"aaa": nil, "zzz": nil, "b/x": nil})
	f.fill(20, manager.Request{Priority: scheduler.NothingElse}, "aaa")
	f.fill(20, manager.Request{}, "aaa", "b/x")
	f.fill(10, manager.Request{Priority: scheduler.StrictPriority}, "zzz")
	f.run(130 * time.Minute)
	var own []string
	other := 0
	for _, call := range f.dialer.Calls() {
		if call.Tenant == "b" {
			other++
			if len(own) > 0 && len(own) <= 20 && (other < len(own)-1 || other > len(own)+1) {
				t.Errorf("tenant b was served %d times when the other one was served %d times", other, len(own))
			}
			continue
		}
		cb := f.get(call.ID)
		own = append(own, call.Service+" "+cb.Priority.String())
	}
	var want []string
	for _, part := range []struct {
		n    int
		name string
	}{{10, "zzz StrictPriority"}, {20, "aaa Normal"}, {20, "aaa NothingElse"}} {
		for range part.n {
			want = append(want, part.name)
		}
	}
	if diff := cmp.Diff(want, own); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A class does not pay for heads that were not dialed: their numbers are in other
// calls, the router has no agent for them, or a limit refused them.
func TestClassesPayForCallsOnly(t *testing.T) {
	for _, blocked := range []int{0, 1, 2, 30} {
		t.Run(fmt.Sprint(blocked), func(t *testing.T) {
			f := newFloor(t, func(c *manager.Config, _ *callbacktest.Dialer) {
				c.Router = personal{callbacktest.NewRouter(1), "absent"}
			}, map[string]func(*callback.Service){"desk": nil})
			f.fill(blocked, manager.Request{Priority: scheduler.High, Agent: callback.Agent{Personal: "absent"}}, "desk")
			f.fill(200, manager.Request{Priority: scheduler.High}, "desk")
			f.fill(200, manager.Request{}, "desk")
			f.run(2 * time.Hour)
			high, calls := 0, f.dialer.Calls()
			for _, call := range calls[:72] {
				if f.get(call.ID).Priority == scheduler.High {
					high++
				}
			}
			if want := 40; high < want-1 || high > want+1 {
				t.Errorf("%d of 72 calls were of priority High, want %d", high, want)
			}
		})
	}
}

// personal is a router whose named agent is absent.
type personal struct {
	*callbacktest.Router
	absent string
}

func (r personal) Reserve(ctx context.Context, cb *callback.Callback) (callback.Reservation, error) {
	if cb.Agent.Personal == r.absent {
		return callback.Reservation{}, callback.ErrNoAgent
	}
	return r.Router.Reserve(ctx, cb)
}

// chooser is a personal router that chooses among candidates.
type chooser struct{ personal }

func (r chooser) ReserveAny(ctx context.Context, candidates []*callback.Callback, n int) (picks []callback.Pick, err error) {
	for _, cb := range candidates {
		if len(picks) == n {
			break
		}
		agent, err := r.Reserve(ctx, cb)
		if errors.Is(err, callback.ErrNoAgent) {
			continue
		}
		if err != nil {
			return picks, err
		}
		picks = append(picks, callback.Pick{Callback: cb.ID, Reservation: agent})
		cb.ID = "changed by the router" // its copy
	}
	return picks, nil
}

// Heads that no agent can take do not keep a free agent from the callbacks behind
// them, however many there are.
func TestHeadsThatCannotBeServed(t *testing.T) {
	const heads = 6000 // ten batches and more
	routers := map[string]func() callback.Router{
		"Reserve":    func() callback.Router { return personal{callbacktest.NewRouter(1), "absent"} },
		"ReserveAny": func() callback.Router { return chooser{personal{callbacktest.NewRouter(1), "absent"}} },
		"not waking": func() callback.Router {
			return struct{ callback.Router }{personal{callbacktest.NewRouter(1), "absent"}}
		},
	}
	for name, router := range routers {
		t.Run(name, func(t *testing.T) {
			f := newFloor(t, func(c *manager.Config, _ *callbacktest.Dialer) { c.Router = router() }, map[string]func(*callback.Service){"desk": nil})
			f.fill(heads, manager.Request{Agent: callback.Agent{Personal: "absent"}}, "desk")
			f.clock.Advance(time.Second)
			behind := f.fill(3, manager.Request{}, "desk")
			f.run(5 * time.Minute)
			for _, id := range behind {
				f.wantReason(id, callback.ReasonAgentConnected)
			}
			// When their agent comes they are asked about again.
			f.clock.Advance(time.Minute)
			first := f.get(callback.ID("cb000001"))
			if first.State != callback.Queued || !first.Ready || len(first.Attempts) > 0 {
				t.Errorf("the first head is %v, ready %v", first.State, first.Ready)
			}
		})
	}
}

// An idle service is served at once although another has a long backlog of heads
// that cannot be served.
func TestBacklogOfAnotherService(t *testing.T) {
	f := newFloor(t, func(c *manager.Config, _ *callbacktest.Dialer) {
		c.Router = personal{callbacktest.NewRouter(2), "absent"}
	},
		map[string]func(*callback.Service){"aaa": nil, "zzz": nil})
	f.fill(2000, manager.Request{Agent: callback.Agent{Personal: "absent"}}, "aaa")
	id := f.fill(1, manager.Request{}, "zzz")[0]
	if p := f.tick(); p.Dialed != 1 {
		t.Fatalf("the first tick dialed %d", p.Dialed)
	}
	if cb := f.get(id); len(cb.Attempts) != 1 {
		t.Errorf("zzz is %v", cb.State)
	}
}

// A Tick with a million due callbacks ends, and the next one goes on.
func TestTickHasABudget(t *testing.T) {
	f := newFloor(t, func(c *manager.Config, _ *callbacktest.Dialer) { c.Batch = 10 }, map[string]func(*callback.Service){"desk": func(s *callback.Service) {
		s.Booking.PerBucket = callback.NoLimit
	}})
	f.fill(200, manager.Request{Desired: monday().Add(time.Hour)}, "desk")
	f.clock.Advance(time.Hour)
	released := 0
	for range 4 {
		p := f.tick()
		if p.Released != 50 {
			t.Fatalf("a tick released %d, want 5 batches of 10", p.Released)
		}
		if now := f.clock.Now(); p.NextAt.After(now) {
			t.Fatalf("the next tick is at %v, want at once", p.NextAt)
		}
		released += p.Released
	}
	if f.run(time.Minute); released != 200 || len(f.dialer.Calls()) != 200 {
		t.Errorf("%d released, %d dialed", released, len(f.dialer.Calls()))
	}
}
