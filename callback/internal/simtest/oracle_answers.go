package simtest

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// G1 checks that an accepted callback is never lost. It is in the feed, and it ends only for a
// reason that the world has seen: a call, a refusal of the platform, a request
// to cancel, or the end of its time.
func G1(h *History, fault report) {
	byID := make(map[callback.ID]*story)
	for _, s := range h.stories() {
		byID[s.id] = s
		if e := s.completed(); e != nil && len(s.events) > 0 {
			h.judgeEnd(s, e, fault)
		}
	}
	for _, c := range h.Calls {
		if c.Method == "Start" && c.Nil() {
			if s := byID[c.Answer.ID]; s == nil || len(s.events) == 0 || s.events[0].Type != callback.EventAccepted {
				fault(c.Answer.ID, c.Answered, "was accepted and is not in the feed")
			}
		}
	}
}

func (h *History) judgeEnd(s *story, e *Seen, fault report) {
	switch e.Reason {
	case callback.ReasonSubmitFailed:
		refused := 0
		for _, d := range s.dials {
			if !d.Placed && d.Refused != "throttled" && d.Arrived.Before(e.Stamp) && !h.outage(d.Arrived.At) {
				refused++
			}
		}
		if most := h.promise(s).Queueing.MaxSubmits; most == callback.NoLimit || refused < int(most) {
			fault(s.id, e.Stamp, "ended %s, and the platform refused it %d times outside outages", e.Reason, refused)
		}
	case callback.ReasonTimeout:
		if s.start != nil && s.request().Until.IsZero() && s.asked("Reschedule") == nil && e.Stamp.At.Before(s.start.Asked.At.Add(h.promise(s).TTL-time.Minute)) {
			fault(s.id, e.Stamp, "ended %s %v after it was asked for", e.Reason, e.Stamp.At.Sub(s.start.Asked.At))
		}
	case callback.ReasonAgentConnected, callback.ReasonCallToCustomer, callback.ReasonMachineConnected, callback.ReasonAbandonedInQueue:
		if len(s.dials) == 0 {
			fault(s.id, e.Stamp, "ended %s and was never dialled", e.Reason)
		}
	case callback.ReasonCancelled, callback.ReasonCancelledByAdmin, callback.ReasonPreviewCancel:
		if s.asked("Cancel", "CancelAll", "Answer") == nil && !h.lostBulk(s.tenant, e.Stamp) && !s.ended(e.Result) {
			fault(s.id, e.Stamp, "ended %s and no caller asked for it", e.Reason)
		}
	}
}

// ended reports whether a call of the callback ended with a result.
func (s *story) ended(result callback.CallResult) bool {
	return slices.ContainsFunc(s.dials, func(d *Dial) bool { return d.Ended.Came() && d.Result == result })
}

// lostBulk reports whether an unanswered bulk call may have named the callback.
func (h *History) lostBulk(tenant string, before Stamp) bool {
	for _, c := range h.Calls {
		if c.Method == "CancelAll" && c.Tenant == tenant && c.Asked.Before(before) && (!c.Answered.Came() || c.Err != nil) {
			return true
		}
	}
	return false
}

// G2 checks that a start is idempotent under its key.
func G2(h *History, fault report) {
	type key struct{ tenant, key string }
	first, erased := make(map[key]callback.ID), make(map[callback.ID]bool)
	for _, s := range h.stories() {
		k := key{s.tenant, s.request().Key}
		erased[s.id] = s.erased()
		if k.key == "" || s.erased() {
			continue
		}
		if other, ok := first[k]; ok {
			fault(s.id, s.events[0].Stamp, "was made under the key of %s", other)
			continue
		}
		first[k] = s.id
	}
	for _, c := range h.Calls {
		if c.Method != "Start" || c.Request.Key == "" || !c.Nil() {
			continue
		}
		if id, ok := first[key{c.Tenant, c.Request.Key}]; ok && id != c.Answer.ID && !erased[c.Answer.ID] {
			fault(c.Answer.ID, c.Answered, "was answered under the key of %s", id)
		}
	}
}

// G9 checks that what is completed stays so, and what is erased is gone.
func G9(h *History, fault report) {
	for _, s := range h.stories() {
		var reason callback.Reason
		erased := false
		for _, e := range s.events {
			switch {
			case erased:
				fault(s.id, e.Stamp, "event %s after it was erased", e.Type)
			case e.Type == callback.EventErased:
				erased = true
			case reason != "" && !aftermath(e):
				fault(s.id, e.Stamp, "event %s after it ended %s", e.Type, reason)
			case e.To == callback.Completed && e.From != callback.Completed:
				reason = e.Reason
			}
		}
	}
	ends := make(map[callback.ID]*Seen)
	for _, s := range h.stories() {
		ends[s.id] = s.completed()
	}
	h.records(func(c *HostCall, cb *callback.Callback) {
		end := ends[cb.ID]
		if end != nil && end.Stamp.Before(c.Asked) && (cb.State != callback.Completed || cb.Reason != end.Reason) {
			fault(cb.ID, c.Answered, "is %v %s to a caller after it ended %s", cb.State, cb.Reason, end.Reason)
		}
	})
}

