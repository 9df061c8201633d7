// Package managertest builds a Manager for tests: on virtual time, over a store
// in memory, with a scripted dialer. Nothing sleeps, and a test does the same,
// event for event, each time it runs.
//
//	func TestBusyLineIsRetried(t *testing.T) {
//		rig := managertest.New(t, managertest.Config{})
//		rig.Dialer.On("+41785556677", callbacktest.Busy(), callbacktest.Answered(time.Minute))
//		cb := rig.Start(manager.Request{Service: "desk", Number: "+41785556677"})
//		rig.Run(8 * time.Hour)
//		rig.WantReason(cb.ID, callback.ReasonAgentConnected)
//	}
//
// Package callbacktest has the parts: the clock, the dialer, the recorder of
// events and a store that fails on demand. It serves authors of plug-ins, who do
// not need a Manager.
package managertest

import (
	"cmp"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store"
)

// Config says what [New] builds. Every zero field has the documented default.
type Config struct {
	// Store holds the callbacks. Defaults to an empty store.Memory.
	Store callback.Store
	// Clock is the time of the Manager and the dialer. Defaults to a clock at
	// [Monday].
	Clock *callbacktest.Clock
	// Dialer places the calls. Defaults to one on Clock whose script is empty:
	// every call is answered.
	Dialer *callbacktest.Dialer
	// Services are the services of the empty tenant. Defaults to [Desk] alone.
	Services []callback.Service
	// Tenants are the services of other tenants, by tenant. Defaults to none.
	Tenants map[string][]callback.Service
	// Options changes the configuration that New made before the Manager is
	// built, for example to wrap the store or hide a capability of the dialer.
	// New reads Services and Tenants after it. Defaults to no change.
	Options func(c *manager.Config)
}

// Rig is a Manager on virtual time and what surrounds it. A failing method ends
// the test. A Rig is for one goroutine; its parts are safe for concurrent use.
type Rig struct {
	// Manager is the Manager under test. It is synchronous and idle: work happens
	// in [Rig.Tick] and [Rig.Run] only.
	Manager *manager.Manager
	// Clock is the time of the Manager and the dialer.
	Clock *callbacktest.Clock
	// Dialer places the calls of the Manager.
	Dialer *callbacktest.Dialer
	// Store is the store of the Manager, as Config.Options left it.
	Store callback.Store
	// Services are the services of Config; change them to configure while the
	// Manager runs.
	Services *callback.Services
	// Recorder reads the events of the rig's tenant.
	Recorder *callbacktest.Recorder

	t testing.TB
}

// Monday returns the default start of the clock: Monday 12 January 2026, 10:00
// UTC.
func Monday() time.Time { return time.Date(2026, time.January, 12, 10, 0, 0, 0, time.UTC) }

// Desk returns the default service: it is named "desk" and reads numbers as
// people in Switzerland write them. It also takes those of all other regions, and
// SIP addresses of example.com.
func Desk() callback.Service {
	return callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH", Countries: []string{phonenum.Anywhere}, SIPHosts: []string{"example.com"}}}
}

// Deterministic sets the options that make a Manager repeat itself exactly: Now
// is the given clock, NewID counts from "cb000001", NewCode and Random return codes
// and numbers of a fixed seed, and Tick calls the dialer on its own goroutine. These
// options
// are meant for tests and simulations only.
func Deterministic(c *manager.Config, now func() time.Time) {
	c.Now, c.NewID, c.NewCode, c.Random, c.Synchronous = now, callbacktest.IDs("cb"), callbacktest.Codes(1), callbacktest.Random(1), true
}

