package simtest

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// Stamp is a place in a history: the order of all that happened, and the true
// time.
type Stamp struct {
	Seq int
	At  time.Time
}

// Before reports whether s comes before other; a zero stamp never came.
func (s Stamp) Before(other Stamp) bool { return s.Seq != 0 && s.Seq < other.Seq }

// Came reports whether s is a place.
func (s Stamp) Came() bool { return s.Seq != 0 }

// History is what callers, the platform, the router and readers of the feed saw
// of one world.
type History struct {
	Profile  string
	Seed     uint64
	Promises Promises
	Calls    []*HostCall
	Dials    []*Dial
	Agents   []*AgentCall
	Events   []Seen
	Notes    []Note
	Healed   Stamp // no new trouble after it
	End      Stamp
	Endless  bool // at End something worked for ever and time stood still
	// Records and Counters are what is wrong with the store's books at the end.
	Records, Counters []string

	told []*story
}

// Promises are what the configuration promises, and what bounds the judgement.
type Promises struct {
	Services map[ServiceKey]callback.Service
	Blind    bool // the dialer can neither look up nor fence
	// Patience is how long no callback of a service may be dialled while one waits;
	// zero means not judged.
	Patience time.Duration
	// Doubt: a line is not free until no call can be up on it, even if it is not
	// known what became of the one that was.
	Doubt bool
	// Begun bounds the time from the end of a window to an attempt at the platform that
	// began within it.
	Begun time.Duration
	// Read is the longest that the store takes to answer a node.
	Read time.Duration
	// MaxInFlight is that of each node; zero means not judged.
	MaxInFlight int
	// Shares are the parts of the dials that competing queues are to have while all
	// of them wait.
	Shares []Share
	// Absent: the customers up to this one cannot be served.
	Absent int
}

// ServiceKey names a service.
type ServiceKey struct{ Tenant, Name string }

// Share is the part of one queue among those of its group.
type Share struct {
	Group    string
	Tenant   string
	Service  string
	Priority string // empty means all
	Part     float64
}

// Note is something that the world did.
type Note struct {
	From, To Stamp  // To is zero for an instant
	Text     string // what
	// Outage: the platform took nothing. Excuse: a good reason to dial no one as
	// long as it lasts.
	Outage, Excuse bool
}

// HostCall is one call of a method of a Manager.
type HostCall struct {
	Op              int
	Method          string
	Node            string
	Tenant          string
	Asked, Answered Stamp // Answered is zero if the node died before
	ID              callback.ID
	Customer        int // of Start and Forget: who, counted from 1
	Request         manager.Request
	Desired         time.Time // Reschedule
	Revision        int64     // Reschedule
	Force           bool
	Redial          bool
	Answer          *callback.Callback
	Found           []*callback.Callback // Search
	Items           []manager.BulkItem
	Err             error
	Both            bool // an error came with an answer
	Panic           any
}

// Actor is the name under which a call is in the events.
func (c *HostCall) Actor() string { return fmt.Sprintf("op%05d", c.Op) }

// Nil reports whether the caller was told that it happened.
func (c *HostCall) Nil() bool { return c.Answered.Came() && c.Err == nil && c.Panic == nil }

// Dial is one request that reached the platform.
type Dial struct {
	Sent     Stamp // Dial was called
	Arrived  Stamp
	Node     string
	Call     callback.Call
	Placed   bool   // a leg began, and a phone rings
	Refused  string // why not
	Returned Stamp  // Dial returned to the node; zero if the node died
	Ended    Stamp  // of the leg
	Reached  callback.Stage
	Result   callback.CallResult
	Known    Stamp // the library was told the end, or began to be told
	HungUp   Stamp // the library asked for the end
}

// AgentCall is one call of the router.
type AgentCall struct {
	At       Stamp
	Node     string
	Released bool // else reserved
	Tenant   string
	ID       callback.ID
	Err      error
}

// dial returns the request of an attempt, or nil.
func (h *History) dial(key callback.AttemptKey) *Dial {
	for _, d := range h.Dials {
		if d.Call.Key == key {
			return d
		}
	}
	return nil
}

// Seen is an event and when it was in the feed.
type Seen struct {
	Stamp Stamp
	callback.Event
}

// Violation is a broken guarantee.
type Violation struct {
	Guarantee string
	ID        callback.ID // the callback concerned; empty for none
	At        Stamp
	Text      string
}

