package faulttest

import (
	"fmt"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Deed is what the world did.
type Deed string

// The deeds.
const (
	Placed   Deed = "placed"   // a call is up
	Repeated Deed = "repeated" // a call was asked for again that a fenced world had placed
	Refused  Deed = "refused"  // a fenced world did not place it: it comes too late
	Ended    Deed = "ended"    // the call is over
	LookedUp Deed = "looked up"
)

// Entry is a line of the ledger.
type Entry struct {
	At    time.Time
	Deed  Deed
	Key   callback.AttemptKey
	ID    callback.ID
	Epoch int64
	Node  string
	// Talked is set with Ended: the customer talked to an agent.
	Talked bool
}

func (e Entry) String() string {
	return fmt.Sprintf("%s %s %s epoch %d by %s", e.At.Format("15:04:05.000"), e.Deed, e.Key, e.Epoch, e.Node)
}

// Ledger is what the world did, in order. It only grows. Its methods are safe for concurrent use.
type Ledger struct {
	mu      sync.Mutex
	entries []Entry
}

// add appends an entry; its place tells before and after, its time is for people.
func (l *Ledger) add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.At = time.Now()
	l.entries = append(l.entries, e)
}

// Count returns how often something was done.
func (l *Ledger) Count(d Deed) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, e := range l.entries {
		if e.Deed == d {
			n++
		}
	}
	return n
}

// Of lists what was done about one callback.
func (l *Ledger) Of(id callback.ID) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var own []Entry
	for _, e := range l.entries {
		if e.ID == id {
			own = append(own, e)
		}
	}
	return own
}

// Faults folds the ledger and lists every customer who was called twice: an attempt that was placed more than once, and a callback
// with two calls up at the same time.
func (l *Ledger) Faults() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var faults []string
	placed, live := make(map[callback.AttemptKey]int), make(map[callback.ID]int)
	for _, e := range l.entries {
		switch e.Deed {
		case Placed:
			if placed[e.Key]++; placed[e.Key] > 1 {
				faults = append(faults, fmt.Sprintf("attempt placed twice: %v", e))
			}
			if live[e.ID]++; live[e.ID] > 1 {
				faults = append(faults, fmt.Sprintf("two calls of a callback at once: %v", e))
			}
		case Ended:
			live[e.ID]--
		}
	}
	return faults
}

// calls returns how many calls of a callback were placed, and how many of those that are over reached an agent.
func (l *Ledger) calls(id callback.ID) (placed, talked int) {
	for _, e := range l.Of(id) {
		if e.Deed == Placed {
			placed++
		}
		if e.Talked {
			talked++
		}
	}
	return placed, talked
}
