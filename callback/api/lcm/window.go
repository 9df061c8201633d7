package lcm

import (
	"strconv"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
)

// Members of data.
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

// Formats of dates and times.
const (
	dateForm = "02/01/2006" // DD/MM/YYYY
	timeForm = "15:04"      // HH:mm
)

// maxDays is the maximum time range in a message.
const maxDays = 366

// window is a time range.
type window struct{ start, end time.Time }

// readWindow reads a window from four members. A local time in a gap is the
// first instant after it; one in an overlap is the first occurrence.
func (h *Handler) readWindow(o members, fromDate, fromTime, toDate, toTime string) (w window) {
	w.start, _ = o.moment(fromDate, fromTime).In(h.config.Zone)
	w.end, _ = o.moment(toDate, toTime).In(h.config.Zone)
	switch {
	case w.end.Before(w.start):
		o.Refuse(toTime, "and "+toDate+" are before "+fromTime+" and "+fromDate)
	case w.end.After(w.start.AddDate(0, 0, maxDays)):
		o.Refuse(toDate, "is more than "+strconv.Itoa(maxDays)+" days after "+fromDate)
	}
	return w
}

// moment reads a date and a time.
func (o members) moment(dateKey, timeKey string) availability.LocalTime {
	date, clock := o.exact(dateKey, dateForm, "DD/MM/YYYY"), o.exact(timeKey, timeForm, "HH:mm")
	return availability.LocalTime{Year: date.Year(), Month: date.Month(), Day: date.Day(), Hour: clock.Hour(), Minute: clock.Minute()}
}

// exact reads a date or a time in one format.
func (o members) exact(name, layout, form string) time.Time {
	text := o.required(name)
	t, err := time.Parse(layout, text)
	if err != nil || t.Format(layout) != text || layout == dateForm && (t.Year() < 1970 || t.Year() > 9998) {
		o.Refuse(name, "is not of the form "+form)
	}
	return t
}

// readDays reads a range of days.
func (h *Handler) readDays(o members, fromKey, toKey string) (w window) {
	from, to := o.exact(fromKey, dateForm, "DD/MM/YYYY"), o.exact(toKey, dateForm, "DD/MM/YYYY")
	switch {
	case to.Before(from):
		o.Refuse(toKey, "is before "+fromKey)
	case to.After(from.AddDate(0, 0, maxDays)):
		o.Refuse(toKey, "is more than "+strconv.Itoa(maxDays)+" days after "+fromKey)
	}
	next := to.AddDate(0, 0, 1)
	w.start, _ = availability.LocalTime{Year: from.Year(), Month: from.Month(), Day: from.Day()}.In(h.config.Zone)
	w.end, _ = availability.LocalTime{Year: next.Year(), Month: next.Month(), Day: next.Day()}.In(h.config.Zone)
	return w
}

// windowOf returns the window of a callback, which is empty if the callback has
// no end.
func windowOf(cb *callback.Callback) window {
	w := window{start: cb.Desired, end: cb.Until}
	if w.end.Before(w.start) {
		w.end = w.start
	}
	return w
}

// overlaps reports whether two windows have an instant in common. Windows are
// half-open, and an empty one lasts a minute, the resolution of messages.
func (w window) overlaps(other window) bool {
	return w.start.Before(other.last()) && other.start.Before(w.last())
}

func (w window) last() time.Time {
	if w.end.After(w.start) {
		return w.end
	}
	return w.start.Add(time.Minute)
}
