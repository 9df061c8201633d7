package simtest

import (
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// G3 checks that there is one call at a time to one customer's callback.
func G3(h *History, fault report) {
	for _, s := range h.stories() {
		var up *Dial
		for _, d := range s.placed() {
			if up != nil && (!up.Ended.Came() || d.Arrived.Before(up.Ended)) {
				fault(s.id, d.Arrived, "%s began while %s was up", d.Call.Key, up.Call.Key)
			}
			up = d
		}
	}
}

// G4 checks that a customer whose phone rang is dialled again only after the library was
// told how that call ended.
func G4(h *History, fault report) {
	for _, s := range h.stories() {
		var last *Dial
		for _, d := range s.placed() {
			if last != nil && !last.Known.Before(d.Arrived) {
				fault(s.id, d.Arrived, "%s began, and the end of %s was not known", d.Call.Key, last.Call.Key)
			}
			last = d
		}
	}
}

// G5 checks that no attempt is placed twice, and there are no more than the attempts that
// were allowed, and one for each redial that an operator asked for.
func G5(h *History, fault report) {
	for _, s := range h.stories() {
		keys := make(map[callback.AttemptKey]bool)
		for _, d := range s.dials {
			if keys[d.Call.Key] {
				fault(s.id, d.Arrived, "%s was requested twice", d.Call.Key)
			}
			keys[d.Call.Key] = true
		}
		most := h.promise(s).Dialing.Retry.MaxAttempts
		if r := s.request().Retry; r != nil {
			most = r.MaxAttempts
		}
		for _, c := range s.calls {
			if c.Redial {
				most++
			}
		}
		if placed := s.placed(); most > 0 && len(placed) > most {
			fault(s.id, placed[most].Arrived, "rang %d times, at most %d", len(placed), most)
		}
	}
}

// G6 checks that seats, lines and agents are never more than there are, and come back.
func G6(h *History, fault report) {
	h.seats(fault)
	h.lines(fault)
	h.reserved(fault)
	h.records(func(c *HostCall, cb *callback.Callback) {
		if cb.State == callback.Completed && (len(cb.Held) > 0 || cb.Reservation != nil) {
			fault(cb.ID, c.Answered, "has ended and holds %d units, reservation %v", len(cb.Held), cb.Reservation)
		}
	})
	for _, text := range h.Counters {
		fault("", h.End, "%s", text)
	}
}

func (h *History) seats(fault report) {
	type seat struct {
		ServiceKey
		bucket int64
	}
	type stay struct{ from, to Stamp }
	stays := make(map[seat][]stay)
	for _, s := range h.stories() {
		c := s.start
		if c == nil || !c.Nil() || c.Answer.Bucket.IsZero() || c.Answer.ID != s.id {
			continue
		}
		to := h.End
		if end := s.completed(); end != nil && end.Stamp.Before(to) {
			to = end.Stamp
		}
		for _, change := range s.calls {
			if change.Asked.Before(to) && change.Method != "Get" {
				to = change.Asked
			}
		}
		key := seat{ServiceKey{s.tenant, s.service}, c.Answer.Bucket.Unix()}
		stays[key] = append(stays[key], stay{c.Answered, to})
		n := 0
		for _, other := range stays[key] {
			if !c.Answered.Before(other.from) && c.Answered.Before(other.to) {
				n++
			}
		}
		if most := h.promise(s).Booking.PerBucket; most > 0 && n > int(most) {
			fault(s.id, c.Answered, "has seat %d of %d", n, most)
		}
	}
}

func (h *History) lines(fault report) {
	// From when on the line of an attempt does not count any more.
	free := make(map[callback.ID]Stamp)
	for _, s := range h.stories() {
		for _, e := range s.events {
			if e.To == callback.Completed || e.To == callback.Unresolved && !h.Promises.Doubt {
				free[s.id] = e.Stamp
				break
			}
		}
	}
	for i, d := range h.Dials {
		most := h.Promises.Services[ServiceKey{d.Call.Tenant, d.Call.Service}].Queueing.Lines
		if !d.Placed || most <= 0 {
			continue
		}
		n, before := 1, callback.AttemptKey("")
		for _, other := range h.Dials[:i] {
			same := other.Call.Tenant == d.Call.Tenant && other.Call.Service == d.Call.Service && other.Placed
			up := !other.Ended.Came() || d.Arrived.Before(other.Ended)
			if same && up && !other.HungUp.Before(d.Arrived) && !free[other.Call.ID].Before(d.Arrived) && !other.Known.Before(d.Arrived) {
				n, before = n+1, other.Call.Key
			}
		}
		if n > int(most) {
			fault(d.Call.ID, d.Arrived, "%s is call %d on %d lines, after %s", d.Call.Key, n, most, before)
		}
	}
}

// settled is how long after its end a callback may keep an agent.
const settled = 10 * time.Minute

func (h *History) reserved(fault report) {
	kept := make(map[callback.ID]*AgentCall)
	for _, a := range h.Agents {
		if !a.Released {
			kept[a.ID] = a
		} else if a.Err == nil {
			delete(kept, a.ID)
		}
	}
	for _, s := range h.stories() {
		end := s.completed()
		if a := kept[s.id]; a != nil && end != nil && !h.orphaned(a, s) {
			from := end.Stamp.At
			if h.Healed.At.After(from) {
				from = h.Healed.At
			}
			if h.End.At.Sub(from) > settled {
				fault(s.id, h.End, "ended at %s and keeps an agent", end.Stamp.At.Format("15:04:05"))
			}
		}
	}
}

// G7 checks that no call begins before its time, after its end or outside the opening hours,
// by the true time.
func G7(h *History, fault report) {
	for _, s := range h.stories() {
		service := h.promise(s)
		earliest, until := h.bounds(s, service)
		for _, d := range s.dials {
			at := d.Sent.At
			if at.Before(earliest) {
				fault(s.id, d.Arrived, "%s began %v before its time", d.Call.Key, earliest.Sub(at))
			}
			if !until.IsZero() && at.After(until.Add(h.Promises.Begun)) {
				fault(s.id, d.Arrived, "%s began %v after its end", d.Call.Key, at.Sub(until))
			}
			if hours := service.Booking.Hours; hours != nil && !hours.Open(at) && !hours.Open(at.Add(-h.Promises.Begun)) {
				fault(s.id, d.Arrived, "%s began at %s, when the service is closed", d.Call.Key, at.Format("Mon 15:04:05"))
			}
		}
	}
}

// bounds returns the first and the last instant at which an attempt may begin; zero
// where that is not known.
func (h *History) bounds(s *story, service callback.Service) (earliest, until time.Time) {
	if s.start == nil {
		return time.Time{}, time.Time{}
	}
	earliest, until = s.start.Asked.At, s.request().Until
	if desired := s.request().Desired; !desired.IsZero() {
		earliest = desired
	}
	for _, c := range s.calls {
		if c.Method == "Reschedule" && c.Desired.Before(earliest) {
			earliest = c.Desired
		}
	}
	return earliest.Add(-max(service.Booking.Buffer, service.Booking.ConnectThreshold, 0)), until
}

// slipped is how old a commit may be when the call is made without looking again.
const slipped = time.Second

// G8 checks that after Cancel or Forget has returned nil no call begins, but for one
// that is hung up and that was committed within the second before, or begun by another
// node while the store told it how the callback stood. Of two moves from one revision at
// most one happens.
func G8(h *History, fault report) {
	for _, s := range h.stories() {
		moved := make(map[int64]bool)
		for _, c := range s.calls {
			if c.Method == "Reschedule" && c.Nil() && c.Revision != 0 {
				if moved[c.Revision] {
					fault(s.id, c.Answered, "was moved twice from revision %d", c.Revision)
				}
				moved[c.Revision] = true
			}
			if c.Method == "Cancel" && c.Nil() && c.Answer.State != callback.Completed {
				fault(s.id, c.Answered, "Cancel returned nil and %v", c.Answer.State)
			}
			if !c.gone(s.id) {
				continue
			}
			for _, d := range s.placed() {
				unseen := c.Node != d.Node && d.Sent.At.Sub(c.Answered.At) <= h.Promises.Read
				if c.Answered.Before(d.Sent) && !(d.HungUp.Came() && (unseen || d.Sent.At.Sub(s.committed(d)) <= slipped)) {
					fault(s.id, d.Sent, "%s began %v after %s returned nil", d.Call.Key, d.Sent.At.Sub(c.Answered.At), c.Method)
				}
			}
		}
	}
}

// gone reports whether the caller was told that the callback has ended.
func (c *HostCall) gone(id callback.ID) bool {
	if !c.Answered.Came() {
		return false
	}
	if c.Method == "Cancel" {
		return c.Nil()
	}
	named, err := c.itemErr(id)
	return named && err == nil && (c.Method == "CancelAll" || strings.HasPrefix(c.Method, "Forget"))
}

// committed returns when the attempt of a dial was in the feed.
func (s *story) committed(d *Dial) time.Time {
	for _, e := range s.events {
		if e.Type == callback.EventDialing && e.Attempt == d.Call.Attempt {
			return e.Stamp.At
		}
	}
	return time.Time{}
}

// G15 checks that a node has no more calls of Dial open than it is allowed.
func G15(h *History, fault report) {
	most := h.Promises.MaxInFlight
	if most == 0 {
		return
	}
	for i, d := range h.Dials {
		n := 1
		for _, other := range h.Dials[:i] {
			if other.Node == d.Node && d.Arrived.Before(other.Returned) {
				n++
			}
		}
		if n > most {
			fault(d.Call.ID, d.Arrived, "%s is call %d of Dial on %s, at most %d", d.Call.Key, n, d.Node, most)
		}
	}
}

// orphaned reports whether a node reserved an agent and died before it wrote
// anything about the callback. No record tells of such an agent: it is for the
// router to give up.
func (h *History) orphaned(a *AgentCall, s *story) bool {
	for _, n := range h.Notes {
		if n.Text != a.Node+" dies" || !a.At.Before(n.From) {
			continue
		}
		for _, e := range s.events {
			if e.Actor == a.Node && a.At.Before(e.Stamp) && e.Stamp.Before(n.From) {
				return false
			}
		}
		return true
	}
	return false
}
