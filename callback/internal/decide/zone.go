package decide

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/scheduler"
)

// instantOf returns the instant of a local time and the offset from UTC that the
// zone has then.
func (p *Policy) instantOf(local availability.LocalTime, zone string) (at time.Time, offset time.Duration, err error) {
	load := p.Service.Booking.LoadZone
	if load == nil {
		load = availability.LoadZone
	}
	var loc *time.Location
	err = guard.Call("time zones", func() (err error) {
		loc, err = load(zone)
		return err
	})
	if err == nil && loc == nil {
		err = errors.New("the time zone data has no such zone")
	}
	if err != nil {
		return time.Time{}, 0, err
	}
	at, _ = local.In(loc)
	_, seconds := at.In(loc).Zone()
	return at, time.Duration(seconds) * time.Second, nil
}

// zoneLook returns when to ask next whether the zone of a scheduled callback has
// got other rules: once before the earliest instant that any offset can give its
// local time, and once shortly before its own.
func zoneLook(cb *callback.Callback, now time.Time) time.Time {
	if cb.Zone == "" {
		return time.Time{}
	}
	for _, before := range [...]time.Duration{26*time.Hour + nearWindow, nearWindow} {
		if look := cb.Desired.Add(-before); look.After(now) {
			return look
		}
	}
	return time.Time{}
}

// Rezoned moves a scheduled callback whose zone has other rules than when it was
// booked: it keeps its local time. It returns nil if the instant is the same. The
// seat moves even to a full bucket, because the time was promised.
func Rezoned(cb *callback.Callback, p *Policy, now time.Time, position int, actor string) *Draft {
	if cb.Zone == "" {
		return nil
	}
	local, err := availability.ParseLocal(cb.Local)
	if err != nil {
		return nil
	}
	desired, offset, err := p.instantOf(local, cb.Zone)
	if err != nil || desired.Equal(cb.Desired) {
		return nil
	}
	d := NewDraft(cb, p, now, callback.EventRescheduled, actor)
	moved := d.Callback
	moved.Desired, moved.Offset = desired, offset
	moved.ExpiresAt = scheduler.ExpiresAt(desired, p.Service.TTL)
	moved.ReleaseAt = scheduler.ReleaseAt(desired, p.timing(now, position))
	if !cb.RemindAt.IsZero() {
		moved.RemindAt = Latest(moved.ReleaseAt.Add(-p.Service.Reminder), now)
	}
	if bucket := p.Planner.BucketOf(desired).Start; d.holds(callback.PermitBucket) && !bucket.Equal(cb.Bucket) {
		moved.Bucket = bucket
		d.drop(callback.PermitBucket)
		d.holdSeat()
		d.Take[len(d.Take)-1].Max = -1
	}
	d.Note(fmt.Sprintf("%s is at UTC%s then, not %s: the local time stays", cb.Zone, offsetText(offset), offsetText(cb.Offset)))
	return d
}

// offsetText returns an offset as +hh:mm.
func offsetText(offset time.Duration) string {
	return time.Unix(0, 0).In(time.FixedZone("", int(offset/time.Second))).Format("-07:00")
}
