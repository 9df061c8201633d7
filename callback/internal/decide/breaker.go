package decide

import (
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// A breaker opens after breakerFailures attempts in a row that were not placed,
// if they belong to at least breakerCallbacks callbacks: one callback may be
// refused for what it is. Probes follow after probeFirst and then at doubling
// intervals up to probeMost.
const (
	breakerFailures  = 5
	breakerCallbacks = 3
	probeFirst       = time.Second
	probeMost        = time.Minute
)

// CallbackKey names a callback of a tenant.
type CallbackKey struct {
	Tenant string
	ID     callback.ID
}

// Breaker tells whether the dialer's platform takes calls. While it is open, one
// callback at a time is dialed as a probe. The zero value is closed. Times never
// lie further ahead than the interval they end, so that a clock that is set back
// does not prolong an outage.
type Breaker struct {
	Open     bool
	Since    time.Time // when it opened
	Failures int       // attempts in a row that were not placed

	from  []CallbackKey // their callbacks, at most breakerCallbacks of them
	last  time.Time     // when the last of them ended
	late  bool          // the platform accepted one of them before it refused it
	tries int           // probes that failed
	next  time.Time     // when the next probe may begin

	probe   CallbackKey   // of the last probe
	until   time.Time     // when it is given up; zero if none is under way
	hold    time.Duration // how long that is from its beginning
	dialed  bool          // it is an attempt and not an offer
	avoided bool          // the last probe's callback was left for another one
}

// Fail counts an attempt that was not placed. late says that the platform had
// accepted it. random returns numbers in [0,1) for the jitter of the probes, nil
// for none. It reports whether the breaker has opened.
func (b *Breaker) Fail(cb CallbackKey, late bool, now time.Time, random func() float64) (opened bool) {
	b.Failures++
	b.last, b.late = now, b.late || late
	if len(b.from) < breakerCallbacks && !slices.Contains(b.from, cb) {
		b.from = append(b.from, cb)
	}
	if b.Open {
		b.Miss(cb, now, random)
		return false
	}
	if b.Failures < breakerFailures || len(b.from) < breakerCallbacks {
		return false
	}
	b.Open, b.Since = true, now
	b.backOff(now, random)
	return true
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
	wait := min(probeFirst<<min(b.tries, 10), probeMost)
	b.tries++
	if random != nil {
		wait -= time.Duration(float64(wait/2) * min(max(random(), 0), 1))
	}
	b.next = now.Add(wait)
}

// Accept notes that the platform accepted a call, which closes the breaker. It
// proves nothing after calls that the platform accepted and refused later.
func (b *Breaker) Accept() {
	if !b.late {
		*b = Breaker{}
	}
}

// Prove notes that a call which began at a time reached the network, which closes
// the breaker. A call from before the last failure proves nothing.
func (b *Breaker) Prove(began time.Time) {
	// Stores keep microseconds.
	if !began.Before(b.last.Truncate(time.Microsecond)) {
		*b = Breaker{}
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
	switch {
	case b.until.After(now):
		return Allowance{Until: b.until}
	case !b.until.IsZero() && b.dialed && whole:
		*b = Breaker{}
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

// Probe notes that a callback was taken out of its queue to be dialed, or for an
// offer, and how long that may take.
func (b *Breaker) Probe(cb CallbackKey, now time.Time, hold time.Duration, dialed bool) {
	if b.Open {
		b.probe, b.until, b.hold, b.dialed = cb, now.Add(hold), hold, dialed
	}
}

// Probing reports whether the callback is the probe under way.
func (b *Breaker) Probing(cb CallbackKey) bool { return b.Open && !b.until.IsZero() && b.probe == cb }

// Avoid reports whether another callback is to be the next probe, where there is
// one.
func (b *Breaker) Avoid(cb CallbackKey) bool {
	if !b.Open || b.probe != cb {
		return false
	}
	b.avoided = true
	return true
}

// Alone ends a search for a probe. It reports whether only the callback of the
// last probe was found, which then may be the next one.
func (b *Breaker) Alone() bool {
	alone := b.Open && b.avoided && b.until.IsZero()
	if b.avoided = false; alone {
		b.probe = CallbackKey{}
	}
	return alone
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
