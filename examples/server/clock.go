package main

import (
	"sync"
	"time"
)

// clock tells the time of day, or one that stands still.
type clock struct {
	mu     sync.Mutex
	manual bool
	at     time.Time
}

// newClock makes a clock that stands still at a time, or one that tells the time
// of day when that is zero.
func newClock(at time.Time) *clock { return &clock{manual: !at.IsZero(), at: at} }

func (c *clock) now() time.Time {
	if !c.manual {
		return time.Now().UTC()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// set moves a clock that stands still; it never goes back.
func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.at) {
		c.at = at
	}
}
