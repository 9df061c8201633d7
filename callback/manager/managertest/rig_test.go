package managertest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// A test passes its t instead of ForExample.
func Example() {
	rig := managertest.New(managertest.ForExample(), managertest.Config{})
	rig.Dialer.On("+41785556677", callbacktest.Busy(), callbacktest.Answered(time.Minute))
	cb := rig.Start(manager.Request{Number: "078 555 66 77"})
	rig.Run(8 * time.Hour)
	cb = rig.WantReason(cb.ID, callback.ReasonAgentConnected)
	for _, attempt := range cb.Attempts {
		fmt.Println(attempt.Began.Format(time.TimeOnly), attempt.Outcome.Result)
	}
	// Output:
	// 10:00:00 BUSY
	// 10:05:01 ANSWER
}

// The Manager's options can be changed after the defaults are set.
func ExampleConfig_options() {
	rig := managertest.New(managertest.ForExample(), managertest.Config{
		Options: func(c *manager.Config) {
			faults := callbacktest.NewFaultyStore(c.Store)
			c.Store = faults.Store()
			c.Batch = 10
		},
	})
	fmt.Println(rig.Tick().Dialed)
	// Output: 0
}

func ExampleDeterministic() {
	clock := callbacktest.NewClock(managertest.Monday())
	var config manager.Config
	managertest.Deterministic(&config, clock.Now)
	fmt.Println(config.NewID(), config.NewID(), config.Synchronous)
	// Output: cb000001 cb000002 true
}

func TestTenant(t *testing.T) {
	rig := managertest.New(t, managertest.Config{Tenants: map[string][]callback.Service{"acme": {managertest.Desk()}}})
	acme := rig.Tenant("acme")
	cb := acme.Start(manager.Request{})
	acme.Tick()
	acme.WantState(cb.ID, callback.Dialing)
	acme.Run(time.Hour)
	if got := acme.WantReason(cb.ID, callback.ReasonAgentConnected); got.Tenant != "acme" {
		t.Errorf("the callback belongs to tenant %q, want acme", got.Tenant)
	}
	if got := rig.Clock.Now(); !got.Equal(managertest.Monday().Add(time.Hour)) {
		t.Errorf("the clock is at %v, want an hour after %v", got, managertest.Monday())
	}
	if _, err := rig.Manager.Get(t.Context(), cb.ID); err == nil {
		t.Error("the empty tenant reads a callback of acme")
	}
	acme.Recorder.RequireEvent(t, cb.ID, callback.EventCompleted)
	if len(rig.Recorder.Events()) != 0 {
		t.Error("the recorder of the empty tenant has events of acme")
	}
}

// fatal keeps the message of Fatalf, which panics in its place.
type fatal struct{ testing.TB }

func (fatal) Helper()                           {}
func (fatal) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func TestFailuresEndTheTest(t *testing.T) {
	at := func(rig func() *managertest.Rig, act func(*managertest.Rig)) (message string) {
		defer func() { message = fmt.Sprint(recover()) }()
		act(rig())
		return ""
	}
	valid := func() *managertest.Rig { return managertest.New(managertest.ForExample(), managertest.Config{}) }
	for _, test := range []struct {
		name, want string
		rig        func() *managertest.Rig
		act        func(*managertest.Rig)
	}{
		{"a service that is not valid", "callback.NewServices", func() *managertest.Rig {
			return managertest.New(fatal{t}, managertest.Config{Services: []callback.Service{{}}})
		}, func(*managertest.Rig) {}},
		{"a service of a tenant that is not valid", `tenant "acme"`, func() *managertest.Rig {
			return managertest.New(fatal{t}, managertest.Config{Tenants: map[string][]callback.Service{"acme": {{}}}})
		}, func(*managertest.Rig) {}},
		{"a configuration that is not valid", "manager.New", func() *managertest.Rig {
			return managertest.New(fatal{t}, managertest.Config{Options: func(c *manager.Config) { c.Dialer = nil }})
		}, func(*managertest.Rig) {}},
		{"a request that is refused", "Start", valid, func(r *managertest.Rig) { r.Start(manager.Request{Service: "other"}) }},
		{"an unknown callback", "Get", valid, func(r *managertest.Rig) { r.Get("cb000009") }},
		{"another state", "want COMPLETED", valid, func(r *managertest.Rig) { r.WantState(r.Start(manager.Request{}).ID, callback.Completed) }},
		{"another reason", "want CANCELLED", valid, func(r *managertest.Rig) {
			cb := r.Start(manager.Request{})
			r.Run(time.Hour)
			r.WantReason(cb.ID, callback.ReasonCancelled)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := at(test.rig, test.act); !strings.Contains(got, test.want) {
				t.Errorf("the test ends with %q, want it to say %q", got, test.want)
			}
		})
	}
}
