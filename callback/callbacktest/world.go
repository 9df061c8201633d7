package callbacktest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// Call is one request to dial and the call that it made on the simulated network,
// independent of what was reported.
type Call struct {
	Tenant  string
	ID      callback.ID
	Key     callback.AttemptKey
	Epoch   int64
	Service string
	Attempt int
	Agent   string
	// To is the dialed address; it prints masked.
	To     phonenum.Address
	Dialed time.Time // when Dial was called
	// Placed is true if the call leaves for the network, at Started.
	Placed  bool
	Started time.Time
	Ended   time.Time // zero while it is up
	Ref     callback.Ref
	Stage   callback.Stage      // the furthest so far
	Result  callback.CallResult // once it has ended
	Talk    time.Duration       // once it has ended
	HungUp  bool
	// Repeats is how often the same attempt was placed again on a fenced platform,
	// which returned this call.
	Repeats int
	// Err is the error of Dial, which Dial returns after Release if it is stuck.
	Err error
}

// Live reports whether the call was up when the list was made.
func (c Call) Live() bool { return c.Stage > callback.StageNone && c.Ended.IsZero() }

func (l *leg) record(now time.Time) Call {
	c := Call{
		Tenant: l.call.Tenant, ID: l.call.ID, Key: l.call.Key, Epoch: l.call.Epoch, Service: l.call.Service,
		Attempt: l.call.Attempt, Agent: l.call.Agent, To: l.call.To, Dialed: l.dialed, Placed: l.placed,
		Ref: l.ref, HungUp: l.hungUp, Repeats: l.repeats, Err: l.err,
	}
	if !l.placed {
		return c
	}
	c.Started, c.Stage = l.started, l.stageAt(now)
	if !l.ended.After(now) {
		c.Ended, c.Result, c.Talk = l.ended, l.course.outcome.Result, l.course.outcome.Talk
	}
	return c
}

// Dials lists all requests to dial in order, including refused ones.
func (d *Dialer) Dials() []Call { return d.list(func(*leg, time.Time) bool { return true }) }

// Calls lists the calls that left for the network, in the order of the requests.
func (d *Dialer) Calls() []Call {
	return d.list(func(l *leg, now time.Time) bool { return l.placed && !l.started.After(now) })
}

// Live lists the calls that are up now.
func (d *Dialer) Live() []Call { return d.list((*leg).liveAt) }

func (d *Dialer) list(pick func(*leg, time.Time) bool) []Call {
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	var calls []Call
	for _, l := range d.legs {
		if pick(l, now) {
			calls = append(calls, l.record(now))
		}
	}
	return calls
}

// Refused lists the reports that were refused and are not repeated.
func (d *Dialer) Refused() []Refusal {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.refused)
}

// Hangups lists the calls of Hangup in order.
func (d *Dialer) Hangups() []callback.Hangup {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.hangups)
}

// Lookups lists the attempts of the calls of Lookup, in order.
func (d *Dialer) Lookups() []callback.AttemptKey {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lookups)
}

// DoubleKind says what two calls of a [Double] have in common.
type DoubleKind uint8

// The kinds of doubles.
const (
	DoubleKey      DoubleKind = iota + 1 // the same attempt key, at any times
	DoubleCallback                       // the same callback, at the same time
	DoubleNumber                         // the same number at the same time, for different callbacks of any tenants
)

// String returns a description of the kind.
func (k DoubleKind) String() string {
	switch k {
	case DoubleKey:
		return "attempt placed twice"
	case DoubleCallback:
		return "callback on two calls at once"
	case DoubleNumber:
		return "number on two calls at once"
	}
	return fmt.Sprintf("DoubleKind(%d)", uint8(k))
}

// Double is a pair of calls of which at most one should have been made.
type Double struct {
	Kind          DoubleKind // the gravest that fits
	First, Second Call
}

// Doubles lists the pairs of calls up to now that called a customer twice, in the
// order of the second calls. It judges by the calls on the simulated network,
// not by reports or records.
func (d *Dialer) Doubles() []Double {
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	found := make(map[[2]int]DoubleKind)
	note := func(kind DoubleKind) func(a, b *leg) {
		return func(a, b *leg) {
			pair := [2]int{a.n, b.n}
			if have, ok := found[pair]; !ok || kind < have {
				found[pair] = kind
			}
		}
	}
	left := func(l *leg) bool { return l.placed && !l.started.After(now) }
	for _, legs := range d.byKey {
		neighbours(inOrder(legs, left), note(DoubleKey))
	}
	for _, legs := range d.byID {
		overlaps(inOrder(legs, left), note(DoubleCallback))
	}
	byNumber := make(map[string][]*leg)
	for _, l := range d.legs {
		if number := l.call.To.Key(); number != "" {
			byNumber[number] = append(byNumber[number], l)
		}
	}
	for _, legs := range byNumber {
		overlaps(inOrder(legs, left), note(DoubleNumber))
	}
	var doubles []Double
	for pair, kind := range found {
		doubles = append(doubles, Double{kind, d.legs[pair[0]].record(now), d.legs[pair[1]].record(now)})
	}
	slices.SortFunc(doubles, func(a, b Double) int {
		return cmp.Or(
			a.Second.Started.Compare(b.Second.Started),
			cmp.Compare(a.Second.Tenant, b.Second.Tenant), cmp.Compare(a.Second.Ref, b.Second.Ref),
			cmp.Compare(a.First.Tenant, b.First.Tenant), cmp.Compare(a.First.Ref, b.First.Ref),
		)
	})
	return doubles
}

// inOrder returns the calls that pick selects, in the order in which they began.
func inOrder(legs []*leg, pick func(*leg) bool) []*leg {
	var picked []*leg
	for _, l := range legs {
		if pick(l) {
			picked = append(picked, l)
		}
	}
	slices.SortStableFunc(picked, func(a, b *leg) int { return a.started.Compare(b.started) })
	return picked
}

// neighbours calls f for each call and the one after it.
func neighbours(legs []*leg, f func(a, b *leg)) {
	for i := 1; i < len(legs); i++ {
		f(legs[i-1], legs[i])
	}
}

// overlaps calls f for each pair of calls that were up at the same time, with the
// earlier call first.
func overlaps(legs []*leg, f func(a, b *leg)) {
	var up []*leg
	for _, l := range legs {
		up = slices.DeleteFunc(up, func(other *leg) bool { return !other.ended.After(l.started) })
		for _, other := range up {
			f(other, l)
		}
		up = append(up, l)
	}
}
