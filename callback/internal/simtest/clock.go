package simtest

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"
)

// turns lets one goroutine of the world run at a time, in virtual time. Its
// goroutines are in one bubble of package synctest.
type turns struct {
	base    time.Time // the true time at the beginning
	began   time.Time // the bubble's time at the beginning
	rnd     *rand.Rand
	mu      sync.Mutex
	waiting []*turn
	stopped bool
	taken   int // turns since time last moved on
}

// endless is how many turns at one instant are taken for a loop without an end.
const endless = 10_000

// turn is a goroutine that waits to go on.
type turn struct {
	who  string
	at   time.Time // the bubble's time
	wake chan struct{}
}

func newTurns(base time.Time, rnd *rand.Rand) *turns {
	return &turns{base: base, began: time.Now(), rnd: rnd}
}

// now returns the true time.
func (s *turns) now() time.Time { return s.base.Add(time.Since(s.began)) }

// wait gives the turn to another goroutine and returns after d at the earliest.
// It returns false at once when the world has ended.
func (s *turns) wait(who string, d time.Duration) bool {
	t := &turn{who: who, at: time.Now().Add(d), wake: make(chan struct{})}
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return false
	}
	s.waiting = append(s.waiting, t)
	s.mu.Unlock()
	<-t.wake
	return !s.stopped
}

// nudge ends the waits of a goroutine.
func (s *turns) nudge(who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, t := range s.waiting {
		if t.who == who && t.at.After(now) {
			t.at = now
		}
	}
}

// run gives turns until done reports true or nothing waits any more, or something
// works for ever without time moving on.
func (s *turns) run(done func() bool) {
	for {
		synctest.Wait()
		if done() || s.taken > endless && !s.stopped {
			return
		}
		t, pause := s.next()
		if t == nil && pause == 0 {
			return
		}
		if t == nil {
			time.Sleep(pause)
			s.taken = 0
			continue
		}
		s.taken++
		close(t.wake)
	}
}

// next takes one of those that may go on, or returns how long none may.
func (s *turns) next() (*turn, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortStableFunc(s.waiting, func(a, b *turn) int { return strings.Compare(a.who, b.who) })
	now := time.Now()
	var ready []int
	var pause time.Duration
	for i, t := range s.waiting {
		if d := t.at.Sub(now); d <= 0 {
			ready = append(ready, i)
		} else if pause == 0 || d < pause {
			pause = d
		}
	}
	if len(ready) == 0 {
		return nil, pause
	}
	i := ready[s.rnd.IntN(len(ready))]
	t := s.waiting[i]
	s.waiting = slices.Delete(s.waiting, i, i+1)
	return t, 0
}

// stop ends the world: every wait returns.
func (s *turns) stop() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.run(func() bool { return false })
	synctest.Wait()
}

type whoKey struct{}

// withWho names the goroutine that works under ctx.
func withWho(ctx context.Context, who string) context.Context {
	return context.WithValue(ctx, whoKey{}, who)
}

// who returns the name of the goroutine that works under ctx, or otherwise.
func who(ctx context.Context, otherwise string) string {
	if name, ok := ctx.Value(whoKey{}).(string); ok {
		return name
	}
	return otherwise
}
