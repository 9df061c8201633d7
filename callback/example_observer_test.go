package callback_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
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

// refused counts refused requests by operation and kind, as the labels of a metric.
type refused struct {
	callback.NopObserver
	mu sync.Mutex
	by map[string]int
}

func (r *refused) Refused(_ context.Context, refusal callback.Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.by[refusal.Operation+" "+refusal.Kind]++
}

// A RefusalObserver hears why requests are refused, and no number.
func ExampleRefusalObserver() {
	counts := &refused{by: make(map[string]int)}
	rig := managertest.New(managertest.ForExample(), managertest.Config{Options: func(c *manager.Config) { c.Observer = counts }})
	ctx := context.Background()
	for _, number := range []string{"+41785556677", "112", "not a number"} {
		if _, err := rig.Manager.Start(ctx, manager.Request{Service: "desk", Number: number}); err != nil {
			continue // the client is told
		}
	}
	_, err := rig.Manager.Cancel(ctx, manager.CancelRequest{ID: "unknown"})
	fmt.Println(err)
	fmt.Println(counts.by)
	// Output:
	// callback unknown: callback not found
	// map[cancel not_found:1 start number:2]
}

// Kind names an error in one word, which is a label where the text is not.
func ExampleKind() {
	err := fmt.Errorf("desk: %w", callback.ErrQueueLimit)
	fmt.Println(callback.Kind(err), callback.Code(err))
	fmt.Println(callback.Kind(errors.New("disk full")), callback.Kind(nil) == "")
	// Output:
	// queue_limit 40002
	// unexpected true
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
