package availability

import (
	"slices"
	"time"
)

const (
	// MaxSearchDays is the maximum span of [Calendar.NextOpen],
	// [Calendar.Periods] and [Calendar.OpenDuring] in days. It is more than a
	// year, so that a search finds a rule that applies once a year.
	MaxSearchDays = 400

	searchSeconds = MaxSearchDays * daySeconds
)

// Period is a half-open interval of open time, in UTC.
type Period struct{ Start, End time.Time }

// Open reports whether the office is open at t. It is closed outside the years
// 1 to 9999.
func (c *Calendar) Open(t time.Time) bool {
	_, ok := c.orAlways().openUntil(t.Unix())
	return ok
}

// openUntil returns the end of the open interval around an instant within its
// chunk.
func (c *Calendar) openUntil(unix int64) (end int64, ok bool) {
	if !inYears(unix) {
		return 0, false
	}
	if c.always {
		return maxUnix + 1, true
	}
	list := c.compiled(chunkOf(unix))
	i := after(list, unix)
	if i == len(list) || list[i].start > unix {
		return 0, false
	}
	return list[i].end, true
}

// after returns the index of the first interval that ends after an instant.
func after(list []interval, unix int64) int {
	i, _ := slices.BinarySearchFunc(list, unix, func(iv interval, at int64) int {
		if iv.end <= at {
			return -1
		}
		return 1
	})
	return i
}

// OpenDuring reports whether the office is open throughout [start, end). If
// start equals end the result is that of [Calendar.Open]. It is false if end is
// before start, and if the span exceeds [MaxSearchDays] unless the calendar is
// always open.
func (c *Calendar) OpenDuring(start, end time.Time) bool {
	c = c.orAlways()
	from, to := start.Unix(), ceilUnix(end)
	if !inYears(from) || !inYears(to) || end.Before(start) {
		return false
	}
	if !c.always && to-from > searchSeconds {
		return false
	}
	for at := from; ; {
		until, ok := c.openUntil(at)
		if !ok || until >= to {
			return ok
		}
		at = until
	}
}

// Periods returns the open time within [from, to), merged, in ascending order.
// If from equals to, the result is one empty period if that instant is open,
// none otherwise. The error is a [*QueryError] if to is before from and a
// [*RangeError] if the range exceeds [MaxSearchDays].
func (c *Calendar) Periods(from, to time.Time) ([]Period, error) {
	c = c.orAlways()
	if to.Before(from) {
		return nil, &QueryError{Field: "End", Reason: "is before the start"}
	}
	start, end := from.Unix(), ceilUnix(to)
	if !inYears(start) || !inYears(end) {
		return nil, &RangeError{From: from, To: to}
	}
	if end-start > searchSeconds {
		return nil, &RangeError{From: from, To: to, MaxDays: MaxSearchDays}
	}
	if from.Equal(to) {
		if !c.Open(from) {
			return nil, nil
		}
		return []Period{{from.UTC(), to.UTC()}}, nil
	}
	var list []interval
	c.scan(start, end, func(iv interval) bool {
		list, _ = push(list, iv.start, iv.end)
		return true
	})
	periods := make([]Period, len(list))
	for i, iv := range list {
		periods[i] = Period{utc(iv.start), utc(iv.end)}
	}
	if n := len(periods); n > 0 {
		periods[0].Start = latest(periods[0].Start, from.UTC())
		periods[n-1].End = earliest(periods[n-1].End, to.UTC())
	}
	return periods, nil
}

// scan yields the open intervals in [from, to) in ascending order until yield
// returns false. An interval that crosses a chunk boundary is yielded in two
// parts.
func (c *Calendar) scan(from, to int64, yield func(interval) bool) {
	from, to = max(from, minUnix), min(to, maxUnix+1)
	if c.always {
		if from < to {
			yield(interval{from, to})
		}
		return
	}
	for index := chunkOf(from); index*chunkSeconds < to; index++ {
		list := c.compiled(index)
		for _, iv := range list[after(list, from):] {
			if iv.start >= to {
				return
			}
			if !yield(interval{max(iv.start, from), min(iv.end, to)}) {
				return
			}
		}
	}
}

// NextOpen returns the first open instant at or after t in UTC, false if there
// is none within [MaxSearchDays].
func (c *Calendar) NextOpen(t time.Time) (time.Time, bool) {
	c = c.orAlways()
	if t.Unix() > maxUnix || t.Unix() < minUnix-searchSeconds {
		return time.Time{}, false
	}
	if c.Open(t) {
		return t.UTC(), true
	}
	from, found := ceilUnix(t), time.Time{}
	c.scan(from, from+searchSeconds, func(iv interval) bool {
		found = utc(iv.start)
		return false
	})
	return found, !found.IsZero()
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
