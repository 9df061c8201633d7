package simtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// DialerFaults are what the platform does, as parts of all dials. What is left of
// 1 is answered.
type DialerFaults struct {
	Busy      float64 // the customer's line is
	NoAnswer  float64
	Refused   float64 // not placed
	Throttled float64 // not placed, and a pause is asked for
	Lost      float64 // placed, and Dial returns an error
	Vanished  float64 // not placed, and Dial returns an error that does not say so
	Silent    float64 // placed, and nothing is reported
	Panics    float64
	Odd       float64       // ends with any of the results that there are
	Blocks    float64       // placed, and Dial returns only when its context has ended
	Pause     time.Duration // that a throttled dial asks for; up to a minute by default
	Slow      time.Duration // the longest that Dial takes
	// LookupFails, HangupFails and Forgotten are parts of those calls: the last one
	// is a look-up that knows nothing of an attempt.
	LookupFails, HangupFails, Forgotten float64
	// Lies: a look-up says that a call that is up was not placed. Twice: each
	// request arrives twice. No platform that keeps its contract has either.
	Lies, Twice bool
	Talk        time.Duration // the longest that a call takes
	// Poison: calls of every nth customer panic. Long: calls of this customer last
	// as long as they may. Zero for none.
	Poison, Long int
	// Spoils: the dialer changes the maps that it is given.
	Spoils bool
	Limits callback.DialerLimits
}

// ReportFaults are what is wrong with reports, as parts of all legs.
type ReportFaults struct {
	Twice, Backwards, NoStages, NoFinal, Late float64
	// Stray reports come every so often: of attempts that never were, of former
	// attempts, under other epochs and of completed callbacks.
	Stray time.Duration
	// Replayed: stray reports are those that were sent before, as they were.
	Replayed bool
	// RetryAfter is in stray reports; zero asks for no pause.
	RetryAfter time.Duration
}

// Class is what a dialer can do after a crash.
type Class int

// The classes of reliability.md.
const (
	AnyClass Class = iota // by the seed
	Fenced
	Lookup
	Blind
)

// network is the platform: one for all nodes, outside of what is tested.
type network struct {
	w     *world
	legs  map[callback.AttemptKey]*leg
	fence map[callback.ID]int64
	down  bool // an outage
	sent  []callback.Report
}

// leg is one call at the platform.
type leg struct {
	dial *Dial
	hung bool
}

var errLine = errors.New("connection lost")

// dialPort is the platform as one life of a node sees it.
type dialPort struct{ *life }

// lookupPort is a dialPort that can look up.
type lookupPort struct{ dialPort }

func (p dialPort) Limits() callback.DialerLimits {
	limits := p.world.profile.Dialer.Limits
	limits.Fenced = p.world.class == Fenced
	return limits
}

func (p dialPort) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	w, name := p.world, who(ctx, p.name)+"."+string(call.Key)
	if p.dead.Load() || !p.wait(name, 0) && (!p.dead.Load() || w.chance(0.5)) {
		return "", errDead
	}
	sent := w.stamp()
	n, f := w.network, w.profile.Dialer
	if f.Spoils {
		for _, values := range []callback.Values{call.Properties, call.UserData} {
			if values != nil {
				values["spoiled"] = true
			}
		}
	}
	var took time.Duration
	if f.Slow > 0 {
		took = time.Duration(w.faults.Int64N(int64(f.Slow)))
	}
	if !p.waitFor(ctx, name, took/2) && !p.dead.Load() {
		return "", errDead
	}
	if err := ctx.Err(); err != nil {
		return "", err // the request dies with its context: nothing arrives later
	}
	d := &Dial{Sent: sent, Arrived: w.stamp(), Node: p.name, Call: call}
	w.history.Dials = append(w.history.Dials, d)
	if f.Twice {
		w.history.Dials = append(w.history.Dials, &Dial{Sent: d.Sent, Arrived: d.Arrived, Returned: w.stamp(), Node: d.Node, Call: call, Refused: "known already"})
	}
	err := n.take(d)
	rest := took - took/2
	if d.Placed && w.chance(f.Blocks) {
		rest, err = time.Hour, errLine
	}
	if !p.waitFor(ctx, name, rest) {
		return "", errDead
	}
	d.Returned = w.stamp()
	if err != nil {
		if errors.Is(err, callback.ErrNotPlaced) {
			d.Known = d.Returned
		}
		return "", err
	}
	return callback.Ref("ref-" + string(call.Key)), nil
}

