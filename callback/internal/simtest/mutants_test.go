package simtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// A mutant is a broken system. Its oracle must notice.
type mutant struct {
	oracle, name string
	profile      Profile
	edit         func(h *History) bool // what the system did else; false if nothing fits
}

// within is how many seeds a mutant may live.
const within = 10

// TestMutants requires that each oracle can fail: it finds every mutant of its
// guarantee within 10 seeds. TestProfiles requires that it finds nothing in the
// worlds that the mutants are made of.
func TestMutants(t *testing.T) {
	covered := make(map[string]bool)
	for _, m := range append(told(), worlds()...) {
		covered[m.oracle] = true
		t.Run(m.oracle+"-"+m.name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= within; seed++ {
				h := Play(t, m.profile, seed)
				if m.edit != nil && !m.edit(h) {
					continue
				}
				for _, o := range Oracles() {
					if o.Name == m.oracle && len(o.judge(h)) > 0 {
						return
					}
				}
			}
			t.Errorf("%s does not notice it in %d seeds", m.oracle, within)
		})
	}
	for _, o := range Oracles() {
		if !covered[o.Name] {
			t.Errorf("%s has no mutant", o.Name)
		}
	}
}

// worlds are mutants of what the Managers stand on.
func worlds() []mutant {
	calm, crash := general()[0], general()[4]
	calm.Length, crash.Length = 7*time.Minute, 7*time.Minute
	wrapped := func(change func(s *badStore)) Profile {
		p := crash
		p.Wrap = func(s callback.Store) callback.Store {
			bad := &badStore{Store: s}
			change(bad)
			return bad
		}
		return p
	}
	lying := func(p *Profile) {
		p.Dialer.Lies, p.Dialer.Lost, p.Dialer.Talk, p.Reports.NoStages = true, 0.4, 20*time.Minute, 1
	}
	full := wrapped(func(s *badStore) { s.permits = true })
	full.Services = these(with(plain("desk"), func(s *callback.Service) { s.Limits.Queued = 1 }))
	full.Agents, full.Mix, full.Gap = agents(1), nil, 5*time.Second
	crowded := wrapped(func(s *badStore) { s.permits = true })
	crowded.Later, crowded.Gap = 1, 5*time.Second
	dialer := func(change func(p *Profile)) Profile {
		p := calm
		p.Class, p.Dialer.Lost = Lookup, 0.2
		change(&p)
		return p
	}
	return []mutant{
		{"G1", "a start is not written", wrapped(func(s *badStore) { s.loses = true }), nil},
		{"G2", "the store forgets keys", wrapped(func(s *badStore) { s.forgetsKeys = true }), nil},
		{"G3", "a look-up says that a call that is up was not placed", dialer(lying), nil},
		{"G4", "a look-up says that a call that is up was not placed", dialer(lying), nil},
		{"G5", "the dialer repeats each request", dialer(func(p *Profile) { p.Dialer.Twice = true }), nil},
		{"G6", "the store gives every permit", crowded, nil},
		{"G9", "the store repeats an old write", wrapped(func(s *badStore) { s.repeats = true }), nil},
		{"G10", "the store repeats an old write", wrapped(func(s *badStore) { s.repeats = true }), nil},
		{"G11", "the store does not erase", wrapped(func(s *badStore) { s.keeps = true }), nil},
		{"G14", "the store panics", wrapped(func(s *badStore) { s.panics = true }), nil},
		{"G19", "the store says that a write failed which it made", wrapped(func(s *badStore) { s.denies = true }), nil},
		{"G20", "the store gives every permit", full, nil},
	}
}

// badStore breaks the contract of a store in one way.
type badStore struct {
	callback.Store
	old                                                         *callback.Change
	calls                                                       int
	loses, forgetsKeys, permits, repeats, keeps, panics, denies bool
}

func (s *badStore) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	s.calls++
	if s.panics && s.calls%20 == 0 {
		panic("broken store")
	}
	changes = slices.Clone(changes)
	for i, c := range changes {
		if s.loses && c.Record.Revision == 1 && s.calls%3 == 0 {
			return nil, nil
		}
		if s.permits {
			changes[i].Take = nil
		}
		if c.Unclaim {
			continue
		}
		if s.forgetsKeys {
			changes[i].Record = c.Record.Clone()
			changes[i].Record.Idempotency = callback.Idempotency{}
		}
		if s.repeats && s.old == nil && c.Record.State == callback.Queued && c.Record.Revision > 1 {
			s.old = &callback.Change{Record: c.Record.Clone(), Event: c.Event}
		}
	}
	if s.old != nil && s.calls%20 == 0 {
		cb, err := s.Get(ctx, callback.By{Tenant: s.old.Record.Tenant, ID: s.old.Record.ID})
		if err == nil && cb.State == callback.Completed {
			s.old.Record.Revision, s.old.Epoch = cb.Revision+1, cb.Lease.Epoch
			_, _ = s.Store.Apply(ctx, now, []callback.Change{*s.old})
			s.old = nil
		}
	}
	errs, err := s.Store.Apply(ctx, now, changes)
	if s.denies && err == nil && s.calls%3 == 0 {
		return nil, errStore
	}
	return errs, err
}

