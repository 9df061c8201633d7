package decide

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/scheduler"
)

// Override returns the request's value of an option that the service lets
// requests override.
func (p *Policy) Override(req *StartInput, option string) (string, bool) {
	value, ok := req.Overrides[option]
	return value, ok && slices.Contains(p.Service.Overwritable, option)
}

// Policy is a [callback.Policy] prepared for decisions, with its service read
// once.
type Policy struct {
	Source  *callback.Policy
	Service callback.Service
	Planner *availability.Planner
	// Settle, Lookup, HangUp and Resolves are those of the dialer's [DialRules].
	Settle   time.Duration
	Lookup   bool
	HangUp   bool
	Resolves bool
	window   *availability.Calendar  // the hours in which attempts may begin
	today    atomic.Pointer[day]     // the day last asked for
	hours    atomic.Pointer[stretch] // the stretch last asked for
}

// NewPolicy prepares a policy.
func NewPolicy(p *callback.Policy) *Policy {
	return &Policy{Source: p, Service: p.Service(), Planner: p.Planner(), window: p.Window()}
}

// day is a calendar day in the time zone of a service.
type day struct{ begin, end time.Time }

// timing returns the lead times that make a request immediate and set the
// release.
func (p *Policy) timing(now time.Time, position int) scheduler.Timing {
	t := scheduler.Timing{Buffer: max(p.Service.Booking.Buffer, 0)}
	if e := p.Service.Booking.Estimator; e != nil {
		// An estimator that panics or has no estimate adds nothing.
		_ = guard.Call("estimator", func() error {
			if wait, ok := e.Estimate(position, now); ok && wait > 0 {
				t.Wait = wait
			}
			return nil
		})
	}
	return t
}

// AskCapacity calls f, which asks the capacity of the service for seats. A
// capacity that panics is a [callback.ErrCapacity]; other errors are those of f.
func (p *Policy) AskCapacity(f func() error) error {
	err := guard.Call("capacity", f)
	if _, failed := errors.AsType[*callback.PanicError](err); failed {
		return fmt.Errorf("%w: %w", callback.ErrCapacity, err)
	}
	return err
}

// callEnd returns when no call of the current attempt can be up any more,
// whatever is known of it; zero if there is no live attempt.
func (p *Policy) callEnd(cb *callback.Callback) time.Time {
	a := cb.Current()
	if a == nil || !a.Live() {
		return time.Time{}
	}
	return p.lastFrom(a.Began)
}

// lastFrom returns until when a call can be up that began at the given time.
func (p *Policy) lastFrom(began time.Time) time.Time {
	return began.Add(p.Service.Dialing.MaxCall + p.Settle)
}

// callOver reports whether no call of the callback can be up at now.
func (p *Policy) callOver(cb *callback.Callback, now time.Time) bool {
	return !p.callEnd(cb).After(now)
}

// UnresolvedEnd returns when an unresolved callback completes if nothing more is
// learned: at its last chance, or once no call can be up if that is later or a
// cancellation waits for it.
func (p *Policy) UnresolvedEnd(cb *callback.Callback) time.Time {
	last, over := LastChance(cb), p.callEnd(cb)
	if last.IsZero() || cb.CancelReason != "" && !over.IsZero() {
		return over
	}
	return Latest(last, over)
}

// nextLook returns when a call that is up is looked up next, or zero. The times
// do not depend on other changes of the callback.
func (p *Policy) nextLook(cb *callback.Callback, now time.Time) time.Time {
	a, every := cb.Current(), p.Service.Dialing.LookupEvery
	if !p.Lookup || every == callback.Off || a == nil || !a.Live() {
		return time.Time{}
	}
	return a.Began.Add(every * (max(now.Sub(a.Began), 0)/every + 1))
}

// zone returns the time zone of the service's days.
func (p *Policy) zone() *time.Location { return p.Service.Booking.Hours.Location() }

// endOfDay returns the first midnight after now in the service's time zone.
func (p *Policy) endOfDay(now time.Time) time.Time {
	if t := p.today.Load(); t != nil && !now.Before(t.begin) && now.Before(t.end) {
		return t.end
	}
	y, m, d := now.In(p.zone()).Date()
	begin, _ := availability.LocalTime{Year: y, Month: m, Day: d}.In(p.zone())
	y, m, d = time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC).Date()
	end, _ := availability.LocalTime{Year: y, Month: m, Day: d}.In(p.zone())
	p.today.Store(&day{begin, end})
	return end
}

// mayBegin returns the earliest time of an attempt that the desired time allows
// (Booking.ConnectThreshold), or zero. A callback that was asked for at once may
// begin at any time, also if the clock of then was ahead.
func (p *Policy) mayBegin(cb *callback.Callback) time.Time {
	if t := p.Service.Booking.ConnectThreshold; t >= 0 && cb.Desired.After(cb.Created) {
		return cb.Desired.Add(-t)
	}
	return time.Time{}
}

// queueEnd returns when a callback leaves its queue without an attempt, or zero
// if that is further ahead than availability.MaxSearchDays. Pauses, closed hours
// and the time before mayBegin do not count.
func (p *Policy) queueEnd(cb *callback.Callback) time.Time {
	ttl := p.Service.Queueing.TTL
	if w := p.Service.Queueing.MaxWait; w > 0 && w < ttl {
		ttl = w
	}
	end, _ := p.window.AddOpen(p.waitsFrom(cb), ttl+cb.PausedFor)
	return end
}

// waitsFrom returns when the time of a callback in its queue begins to count.
func (p *Policy) waitsFrom(cb *callback.Callback) time.Time {
	return Latest(cb.QueuedAt, p.mayBegin(cb))
}

// Lines returns the limit on calls that are up; -1 is no limit.
func (p *Policy) Lines(hasRouter bool) int64 {
	switch n := p.Service.Queueing.Lines; {
	case n != 0:
		return n.Max()
	case hasRouter:
		return callback.NoLimit.Max()
	}
	return DefaultLines
}

// DefaultLines is the number of lines of a service without a Router.
const DefaultLines = 10

// propertyMedia is the property by which clients of GMS choose the medium of one
// callback.
const propertyMedia = "_media_type"

// mediaChat is the medium of callbacks that must not ring a phone.
const mediaChat = "chat"

// MediaType returns the medium for calling the customer: chat if the service or
// the request says so, else that of the request's response type or, without one,
// the service's.
func (p *Policy) MediaType(cb *callback.Callback) string {
	if asked, _ := callback.TextOf(cb.Properties[propertyMedia]); strings.EqualFold(asked, mediaChat) {
		return mediaChat
	}
	if cb.Interaction == nil {
		return p.Service.MediaType
	}
	if p.Service.MediaType == mediaChat || strings.EqualFold(cb.Interaction.MediaType, mediaChat) {
		return mediaChat
	}
	switch cb.Interaction.ResponseType {
	case "Voice", "VoIP":
		return "voice"
	case "Email":
		return "email"
	}
	return p.Service.MediaType
}
