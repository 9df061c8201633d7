package availability

import (
	"slices"
	"time"
)

// days is a range of dates and the zone segments around it that determine what
// is open in an interval.
type days struct {
	segs        []segment
	first, last int64
	quiet       int // index of the segment that resolved the last local time
}

// daysAround returns the dates of [from, to) in a zone, and the day before,
// whose hours may extend past midnight.
func daysAround(buf []segment, loc *time.Location, from, to int64) days {
	segs := segments(buf, loc, from-resolveMargin, to+resolveMargin)
	least, most := segs[0].off, segs[0].off
	for _, s := range segs[1:] {
		least, most = min(least, s.off), max(most, s.off)
	}
	return days{
		segs:  segs,
		first: floorDiv(from+least, daySeconds) - 1,
		last:  floorDiv(to+most, daySeconds),
	}
}

// hours converts opening hours of a date, in minutes after midnight, to
// instants. In an overlap opening is the first occurrence and closing the last, but
// closing at its beginning is the first: the overlap is not part of the hours. In a
// gap both are the first valid instant after it.
func (d *days) hours(day int64, s interval) (open, closing int64) {
	midnight := day * daySeconds
	open, _ = d.resolve(midnight + s.start*minuteSeconds)
	first, closing := d.resolve(midnight + s.end*minuteSeconds)
	if first < closing && slices.ContainsFunc(d.segs, func(s segment) bool { return s.start == closing }) {
		closing = first
	}
	return open, closing
}

// start returns the instant at which a date begins: the first occurrence of its
// midnight, or the end of the gap that skips it. A date that the zone skips
// begins and ends at the same instant.
func (d *days) start(day int64) int64 {
	first, _ := d.resolve(day * daySeconds)
	return first
}

// resolve is like the function resolve, with a fast path: a local time two days
// inside a segment cannot be in another one, because offsets differ by less.
func (d *days) resolve(wall int64) (first, last int64) {
	const far = 2 * daySeconds
	if s := &d.segs[d.quiet]; s.start+far <= wall-s.off && wall-s.off < s.end-far {
		return wall - s.off, wall - s.off
	}
	first, last, _ = resolve(d.segs, wall)
	for i := range d.segs {
		if d.segs[i].start <= last && last < d.segs[i].end {
			d.quiet = i
		}
	}
	return first, last
}

// dates returns the intervals of the dates that in accepts.
func (d *days) dates(in func(day int64) bool) []interval {
	var list []interval
	for day := d.first; day <= d.last; day++ {
		if in(day) {
			list, _ = push(list, d.start(day), d.start(day+1))
		}
	}
	return list
}

// windows computes the open time within [from, to).
func (c *Calendar) windows(from, to int64) []interval {
	from, to = max(from, minUnix), min(to, maxUnix+1)
	if from >= to {
		return nil
	}
	if c.always {
		return []interval{{from, to}}
	}
	var buf [8]segment
	d := daysAround(buf[:0], c.loc, from, to)
	open := c.regular(&d)
	if len(c.config.Alternatives) > 0 {
		open = c.replace(open, &d, from, to)
	}
	for _, in := range c.config.Includes {
		open = union(open, in.windows(from, to))
	}
	if !c.holidays.empty() && c.holidays.any(d.first, d.last) {
		open = subtract(open, d.dates(c.holidays.contains))
	}
	if len(c.config.Extra) > 0 {
		open = union(open, c.extra(&d))
	}
	if len(c.config.Effective) > 0 {
		open = intersect(open, d.dates(c.effective))
	}
	return clip(open, from, to)
}

func (c *Calendar) regular(d *days) []interval {
	list, sorted := make([]interval, 0, (int(d.last-d.first)/7+1)*c.weekly), true
	for day, wd := d.first, weekday(d.first); day <= d.last; day, wd = day+1, (wd+1)%7 {
		for _, s := range c.week[wd] {
			open, closing := d.hours(day, s)
			var ordered bool
			list, ordered = push(list, open, closing)
			sorted = sorted && ordered
		}
	}
	if !sorted {
		list = normalize(list)
	}
	return list
}

func (c *Calendar) extra(d *days) []interval {
	var list []interval
	for i := range c.config.Extra {
		x := &c.config.Extra[i]
		s := shift(x.Open, x.Close)
		if x.Date.Year != 0 {
			if day := x.Date.day(); d.first <= day && day <= d.last {
				open, closing := d.hours(day, s)
				list, _ = push(list, open, closing)
			}
			continue
		}
		for day := d.first; day <= d.last; day++ {
			if x.Date.matches(day) {
				open, closing := d.hours(day, s)
				list, _ = push(list, open, closing)
			}
		}
	}
	return normalize(list)
}

// replace replaces regular hours by the alternatives that apply.
func (c *Calendar) replace(regular []interval, d *days, from, to int64) []interval {
	var covered, added []interval
	for i := range c.config.Alternatives {
		a := &c.config.Alternatives[i]
		force := subtract(c.force(a, d, from, to), covered)
		added = union(added, intersect(a.Calendar.windows(from, to), force))
		covered = union(covered, force)
	}
	return union(subtract(regular, covered), added)
}

// force returns the intervals in which an alternative applies; see
// [Alternative].
func (c *Calendar) force(a *Alternative, d *days, from, to int64) []interval {
	switch {
	case len(a.Dates) > 0:
		return d.dates(func(day int64) bool { return inRanges(a.Dates, day) })
	case len(a.Calendar.config.Effective) > 0:
		var buf [8]segment
		theirs := daysAround(buf[:0], a.Calendar.loc, from, to)
		return theirs.dates(a.Calendar.effective)
	}
	return d.dates(c.effective)
}

func (c *Calendar) effective(day int64) bool { return inRanges(c.config.Effective, day) }

func inRanges(ranges []DateRange, day int64) bool {
	for _, r := range ranges {
		if r.contains(day) {
			return true
		}
	}
	return false
}

// compiled returns the open time of a chunk.
func (c *Calendar) compiled(index int64) []interval {
	if list, ok := c.open.get(index); ok {
		return list
	}
	list := c.windows(index*chunkSeconds, (index+1)*chunkSeconds)
	c.open.put(index, list)
	return list
}