func (s *badStore) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) ([]error, error) {
	if s.keeps {
		return nil, nil
	}
	return s.Store.Erase(ctx, now, req)
}

// told are mutants of what was seen.
func told() []mutant {
	calm := general()[0]
	calm.Length = 7 * time.Minute
	named := func(name string) Profile {
		i := slices.IndexFunc(Profiles(), func(p Profile) bool { return p.Name == name })
		return Profiles()[i]
	}
	busy := calm
	busy.Dialer.Busy = 0.6
	booked := calm
	booked.Later = 1
	local := named("clock-change")
	return []mutant{
		{"G1", "no event", calm, func(h *History) bool {
			id := anyStory(h, func(s *story) bool { return s.start != nil && s.start.Nil() })
			return drop(h, func(e Seen) bool { return e.Callback == id })
		}},
		{"G1", "timed out at once", calm, func(h *History) bool {
			return ends(h, func(s *story, e *Seen) bool {
				e.Reason, e.Stamp.At = callback.ReasonTimeout, s.start.Asked.At
				return s.request().Until.IsZero() && s.asked("Reschedule") == nil
			})
		}},
		{"G1", "refused and never asked", calm, func(h *History) bool {
			return ends(h, func(s *story, e *Seen) bool { e.Reason = callback.ReasonSubmitFailed; return true })
		}},
		{"G1", "connected and never dialled", calm, func(h *History) bool {
			return ends(h, func(s *story, e *Seen) bool {
				e.Reason = callback.ReasonAgentConnected
				h.Dials = slices.DeleteFunc(h.Dials, func(d *Dial) bool { return d.Call.ID == s.id })
				return true
			})
		}},
		{"G1", "cancelled by no one", calm, func(h *History) bool {
			return ends(h, func(s *story, e *Seen) bool {
				e.Reason = callback.ReasonCancelled
				return s.asked("Cancel", "CancelAll", "Answer") == nil
			})
		}},
		{"G2", "two callbacks under one key", calm, func(h *History) bool {
			return pair(h, func(a, b *HostCall) bool {
				a.Request.Key, b.Request.Key = "same", "same"
				return a.Method == "Start" && b.Method == "Start" && a.Tenant == b.Tenant && a.Nil() && b.Nil() && a.Answer.ID != b.Answer.ID
			})
		}},
		{"G3", "two calls at once", busy, twoCalls(func(_ *History, a, b *Dial) { a.Ended = Stamp{b.Arrived.Seq + 1, b.Arrived.At} })},
		{"G4", "dialled before the end is known", busy, twoCalls(func(_ *History, a, b *Dial) { a.Known = Stamp{b.Arrived.Seq + 1, b.Arrived.At} })},
		{"G4", "dialled and the end never known", busy, twoCalls(func(_ *History, a, _ *Dial) { a.Known = Stamp{} })},
		{"G5", "one attempt twice", busy, twoCalls(func(_ *History, a, b *Dial) { b.Call.Key = a.Call.Key })},
		{"G5", "an attempt too many", busy, twoCalls(func(h *History, a, _ *Dial) {
			for _, c := range h.Calls {
				c.Redial = false
				if c.Method == "Start" {
					c.Request.Retry = &callback.RetryLimits{MaxAttempts: 1}
				}
			}
		})},
		{"G6", "a bucket with too many seats", booked, promised(func(s *callback.Service) { s.Booking.PerBucket = 1 })},
		{"G6", "a line too many", calm, promised(func(s *callback.Service) { s.Queueing.Lines = 1 })},
		{"G6", "agents are never released", calm, func(h *History) bool {
			h.Agents = slices.DeleteFunc(h.Agents, func(a *AgentCall) bool { return a.Released })
			return len(h.Agents) > 0
		}},
		{"G6", "a counter that is off", calm, func(h *History) bool { h.Counters = []string{"line of desk: 1 out"}; return true }},
		{"G6", "a callback that has ended holds a line", calm, record(func(cb *callback.Callback) bool {
			cb.Held = []callback.Held{{}}
			return cb.State == callback.Completed
		})},
		{"G7", "an hour early", calm, func(h *History) bool {
			for _, d := range h.Dials {
				d.Sent.At = d.Sent.At.Add(-time.Hour)
			}
			return len(h.Dials) > 0
		}},
		{"G7", "an hour late", calm, func(h *History) bool {
			for _, d := range h.Dials {
				d.Sent.At = d.Sent.At.Add(5 * time.Hour)
			}
			return len(h.Dials) > 0
		}},
		{"G7", "at night", calm, promised(func(s *callback.Service) { s.Booking.Hours = officeHours() })},
		{"G8", "dialled after Cancel", calm, afterwards("Cancel")},
		{"G8", "dialled after Forget", calm, afterwards("Forget")},
		{"G8", "moved twice from one revision", calm, func(h *History) bool {
			for _, c := range h.Calls {
				if c.Method == "Reschedule" && c.Nil() {
					c.Revision = 1
					again := *c
					h.Calls = append(h.Calls, &again)
					return true
				}
			}
			return false
		}},
		{"G8", "Cancel returned nil and did not end it", calm, func(h *History) bool {
			for _, c := range h.Calls {
				if c.Method == "Cancel" && c.Nil() {
					c.Answer.State = callback.Queued
					return true
				}
			}
			return false
		}},
		{"G9", "an event after the end", calm, func(h *History) bool {
			return ends(h, func(_ *story, e *Seen) bool {
				h.Events = append(h.Events, Seen{h.End, callback.Event{Callback: e.Callback, Seq: e.Seq + 1, Type: callback.EventDialing, From: e.To, To: callback.Dialing}})
				return true
			})
		}},
		{"G9", "another reason after the end", calm, func(h *History) bool {
			last := h.Calls[len(h.Calls)-1]
			for _, cb := range last.Found {
				cb.Reason = "OTHER"
			}
			return len(last.Found) > 0
		}},
		{"G10", "an event is missing", calm, func(h *History) bool {
			done := false
			return drop(h, func(e Seen) bool {
				hit := !done && e.Seq == 2
				done = done || hit
				return hit
			})
		}},
		{"G10", "a record that the events do not explain", calm, record(func(cb *callback.Callback) bool {
			cb.State = callback.Paused
			return true
		})},
		{"G10", "a value that no caller set", calm, record(func(cb *callback.Callback) bool {
			cb.UserData = callback.Values{"spoiled": true}
			return true
		})},
		{"G10", "books that are off", calm, func(h *History) bool { h.Records = []string{"attempt 2 has no key"}; return true }},
		{"G11", "found after Forget", calm, func(h *History) bool {
			for _, c := range h.Calls {
				if c.Method == "Forget" && c.gone(c.ID) {
					h.Calls = append(h.Calls, &HostCall{Method: "Search", Asked: h.End, Answered: h.End, Found: []*callback.Callback{{ID: c.ID}}})
					return true
				}
			}
			return false
		}},
		{"G11", "a number in an event", calm, func(h *History) bool {
			h.Events[0].Detail = "called " + number(7)
			return true
		}},
		{"G12", "a record of another tenant", calm, record(func(cb *callback.Callback) bool {
			cb.Tenant += "x"
			return true
		})},
		{"G12", "a call for another tenant", calm, func(h *History) bool {
			for _, d := range h.Dials {
				d.Call.Tenant += "x"
			}
			return len(h.Dials) > 0
		}},
		{"G13", "no end", calm, func(h *History) bool {
			id := anyStory(h, func(s *story) bool { return s.completed() != nil })
			h.End.At = h.End.At.Add(24 * time.Hour)
			return drop(h, func(e Seen) bool { return e.Callback == id && e.To == callback.Completed })
		}},
		{"G13", "time stands still", calm, func(h *History) bool { h.Endless = true; return true }},
		{"G13", "nothing is due", calm, record(func(cb *callback.Callback) bool {
			cb.NextAt = time.Time{}
			return cb.State == callback.Queued
		})},
		{"G13", "a service stands still", named("poison"), func(h *History) bool {
			h.Dials = nil
			return drop(h, func(e Seen) bool {
				return e.Type == callback.EventDialing && e.Stamp.At.After(Monday().Add(10*time.Minute))
			})
		}},
		{"G14", "a panic", calm, func(h *History) bool { h.Calls[0].Panic = "broken"; return true }},
		{"G15", "calls of Dial that do not return", calm, func(h *History) bool {
			for _, d := range h.Dials {
				d.Returned = h.End
			}
			h.Promises.MaxInFlight = 3
			return true
		}},
		{"G16", "an hour off", local, func(h *History) bool {
			for _, c := range h.Calls {
				if c.Answer != nil {
					c.Answer.Desired = c.Answer.Desired.Add(time.Hour)
				}
			}
			return true
		}},
		{"G17", "a service that gets nothing", named("share-agents"), func(h *History) bool {
			n := len(h.Dials)
			h.Dials = slices.DeleteFunc(h.Dials, func(d *Dial) bool { return d.Call.Service == "zzz" })
			return len(h.Dials) < n
		}},
		{"G18", "a state that is not defined", calm, func(h *History) bool { h.Events[0].To = 200; return true }},
		{"G19", "nil and it did not happen", calm, func(h *History) bool {
			for _, c := range h.Calls {
				if c.Method == "Cancel" && c.Nil() {
					return drop(h, func(e Seen) bool { return e.Actor == c.Actor() })
				}
			}
			return false
		}},
		{"G19", "an error and it happened", calm, func(h *History) bool {
			for _, c := range h.Calls {
				if c.Method == "Start" && c.Nil() {
					c.Err = errStore
					return true
				}
			}
			return false
		}},
		{"G19", "an answer and an error", calm, func(h *History) bool {
			h.Calls[0].Both = true
			return h.Calls[0].Method == "Start"
		}},
		{"G20", "more in the queue than there may be", calm, promised(func(s *callback.Service) { s.Limits.Queued = 1 })},
		{"G21", "an end that no event tells", calm, attemptEnds(func(e *Seen) { e.Certainty = 0 })},
		{"G21", "an end of another attempt", calm, attemptEnds(func(e *Seen) { e.Attempt++ })},
		{"G21", "an attempt ends twice", busy, func(h *History) bool {
			for i := range h.Events {
				if e := &h.Events[i]; e.Type == callback.EventReady && e.Attempt > 0 {
					e.Type, e.Certainty = callback.EventAttemptEnded, callback.Known
					return true
				}
			}
			return false
		}},
		{"G21", "a late result of what was known", calm, func(h *History) bool {
			for _, e := range h.Events {
				if e.Type == callback.EventCompleted && e.Certainty == callback.Known {
					e.Type, e.From = callback.EventAttemptEnded, callback.Completed
					h.Events = append(h.Events, e)
					return true
				}
			}
			return false
		}},
		{"G20", "refused and accepted", calm, func(h *History) bool {
			for _, c := range h.Calls {
				if c.Method == "Start" && c.Nil() {
					c.Err = callback.ErrQueueLimit
					return true
				}
			}
			return false
		}},
	}
}