// aftermath reports whether an event may follow the end of a callback: what was owed
// is done, a late result is noted, or the record is masked.
func aftermath(e Seen) bool {
	late := e.Type == callback.EventMasked || e.Type == callback.EventOwed || e.Type == callback.EventAttemptEnded
	return late && e.From == callback.Completed && e.To == callback.Completed
}

// G10 checks that each change is one event; events have no gap and follow the life cycle,
// and the record is what they say.
func G10(h *History, fault report) {
	for _, text := range h.Records {
		fault("", h.End, "%s", text)
	}
	events := make(map[callback.ID][]Seen)
	for _, s := range h.stories() {
		events[s.id] = s.events
		var state callback.State
		for i, e := range s.events {
			if e.Seq != int64(i+1) {
				fault(s.id, e.Stamp, "event %s has seq %d, want %d", e.Type, e.Seq, i+1)
			}
			if e.Type != callback.EventErased && (e.From != state || !callback.CanMove(e.From, e.To)) {
				fault(s.id, e.Stamp, "event %s moves from %v to %v after %v", e.Type, e.From, e.To, state)
			}
			state = e.To
		}
	}
	h.records(func(c *HostCall, cb *callback.Callback) {
		of := events[cb.ID]
		if n := cb.Revision; n < 1 || n > int64(len(of)) {
			fault(cb.ID, c.Answered, "revision %d was answered and has no event", n)
		} else if to := of[n-1].To; to != cb.State {
			fault(cb.ID, c.Answered, "is %v to a caller and %v in the feed at revision %d", cb.State, to, n)
		}
		if cb.UserData["spoiled"] != nil || cb.Properties["spoiled"] != nil {
			fault(cb.ID, c.Answered, "has a value that no caller set")
		}
	})
}

// G11 checks that what was forgotten does not come back, and no event shows a number.
func G11(h *History, fault report) {
	gone := make(map[callback.ID]Stamp)
	for _, c := range h.Calls {
		if strings.HasPrefix(c.Method, "Forget") && c.Answered.Came() {
			for _, i := range c.Items {
				if i.Err == nil && i.N > 0 {
					gone[i.ID] = c.Answered
				}
			}
		}
	}
	for _, s := range h.stories() {
		at, ok := gone[s.id]
		if ok && !s.erased() {
			fault(s.id, at, "was forgotten and the feed does not say so")
		}
		for _, c := range s.calls {
			if ok && at.Before(c.Asked) && c.Answer != nil {
				fault(s.id, c.Answered, "was forgotten and is answered to %s", c.Method)
			}
		}
	}
	for _, c := range h.Calls {
		for _, cb := range c.Found {
			if at, ok := gone[cb.ID]; ok && at.Before(c.Asked) {
				fault(cb.ID, c.Answered, "was forgotten and is found")
			}
		}
	}
	for _, e := range h.Events {
		if strings.Contains(e.Detail, firstNumber[1:]) || strings.Contains(e.Actor, firstNumber[1:]) {
			fault(e.Callback, e.Stamp, "event %s shows a number", e.Type)
		}
	}
}

// G12 checks that a tenant sees nothing of another.
func G12(h *History, fault report) {
	tenants := make(map[callback.ID]string)
	for _, c := range h.Calls {
		found := c.Found
		if c.Answer != nil {
			found = append(found[:len(found):len(found)], c.Answer)
			if c.Method == "Start" {
				tenants[c.Answer.ID] = c.Tenant
			}
		}
		for _, cb := range found {
			if cb.Tenant != c.Tenant {
				fault(cb.ID, c.Answered, "of tenant %q was shown to %q", cb.Tenant, c.Tenant)
			}
		}
	}
	for _, e := range h.Events {
		if tenant, ok := tenants[e.Callback]; ok && tenant != e.Tenant {
			fault(e.Callback, e.Stamp, "of tenant %q has an event of %q", tenant, e.Tenant)
		}
	}
	for _, d := range h.Dials {
		if tenant, ok := tenants[d.Call.ID]; ok && tenant != d.Call.Tenant {
			fault(d.Call.ID, d.Arrived, "of tenant %q is dialled for %q", tenant, d.Call.Tenant)
		}
	}
}

// G14 checks that what panics in a plug-in harms one callback: no caller and no tick sees it.
func G14(h *History, fault report) {
	for _, c := range h.Calls {
		if c.Panic != nil {
			fault(c.ID, c.Answered, "%s panicked: %v", c.Method, c.Panic)
		}
	}
}