// take decides what becomes of a request that has arrived.
func (n *network) take(d *Dial) error {
	w, f, call := n.w, n.w.profile.Dialer, d.Call
	refuse := func(why string) error {
		d.Refused = why
		return fmt.Errorf("%s: %w", why, callback.ErrNotPlaced)
	}
	if w.class == Fenced {
		if call.Epoch < n.fence[call.ID] {
			return refuse("older epoch")
		}
		n.fence[call.ID] = call.Epoch
		if n.legs[call.Key] != nil {
			d.Refused = "known already"
			return nil
		}
	}
	if n.down {
		return refuse("outage")
	}
	if f.Poison > 0 && w.customerOf(call.To)%f.Poison == 0 {
		d.Refused = "panic"
		panic("poisoned call")
	}
	u := w.faults.Float64()
	pick := func(part float64) bool {
		u -= part
		return u < 0
	}
	var err error
	d.Result, d.Reached = callback.ResultBridged, callback.StageBridged
	switch {
	case pick(f.Refused):
		return refuse("refused")
	case pick(f.Throttled):
		d.Refused = "throttled"
		d.Known = w.stamp()
		return &callback.ThrottledError{After: cmp.Or(f.Pause, time.Duration(1+w.faults.IntN(60))*time.Second)}
	case pick(f.Vanished):
		d.Refused = "vanished"
		return errLine
	case pick(f.Panics):
		d.Refused = "panic"
		panic("dialer panicked")
	case pick(f.Lost):
		err = errLine
	case pick(f.Busy):
		d.Result, d.Reached = callback.ResultBusy, callback.StageRinging
	case pick(f.NoAnswer):
		d.Result, d.Reached = callback.ResultNoAnswer, callback.StageRinging
	case pick(f.Odd):
		d.Result, d.Reached = callback.CallResult(w.faults.IntN(int(callback.ResultWrongNumber)+1)), callback.StageRinging
	case pick(f.Silent):
		d.Result, d.Reached = callback.ResultAnswer, callback.StageCustomer
	}
	d.Placed = true
	l := &leg{dial: d}
	n.legs[call.Key] = l
	silent := d.Reached == callback.StageCustomer
	w.spawn("leg."+string(call.Key), func(ctx context.Context) { n.ring(ctx, l, silent) })
	return err
}

// ring plays a leg to its end and reports what happens.
func (n *network) ring(ctx context.Context, l *leg, silent bool) {
	w, f, d := n.w, n.w.profile.Reports, l.dial
	name := who(ctx, "")
	stages := !silent && !w.chance(f.NoStages)
	pause := func(most time.Duration) bool {
		return l.hung || w.turns.wait(name, time.Second+time.Duration(w.faults.Int64N(int64(most))))
	}
	if !pause(4 * time.Second) {
		return
	}
	if stages && !l.hung {
		n.tell(ctx, l, callback.Report{Stage: callback.StageRinging})
	}
	if !pause(20 * time.Second) {
		return
	}
	if d.Reached == callback.StageBridged && !l.hung {
		if stages {
			n.tell(ctx, l, callback.Report{Stage: callback.StageCustomer})
			n.tell(ctx, l, callback.Report{Stage: callback.StageBridged})
		}
		talk := max(w.profile.Dialer.Talk, time.Second)
		if long := w.profile.Dialer.Long; long > 0 && w.customerOf(d.Call.To) == long {
			w.turns.wait(name, d.Call.MaxCall-30*time.Second)
		}
		if !pause(min(talk, d.Call.MaxCall-time.Second)) {
			return
		}
	}
	if l.hung && d.Result == callback.ResultBridged && !w.chance(0.5) {
		d.Result, d.Reached = callback.ResultCleared, callback.StageRinging
	}
	d.Ended = w.stamp()
	outcome := &callback.Outcome{Result: d.Result, Certainty: callback.Known, Reached: d.Reached}
	if w.chance(f.Late) && !w.turns.wait(name, time.Duration(w.faults.IntN(7200))*time.Second) {
		return
	}
	if silent || w.chance(f.NoFinal) {
		return
	}
	n.tell(ctx, l, callback.Report{Outcome: outcome})
	if w.chance(f.Backwards) {
		n.tell(ctx, l, callback.Report{Stage: callback.StageRinging})
	}
	if w.chance(f.Twice) {
		n.tell(ctx, l, callback.Report{Outcome: outcome})
	}
}

