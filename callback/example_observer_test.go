package callback_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// metrics counts what an operator watches. It embeds NopObserver, and so implements
// only the methods that it needs.
type metrics struct {
	callback.NopObserver
	attempts, connected, storeErrors atomic.Int64
}

func (m *metrics) AttemptBegan(context.Context, callback.Call) { m.attempts.Add(1) }

func (m *metrics) AttemptEnded(_ context.Context, cb *callback.Callback) {
	if cb.Reason == callback.ReasonAgentConnected {
		m.connected.Add(1)
	}
}

func (m *metrics) StoreCalled(_ context.Context, c callback.StoreCall) {
	if c.Err != nil {
		m.storeErrors.Add(1)
	}
}

// An Observer counts attempts and failures of the store. Its methods run on the
// goroutines that do the work, so that they only add to counters.
func ExampleObserver() {
	seen := new(metrics)
	rig := managertest.New(managertest.ForExample(), managertest.Config{Options: func(c *manager.Config) { c.Observer = seen }})
	rig.Dialer.On("+41785556677", callbacktest.Busy(), callbacktest.Answered(time.Minute))
	rig.Start(manager.Request{})
	rig.Run(time.Hour)
	fmt.Println("attempts:", seen.attempts.Load(), "connected:", seen.connected.Load(), "store errors:", seen.storeErrors.Load())
	// Output:
	// attempts: 2 connected: 1 store errors: 0
}

// slowReads reports slow reads of the store that it wraps.
type slowReads struct {
	callback.Store
	limit time.Duration
}

func (s slowReads) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	began := time.Now()
	defer func() {
		if took := time.Since(began); took > s.limit {
			fmt.Println("slow read:", took)
		}
	}()
	return s.Store.Get(ctx, by)
}

// Unwrap lets a Manager find the optional interfaces of the wrapped store, such as
// PausingStore.
func (s slowReads) Unwrap() callback.Store { return s.Store }

// A wrapper embeds a Store and has a method Unwrap. Without Unwrap, Pause would fail
// because the wrapper itself is no PausingStore.
func ExampleStore_wrapper() {
	rig := managertest.New(managertest.ForExample(), managertest.Config{
		Options: func(c *manager.Config) { c.Store = slowReads{Store: c.Store, limit: time.Minute} },
	})
	id := rig.Start(manager.Request{}).ID
	n, err := rig.Manager.Pause(context.Background(), manager.PauseRequest{Service: "desk", Actor: "chief"})
	fmt.Println(n, err, rig.Get(id).State)
	// Output:
	// 1 <nil> PAUSED
}

// Every attempt has one event that ends it, also the last one, which ends together with
// the callback.
func ExampleEvent_EndsAttempt() {
	rig := managertest.New(managertest.ForExample(), managertest.Config{})
	rig.Dialer.On("+41785556677", callbacktest.Busy(), callbacktest.Answered(time.Minute))
	id := rig.Start(manager.Request{}).ID
	rig.Run(time.Hour)
	events, err := rig.Manager.History(context.Background(), id)
	for _, e := range events {
		if e.EndsAttempt() {
			fmt.Println(e.Type, e.Attempt, e.Result, e.Certainty)
		}
	}
	fmt.Println(err)
	// Output:
	// attempt_ended 1 BUSY known
	// completed 2 ANSWER known
	// <nil>
}
