package decide

import (
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// A breaker opens after breakerFailures attempts in a row that were not placed,
// if they belong to at least breakerCallbacks callbacks: one callback may be
// refused for what it is. Of a longer row it knows the last breakerRow. Probes
// follow after probeFirst and then at doubling intervals up to probeMost, and the
// breaker knows at most triesKnown callbacks that have been tried.
const (
	breakerFailures  = 5
	breakerCallbacks = 3
	breakerRow       = 32
	probeFirst       = time.Second
	probeMost        = time.Minute
	triesKnown       = 200
)

// CallbackKey names a callback of a tenant.
type CallbackKey struct {
	Tenant string
	ID     callback.ID
}

// Failure is an attempt that was not placed.
type Failure struct {
	Callback CallbackKey
	Attempt  callback.AttemptKey
	Began    time.Time
	Late     bool // the platform accepted it before it refused it
}

// Breaker tells whether the dialer's platform takes calls. While it is open, one
// callback at a time is dialed as a probe. The zero value is closed. Times never
// lie further ahead than the interval they end, so that a clock that is set back
// does not prolong an outage.
type Breaker struct {
	Open     bool
	Since    time.Time // when it opened
	Failures int       // attempts in a row that were not placed

	row    []Failure // the last of them
	proved time.Time // when the latest call began that was placed
	late   bool      // one of the failures was late
	waits  int       // intervals between probes that have begun
	next   time.Time // when the next probe may begin

	probe   CallbackKey              // of the last probe
	until   time.Time                // when it is given up; zero if none is under way
	hold    time.Duration            // how long that is from its beginning
	dialed  bool                     // it is an attempt and not an offer
	tried   map[CallbackKey]struct{} // probes and callbacks that have failed
	avoided bool                     // a callback was left because it has been tried
}

// Fail counts an attempt that was not placed, and reports whether it is not counted
// already. random returns numbers in [0,1) for the jitter of the probes, nil for none.
func (b *Breaker) Fail(f Failure, now time.Time, random func() float64) bool {
	if slices.ContainsFunc(b.row, func(g Failure) bool { return g.Callback == f.Callback && g.Attempt == f.Attempt }) {
		return false
	}
	b.Failures++
	b.late = b.late || f.Late
	b.try(f.Callback)
	b.row = append(b.row, f)
	b.row = slices.Delete(b.row, 0, max(len(b.row)-breakerRow, 0))
	if b.Open {
		b.Miss(f.Callback, now, random)
		return true
	}
	callbacks := make(map[CallbackKey]struct{}, breakerCallbacks)
	for _, f := range b.row {
		callbacks[f.Callback] = struct{}{}
	}
	if len(b.row) >= breakerFailures && len(callbacks) >= breakerCallbacks {
		b.Open, b.Since = true, now
		b.backOff(now, random)
	}
	return true
}

// Learn counts failures of other Managers, except those from before the latest call
// that was placed, as far as this breaker knows. It returns those that it counted.
func (b *Breaker) Learn(failures []Failure, now time.Time, random func() float64) (learned []Failure) {
	b.proved = notBeyond(b.proved, now)
	for _, f := range failures {
		if f.Began.After(b.proved) && b.Fail(f, now, random) {
			learned = append(learned, f)
		}
	}
	return learned
}

// Miss ends a probe that does not tell whether the platform takes calls. It
// ignores other attempts.
func (b *Breaker) Miss(cb CallbackKey, now time.Time, random func() float64) {
	if b.Open && b.probe == cb && !b.until.IsZero() {
		b.until = time.Time{}
		b.backOff(now, random)
	}
}

// backOff sets the time of the next probe: a random part of up to a half is taken
// off the interval, so that nodes do not probe at the same time.
func (b *Breaker) backOff(now time.Time, random func() float64) {
	wait := min(probeFirst<<min(b.waits, 10), probeMost)
	b.waits++
	if random != nil {
		wait -= time.Duration(float64(wait/2) * min(max(random(), 0), 1))
	}
	b.next = now.Add(wait)
}

// close ends an outage. What has been tried stays known: if the platform refuses these
// callbacks for what they are, the next outage begins with others.
func (b *Breaker) close() { *b = Breaker{proved: b.proved, tried: b.tried} }

// try notes that a callback was a probe or has failed.
func (b *Breaker) try(cb CallbackKey) {
	if b.tried == nil || len(b.tried) >= triesKnown {
		b.tried = make(map[CallbackKey]struct{})
	}
	b.tried[cb] = struct{}{}
}

// Accept notes that the platform accepted a call which began at a time. It closes
// the breaker, but proves nothing after calls that the platform accepted and refused
// later.
func (b *Breaker) Accept(began time.Time) {
	if !b.late {
		b.proved = Latest(b.proved, began)
		b.close()
	}
}

// Prove notes that a call which began at a time reached the network. It ends the row
// of the failures that began before, and closes the breaker if none began after it.
func (b *Breaker) Prove(began time.Time) {
	b.proved = Latest(b.proved, began)
	b.row = slices.DeleteFunc(b.row, func(f Failure) bool {
		// Stores keep microseconds.
		return !began.Before(f.Began.Truncate(time.Microsecond))
	})
	switch {
	case len(b.row) == 0:
		b.close()
	case !b.Open:
		b.Failures = len(b.row)
	}
}

// Allowance returns how many calls may begin. A probe that is under way for longer than
// placing takes is given up. If the dialer makes whole calls, the call is up, and
// the breaker closes.
func (b *Breaker) Allowance(now time.Time, whole bool) Allowance {
	if !b.Open {
		return Allowance{N: Unlimited}
	}
	b.until, b.next = notBeyond(b.until, now.Add(b.hold)), notBeyond(b.next, now.Add(probeMost))
	for i := range b.row {
		b.row[i].Began = notBeyond(b.row[i].Began, now)
	}
	switch {
	case b.until.After(now):
		return Allowance{Until: b.until}
	case !b.until.IsZero() && b.dialed && whole:
		b.close()
		return Allowance{N: Unlimited}
	case b.next.After(now):
		return Allowance{Until: b.next}
	}
	b.until = time.Time{}
	return Allowance{N: 1}
}

// notBeyond returns t, or most if t is later.
func notBeyond(t, most time.Time) time.Time {
	if t.After(most) {
		return most
	}
	return t
}

// AllowanceAfterOffer is Allowance for a callback that leaves an offer to be dialed.
// It takes the place of a probe that is an offer: that one may be answered late or
// not at all.
func (b *Breaker) AllowanceAfterOffer(cb CallbackKey, now time.Time, whole bool) Allowance {
	left := b.Allowance(now, whole)
	if b.Open && !b.until.IsZero() && (b.probe == cb || !b.dialed) {
		return Allowance{N: 1}
	}
	return left
}

// Probe notes that a callback was taken out of its queue to be dialed, or for an
// offer, and how long that may take.
func (b *Breaker) Probe(cb CallbackKey, now time.Time, hold time.Duration, dialed bool) {
	if !b.Open {
		return
	}
	b.probe, b.until, b.hold, b.dialed, b.avoided = cb, now.Add(hold), hold, dialed, false
	b.try(cb)
}

// Avoid reports whether another callback is to be the next probe, where there is
// one: the probes go through all callbacks before they come to one again that has
// failed.
func (b *Breaker) Avoid(cb CallbackKey) bool {
	if _, tried := b.tried[cb]; !b.Open || !tried {
		return false
	}
	b.avoided = true
	return true
}

// Alone ends a search for a probe. It reports whether only callbacks were found that
// have been tried. Then these may be the next ones, the last of them only if it is
// the only one.
func (b *Breaker) Alone() bool {
	alone := b.Open && b.avoided && b.until.IsZero()
	if b.avoided = false; !alone {
		return false
	}
	more := len(b.tried) > 1
	clear(b.tried)
	if more {
		b.try(b.probe)
	}
	return true
}

// refusedFor is how long ago an attempt may have begun that tells something about the
// platform.
const refusedFor = time.Hour

// Refusals returns the last attempts of a callback, in a row, that the platform did
// not place within the last hour, the latest first. Pauses that it asked for and
// delays on this side are none.
func Refusals(cb *callback.Callback, now time.Time) (refused []Failure) {
	for _, a := range slices.Backward(cb.Attempts) {
		switch {
		case a.Live():
			continue
		case a.Outcome.Certainty != callback.NotPlaced || now.Sub(a.Began) > refusedFor:
			return refused
		case Refusal(a.Outcome):
			refused = append(refused, Failure{Callback: CallbackKey{cb.Tenant, cb.ID}, Attempt: a.Key, Began: a.Began, Late: a.Stage >= callback.StagePlaced})
		}
	}
	return refused
}

// Refusal reports whether the platform refused the attempt: it neither asked for a
// pause, nor was this side too late.
func Refusal(o callback.Outcome) bool {
	return o.Certainty == callback.NotPlaced && o.RetryAfter <= 0 && o.Result != callback.ResultStale
}

// LastSubmit reports whether one more attempt that is not placed completes the
// callback.
func LastSubmit(cb *callback.Callback, p *Policy) bool {
	limit := p.Service.Queueing.MaxSubmits
	return limit != callback.NoLimit && cb.Submits+1 >= int(limit)
}

// GiveBackSubmit gives back a submit attempt that an outage of the dialer's
// platform has used. It returns nil if there is none.
func GiveBackSubmit(cb *callback.Callback, p *Policy, now time.Time, actor string) *Draft {
	if cb.State == callback.Completed || cb.Submits == 0 {
		return nil
	}
	d := NewDraft(cb, p, now, callback.EventUpdated, actor)
	d.Callback.Submits--
	d.Note("the attempt does not count: the dialer's platform takes no calls")
	return d
}
