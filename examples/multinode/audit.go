package main

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// tally is the count at the end. It compares three sources that know nothing
// of each other: what the customers were told, what the platform placed, and
// what the database holds.
type tally struct {
	plan  plan
	calls findings

	asked, accepted, full int
	repeated              int
	acceptedBy            map[string]int
	completedBy           map[string]int
	completed             int
	mostSeats             map[string]int // by service: bookings that held a seat at once, at most

	lost     int // accepted, and not completed
	twice    int // one request, and more than one callback
	unasked  int // callbacks that no customer was told of
	wordOnly int // completed as talked to, though no call reached an agent
	unknown  int // calls of which the database has no attempt
	open     int // attempts that stayed in doubt

	doubts, ended, never, live int // attempts in doubt, and what the look-up found
	givenBack                  int // claims of the dead that were given back
}

// audit counts.
func (s *show) audit(ctx context.Context) (*tally, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	t := &tally{plan: s.plan, calls: s.platform.ledger.count(), completedBy: make(map[string]int), mostSeats: make(map[string]int)}
	stored, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	t.compareLoad(s.load, stored)
	t.compareCalls(s.platform.ledger, stored)
	var after callback.Cursor
	seats, doubt := make(map[callback.ID]bool), make(map[callback.ID]bool)
	held := make(map[string]int)
	// Each change has one event, and the feed may hold some back for a while.
	missing := int64(0)
	for _, cb := range stored {
		missing += cb.Revision
	}
	for missing > 0 {
		page, err := s.db.store.Events(ctx, callback.EventQuery{After: after, Limit: 1000})
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			t.follow(e, seats, doubt, held)
		}
		missing -= int64(len(page.Events))
		after = page.Next
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%d events never came: %w", missing, ctx.Err())
		}
	}
	t.open = len(doubt)
	return t, nil
}

// all reads every callback, by ID.
func (s *show) all(ctx context.Context) (map[callback.ID]*callback.Callback, error) {
	stored := make(map[callback.ID]*callback.Callback)
	q := callback.Query{Order: callback.ByCreated, Limit: 1000}
	for {
		page, err := s.db.store.Search(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, cb := range page.Callbacks {
			stored[cb.ID] = cb
		}
		if q.After = page.Next; page.Next == "" {
			return stored, nil
		}
	}
}

// compareLoad compares what customers were told with what is stored.
func (t *tally) compareLoad(l *load, stored map[callback.ID]*callback.Callback) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.acceptedBy, t.accepted, t.repeated = l.byNode, len(l.accepted), l.repeated
	for _, n := range l.full {
		t.full += n
	}
	t.asked = t.accepted + t.full
	for _, id := range l.accepted {
		if cb := stored[id]; cb == nil || cb.State != callback.Completed {
			t.lost++
		}
	}
	byKey := make(map[string]int)
	for id, cb := range stored {
		key := cb.Idempotency.Key
		byKey[key]++
		if byKey[key] > 1 {
			t.twice++
		}
		if told, ok := l.accepted[key]; !ok || told != id {
			t.unasked++
		}
	}
}

// compareCalls compares what the platform placed with what is stored.
func (t *tally) compareCalls(l *ledger, stored map[callback.ID]*callback.Callback) {
	calls := l.keys()
	for _, cb := range stored {
		if cb.State == callback.Completed {
			t.completed++
		}
		if cb.Reason.Succeeded() && !l.reached(cb.Customer.Number.Reveal()) {
			t.wordOnly++
		}
		for _, a := range cb.Attempts {
			delete(calls, a.Key)
		}
	}
	t.unknown = len(calls)
}

// follow counts one event of the feed, which is in the order of the writes to
// each counter.
func (t *tally) follow(e callback.Event, seats, doubt map[callback.ID]bool, held map[string]int) {
	if doubt[e.Callback] && e.Type != callback.EventLookedUp && e.Type != callback.EventUnresolved {
		delete(doubt, e.Callback)
		switch {
		case e.Type == callback.EventProgress || e.Type == callback.EventPlaced:
			t.live++
		case e.Certainty == callback.NotPlaced:
			t.never++
		default:
			t.ended++
		}
	}
	switch e.Type {
	case callback.EventAccepted:
		if e.To == callback.Scheduled {
			seats[e.Callback] = true
			held[e.Service]++
			t.mostSeats[e.Service] = max(t.mostSeats[e.Service], held[e.Service])
		}
	case callback.EventUnresolved:
		t.doubts++
		doubt[e.Callback] = true
	case callback.EventRequeued:
		t.givenBack++
	case callback.EventCompleted:
		t.completedBy[e.Actor]++
		if seats[e.Callback] {
			held[e.Service]--
		}
	}
}