// anyStory returns the ID of the first callback for which fits reports true. The
// history may change afterwards.
func anyStory(h *History, fits func(s *story) bool) callback.ID {
	for _, s := range h.gather() {
		if fits(s) {
			return s.id
		}
	}
	return "none"
}

func drop(h *History, which func(e Seen) bool) bool {
	n := len(h.Events)
	h.Events = slices.DeleteFunc(h.Events, which)
	return len(h.Events) < n
}

// ends changes the end of a callback that a caller started.
func ends(h *History, change func(s *story, e *Seen) bool) bool {
	for _, s := range h.gather() {
		for i := range h.Events {
			e := &h.Events[i]
			if s.start == nil || e.Callback != s.id || e.To != callback.Completed || e.From == callback.Completed {
				continue
			}
			was := *e
			if change(s, e) {
				return true
			}
			*e = was
		}
	}
	return false
}

// attemptEnds changes how the last attempt of a callback ends.
func attemptEnds(change func(e *Seen)) func(h *History) bool {
	return func(h *History) bool {
		return ends(h, func(_ *story, e *Seen) bool {
			last := e.EndsAttempt()
			change(e)
			return last
		})
	}
}

// pair changes the first pair of calls that fits.
func pair(h *History, change func(a, b *HostCall) bool) bool {
	for i, a := range h.Calls {
		for _, b := range h.Calls[:i] {
			one, two := *a, *b
			if change(a, b) {
				return true
			}
			*a, *b = one, two
		}
	}
	return false
}

