package callbacktest_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// desk is a Manager with a service "desk" on virtual time, and what a test of
// a host needs around it.
type desk struct {
	store   callback.Store
	clock   *callbacktest.Clock
	dialer  *callbacktest.Dialer
	manager *manager.Manager
}

// newDesk makes a desk; change may adjust the configuration.
func newDesk(change func(*desk, *manager.Config)) (*desk, error) {
	d := &desk{store: store.NewMemory(store.Config{}), clock: callbacktest.NewClock(noon)}
	d.dialer = callbacktest.NewDialer(d.clock.Now)
	services, err := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		return nil, err
	}
	config := manager.Config{
		Store: d.store, Services: services, Dialer: d.dialer, Now: d.clock.Now, NewID: callbacktest.IDs("cb-"),
		Node: "n1", Synchronous: true, Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(d, &config)
	}
	d.manager, err = manager.New(config)
	return d, err
}

// A customer is busy once and is reached at the second attempt.
func ExampleDrive() {
	ctx := context.Background()
	d, err := newDesk(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	d.dialer.On(swiss, callbacktest.Busy(), callbacktest.Answered(90*time.Second))
	cb, err := d.manager.Start(ctx, manager.Request{Service: "desk", Number: swiss})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := callbacktest.Drive(ctx, d.manager, d.clock, d.dialer, noon.Add(8*time.Hour)); err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range d.dialer.Calls() {
		fmt.Println(c.Started.Format(time.TimeOnly), c.Key, c.Result)
	}
	done, err := d.manager.Get(ctx, cb.ID)
	fmt.Println(done.State, done.Reason, err)
	// Output:
	// 12:00:00 cb-000001.1 BUSY
	// 12:05:01 cb-000001.2 ANSWER
	// COMPLETED AGENT_CONNECTED <nil>
}

// check is what every test of the kit with a Manager ends with.
func (d *desk) check(t *testing.T, kinds ...callbacktest.DoubleKind) {
	t.Helper()
	if n := callbacktest.VerifyAudit(t, d.store); n == 0 {
		t.Error("there was nothing to audit")
	}
	callbacktest.VerifyPermits(t, d.store, d.clock.Now(), "")
	callbacktest.RequireNoDoubles(t, d.dialer, kinds...)
}

// Whatever a dialer does, the engine stays whole: every step of the kit, on
// every view of the dialer, with an early reporter attached.
func TestEveryStepOnAManager(t *testing.T) {
	steps := map[string]callbacktest.Step{
		"answered": callbacktest.Answered(time.Minute), "abandoned": callbacktest.Abandoned(time.Second),
		"refused": callbacktest.Refused(), "throttled": callbacktest.Throttled(time.Minute), "lost": callbacktest.Lost(nil),
		"vanished": callbacktest.Vanished(), "crashed": callbacktest.Crashed("boom"), "silent": callbacktest.Silent(),
		"fails": callbacktest.Answered(time.Minute).Fails(nil), "panics": callbacktest.NoAnswer().Panics("boom"),
		"early": callbacktest.Answered(time.Minute).With(callbacktest.Early), "mute": callbacktest.Answered(time.Minute).With(callbacktest.Mute),
		"no final": callbacktest.Answered(time.Minute).With(callbacktest.StagesOnly), "final only": callbacktest.Answered(time.Minute).With(callbacktest.FinalOnly),
		"twice": callbacktest.Answered(time.Minute).With(callbacktest.Twice), "backwards": callbacktest.Answered(time.Minute).With(callbacktest.Backwards),
		"stray": callbacktest.Answered(time.Minute).With(callbacktest.Stray), "late": callbacktest.Busy().Late(30 * time.Minute),
		"delayed": callbacktest.NoAnswer().Delayed(20 * time.Second), "forgotten": callbacktest.Silent().With(callbacktest.Forgotten),
		"no look-up": callbacktest.Silent().LookupFails(callback.ErrExecution), "no hang-up": callbacktest.Abandoned(time.Hour).HangupFails(callback.ErrExecution),
	}
	for result := callback.ResultOK; result.Valid(); result++ {
		steps[result.String()] = callbacktest.Result(result)
	}
	views := map[string]func(*callbacktest.Dialer) callback.Dialer{
		"whole":      func(d *callbacktest.Dialer) callback.Dialer { return d },
		"blind":      (*callbacktest.Dialer).Blind,
		"no hang-up": (*callbacktest.Dialer).NoHangup,
		"no look-up": (*callbacktest.Dialer).NoLookup,
		"fenced":     (*callbacktest.Dialer).Fenced,
	}
	for viewName, view := range views {
		for stepName, step := range steps {
			t.Run(viewName+"/"+stepName, func(t *testing.T) {
				d, err := newDesk(func(d *desk, c *manager.Config) { c.Dialer = view(d.dialer) })
				if err != nil {
					t.Fatal(err)
				}
				d.dialer.On(swiss, step)
				if _, err := d.manager.Start(t.Context(), manager.Request{Service: "desk", Number: swiss}); err != nil {
					t.Fatal(err)
				}
				if _, err := callbacktest.Drive(t.Context(), d.manager, d.clock, d.dialer, noon.Add(12*time.Hour)); err != nil {
					t.Fatal(err)
				}
				d.check(t)
			})
		}
	}
}

// The store fails at random, and the platform in every way. After both have healed,
// records and permits agree, and no customer was in two calls at once. The same seed
// gives the same calls.
func TestChaosOnAManager(t *testing.T) {
	run := func(seed uint64) string {
		var faulty *callbacktest.FaultyStore
		d, err := newDesk(func(d *desk, c *manager.Config) {
			faulty = callbacktest.NewFaultyStore(d.store)
			c.Store = faulty.Store()
		})
		if err != nil {
			t.Fatal(err)
		}
		random := callbacktest.Random(seed)
		kinds := []callbacktest.Step{
			callbacktest.Answered(time.Minute), callbacktest.Busy().With(callbacktest.Twice), callbacktest.NoAnswer().With(callbacktest.Backwards), callbacktest.Lost(nil),
			callbacktest.NoAnswer().Fails(nil), callbacktest.Refused(), callbacktest.Silent(), callbacktest.Crashed("boom"),
			callbacktest.Answered(time.Minute).Late(time.Minute), callbacktest.Answered(time.Second).With(callbacktest.Early),
		}
		d.dialer.OnCall(func(callback.Call) (callbacktest.Step, bool) { return kinds[int(random()*float64(len(kinds)))], true })
		for n := range 40 {
			req := manager.Request{Service: "desk", Number: fmt.Sprintf("+417855566%02d", n+10), Desired: noon.Add(time.Duration(n) * time.Minute)}
			if _, err := d.manager.Start(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		faulty.Randomly(seed, callbacktest.Rates{Before: .02, After: .02, Unknown: .02, Cancel: .02})
		driver := callbacktest.Driver{Engine: d.manager, Clock: d.clock, Dialer: d.dialer, OnError: func(error) error { return nil }}
		if _, err := driver.Run(t.Context(), noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if len(faulty.Injected()) < 20 {
			t.Errorf("only %d faults were met", len(faulty.Injected()))
		}
		faulty.Heal()
		if _, err := driver.Run(t.Context(), noon.Add(12*time.Hour)); err != nil {
			t.Fatal(err)
		}
		groups, err := d.store.Count(t.Context(), callback.Query{})
		if err != nil || len(groups) != 1 || groups[0].State != callback.Completed || groups[0].N != 40 {
			t.Errorf("seed %d: not everybody was seen to: %+v, %v", seed, groups, err)
		}
		d.check(t)
		return fmt.Sprintf("%+v", d.dialer.Calls())
	}
	for seed := range uint64(10) {
		first, second := run(seed), run(seed)
		if first != second {
			t.Errorf("seed %d is not replayed", seed)
		}
	}
}
