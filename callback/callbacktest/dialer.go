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

// AnyNumber is the number whose script applies to every number that has none.
const AnyNumber = "*"

// ErrStaleEpoch is returned by Dial of a fenced dialer for an attempt whose epoch is
// lower than the highest it has seen for the callback. It is joined with
// [callback.ErrNotPlaced] unless the same key was placed before.
var ErrStaleEpoch = errors.New("attempt comes from a lost lease")

// ErrTooLate is returned by Dial, joined with [callback.ErrNotPlaced], for an attempt
// after its Call.NotAfter.
var ErrTooLate = errors.New("attempt comes after the last instant allowed")

// Dialer is a scripted [callback.Dialer] that simulates a telephone network. It
// starts no goroutine and reads only the clock that it was given: Dial plans the
// call, and [Dialer.Advance] delivers the reports that are due, so that a test
// decides when the engine receives them.
//
// It implements [callback.ReportingDialer], [callback.HangupDialer],
// [callback.LookupDialer] and [callback.LimitedDialer]. [Dialer.Blind], [Dialer.NoHangup], [Dialer.NoLookup] and
// [Dialer.Fenced] return views of the same network that implement other sets of
// these.
//
// An attempt key that is placed twice makes two calls, as on most platforms, except
// through the fenced view; [Dialer.Doubles] lists them.
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
	reporter callback.Reporter
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

// NewDialer returns a dialer that reads the time from now. A call without a script is
// answered and lasts a minute. now is usually [Clock.Now]; in a testing/synctest
// bubble it is time.Now, and NewDialer must be called in the bubble.
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

// On sets the script of a number: step n is for attempt n of each callback that
// dials the number, and the last step is repeated. number is a
// phonenum.Address.Key, which is E.164 for telephone numbers, or [AnyNumber].
// Without steps On removes the script. It returns the dialer.
func (d *Dialer) On(number string, steps ...Step) *Dialer {
	d.mu.Lock()
	defer d.mu.Unlock()
	script(d.numbers, number, steps)
	return d
}

// OnCallback sets the script of one callback, which replaces that of its number.
func (d *Dialer) OnCallback(id callback.ID, steps ...Step) *Dialer {
	d.mu.Lock()
	defer d.mu.Unlock()
	script(d.ids, id, steps)
	return d
}

// OnCall sets a function that returns the step of a call, or false to use the
// scripts. Dial calls f under a lock, so f must not call the dialer. It serves to
// model customers and to generate random steps from a seed.
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

// SetLimits sets what [Dialer.Limits] returns. The dialer does not enforce the
// limits. manager.New reads them once.
func (d *Dialer) SetLimits(l callback.DialerLimits) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.limits = l
}

// Attach implements [callback.ReportingDialer]: manager.New calls it. It sets the
// reporter for the reports that Dial makes ([Early]) and for Advance and Run if
// their reporter is nil. Without one the reports of Dial wait for the next Advance.
// The last reporter counts, because the Managers of a test share a store. The error
// is nil.
func (d *Dialer) Attach(r callback.Reporter) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reporter = r
	return nil
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

// Dial implements [callback.Dialer]. It follows the script. It returns
// [callback.ErrNotPlaced] if ctx has ended or Call.NotAfter has passed.
func (d *Dialer) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	return d.dial(ctx, call, false)
}

func (d *Dialer) dial(ctx context.Context, call callback.Call, fenced bool) (callback.Ref, error) {
	now := d.now()
	l, early, reporter := d.take(now, call, fenced, ctx.Err())
	for _, item := range early {
		// Reports that fail are delivered again later.
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

// take records the attempt and plans its reports. It returns the call of the
// attempt, the reports to make before Dial returns, and their reporter.
func (d *Dialer) take(now time.Time, call callback.Call, fenced bool, ended error) (*leg, []*delivery, callback.Reporter) {
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

// fence keeps the guarantees of a fenced platform: a key placed again is the same
// call, and a delayed request with a lower epoch does not take effect. It returns
// the earlier attempt with the key, if there is one.
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

// intercept cancels a call that has not left yet.
func (d *Dialer) intercept(l *leg, now time.Time) {
	if l.placed && l.started.After(now) {
		l.placed = false
		d.forget(func(item *delivery) bool { return item.leg == l })
	}
}

// Release makes the calls of Dial return that [Stuck] holds under the given keys or,
// without keys, all of them. It returns their number.
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

// Stuck lists the attempts whose Dial waits for Release, in the order of the calls.
func (d *Dialer) Stuck() []callback.AttemptKey {
	d.mu.Lock()
	defer d.mu.Unlock()
	var keys []callback.AttemptKey
	for _, l := range d.blocked {
		keys = append(keys, l.call.Key)
	}
	return keys
}

// Hangup implements [callback.HangupDialer]. It ends the call now and, unless the
// step has [Mute], makes the final report due. It returns nil for a call that has
// ended or is unknown.
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

// Lookup implements [callback.LookupDialer]. It returns the present state of the
// attempt, unless its step says otherwise.
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
			// A fenced platform must not place the call after it has answered
			// that it did not.
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