// G16 checks that a booking by the clock on the wall is for that time, or for now if that has
// passed; in a gap of the clock for the end of the gap, and for the first of two.
func G16(h *History, fault report) {
	for _, c := range h.Calls {
		local := c.Request.Local
		if c.Method != "Start" || local == nil || !c.Nil() {
			continue
		}
		zone, err := time.LoadLocation(c.Request.Zone)
		if err != nil {
			continue
		}
		if want, got := firstAt(local.String(), zone), c.Answer.Desired; !got.Equal(want) && want.After(c.Asked.At) {
			fault(c.Answer.ID, c.Answered, "was booked for %s and is to be called at %s, not %s", local, got.In(zone), want.In(zone))
		}
	}
}

// firstAt returns the first instant at which a clock in zone shows wall or has
// jumped over it.
func firstAt(wall string, zone *time.Location) time.Time {
	near, err := time.Parse("2006-01-02T15:04:05", wall)
	if err != nil {
		return time.Time{}
	}
	var candidates [2]time.Time
	for i, far := range []time.Duration{-26 * time.Hour, 26 * time.Hour} {
		_, offset := near.Add(far).In(zone).Zone()
		candidates[i] = near.Add(-time.Duration(offset) * time.Second)
		if candidates[i].In(zone).Format(time.DateTime) == near.Format(time.DateTime) {
			return candidates[i]
		}
	}
	gap, _ := candidates[0].In(zone).ZoneBounds()
	return gap
}

// G18 checks that nothing is written that this version does not define.
func G18(h *History, fault report) {
	for _, e := range h.Events {
		if e.Type == callback.EventErased {
			continue
		}
		if !e.To.Valid() || e.From != 0 && !e.From.Valid() || e.Stage > callback.StageBridged || !e.Result.Valid() {
			fault(e.Callback, e.Stamp, "event %s has a value that is not defined", e.Type)
		}
	}
}

// G19 checks that nil says that it happened, and an error that does not leave it open says
// that it did not.
func G19(h *History, fault report) {
	type act struct {
		actor string
		id    callback.ID
	}
	acts, done := make(map[act]bool), make(map[string]callback.ID)
	for _, e := range h.Events {
		acts[act{e.Actor, e.Callback}] = true
		done[e.Actor] = e.Callback
	}
	repeated := make(map[callback.ID]bool)
	for _, c := range h.Calls {
		if !c.Answered.Came() || c.Panic != nil {
			continue
		}
		if c.Both && c.Method == "Start" {
			fault(c.ID, c.Answered, "Start returned an answer and an error")
		}
		switch c.Method {
		case "Start":
			if c.Err == nil && !repeated[c.Answer.ID] && !acts[act{c.Actor(), c.Answer.ID}] && c.Request.Key == "" {
				fault(c.Answer.ID, c.Answered, "was accepted from %s, and the feed names another", c.Actor())
			}
			if c.Err == nil && c.Answer != nil {
				repeated[c.Answer.ID] = true
			}
		case "Cancel", "Reschedule", "Resolve":
			if c.Err == nil && !acts[act{c.Actor(), c.ID}] {
				fault(c.ID, c.Answered, "%s returned nil and did not happen", c.Method)
			}
		default:
			continue
		}
		open := errors.Is(c.Err, callback.ErrOutcomeUnknown) || errors.Is(c.Err, callback.ErrInFlight)
		if id, happened := done[c.Actor()]; c.Err != nil && !open && happened {
			fault(id, c.Answered, "%s returned %q and happened", c.Method, c.Err)
		}
	}
}

// G20 checks that what is over a limit is refused before anything is written.
func G20(h *History, fault report) {
	states := make(map[callback.ID]callback.State)
	queued := make(map[ServiceKey]int)
	in := func(s callback.State) bool {
		return s == callback.Queued || s == callback.Paused || s == callback.Offered
	}
	for _, e := range h.Events {
		key := ServiceKey{e.Tenant, e.Service}
		if in(states[e.Callback]) {
			queued[key]--
		}
		states[e.Callback] = e.To
		if e.Type == callback.EventErased {
			states[e.Callback] = 0
		}
		if in(states[e.Callback]) {
			queued[key]++
		}
		most := h.Promises.Services[key].Limits.Queued
		if e.Type == callback.EventAccepted && e.To == callback.Queued && most > 0 && queued[key] > int(most) {
			fault(e.Callback, e.Stamp, "was accepted as number %d of at most %d in the queue", queued[key], most)
		}
	}
	accepted := make(map[string]Seen)
	for _, e := range h.Events {
		if e.Type == callback.EventAccepted {
			accepted[e.Actor] = e
		}
	}
	for _, c := range h.Calls {
		if e, ok := accepted[c.Actor()]; ok && c.Err != nil && callback.HTTPStatus(c.Err) == 429 {
			fault(e.Callback, c.Answered, "was refused and accepted")
		}
	}
}
