package faulttest

import (
	"fmt"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Deed is an action of the world.
type Deed string

// Actions of the world.
const (
	Placed   Deed = "placed"   // a call was placed
	Repeated Deed = "repeated" // a fenced world was asked again for a call that it had placed
	Refused  Deed = "refused"  // a request that came too late was refused
	Ended    Deed = "ended"    // the call ended
	LookedUp Deed = "looked up"
)

// Entry is an entry of the ledger.
type Entry struct {
	At    time.Time
	Deed  Deed
	Key   callback.AttemptKey
	ID    callback.ID
	Epoch int64
	Node  string
	// Talked is set with Ended if the customer talked to an agent.
	Talked bool
}

func (e Entry) String() string {
	return fmt.Sprintf("%s %s %s epoch %d by %s", e.At.Format("15:04:05.000"), e.Deed, e.Key, e.Epoch, e.Node)
}

// Ledger is the append-only record of the world's actions. Its methods are safe
// for concurrent use.
type Ledger struct {
	mu      sync.Mutex
	entries []Entry
}

// add appends an entry. The order of entries is reliable; their times are only
// informative.
func (l *Ledger) add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.At = time.Now()
	l.entries = append(l.entries, e)
}

// Count returns the number of entries with the given action.
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

// Of returns the entries of a callback.
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

// Faults returns every way in which a customer was called twice: an attempt
// placed more than once, and a callback with two calls at the same time.
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

// calls returns the number of calls placed for a callback, and the number of
// ended calls that reached an agent.
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
