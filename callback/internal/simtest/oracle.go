package simtest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// Oracle judges a history by one guarantee.
type Oracle struct {
	Name  string // "G1" to "G21"
	Check func(h *History, report func(id callback.ID, at Stamp, format string, args ...any))
}

// Oracles lists the guarantees in order.
func Oracles() []Oracle {
	return []Oracle{
		{"G1", G1}, {"G2", G2}, {"G3", G3}, {"G4", G4}, {"G5", G5}, {"G6", G6}, {"G7", G7}, {"G8", G8}, {"G9", G9}, {"G10", G10},
		{"G11", G11}, {"G12", G12}, {"G13", G13}, {"G14", G14}, {"G15", G15}, {"G16", G16}, {"G17", G17}, {"G18", G18}, {"G19", G19}, {"G20", G20},
		{"G21", G21},
	}
}

// Judge returns what every guarantee finds, earliest first.
func Judge(h *History) []Violation {
	var all []Violation
	for _, o := range Oracles() {
		all = append(all, o.judge(h)...)
	}
	slices.SortStableFunc(all, func(a, b Violation) int { return cmp.Compare(a.At.Seq, b.At.Seq) })
	return all
}

func (o Oracle) judge(h *History) (found []Violation) {
	o.Check(h, func(id callback.ID, at Stamp, format string, args ...any) {
		found = append(found, Violation{Guarantee: o.Name, ID: id, At: at, Text: fmt.Sprintf(format, args...)})
	})
	return found
}

// report is what an oracle says a violation to.
type report = func(id callback.ID, at Stamp, format string, args ...any)

// story is what a history says about one callback.
type story struct {
	id      callback.ID
	tenant  string
	service string
	start   *HostCall // nil if no caller is known for it
	events  []Seen
	dials   []*Dial
	calls   []*HostCall // that name it, without Start
}

// stories returns the callbacks of the history in the order of their IDs. The
// history must not change any more.
func (h *History) stories() []*story {
	if h.told == nil {
		h.told = h.gather()
	}
	return h.told
}

func (h *History) gather() []*story {
	byID := make(map[callback.ID]*story)
	of := func(id callback.ID) *story {
		if byID[id] == nil {
			byID[id] = &story{id: id}
		}
		return byID[id]
	}
	started := make(map[string]*HostCall)
	for _, c := range h.Calls {
		if c.Method == "Start" {
			started[c.Actor()] = c
		} else if c.ID != "" {
			of(c.ID).calls = append(of(c.ID).calls, c)
		}
		for _, item := range c.Items {
			if item.ID != "" && item.ID != c.ID {
				of(item.ID).calls = append(of(item.ID).calls, c)
			}
		}
	}
	for _, e := range h.Events {
		s := of(e.Callback)
		s.events = append(s.events, e)
		if e.Type == callback.EventAccepted {
			s.tenant, s.service, s.start = e.Tenant, e.Service, started[e.Actor]
		}
	}
	for _, d := range h.Dials {
		s := of(d.Call.ID)
		s.dials = append(s.dials, d)
	}
	list := make([]*story, 0, len(byID))
	for _, s := range byID {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *story) int { return cmp.Compare(a.id, b.id) })
	return list
}

// records calls f with each record that an answer contains.
func (h *History) records(f func(c *HostCall, cb *callback.Callback)) {
	for _, c := range h.Calls {
		if c.Answer != nil {
			f(c, c.Answer)
		}
		for _, cb := range c.Found {
			f(c, cb)
		}
	}
}

// promise is the service that the callback is of.
func (h *History) promise(s *story) callback.Service {
	return h.Promises.Services[ServiceKey{s.tenant, s.service}]
}

// completed returns the event that ended the callback, or nil.
func (s *story) completed() *Seen {
	for i := range s.events {
		if e := &s.events[i]; e.To == callback.Completed && e.From != callback.Completed {
			return e
		}
	}
	return nil
}

// erased reports whether the callback was forgotten.
func (s *story) erased() bool {
	return len(s.events) > 0 && s.events[len(s.events)-1].Type == callback.EventErased
}

// asked returns the first call of one of the methods.
func (s *story) asked(names ...string) *HostCall {
	for _, c := range s.calls {
		if slices.Contains(names, c.Method) {
			return c
		}
	}
	return nil
}

// itemErr is what a bulk call says of a callback.
func (c *HostCall) itemErr(id callback.ID) (named bool, err error) {
	for _, i := range c.Items {
		if i.ID == id && i.N > 0 {
			return true, i.Err
		}
	}
	return false, nil
}

// placed returns the requests that made a phone ring.
func (s *story) placed() []*Dial {
	var list []*Dial
	for _, d := range s.dials {
		if d.Placed {
			list = append(list, d)
		}
	}
	return list
}

// outage reports whether the platform took nothing at t.
func (h *History) outage(t time.Time) bool {
	return slices.ContainsFunc(h.Notes, func(n Note) bool {
		return n.Outage && !t.Before(n.From.At) && (!n.To.Came() || !t.After(n.To.At))
	})
}

// request is what the caller asked for, zero if no caller is known.
func (s *story) request() manager.Request {
	if s.start == nil {
		return manager.Request{}
	}
	return s.start.Request
}
