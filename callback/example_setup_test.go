package callback_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// simulation is the world around the Manager of an example: a clock that moves
// only when told to, and a telephone network that follows a script. Nothing in
// it waits, and the same example always prints the same.
type simulation struct {
	manager *manager.Manager
	clock   *callbacktest.Clock
	phones  *callbacktest.Dialer
	store   callback.Store
}

// opening is when the clocks of the examples begin: nine o'clock UTC on a
// Monday in winter.
func opening() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }

// simulate makes a Manager for one service and the world around it; change may
// adjust the configuration. ExampleNew_virtualTime spells out what it does.
func simulate(service callback.Service, change ...func(*manager.Config)) (*manager.Manager, *simulation) {
	sim := &simulation{clock: callbacktest.NewClock(opening()), store: store.NewMemory()}
	sim.phones = callbacktest.NewDialer(sim.clock.Now)
	services, err := callback.NewServices(service)
	if err != nil {
		panic(err)
	}
	config := manager.Config{
		Store: sim.store, Services: services, Dialer: sim.phones,
		Now: sim.clock.Now, NewID: callbacktest.IDs("cb"), Node: "node-1", Synchronous: true,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	for _, f := range change {
		f(&config)
	}
	if sim.manager, err = manager.New(config); err != nil {
		panic(err)
	}
	return sim.manager, sim
}

// support is a service that reads numbers as people in Switzerland write them.
func support() callback.Service {
	return callback.Service{Name: "support", Numbers: callback.Numbers{Country: "CH"}}
}

// pass lets time pass: the engine does what falls due, and the telephones
// report what happens on them.
func (s *simulation) pass(d time.Duration) {
	until := s.clock.Now().Add(d)
	if _, err := callbacktest.Drive(context.Background(), s.manager, s.clock, s.phones, until); err != nil {
		panic(err)
	}
	s.clock.Set(until)
}

// tick does what is due at this moment and nothing later.
func (s *simulation) tick() {
	if _, err := s.manager.Tick(context.Background(), s.clock.Now()); err != nil {
		panic(err)
	}
}

// show prints where a callback stands.
func (s *simulation) show(id callback.ID) {
	cb, err := s.manager.Get(context.Background(), id)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %s, %d attempts\n", s.clock.Now().Format("15:04:05"), cb.State, len(cb.Attempts))
}
