package linearize

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/ringback-go/ringback/callback"
)

// client acts like an engine or a caller. It knows only what it has read or
// been returned.
type client struct {
	number   int
	workload Workload
	form     form
	store    callback.Store
	clock    *atomic.Int64
	random   *rand.Rand

	views [MaxCallbacks]Row // what the client believes; Absent if it knows nothing
	// plan is the change for which the client is reading callback planID, or 0.
	plan   Kind
	planID int

	operations []Operation
	fault      error
}

func newClient(number int, w Workload, f form, s callback.Store, clock *atomic.Int64) *client {
	return &client{
		number: number, workload: w, form: f, store: s, clock: clock,
		random: rand.New(rand.NewPCG(w.Seed, uint64(number)+1)),
	}
}

// weights are the relative frequencies of the operations.
var weights = [kinds]int{
	Start: 16, Cancel: 8, Reschedule: 20, Release: 9, Complete: 14, Unclaim: 9, Forget: 8,
	ClaimDue: 14, ClaimQueue: 18, Get: 4, GetKey: 5, Load: 6, List: 1,
}

func (c *client) choose() Kind {
	sum := 0
	for _, weight := range weights {
		sum += weight
	}
	n := c.random.IntN(sum)
	for kind, weight := range weights {
		if n < weight {
			return Kind(kind)
		}
		n -= weight
	}
	return Get
}

// next returns the operation of a step. The clocks of the clients differ by
// about a second and advance by one second per step.
func (c *client) next(step int) *Input {
	in := &Input{Client: c.number, Now: Second(step + c.random.IntN(3) - 1)}
	kind, id := c.plan, c.planID
	if c.plan = 0; kind == 0 {
		kind = c.choose()
		id = c.pick(kind)
		if c.needsView(kind, id) {
			c.plan, c.planID, kind = kind, id, Get
			if c.views[id].Life == Absent {
				kind = c.explore()
			}
		}
	}
	in.Kind, in.ID = kind, id
	tag := int32(1000*(c.number+1) + step)
	switch kind {
	case Start:
		c.start(in, tag)
	case Cancel, Reschedule, Release, Complete:
		c.change(in, tag)
	case Unclaim:
		view := c.views[id]
		if view.Life != Live || view.Epoch == 0 {
			in.Kind = Get
			break
		}
		in.Row = Row{ID: int8(id), Revision: view.Revision, NextAt: c.soon(in.Now)}
		in.Epoch = view.Epoch
	case Forget:
		in.Row = Row{ID: int8(id), Revision: max(1, c.views[id].Revision)}
		if c.random.IntN(3) == 0 {
			in.Row.Revision++ // the revision that a concurrent change is about to write
		}
	case ClaimDue, ClaimQueue:
		in.Lease, in.Limit = Second(1+c.random.IntN(4)), 1+c.random.IntN(2)
		if in.Kind == ClaimDue {
			// All such leases end at the same time, after all others: a claim of due
			// callbacks shortens those that end much later than its own, in a step of
			// its own.
			in.Lease = dueEnd - in.Now
		}
	case GetKey:
		in.Key = 1 + c.random.IntN(max(1, c.workload.Keys))
	case Load:
		in.Seats = c.random.IntN(3) > 0
	}
	if c.workload.Hasty && !in.Kind.reads() {
		c.hurry(in)
	}
	return in
}

// explore returns what to do about a callback of which the client knows
// nothing.
func (c *client) explore() Kind {
	switch n := c.random.IntN(8); {
	case n < 3:
		c.plan = 0
		return Start
	case n < 4:
		return List // reads all callbacks at once
	}
	return Get
}

// hurry makes the client cancel some calls. Claims and erasures are cancelled
// less often than changes: a client of a server may lose its connection with
// them, and a new one takes long.
func (c *client) hurry(in *Input) {
	rarely := 5
	if in.Kind.claims() || in.Kind == Forget {
		rarely = 25
	}
	if c.random.IntN(rarely) == 0 {
		in.Patience = 1 << c.random.IntN(13)
	}
}

// pick chooses a callback for an operation: usually one that the client knows,
// or for a start one that it does not know. Some choices come too early or too
// late.
func (c *client) pick(kind Kind) int {
	id := c.random.IntN(c.workload.Callbacks)
	if kind == Start || c.random.IntN(8) > 0 {
		for range 2 * MaxCallbacks {
			view := &c.views[id]
			if kind == Start && view.Life == Absent || kind != Start && view.Life == Live && !(view.State.Final() && kind != Forget) {
				break
			}
			id = c.random.IntN(c.workload.Callbacks)
		}
	}
	return id
}

// needsView reports whether the client reads a callback before changing it:
// always if it does not know a callback that the change applies to, otherwise
// sometimes.
func (c *client) needsView(kind Kind, id int) bool {
	view := c.views[id]
	switch kind {
	case Cancel, Reschedule, Release:
		return view.Life != Live || view.State.Final() || c.random.IntN(3) == 0
	case Complete, Unclaim:
		return view.Life != Live || view.Epoch == 0
	case Forget:
		return view.Life != Live && c.random.IntN(8) > 0
	}
	return false
}

