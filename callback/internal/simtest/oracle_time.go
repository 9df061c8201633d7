package simtest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// unhurried is how long after its TTL a callback may be without an end.
const unhurried = 20 * time.Minute

// G13 checks that once nothing is in the way, every callback comes to its end, and while one
// waits that could be dialled, callbacks of its service are dialled.
func G13(h *History, fault report) {
	for _, s := range h.stories() {
		if len(s.events) == 0 || s.completed() != nil || s.erased() {
			continue
		}
		last := s.events[len(s.events)-1]
		due := last.Stamp.At
		if h.Healed.At.After(due) {
			due = h.Healed.At
		}
		if ttl := h.promise(s).TTL; h.Healed.Came() && h.End.At.Sub(due) > ttl+unhurried {
			fault(s.id, h.End, "is left %v since %s", last.To, last.Stamp.At.Format("02 15:04:05"))
		}
	}
	h.records(func(c *HostCall, cb *callback.Callback) {
		if cb.NextAt.IsZero() && cb.State != callback.Unresolved {
			fault(cb.ID, c.Answered, "is %v and nothing is ever due", cb.State)
		}
	})
	if h.Endless {
		fault("", h.End, "a node works at %s without an end", h.End.At.Format("02 15:04:05"))
	}
	if h.Promises.Patience > 0 {
		h.standstill(fault)
	}
}

// standstill looks for services in which no one is dialled though a callback waits.
func (h *History) standstill(fault report) {
	waits := newWaits(h)
	progress := make(map[ServiceKey]time.Time)
	told := make(map[ServiceKey]bool)
	waits.walk(h, func(key ServiceKey, at Stamp, moved bool) {
		if moved || waits.n[key] == 0 {
			progress[key] = at.At
			return
		}
		since, ok := progress[key]
		if !ok || h.excused(key, since, at.At) {
			progress[key] = at.At
			return
		}
		if at.At.Sub(since) > h.Promises.Patience && !told[key] {
			told[key] = true
			fault("", at, "nothing of service %q, tenant %q, was dialled from %s to %s, and %d wait", key.Name, key.Tenant,
				since.Format("02 15:04:05"), at.At.Format("02 15:04:05"), waits.n[key])
		}
	})
}

// excused reports whether there was a good reason to dial no one at some time
// between.
func (h *History) excused(key ServiceKey, from, to time.Time) bool {
	for _, n := range h.Notes {
		if n.Excuse && n.From.At.Before(to) && (!n.To.Came() || n.To.At.After(from)) {
			return true
		}
	}
	hours := h.Promises.Services[key].Booking.Hours
	return hours != nil && !hours.OpenDuring(from, to)
}

// waits counts the callbacks that wait in queues and may be dialled.
type waits struct {
	n       map[ServiceKey]int
	classes map[class]int
	ready   map[callback.ID]bool
	prio    map[callback.ID]string
	away    map[callback.ID]bool // its agent is
}

type class struct {
	ServiceKey
	priority string
}

func newWaits(h *History) *waits {
	w := &waits{n: make(map[ServiceKey]int), classes: make(map[class]int), ready: make(map[callback.ID]bool), prio: make(map[callback.ID]string), away: make(map[callback.ID]bool)}
	for _, s := range h.stories() {
		w.prio[s.id] = s.request().Priority.String()
		w.away[s.id] = s.start != nil && s.start.Customer <= h.Promises.Absent
	}
	return w
}

// walk calls f for each event and each dial in order, after it was counted. moved
// says that a callback was dialled or offered, or that none waited before.
func (w *waits) walk(h *History, f func(key ServiceKey, at Stamp, moved bool)) {
	keys := make(map[ServiceKey]bool)
	next := 0
	for _, e := range h.Events {
		for ; next < len(h.Dials) && h.Dials[next].Arrived.Before(e.Stamp); next++ {
			d := h.Dials[next]
			f(ServiceKey{d.Call.Tenant, d.Call.Service}, d.Arrived, true)
		}
		key := ServiceKey{e.Tenant, e.Service}
		before := w.ready[e.Callback]
		now := before
		switch {
		case e.To != callback.Queued || e.Type == callback.EventErased || w.away[e.Callback]:
			now = false
		case e.Type == callback.EventAttemptEnded || e.Type == callback.EventOfferEnded || e.Type == callback.EventHeld && e.Detail == decide.OftenEnough:
			now = false // it waits for its next time
		case e.Type == callback.EventAccepted || e.Type == callback.EventReleased || e.Type == callback.EventReady ||
			e.Type == callback.EventResumed || e.Type == callback.EventRequeued:
			now = true
		}
		idle := w.n[key] == 0
		if now != before {
			w.ready[e.Callback] = now
			by := 1
			if !now {
				by = -1
			}
			w.n[key] += by
			w.classes[class{key, w.prio[e.Callback]}] += by
		}
		keys[key] = true
		f(key, e.Stamp, idle || e.Type == callback.EventDialing || e.Type == callback.EventOffered)
	}
	for ; next < len(h.Dials); next++ {
		d := h.Dials[next]
		f(ServiceKey{d.Call.Tenant, d.Call.Service}, d.Arrived, true)
	}
	for key := range keys {
		f(key, h.End, false)
	}
}

// G17 checks that queues that compete and all wait get their shares, and none starves.
func G17(h *History, fault report) {
	groups := make(map[string][]Share)
	for _, s := range h.Promises.Shares {
		groups[s.Group] = append(groups[s.Group], s)
	}
	for name, shares := range groups {
		h.judgeShares(name, shares, fault)
	}
}

func (h *History) judgeShares(name string, shares []Share, fault report) {
	waits := newWaits(h)
	got := make([]int, len(shares))
	total, next := 0, 0
	parts := 0.0
	for _, s := range shares {
		parts += s.Part
	}
	all := func() bool {
		for _, s := range shares {
			n := waits.n[ServiceKey{s.Tenant, s.Service}]
			if s.Priority != "" {
				n = waits.classes[class{ServiceKey{s.Tenant, s.Service}, s.Priority}]
			}
			if n == 0 {
				return false
			}
		}
		return true
	}
	var last Stamp
	waits.walk(h, func(_ ServiceKey, at Stamp, _ bool) {
		for ; next < len(h.Dials) && !at.Before(h.Dials[next].Arrived); next++ {
			d := h.Dials[next]
			for i, s := range shares {
				if all() && d.Call.Tenant == s.Tenant && d.Call.Service == s.Service && (s.Priority == "" || waits.prio[d.Call.ID] == s.Priority) {
					got[i]++
					total++
					last = d.Arrived
				}
			}
		}
	})
	for i, s := range shares {
		want := float64(total) * s.Part / parts
		if total >= 20 && (float64(got[i]) < want*0.7-1 || float64(got[i]) > want*1.3+1) {
			fault("", last, "%s: %s/%s %s was dialled %d of %d times, its share is %.0f", name, s.Tenant, s.Service, s.Priority, got[i], total, want)
		}
	}
}
