package decide

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Reschedule decides on a new desired time. With an error it returns the draft
// as well, which has the requested time.
func Reschedule(cb *callback.Callback, p *Policy, now time.Time, position int, req RescheduleInput) (*Draft, error) {
	if cb.State != callback.Scheduled {
		return &Draft{Callback: cb}, &callback.StateError{ID: cb.ID, State: cb.State, Operation: "reschedule"}
	}
	d := NewDraft(cb, p, now, callback.EventRescheduled, req.Actor)
	moved := d.Callback
	moved.Bucket, moved.ReleaseAt, moved.RemindAt, moved.Local, moved.Zone, moved.Offset = time.Time{}, time.Time{}, time.Time{}, "", "", 0
	if err := p.SetTime(&StartInput{Desired: req.Desired, Local: req.Local, Zone: req.Zone}, moved, now, position); err != nil {
		return d, err
	}
	if moved.Immediate {
		d.drop(callback.PermitBucket)
		d.Enqueue(now)
	} else if moved.State = callback.Scheduled; !moved.Bucket.Equal(cb.Bucket) {
		d.drop(callback.PermitBucket)
		d.holdSeat()
	}
	d.Note(req.Detail)
	return d, nil
}
