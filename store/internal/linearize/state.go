package linearize

import (
	"cmp"
	"hash/maphash"
	"slices"

	"github.com/ringback-go/ringback/callback"
)

// Life is the stage of a callback's existence.
type Life uint8

// Stages of a callback. One that was erased cannot be created again.
const (
	Absent Life = iota
	Live
	Erased
)

// Row is a callback, reduced to what the specification needs. It is comparable.
type Row struct {
	ID       int8
	Life     Life
	State    callback.State
	Ready    bool
	Key      int8 // idempotency key from 1; 0 means none
	Owner    int8 // number of the client that leases it, plus 1; 0 means none
	Tag      int32
	QueuedAt Second
	NextAt   Second
	Until    Second // end of the lease
	Revision int64
	Epoch    int64
	Held     [MaxCounters]int8
}

// State is the content of one tenant. It is comparable.
type State struct {
	Rows [MaxCallbacks]Row
	Used [MaxCounters]int64
}

// emptyState returns the state without callbacks.
func emptyState() State {
	var s State
	for i := range s.Rows {
		s.Rows[i].ID = int8(i)
	}
	return s
}

// set is a set of callbacks.
type set uint8

const all set = 1<<MaxCallbacks - 1

func (s set) has(id int) bool   { return s&(1<<id) != 0 }
func (s set) with(id int) set   { return s | 1<<id }
func (s set) with8(id int8) set { return s | 1<<id }

// ofKey returns the callback with an idempotency key, or -1.
func (s *State) ofKey(key int8) int {
	return slices.IndexFunc(s.Rows[:], func(r Row) bool { return key != 0 && r.Life == Live && r.Key == key })
}

// live returns the existing callbacks by ID.
func (s *State) live() []Row {
	var rows []Row
	for _, r := range s.Rows {
		if r.Life == Live {
			rows = append(rows, r)
		}
	}
	return rows
}

// candidates returns the callbacks that a claim may lease, in its order.
func (s *State) candidates(in *Input) []int {
	var list []int
	for i, r := range s.Rows {
		if r.Life == Live && r.claimable(in) {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int {
		x, y := &s.Rows[a], &s.Rows[b]
		if in.Kind == ClaimDue {
			return cmp.Compare(x.NextAt, y.NextAt)
		}
		return cmp.Compare(x.QueuedAt, y.QueuedAt)
	})
	return list
}

func (r *Row) claimable(in *Input) bool {
	if in.Kind == ClaimDue {
		return r.NextAt != Never && r.NextAt <= in.Now
	}
	return r.State == callback.Queued && r.Ready && (r.Until == Never || r.Until <= in.Now)
}

// leased returns the callback as a claim leaves it.
func (r Row) leased(in *Input) Row {
	r.Owner, r.Until = int8(in.Client+1), in.Now+in.Lease
	r.NextAt = r.Until
	r.Epoch++
	return r
}

// unleased returns the callback without its lease.
func (r Row) unleased() Row {
	r.Owner, r.Until = 0, Never
	return r
}

// earliest returns the smallest NextAt of the callbacks that are not in
// without.
func (s *State) earliest(without set) Second {
	next := Never
	for i, r := range s.Rows {
		if r.Life == Live && r.NextAt != Never && !without.has(i) && (next == Never || r.NextAt < next) {
			next = r.NextAt
		}
	}
	return next
}

func hashOf(seed maphash.Seed, s State) uint64 { return maphash.Comparable(seed, s) }
