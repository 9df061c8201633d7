package simtest

import "github.com/ringback-go/ringback/callback"

// G21 checks that exactly one event ends each attempt, before the next one begins and
// before the callback is over, and that only an attempt that was given up has a late
// result.
func G21(h *History, fault report) {
	for _, s := range h.stories() {
		live, last := 0, callback.Known
		for _, e := range s.events {
			switch {
			case e.Type == callback.EventDialing && live != 0:
				fault(s.id, e.Stamp, "attempt %d begins and no event has ended attempt %d", e.Attempt, live)
				live = e.Attempt
			case e.Type == callback.EventDialing:
				live = e.Attempt
			case e.EndsAttempt() && (live == 0 || e.Attempt != live || e.Certainty == 0):
				fault(s.id, e.Stamp, "event %s ends attempt %d (%v), live is %d", e.Type, e.Attempt, e.Certainty, live)
			case e.EndsAttempt():
				live, last = 0, e.Certainty
			case e.Type == callback.EventAttemptEnded && last != callback.MayHaveRung:
				fault(s.id, e.Stamp, "a late result of attempt %d, which ended %v", e.Attempt, last)
			case e.Type == callback.EventAttemptEnded:
				last = e.Certainty
			}
			if e.To == callback.Completed && live != 0 {
				fault(s.id, e.Stamp, "event %s and no event has ended attempt %d", e.Type, live)
				live = 0
			}
		}
	}
}