func (v Violation) String() string {
	if v.ID == "" {
		return fmt.Sprintf("%s: %s", v.Guarantee, v.Text)
	}
	return fmt.Sprintf("%s: %s: %s", v.Guarantee, v.ID, v.Text)
}

type line struct {
	Stamp
	text string
}

// longest is how many lines of a history are shown.
const longest = 60

// Until returns what led to a violation, one line each: what concerns its callback
// and what the world did, or, of a violation that concerns no callback, all that
// happened, up to it. It has at most the last 60 lines.
func (h *History) Until(v Violation) string {
	lines := h.chronicle(v.ID)
	end := len(lines)
	for i, l := range lines {
		if l.Seq > v.At.Seq {
			end = i
			break
		}
	}
	lines = lines[max(end-longest, 0):end]
	var b strings.Builder
	fmt.Fprintf(&b, "profile %s, SIM_SEED=%d: %v\n", h.Profile, h.Seed, v)
	for _, l := range lines {
		fmt.Fprintf(&b, "  %s %s\n", l.At.Format("02 15:04:05.000"), l.text)
	}
	return b.String()
}

func (h *History) chronicle(id callback.ID) []line {
	var lines []line
	add := func(s Stamp, format string, args ...any) {
		if s.Came() {
			lines = append(lines, line{s, fmt.Sprintf(format, args...)})
		}
	}
	for _, n := range h.Notes {
		add(n.From, "world: %s", n.Text)
		add(n.To, "world: end of %s", n.Text)
	}
	for _, c := range h.Calls {
		if id != "" && !c.concerns(id) {
			continue
		}
		add(c.Asked, "%s asks %s for %s %s%s", c.Actor(), c.Node, c.Method, c.ID, c.detail())
		add(c.Answered, "%s is answered: %s", c.Actor(), c.result())
	}
	for _, d := range h.Dials {
		if id != "" && d.Call.ID != id {
			continue
		}
		add(d.Arrived, "platform gets %s epoch %d from %s %s", d.Call.Key, d.Call.Epoch, d.Node, d.Refused)
		add(d.Returned, "Dial of %s returns", d.Call.Key)
		add(d.HungUp, "platform is asked to end %s", d.Call.Key)
		add(d.Ended, "call %s ends: %v", d.Call.Key, d.Result)
		add(d.Known, "end of %s is told", d.Call.Key)
	}
	for _, a := range h.Agents {
		if id == "" || a.ID == id {
			add(a.At, "router: %s by %s released=%v %v", a.ID, a.Node, a.Released, a.Err)
		}
	}
	for _, e := range h.Events {
		if id == "" || e.Callback == id {
			add(e.Stamp, "event %s", e.Event)
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.Seq, b.Seq) })
	return lines
}

func (c *HostCall) concerns(id callback.ID) bool {
	return c.ID == id || c.Answer != nil && c.Answer.ID == id ||
		slices.ContainsFunc(c.Items, func(i manager.BulkItem) bool { return i.ID == id })
}

func (c *HostCall) detail() string {
	var b strings.Builder
	if c.Request.Service != "" {
		fmt.Fprintf(&b, " of service %q customer %d key %q", c.Request.Service, c.Customer, c.Request.Key)
	}
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"desired", c.Request.Desired}, {"until", c.Request.Until}, {"moved to", c.Desired}} {
		if !t.at.IsZero() {
			fmt.Fprintf(&b, " %s %s", t.name, t.at.Format("02 15:04:05"))
		}
	}
	if c.Force {
		b.WriteString(" force")
	}
	return b.String()
}

func (c *HostCall) result() string {
	switch {
	case c.Panic != nil:
		return fmt.Sprintf("panic: %v", c.Panic)
	case c.Err != nil:
		return c.Err.Error()
	case c.Answer != nil:
		return fmt.Sprintf("%s %v %s, revision %d", c.Answer.ID, c.Answer.State, c.Answer.Reason, c.Answer.Revision)
	}
	return "nil"
}

// Log returns the history with all that happened, one line each.
func (h *History) Log() string {
	var b strings.Builder
	for _, l := range h.chronicle("") {
		fmt.Fprintf(&b, "%d %s %s\n", l.Seq, l.At.UTC().Format("2006-01-02 15:04:05.000000000"), l.text)
	}
	return b.String()
}

// Hash returns a digest of the log.
func (h *History) Hash() uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(h.Log()))
	return sum.Sum64()
}
