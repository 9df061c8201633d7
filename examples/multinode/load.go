package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// load is the customers. Each sends one request to one of the nodes, and when
// no answer comes, because the node died, the same request under the same key
// to another. What was accepted is written down here, outside the database.
type load struct {
	fleet *fleet

	mu       sync.Mutex
	accepted map[string]callback.ID // by key
	byNode   map[string]int         // accepted requests
	full     map[string]int         // by service: refused because the bucket was full
	repeated int                    // requests sent again because no answer came
	err      error                  // the first that no customer can do anything about
}

func newLoad(f *fleet) *load {
	return &load{fleet: f, accepted: make(map[string]callback.ID), byNode: make(map[string]int), full: make(map[string]int)}
}

// bookings returns the requests for times from first on, of all services in
// turn.
func bookings(p plan, first time.Time) []Ask {
	var asks []Ask
	for i := range p.bookings {
		for s, service := range serviceNames() {
			asks = append(asks, Ask{
				Key: fmt.Sprintf("%s-later-%03d", service, i), Service: service,
				Number:  numberOf(s*p.bookings + i),
				Desired: first.Add(p.spread * time.Duration(i) / time.Duration(p.bookings)),
			})
		}
	}
	return asks
}

// immediates returns the requests to be called at once, of all services in turn.
func immediates(p plan) []Ask {
	names := serviceNames()
	asks := make([]Ask, p.now*len(names))
	for i := range asks {
		service := names[i%len(names)]
		asks[i] = Ask{
			Key: fmt.Sprintf("%s-now-%03d", service, i/len(names)), Service: service,
			Number: numberOf(p.bookings*len(names) + i),
		}
	}
	return asks
}

// clients is how many customers wait for an answer at the same time.
const clients = 8

// all sends requests as fast as they are answered.
func (l *load) all(ctx context.Context, asks []Ask) { l.send(ctx, asks, 0) }

// over sends requests at an even pace.
func (l *load) over(ctx context.Context, asks []Ask, d time.Duration) {
	l.send(ctx, asks, d/time.Duration(max(len(asks), 1)))
}

func (l *load) send(ctx context.Context, asks []Ask, gap time.Duration) {
	queue := make(chan Ask)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for a := range queue {
				l.ask(ctx, nil, a)
			}
		})
	}
	pace := time.NewTicker(max(gap, time.Millisecond))
	defer pace.Stop()
	for _, a := range asks {
		if gap > 0 {
			select {
			case <-pace.C:
			case <-ctx.Done():
			}
		}
		queue <- a
	}
	close(queue)
	all.Wait()
}

// burst sends requests to one node at once. answered is closed with the first
// answer, done when all have been answered, by whatever node.
func (l *load) burst(ctx context.Context, n *node, asks []Ask) (answered, done <-chan struct{}) {
	first, last := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var all sync.WaitGroup
	for _, a := range asks {
		all.Go(func() {
			l.ask(ctx, n, a)
			once.Do(func() { close(first) })
		})
	}
	go func() {
		all.Wait()
		close(last)
	}()
	return first, last
}

// ask sends one request until it is answered, first to the node given.
func (l *load) ask(ctx context.Context, n *node, a Ask) {
	for try := 0; ctx.Err() == nil; try++ {
		if n == nil {
			n = l.fleet.next()
		}
		if n == nil {
			l.fail(errors.New("no node is left to ask"))
			return
		}
		if try > 0 {
			l.again()
		}
		var t Taken
		err := n.orders.Call("Node.Start", a, &t)
		if err == nil {
			l.note(n, a, t)
			return
		}
		if isRefused(err) {
			if try == maxAsks {
				l.fail(fmt.Errorf("request %s: %w", a.Key, err))
				return
			}
		} else {
			l.fleet.drop(n)
		}
		n = nil
	}
}

// maxAsks is how often a customer repeats a request that is answered with an
// error.
const maxAsks = 5

func (l *load) again() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.repeated++
}

func (l *load) note(n *node, a Ask, t Taken) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.Full {
		l.full[a.Service]++
		return
	}
	l.accepted[a.Key] = t.ID
	l.byNode[n.name]++
}

func (l *load) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
}

// count returns how many requests were refused so far, and the first error.
func (l *load) count() (refused int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.full {
		refused += n
	}
	return refused, l.err
}
