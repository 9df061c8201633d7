package manager_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// pending is a store in which changes wait for a commit, as in a transaction.
type pending struct {
	callback.Store
	changes []callback.Change
}

func (p *pending) Apply(_ context.Context, _ time.Time, changes []callback.Change) ([]error, error) {
	p.changes = append(p.changes, changes...)
	return nil, nil
}

func ExampleManager_Within() {
	memory := store.NewMemory(store.Config{})
	services, _ := callback.NewServices(callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}})
	dial := func(context.Context, callback.Call) (callback.Outcome, error) { return callback.Outcome{}, nil }
	m, _ := manager.New(manager.Config{
		Store: memory, Services: services, Dialer: callback.DialerFunc(dial),
		NewID: func() callback.ID { return "f00d" },
	})
	ctx := context.Background()

	tx := &pending{Store: memory}
	cb, _ := m.Within(tx).Start(ctx, manager.Request{Service: "billing", Number: "+41446681800"})
	_, err := m.Get(ctx, cb.ID)
	fmt.Println("before the commit:", err)

	_, _ = memory.Apply(ctx, time.Now(), tx.changes)
	cb, _ = m.Get(ctx, cb.ID)
	fmt.Println("after it:", cb.State)
	// Output:
	// before the commit: callback f00d: callback not found
	// after it: QUEUED
}

// A Starter refuses what its Manager refuses, and writes nothing then.
func ExampleStarter_Start() {
	m, sim := simulate(support())
	tx := &pending{Store: sim.Store}
	_, err := m.Within(tx).Start(context.Background(), manager.Request{Service: "support", Number: "112"})
	fmt.Println(callback.Code(err), err)
	fmt.Println("changes:", len(tx.changes))
	// Output:
	// 40040 _customer_number: emergency number
	// changes: 0
}

func TestWithinStopsWithItsManager(t *testing.T) {
	memory := store.NewMemory(store.Config{})
	services, err := callback.NewServices(callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}})
	if err != nil {
		t.Fatal(err)
	}
	dial := func(context.Context, callback.Call) (callback.Outcome, error) { return callback.Outcome{}, nil }
	m, err := manager.New(manager.Config{Store: memory, Services: services, Dialer: callback.DialerFunc(dial)})
	if err != nil {
		t.Fatal(err)
	}
	inside := m.Within(memory)
	if err := m.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = inside.Start(t.Context(), manager.Request{Service: "billing", Number: "+41446681800"})
	if !errors.Is(err, callback.ErrStopped) {
		t.Errorf("after Shutdown Start answers %v", err)
	}
}