// tell delivers a report to any node, at least once unless that fails for long.
func (n *network) tell(ctx context.Context, l *leg, r callback.Report) {
	w, call := n.w, l.dial.Call
	r.Tenant, r.Key = call.Tenant, call.Key
	if w.chance(0.5) {
		r.Epoch = call.Epoch
	}
	if w.profile.Reports.Replayed {
		n.sent = append(n.sent, r)
	}
	for range 8 {
		if node := w.anyNode(); node != nil {
			if r.Outcome != nil && !l.dial.Known.Came() {
				l.dial.Known = w.stamp()
			}
			err := node.manager(call.Tenant).Report(ctx, r)
			node.wake()
			if err == nil || errors.Is(err, callback.ErrConflict) || errors.Is(err, callback.ErrNotFound) {
				return
			}
		}
		if !w.turns.wait(who(ctx, ""), 5*time.Second) {
			return
		}
	}
}

// Hangup ends a leg soon.
func (p dialPort) Hangup(ctx context.Context, h callback.Hangup) error {
	w := p.world
	if p.dead.Load() || !p.wait(who(ctx, p.name)+".hangup."+string(h.Key), 0) {
		return errDead
	}
	if w.network.down || !w.healed && w.chance(w.profile.Dialer.HangupFails) {
		return errLine
	}
	if l := w.network.legs[h.Key]; l != nil {
		l.hung = true
		if !l.dial.HungUp.Came() {
			l.dial.HungUp = w.stamp()
		}
		w.turns.nudge("leg." + string(h.Key))
	}
	return nil
}

// Lookup tells the truth.
func (p lookupPort) Lookup(ctx context.Context, _ string, key callback.AttemptKey, _ callback.Ref) (callback.Found, error) {
	w := p.world
	if p.dead.Load() || !p.wait(who(ctx, p.name)+".lookup."+string(key), 0) {
		return callback.Found{}, errDead
	}
	l, f := w.network.legs[key], w.profile.Dialer
	switch {
	case w.network.down || w.profile.NoLookups || !w.healed && w.chance(f.LookupFails):
		return callback.Found{}, errLine
	case !w.healed && w.chance(f.Forgotten):
		return callback.Found{State: callback.FoundUnknown}, nil
	case l == nil, f.Lies:
		return callback.Found{State: callback.FoundNotPlaced}, nil
	case !l.dial.Ended.Came():
		return callback.Found{State: callback.FoundLive, Stage: callback.StageRinging}, nil
	}
	if !l.dial.Known.Came() {
		l.dial.Known = w.stamp()
	}
	return callback.Found{State: callback.FoundEnded, Outcome: callback.Outcome{
		Result: l.dial.Result, Certainty: callback.Known, Reached: l.dial.Reached,
	}}, nil
}

// stray sends reports that have no attempt, or not the one they name.
func (n *network) stray(ctx context.Context) {
	w, f := n.w, n.w.profile.Reports
	for !w.healed && w.turns.wait("stray", time.Duration(w.faults.Int64N(int64(2*f.Stray)))) {
		node := w.anyNode()
		if node == nil || len(w.history.Events) == 0 {
			continue
		}
		if len(n.sent) > 0 && w.chance(0.5) {
			r := n.sent[w.faults.IntN(len(n.sent))]
			w.note("replay of a report for "+string(r.Key), false)
			if d := w.history.dial(r.Key); r.Outcome != nil && d != nil && !d.Known.Came() {
				d.Known = w.stamp() // the first time it was lost
			}
			_ = node.manager(r.Tenant).Report(withWho(ctx, "stray"), r)
			node.wake()
			continue
		}
		e := w.history.Events[w.faults.IntN(len(w.history.Events))]
		attempts := 0
		for _, d := range w.history.Dials {
			if d.Call.ID == e.Callback {
				attempts = max(attempts, d.Call.Attempt)
			}
		}
		r := callback.Report{Tenant: e.Tenant, Key: callback.NewAttemptKey(e.Callback, 50+w.faults.IntN(9)), Outcome: &callback.Outcome{
			Result: callback.ResultAllTrunksBusy, Certainty: callback.NotPlaced, RetryAfter: f.RetryAfter,
		}}
		switch w.faults.IntN(3) {
		case 0: // an attempt that never was
		case 1: // of another epoch
			r.Key, r.Epoch = callback.NewAttemptKey(e.Callback, max(attempts, 1)), 1<<40
		case 2: // a former attempt, or one of a completed callback
			if attempts < 2 && !w.isDone(e.Callback) {
				continue
			}
			r.Key = callback.NewAttemptKey(e.Callback, 1)
		}
		w.note("stray report for "+string(r.Key), false)
		_ = node.manager(e.Tenant).Report(withWho(ctx, "stray"), r)
		node.wake()
	}
}
