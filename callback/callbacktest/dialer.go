package callbacktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Reporter takes the reports of a dialer. *manager.Manager is one.
type Reporter interface {
	Report(ctx context.Context, r callback.Report) error
}

// AnyNumber is the number of the script that is followed for every number
// without a script of its own.
const AnyNumber = "*"

// ErrStaleEpoch is what a fenced dialer's Dial returns for an attempt whose
// epoch is behind the highest it has seen for the callback. It is joined with
// [callback.ErrNotPlaced], unless the same key was placed before.
var ErrStaleEpoch = errors.New("attempt comes from a lost lease")

// ErrTooLate is what Dial returns, joined with [callback.ErrNotPlaced], for an
// attempt that comes after its Call.NotAfter.
var ErrTooLate = errors.New("attempt comes after the last instant allowed")

// Dialer is a scripted [callback.Dialer] with its own telephone world. It owns
// no goroutine and reads no clock but the one it was given: Dial works out how
// the call will run, and [Dialer.Advance] delivers the reports that have become
// due, so that a test decides when the engine hears what.
//
// It has every optional capability: [callback.HangupDialer], [callback.LookupDialer] and
// [callback.LimitedDialer]. [Dialer.Blind], [Dialer.NoHangup],
// [Dialer.NoLookup] and [Dialer.Fenced] are views of the same world with other
// capabilities.
//
// On the Dialer itself, and on every view but the fenced one, an attempt key
// that is placed twice makes two calls, as on most platforms: [Dialer.Doubles]
// tells.
//
// All methods are safe for concurrent use.
type Dialer struct {
	now  func() time.Time
	wake chan struct{}

	mu       sync.Mutex
	numbers  map[string][]Step
	ids      map[callback.ID][]Step
	choose   func(callback.Call) (Step, bool)
	limits   callback.DialerLimits
	reporter Reporter
	legs     []*leg // every attempt that Dial was asked for, in order
	byKey    map[legKey][]*leg
	byID     map[person][]*leg
	blocked  []*leg
	epochs   map[person]int64
	pending  deliveries
	seq      uint64
	refused  []Refusal
	hangups  []callback.Hangup
	lookups  []callback.AttemptKey
}

// NewDialer returns a dialer whose every call is answered and lasts a minute,
// until scripts say otherwise. now tells the time; with a [callback.ClockStore] it is
// clock.Now, in a testing/synctest bubble time.Now, and there the dialer has to
// be made inside the bubble.
func NewDialer(now func() time.Time) *Dialer {
	return &Dialer{
		now:     now,
		wake:    make(chan struct{}, 1),
		numbers: map[string][]Step{AnyNumber: {Answered(time.Minute)}},
		ids:     make(map[callback.ID][]Step),
		byKey:   make(map[legKey][]*leg),
		byID:    make(map[person][]*leg),
		epochs:  make(map[person]int64),
	}
}

// On sets the script of a number: the first step is for the first attempt of
// each callback that dials it, and so on; the last step is repeated. number is
// a phonenum.Address.Key, which is E.164 for telephone numbers, or [AnyNumber].
// No steps remove the script. It returns the dialer.
func (d *Dialer) On(number string, steps ...Step) *Dialer {
	d.mu.Lock()
	defer d.mu.Unlock()
	script(d.numbers, number, steps)
	return d
}

// OnCallback sets the script of one callback; it wins over that of its number.
func (d *Dialer) OnCallback(id callback.ID, steps ...Step) *Dialer {
	d.mu.Lock()
	defer d.mu.Unlock()
	script(d.ids, id, steps)
	return d
}

// OnCall asks f for the step of each call before any script; f says false to
// leave it to the scripts. f is called from Dial, under a lock: it must not
// call the dialer. It makes models of customers and seeded chaos possible.
func (d *Dialer) OnCall(f func(callback.Call) (Step, bool)) *Dialer {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.choose = f
	return d
}

func script[K comparable](scripts map[K][]Step, key K, steps []Step) {
	if len(steps) == 0 {
		delete(scripts, key)
		return
	}
	scripts[key] = append([]Step(nil), steps...)
}