// twoCalls changes two calls in a row to one customer.
func twoCalls(change func(h *History, a, b *Dial)) func(h *History) bool {
	return func(h *History) bool {
		for _, s := range h.gather() {
			if placed := s.placed(); len(placed) > 1 {
				change(h, placed[0], placed[1])
				return true
			}
		}
		return false
	}
}

// promised changes what all services promise.
func promised(change func(s *callback.Service)) func(h *History) bool {
	return func(h *History) bool {
		for key, s := range h.Promises.Services {
			change(&s)
			h.Promises.Services[key] = s
		}
		return true
	}
}

// record changes the first record of an answer that fits.
func record(change func(cb *callback.Callback) bool) func(h *History) bool {
	return func(h *History) bool {
		for _, c := range h.Calls {
			if c.Answer == nil {
				continue
			}
			changed := *c.Answer
			if change(&changed) {
				c.Answer = &changed
				return true
			}
		}
		return false
	}
}

// afterwards adds a call after a method that ends callbacks returned nil.
func afterwards(method string) func(h *History) bool {
	return func(h *History) bool {
		for _, c := range h.Calls {
			if c.Method == method && c.gone(c.ID) {
				h.Dials = append(h.Dials, &Dial{Sent: h.End, Arrived: h.End, Placed: true, Call: callback.Call{Tenant: c.Tenant, ID: c.ID}})
				return true
			}
		}
		return false
	}
}
