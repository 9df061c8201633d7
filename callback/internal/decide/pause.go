package decide

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// pauseLook is the interval at which a paused callback is checked. It resumes
// callbacks that a node did not put back because it died after the end of the
// pause.
const pauseLook = 10 * time.Minute

// Pause takes a callback out of its queue. It keeps its place and the gap
// before its next attempt.
func Pause(cb *callback.Callback, p *Policy, now time.Time, pause callback.Pause) *Draft {
	d := NewDraft(cb, p, now, callback.EventPaused, pause.Actor)
	d.move(callback.Paused)
	d.Callback.PausedAt, d.Callback.ReadyAt = now, gapEnd(cb)
	d.Note(pause.Reason)
	return d
}

// Resume puts a callback back in its place in the queue.
func Resume(cb *callback.Callback, p *Policy, now time.Time, actor, detail string) *Draft {
	d := NewDraft(cb, p, now, callback.EventResumed, actor)
	d.Enqueue(Latest(now, cb.ReadyAt))
	d.Note(detail)
	return d
}

// Recall puts a callback back whose offer was accepted when no call may begin,
// and releases the agent.
func Recall(cb *callback.Callback, p *Policy, now time.Time, actor, why string) *Draft {
	d := NewDraft(cb, p, now, callback.EventOfferEnded, actor)
	d.Epoch = cb.Lease.Epoch
	d.Enqueue(now)
	d.Note(why)
	return d
}