// SetLimits sets what [Dialer.Limits] declares. The dialer does not enforce
// them. A Manager reads them once, when it is made.
func (d *Dialer) SetLimits(l callback.DialerLimits) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.limits = l
}

// Attach tells the dialer whom to report to from within Dial, for [Early],
// and in Advance and Run where they are given nobody. Without it early reports
// wait for the next Advance.
func (d *Dialer) Attach(r Reporter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reporter = r
}

// step returns the step of a call.
func (d *Dialer) step(call callback.Call) Step {
	if d.choose != nil {
		if s, ok := d.choose(call); ok {
			return s
		}
	}
	steps, ok := d.ids[call.ID]
	if !ok {
		steps, ok = d.numbers[call.To.Key()]
	}
	if !ok {
		steps = d.numbers[AnyNumber]
	}
	if len(steps) == 0 {
		return Answered(time.Minute)
	}
	return steps[min(max(call.Attempt, 1), len(steps))-1]
}

// Dial implements [callback.Dialer]. It does what the script says of the call,
// and refuses with [callback.ErrNotPlaced] what comes with a context that has
// ended or after Call.NotAfter.
func (d *Dialer) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	return d.dial(ctx, call, false)
}

func (d *Dialer) dial(ctx context.Context, call callback.Call, fenced bool) (callback.Ref, error) {
	now := d.now()
	l, early, reporter := d.take(now, call, fenced, ctx.Err())
	for _, item := range early {
		// What fails is on its way again.
		_ = d.deliver(ctx, reporter, item, now)
	}
	d.signal()
	switch {
	case l.step.has(Stuck):
		<-l.release
	case l.step.has(Blocks):
		<-ctx.Done()
		return "", ctx.Err()
	}
	if l.step.panics {
		panic(l.step.panicWith)
	}
	if l.err != nil {
		return "", l.err
	}
	return l.ref, nil
}

// take records the attempt and plans its reports. It returns the call that the
// attempt became, and what is to be reported to whom before Dial returns.
func (d *Dialer) take(now time.Time, call callback.Call, fenced bool, ended error) (*leg, []*delivery, Reporter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if fenced {
		if known := d.fence(now, call); known != nil {
			return known, nil, nil
		}
	}
	l := &leg{n: len(d.legs), call: call, dialed: now, step: d.step(call)}
	switch {
	case ended != nil:
		l.refuse(errors.Join(callback.ErrNotPlaced, ended))
	case !call.NotAfter.IsZero() && now.After(call.NotAfter):
		l.refuse(errors.Join(callback.ErrNotPlaced, ErrTooLate))
	case fenced && call.Epoch < d.epochs[l.person()]:
		l.refuse(errors.Join(callback.ErrNotPlaced, ErrStaleEpoch))
	default:
		l.place(now, len(d.byKey[l.key()]))
	}
	d.legs = append(d.legs, l)
	d.byKey[l.key()] = append(d.byKey[l.key()], l)
	d.byID[l.person()] = append(d.byID[l.person()], l)
	if l.release != nil {
		d.blocked = append(d.blocked, l)
	}
	items := l.reports()
	if l.step.has(Early) && d.reporter != nil {
		for _, item := range items {
			d.number(item)
		}
		return l, items, d.reporter
	}
	for _, item := range items {
		d.push(item)
	}
	return l, nil, nil
}

// fence keeps the promises of a fenced platform: the same key is the same
// call, and an older request that is still on its way never arrives. It returns
// the attempt that the key already is, if any.
func (d *Dialer) fence(now time.Time, call callback.Call) *leg {
	who := person{call.Tenant, call.ID}
	behind := call.Epoch < d.epochs[who]
	for _, known := range d.byKey[legKey{call.Tenant, call.Key}] {
		if !known.placed {
			continue
		}
		known.repeats++
		if behind {
			return &leg{err: ErrStaleEpoch}
		}
		d.epochs[who] = call.Epoch
		return &leg{ref: known.ref}
	}
	if behind {
		return nil
	}
	d.epochs[who] = call.Epoch
	for _, l := range d.byID[who] {
		if l.call.Epoch < call.Epoch {
			d.intercept(l, now)
		}
	}
	return nil
}

