package callbacktest

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// legKey names an attempt, person a callback, over all tenants.
type legKey struct {
	tenant string
	key    callback.AttemptKey
}

type person struct {
	tenant string
	id     callback.ID
}

// A leg is one request to dial and the call that it became.
type leg struct {
	n       int // place in the order of dialing
	call    callback.Call
	step    Step
	dialed  time.Time
	placed  bool
	started time.Time
	ended   time.Time // as planned, or when it was hung up
	course  course
	ref     callback.Ref
	hungUp  bool
	repeats int
	err     error         // what Dial returns
	release chan struct{} // closed to let a stuck Dial go; nil when it is not stuck
}

func (l *leg) key() legKey    { return legKey{l.call.Tenant, l.call.Key} }
func (l *leg) person() person { return person{l.call.Tenant, l.call.ID} }

// refuse keeps the attempt from being placed, whatever its step says.
func (l *leg) refuse(err error) {
	l.step = Step{unplaced: true, dialErr: err}
	l.err = err
}

// place lets the call begin. n is how often the key was asked for before: each
// call has a reference of its own.
func (l *leg) place(now time.Time, n int) {
	l.ref = callback.Ref(l.call.Key)
	if n > 0 {
		l.ref = callback.Ref(fmt.Sprintf("%s#%d", l.call.Key, n+1))
	}
	if l.step.has(Stuck) {
		l.release = make(chan struct{})
	}
	l.err = l.step.dialErr
	l.placed = !l.step.unplaced
	if !l.placed {
		return
	}
	l.course = l.step.plan(l.call)
	l.started = now.Add(l.step.delay)
	l.ended = l.started.Add(l.course.length)
}

// liveAt reports whether the call is up.
func (l *leg) liveAt(now time.Time) bool {
	return l.placed && !l.started.After(now) && l.ended.After(now)
}

// stageAt returns how far the call has got.
func (l *leg) stageAt(now time.Time) callback.Stage {
	if !l.placed || l.started.After(now) {
		return callback.StageNone
	}
	stage := callback.StagePlaced
	for _, m := range l.course.stages {
		if at := l.started.Add(m.after); !at.After(now) && !at.After(l.ended) {
			stage = m.stage
		}
	}
	return stage
}

// hangUp ends the call now and works out what it came to.
func (l *leg) hangUp(now time.Time) {
	stage := l.stageAt(now)
	o := callback.Outcome{Certainty: callback.Known, Reached: stage, By: callback.PartySystem, SIP: 200, Q850: 16}
	var since time.Time
	for _, m := range l.course.stages {
		if m.stage == stage {
			since = l.started.Add(m.after)
		}
	}
	switch {
	case stage == callback.StageNone:
		o.Result, o.Certainty, o.SIP = callback.ResultDroppedNoAnswer, callback.NotPlaced, 0
		l.placed = false
	case stage < callback.StageCustomer:
		o.Result, o.SIP = callback.ResultDroppedNoAnswer, 487
		if stage == callback.StageRinging {
			o.Ring = now.Sub(since)
		}
	case stage < callback.StageBridged:
		o.Result, o.Ring = callback.ResultDropped, l.course.outcome.Ring
	default:
		o.Result, o.Ring, o.Talk = callback.ResultAnswer, l.course.outcome.Ring, now.Sub(since)
	}
	l.course.outcome = o
	l.ended, l.hungUp = now, true
}

// copies returns how often each report is delivered.
func (l *leg) copies() int {
	if l.step.has(Twice) {
		return 2
	}
	return 1
}

// report returns a report of the call as the platform makes it.
func (l *leg) report(at time.Time, stage callback.Stage) callback.Report {
	r := callback.Report{
		Tenant: l.call.Tenant, Key: l.call.Key, Epoch: l.call.Epoch, Ref: l.ref, Stage: stage, At: at,
	}
	if stage >= callback.StageAgent {
		r.Agent = l.step.agent
		if r.Agent == "" {
			r.Agent = l.call.Agent
		}
	}
	return r
}

// final returns the last report, or nil when it is never made.
func (l *leg) final() *delivery {
	if l.step.has(StagesOnly) {
		return nil
	}
	r := l.report(l.ended, l.course.outcome.Reached)
	r.Outcome = new(l.course.outcome)
	return &delivery{leg: l, due: l.ended.Add(l.step.late), report: r}
}

// reports returns all that the platform will say about the call, in the order
// in which it says it.
func (l *leg) reports() []*delivery {
	if !l.placed {
		return nil
	}
	var items []*delivery
	if !l.step.has(FinalOnly) {
		for _, m := range l.course.stages {
			at := l.started.Add(m.after)
			items = append(items, &delivery{leg: l, due: at, report: l.report(at, m.stage)})
		}
	}
	if final := l.final(); final != nil {
		items = append(items, final)
	}
	if len(items) == 0 {
		return nil
	}
	if l.step.has(Backwards) {
		last := items[len(items)-1].due
		for i, j := 0, len(items)-1; i < j; i, j = i+1, j-1 {
			items[i], items[j] = items[j], items[i]
		}
		for _, item := range items {
			item.due = last
		}
	}
	if l.step.has(Stray) {
		items = append([]*delivery{l.strayReport(items[0].due)}, items...)
	}
	var all []*delivery
	for _, item := range items {
		for range l.copies() {
			all = append(all, item.again())
		}
	}
	return all
}

// strayReport is a final report under a key that was never placed.
func (l *leg) strayReport(due time.Time) *delivery {
	r := l.report(due, callback.StagePlaced)
	r.Key = callback.NewAttemptKey(l.call.ID, l.call.Attempt+1)
	r.Outcome = &callback.Outcome{Result: callback.ResultGeneralError, Certainty: callback.Known}
	return &delivery{leg: l, due: due, report: r}
}