// dueEnd is when the leases of due callbacks end.
const dueEnd Second = 60

func (c *client) soon(now Second) Second { return now + Second(c.random.IntN(4)) }

// start creates a scheduled or a queued callback, usually with a seat.
func (c *client) start(in *Input, tag int32) {
	r := Row{ID: int8(in.ID), Revision: 1, State: callback.Scheduled, Tag: tag, QueuedAt: Never, NextAt: c.soon(in.Now)}
	if c.random.IntN(2) == 0 {
		r.State, r.Ready, r.QueuedAt = callback.Queued, true, in.Now
	}
	if c.random.IntN(3) > 0 {
		r.Key = int8(c.random.IntN(c.workload.Keys + 1))
	}
	r.Held[places] = 1
	in.Take = []Units{{Counter: places, N: 1, Max: c.workload.Places}}
	if c.random.IntN(8) > 0 {
		in.Take = append(in.Take, c.seat(&r, r.Held))
	}
	if len(in.Take) > 1 && c.random.IntN(4) == 0 {
		in.Take[0], in.Take[1] = in.Take[1], in.Take[0]
	}
	in.Row = r
}

// seat takes a seat of a bucket, usually of another one than before.
func (c *client) seat(r *Row, old [MaxCounters]int8) Units {
	bucket := 1 + c.random.IntN(c.workload.Buckets)
	if old[bucket] > 0 {
		bucket = 1 + c.random.IntN(c.workload.Buckets)
	}
	r.Held[bucket]++
	return Units{Counter: bucket, N: 1, Max: c.workload.Seats}
}

// change writes the next revision of what the client believes, or reads if the
// change does not apply.
func (c *client) change(in *Input, tag int32) {
	view := c.views[in.ID]
	if view.Life != Live || view.State.Final() || in.Kind == Complete && view.Epoch == 0 {
		in.Kind = Get
		return
	}
	r := view.unleased()
	r.Revision++
	r.Tag, r.Epoch, r.Life = tag, 0, Absent
	switch in.Kind {
	case Cancel, Complete:
		in.Give = held(r, places)
		r.State, r.Ready, r.NextAt, r.Held = callback.Completed, false, Never, [MaxCounters]int8{}
	case Reschedule:
		in.Give = held(r, places+1)
		old := r.Held
		clear(r.Held[places+1:])
		r.State, r.Ready, r.NextAt = callback.Scheduled, false, c.soon(in.Now)
		in.Take = []Units{c.seat(&r, old)}
	case Release:
		r.State, r.Ready, r.NextAt = callback.Queued, c.random.IntN(6) > 0, c.soon(in.Now)
		if r.QueuedAt == Never {
			r.QueuedAt = in.Now
		}
	}
	if in.Kind == Complete || in.Kind == Release && c.random.IntN(2) == 0 {
		in.Epoch = view.Epoch
	}
	in.Row = r
}

// held lists the units that a callback holds of the counters from the given one
// on.
func held(r Row, from int) []Units {
	var give []Units
	for n := from; n < MaxCounters; n++ {
		if r.Held[n] > 0 {
			give = append(give, Units{Counter: n, N: int64(r.Held[n])})
		}
	}
	return give
}

// learn updates the client's beliefs from a result.
func (c *client) learn(in *Input, out *Output) {
	switch out.Outcome {
	case OK:
		for _, r := range out.Rows {
			c.views[r.ID] = r
		}
		if c.plan != 0 && in.Kind == List {
			c.found(out.Rows)
		}
		switch {
		case in.Kind == Forget:
			c.views[in.ID] = Row{Life: Erased}
		case in.Kind == Unclaim:
			c.views[in.ID] = c.views[in.ID].unleased()
		case !in.Kind.reads() && !in.Kind.claims():
			epoch := c.views[in.ID].Epoch
			c.views[in.ID] = in.Row
			c.views[in.ID].Life, c.views[in.ID].Epoch = Live, epoch
		}
	case NotFound:
		c.missed(in)
	case Conflict:
		if c.random.IntN(2) == 0 {
			c.views[in.ID] = Row{}
		}
	}
}

// found redirects the plan to a callback that exists, or to creating one.
func (c *client) found(rows []Row) {
	if len(rows) == 0 {
		c.plan = Start
	} else if c.views[c.planID].Life != Live {
		c.planID = int(rows[c.random.IntN(len(rows))].ID)
	}
}

// missed updates the beliefs about a callback that was not found: it was erased
// if it existed or cannot be created. A planned change of one that never
// existed becomes its creation.
func (c *client) missed(in *Input) {
	if in.Kind == GetKey {
		return
	}
	view := &c.views[in.ID]
	if in.Kind == Start || view.Life != Absent {
		*view = Row{Life: Erased}
	}
	if c.plan != 0 && view.Life == Absent {
		c.plan = Start
	} else if c.random.IntN(4) > 0 {
		c.plan = 0
	}
}