// intercept takes a call back that has not left yet.
func (d *Dialer) intercept(l *leg, now time.Time) {
	if l.placed && l.started.After(now) {
		l.placed = false
		d.forget(func(item *delivery) bool { return item.leg == l })
	}
}

// Release lets the Dials return that [Stuck] holds under these keys, or
// all of them when none is named. It returns how many.
func (d *Dialer) Release(keys ...callback.AttemptKey) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	held := len(d.blocked)
	d.blocked = slices.DeleteFunc(d.blocked, func(l *leg) bool {
		free := len(keys) == 0 || slices.Contains(keys, l.call.Key)
		if free {
			close(l.release)
		}
		return free
	})
	return held - len(d.blocked)
}

// Stuck lists the attempts whose Dial has not been let go, in the order of
// dialling.
func (d *Dialer) Stuck() []callback.AttemptKey {
	d.mu.Lock()
	defer d.mu.Unlock()
	var keys []callback.AttemptKey
	for _, l := range d.blocked {
		keys = append(keys, l.call.Key)
	}
	return keys
}

// Hangup implements [callback.HangupDialer]: the call ends now, and its final report
// comes, unless the step is mute. A call that is over or unknown is no error.
func (d *Dialer) Hangup(ctx context.Context, h callback.Hangup) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("hanging up: %w", err)
	}
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.signal()
	d.hangups = append(d.hangups, h)
	for _, l := range d.byKey[legKey{h.Tenant, h.Key}] {
		if !l.placed || !l.ended.After(now) || h.Ref != "" && h.Ref != l.ref {
			continue
		}
		if l.step.hangupErr != nil {
			return l.step.hangupErr
		}
		d.cut(l, now)
	}
	return nil
}

// cut ends a call before its time.
func (d *Dialer) cut(l *leg, now time.Time) {
	l.hangUp(now)
	d.forget(func(item *delivery) bool { return item.leg == l && item.report.At.After(now) })
	d.hasten(l, now)
	if final := l.final(); final != nil {
		for range l.copies() {
			d.push(final.again())
		}
	}
}

// SearchValue implements [callback.LookupDialer] and tells the truth about the attempt
// as it is now, unless its step says otherwise.
func (d *Dialer) Lookup(ctx context.Context, tenant string, key callback.AttemptKey, ref callback.Ref) (callback.Found, error) {
	return d.lookup(ctx, tenant, key, false)
}

func (d *Dialer) lookup(ctx context.Context, tenant string, key callback.AttemptKey, fenced bool) (callback.Found, error) {
	if err := ctx.Err(); err != nil {
		return callback.Found{}, fmt.Errorf("looking up: %w", err)
	}
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lookups = append(d.lookups, key)
	var found *leg
	for _, l := range d.byKey[legKey{tenant, key}] {
		if l.step.lookupErr != nil {
			return callback.Found{}, l.step.lookupErr
		}
		if l.step.has(Forgotten) {
			return callback.Found{State: callback.FoundUnknown}, nil
		}
		if fenced {
			// "Not placed" is a promise here: the request must not arrive.
			d.intercept(l, now)
		}
		if l.placed && !l.started.After(now) && (found == nil || !found.liveAt(now)) {
			found = l
		}
	}
	switch {
	case found == nil:
		return callback.Found{State: callback.FoundNotPlaced}, nil
	case found.liveAt(now):
		return callback.Found{State: callback.FoundLive, Stage: found.stageAt(now), Ref: found.ref}, nil
	}
	return callback.Found{State: callback.FoundEnded, Outcome: found.course.outcome, Ref: found.ref}, nil
}

// Limits implements [callback.LimitedDialer].
func (d *Dialer) Limits() callback.DialerLimits {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.limits
}
