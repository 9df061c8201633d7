package lcm

import (
	"strconv"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
)

// The members of data.
const (
	keyAccount   = "AccountNumber"
	keyMode      = "CallbackModeId"
	keyUser      = "UserID"
	keyComments  = "AgentComments"
	keyScore     = "LeadScore"
	keyAmount    = "TargetAmount"
	keyStartTime = "StartTime"
	keyEndTime   = "EndTime"
)

// How dates and times are written.
const (
	dateForm = "02/01/2006" // DD/MM/YYYY
	timeForm = "15:04"      // HH:mm
)

// maxDays is the longest range of time that a message may name.
const maxDays = 366

// window is a range of time on the clock of a zone.
type window struct{ start, end time.Time }

// readWindow reads a window from four members. A time that the clock skips is
// the first one after the gap, one that it shows twice the first of the two.
func (h *Handler) readWindow(o object, fromDate, fromTime, toDate, toTime string) (w window, err error) {
	start, err := o.moment(fromDate, fromTime)
	if err != nil {
		return w, err
	}
	end, err := o.moment(toDate, toTime)
	if err != nil {
		return w, err
	}
	w.start, _ = start.In(h.config.Zone)
	w.end, _ = end.In(h.config.Zone)
	switch {
	case w.end.Before(w.start):
		return w, invalid(toTime, "and "+toDate+" are before "+fromTime+" and "+fromDate)
	case w.end.After(w.start.AddDate(0, 0, maxDays)):
		return w, invalid(toDate, "is more than "+strconv.Itoa(maxDays)+" days after "+fromDate)
	}
	return w, nil
}

// moment reads a date and a time.
func (o object) moment(dateKey, timeKey string) (availability.LocalTime, error) {
	date, err := o.exact(dateKey, dateForm, "DD/MM/YYYY")
	if err != nil {
		return availability.LocalTime{}, err
	}
	clock, err := o.exact(timeKey, timeForm, "HH:mm")
	if err != nil {
		return availability.LocalTime{}, err
	}
	return availability.LocalTime{Year: date.Year(), Month: date.Month(), Day: date.Day(), Hour: clock.Hour(), Minute: clock.Minute()}, nil
}

// exact reads a date or a time in exactly one form.
func (o object) exact(name, layout, form string) (time.Time, error) {
	text, err := o.required(name, maxName)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(layout, text)
	if err != nil || t.Format(layout) != text || layout == dateForm && (t.Year() < 1970 || t.Year() > 9998) {
		return time.Time{}, invalid(name, "is not of the form "+form)
	}
	return t, nil
}

// readDays reads a range of whole days.
func (h *Handler) readDays(o object, fromKey, toKey string) (w window, err error) {
	from, err := o.exact(fromKey, dateForm, "DD/MM/YYYY")
	if err != nil {
		return w, err
	}
	to, err := o.exact(toKey, dateForm, "DD/MM/YYYY")
	if err != nil {
		return w, err
	}
	switch {
	case to.Before(from):
		return w, invalid(toKey, "is before "+fromKey)
	case to.After(from.AddDate(0, 0, maxDays)):
		return w, invalid(toKey, "is more than "+strconv.Itoa(maxDays)+" days after "+fromKey)
	}
	next := to.AddDate(0, 0, 1)
	w.start, _ = availability.LocalTime{Year: from.Year(), Month: from.Month(), Day: from.Day()}.In(h.config.Zone)
	w.end, _ = availability.LocalTime{Year: next.Year(), Month: next.Month(), Day: next.Day()}.In(h.config.Zone)
	return w, nil
}

// windowOf is the time of a callback: its desired time alone where it has no
// end.
func windowOf(cb *callback.Callback) window {
	w := window{start: cb.Desired, end: cb.Until}
	if w.end.Before(w.start) {
		w.end = w.start
	}
	return w
}

// overlaps reports whether two windows share a moment. They are half-open, and
// one without length lasts a minute, the unit of the messages.
func (w window) overlaps(other window) bool {
	return w.start.Before(other.last()) && other.start.Before(w.last())
}

func (w window) last() time.Time {
	if w.end.After(w.start) {
		return w.end
	}
	return w.start.Add(time.Minute)
}