// New builds a rig. When the test ends without a failure, New's cleanup checks
// with callbacktest.VerifyAudit and VerifyPermits that the records, events and
// permits of all tenants agree. A test that injects faults into the store heals
// it first, in a cleanup of its own.
func New(t testing.TB, config Config) *Rig {
	t.Helper()
	r := &Rig{t: t, Clock: config.Clock, Dialer: config.Dialer}
	if r.Clock == nil {
		r.Clock = callbacktest.NewClock(Monday())
	}
	if r.Dialer == nil {
		r.Dialer = callbacktest.NewDialer(r.Clock.Now)
	}
	c := manager.Config{Store: config.Store, Dialer: r.Dialer, Node: "n1", Logger: slog.New(slog.DiscardHandler)}
	if c.Store == nil {
		c.Store = store.NewMemory(store.Config{})
	}
	Deterministic(&c, r.Clock.Now)
	if config.Options != nil {
		config.Options(&c)
	}
	r.Store = c.Store
	r.Services = services(t, config)
	if c.Services == nil {
		c.Services = r.Services
	}
	var err error
	if r.Manager, err = manager.New(c); err != nil {
		t.Fatalf("manager.New: %v", err)
	}
	r.Recorder = callbacktest.NewRecorder(r.Store, "")
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		callbacktest.VerifyAudit(t, r.Store)
		callbacktest.VerifyPermits(t, r.Store, r.Clock.Now(), "")
		for tenant := range config.Tenants {
			callbacktest.VerifyPermits(t, r.Store, r.Clock.Now(), tenant)
		}
	})
	return r
}

func services(t testing.TB, config Config) *callback.Services {
	t.Helper()
	if config.Services == nil {
		config.Services = []callback.Service{Desk()}
	}
	known, err := callback.NewServices(config.Services...)
	if err != nil {
		t.Fatalf("callback.NewServices: %v", err)
	}
	for tenant, list := range config.Tenants {
		for _, service := range list {
			if err := known.Set(tenant, service); err != nil {
				t.Fatalf("service %q of tenant %q: %v", service.Name, tenant, err)
			}
		}
	}
	return known
}

// Tenant returns a view of the rig whose Manager and Recorder act for the named
// tenant.
func (r *Rig) Tenant(name string) *Rig {
	view := *r
	view.Manager = r.Manager.Tenant(name)
	view.Recorder = callbacktest.NewRecorder(r.Store, name)
	return &view
}

// Start starts a callback. Service defaults to "desk", Number to +41785556677.
func (r *Rig) Start(req manager.Request) *callback.Callback {
	r.t.Helper()
	req.Service = cmp.Or(req.Service, "desk")
	req.Number = cmp.Or(req.Number, "+41785556677")
	cb, err := r.Manager.Start(context.Background(), req)
	if err != nil {
		r.t.Fatalf("Start: %v", err)
	}
	return cb
}

// Tick does what is due at the clock's time: one Tick of the Manager, then the
// reports of the dialer. It returns the Manager's progress.
func (r *Rig) Tick() callback.Progress {
	r.t.Helper()
	progress, err := r.Manager.Tick(context.Background(), r.Clock.Now())
	if err != nil {
		r.t.Fatalf("Tick: %v", err)
	}
	if _, err := r.Dialer.Advance(context.Background(), r.Clock.Now(), r.Manager); err != nil {
		r.t.Fatalf("Advance: %v", err)
	}
	return progress
}

// Run lets d pass: it does everything that falls due, in order, and leaves the
// clock d later.
func (r *Rig) Run(d time.Duration) {
	r.t.Helper()
	until := r.Clock.Now().Add(d)
	if _, err := callbacktest.Drive(context.Background(), r.Manager, r.Clock, r.Dialer, until); err != nil {
		r.t.Fatalf("Drive: %v", err)
	}
	r.Clock.Set(until)
}

// Get returns the callback as it is stored.
func (r *Rig) Get(id callback.ID) *callback.Callback {
	r.t.Helper()
	cb, err := r.Manager.Get(context.Background(), id)
	if err != nil {
		r.t.Fatalf("Get: %v", err)
	}
	return cb
}

// WantState ends the test unless the callback is in the state. It returns the
// callback.
func (r *Rig) WantState(id callback.ID, state callback.State) *callback.Callback {
	r.t.Helper()
	return r.Recorder.RequireState(r.t, id, state)
}

// WantReason ends the test unless the callback is completed for the reason. It
// returns the callback.
func (r *Rig) WantReason(id callback.ID, reason callback.Reason) *callback.Callback {
	r.t.Helper()
	return r.Recorder.RequireCompleted(r.t, id, reason)
}
