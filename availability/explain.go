package availability

import (
	"fmt"
	"strings"
	"time"
)

// RuleKind says what kind of rule opened or closed an instant.
type RuleKind int

const (
	// KindNone closed it: no rule opens the instant.
	KindNone RuleKind = iota
	// KindAlways opened it: the calendar has no hours.
	KindAlways
	// KindRegular opened it: regular hours.
	KindRegular
	// KindExtra opened it: extra hours of the date.
	KindExtra
	// KindHoliday closed it: the date is a holiday.
	KindHoliday
	// KindEffective closed it: the instant is outside all effective dates.
	KindEffective
	// KindAlternative opened or closed it: another calendar stands in for the
	// regular hours.
	KindAlternative
	// KindInclude opened it: an included calendar is open.
	KindInclude
	// KindPartial closed its bucket, which is not wholly inside the open time.
	KindPartial
	// KindPast closed its bucket, which is over.
	KindPast
	// KindOutOfRange closed it: the instant is outside the years 1 to 9999.
	KindOutOfRange
)

var kindNames = [...]string{
	"none", "always", "regular", "extra", "holiday", "effective", "alternative", "include", "partial", "past", "out-of-range",
}

// String names the kind in one lower-case word.
func (k RuleKind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("RuleKind(%d)", int(k))
	}
	return kindNames[k]
}

// Explanation says which rule decided about an instant.
type Explanation struct {
	Open bool
	Kind RuleKind
	// Rule is the rule as its String method formats it, such as
	// "Mon-Fri 09:00-17:00"; for KindEffective all the ranges. Empty when no rule
	// took part.
	Rule string
	// Name is what the configuration calls the rule: the option name for a
	// parsed calendar, the name of the other calendar for an alternative or an
	// include. May be empty.
	Name string
	// Local is the instant on the wall clock of Zone.
	Local LocalTime
	Zone  string
	// Inner is what the other calendar says, for KindAlternative and KindInclude.
	Inner *Explanation
}

// String is one line for a log or a console.
func (e Explanation) String() string {
	var b strings.Builder
	for at := &e; ; at = at.Inner {
		b.WriteString(at.line())
		if at.Inner == nil {
			return b.String()
		}
		b.WriteString(": ")
	}
}

func (e *Explanation) line() string {
	state := "closed"
	if e.Open {
		state = "open"
	}
	parts := []string{state, "by", e.Kind.String()}
	if e.Kind == KindNone {
		parts = []string{state, "because no rule opens"}
	}
	if e.Name != "" {
		parts = append(parts, e.Name)
	}
	if e.Rule != "" {
		parts = append(parts, "("+e.Rule+")")
	}
	return strings.Join(append(parts, "at", e.Local.String(), e.Zone), " ")
}

// Explain says whether the office is open at t and which rule decided. It asks
// the rules in the order of their precedence: effective dates, extra hours,
// holidays, the alternative in force or else the regular hours, includes. Where
// several rules of one kind hold, the first listed is named. Open always equals
// [Calendar.Open].
func (c *Calendar) Explain(t time.Time) Explanation {
	c = c.orAlways()
	unix := t.Unix()
	e := Explanation{Zone: zoneName(c.loc)}
	if !inYears(unix) {
		e.Kind = KindOutOfRange
		return e
	}
	e.Local = LocalOf(t, c.loc)
	if c.always && len(c.config.Regular) == 0 && len(c.config.Includes) == 0 {
		e.Open, e.Kind = true, KindAlways
		return e
	}
	var buf [8]segment
	d := daysAround(buf[:0], c.loc, unix, unix+1)
	c.decide(&e, &d, t)
	return e
}

func (c *Calendar) decide(e *Explanation, d *days, t time.Time) {
	unix := t.Unix()
	day := d.dateOf(unix)
	if len(c.config.Effective) > 0 && !c.effective(day) {
		ranges := make([]string, len(c.config.Effective))
		for i, r := range c.config.Effective {
			ranges[i] = r.String()
		}
		e.Kind, e.Rule = KindEffective, strings.Join(ranges, ", ")
		return
	}
	for _, x := range c.config.Extra {
		if d.within(unix, shift(x.Open, x.Close), x.Date.matches) {
			e.Open, e.Kind, e.Rule, e.Name = true, KindExtra, x.String(), x.Name
			return
		}
	}
	for _, h := range c.config.Holidays {
		if h.matches(day) {
			e.Kind, e.Rule, e.Name = KindHoliday, h.String(), h.Name
			return
		}
	}
	if a := c.inForce(d, unix); a != nil {
		inner := a.Calendar.Explain(t)
		e.Open, e.Kind, e.Name, e.Inner = inner.Open, KindAlternative, a.Name, &inner
	} else {
		c.decideRegular(e, d, unix)
	}
	for _, in := range c.config.Includes {
		if !e.Open && in.Open(t) {
			inner := in.Explain(t)
			e.Open, e.Kind, e.Rule, e.Name, e.Inner = true, KindInclude, "", in.config.Name, &inner
		}
	}
}

func (c *Calendar) decideRegular(e *Explanation, d *days, unix int64) {
	for _, w := range c.config.Regular {
		length := (w.ToDay - w.FromDay + 7) % 7
		onDay := func(day int64) bool { return (weekday(day)-w.FromDay+7)%7 <= length }
		if d.within(unix, shift(w.Open, w.Close), onDay) {
			e.Open, e.Kind, e.Rule, e.Name = true, KindRegular, w.String(), w.Name
			return
		}
	}
}

// inForce returns the alternative that decides at an instant, nil for none.
func (c *Calendar) inForce(d *days, unix int64) *Alternative {
	for i := range c.config.Alternatives {
		a := &c.config.Alternatives[i]
		for _, iv := range c.force(a, d, unix, unix+1) {
			if iv.start <= unix && unix < iv.end {
				return a
			}
		}
	}
	return nil
}

// dateOf returns the date an instant belongs to. It is the date on the wall
// clock, except where the clock is set back over midnight: there the new date
// has begun and goes on.
func (d *days) dateOf(unix int64) int64 {
	day := d.last
	for day > d.first && d.start(day) > unix {
		day--
	}
	return day
}

// within reports whether an instant lies in hours that begin on one of the
// accepted dates.
func (d *days) within(unix int64, s interval, on func(day int64) bool) bool {
	for day := d.first; day <= d.last; day++ {
		if on(day) {
			if open, closing := d.hours(day, s); open <= unix && unix < closing {
				return true
			}
		}
	}
	return false
}
