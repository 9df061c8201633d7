package availability

import (
	"fmt"
	"strings"
	"time"
)

// RuleKind is the kind of rule that opened or closed an instant.
type RuleKind int

const (
	// KindNone means closed, because no rule opens the instant.
	KindNone RuleKind = iota
	// KindAlways means open, because the calendar has no hours.
	KindAlways
	// KindRegular means open by regular hours.
	KindRegular
	// KindExtra means open by extra hours.
	KindExtra
	// KindHoliday means closed by a holiday.
	KindHoliday
	// KindEffective means closed, because the date is not an effective one.
	KindEffective
	// KindAlternative means open or closed by the alternative that replaces
	// the regular hours.
	KindAlternative
	// KindInclude means open by an included calendar.
	KindInclude
	// KindPartial means closed, because the bucket is only partly open.
	KindPartial
	// KindPast means closed, because the bucket has ended.
	KindPast
	// KindOutOfRange means closed, because the instant is outside the years 1
	// to 9999.
	KindOutOfRange
)

var kindNames = [...]string{
	"none", "always", "regular", "extra", "holiday", "effective", "alternative", "include", "partial", "past", "out-of-range",
}

// String returns the kind as one lower-case word.
func (k RuleKind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("RuleKind(%d)", int(k))
	}
	return kindNames[k]
}

// Explanation is the rule that opened or closed an instant.
type Explanation struct {
	Open bool
	Kind RuleKind
	// Rule is the rule in its String form, such as "Mon-Fri 09:00-17:00", or
	// all ranges for KindEffective. Empty if no rule applies.
	Rule string
	// Name is the Name of the rule in the configuration, or that of the other
	// calendar for an alternative or an include. May be empty.
	Name string
	// Local is the instant on the wall clock of Zone.
	Local LocalTime
	Zone  string
	// Inner is the explanation of the other calendar, for KindAlternative and
	// KindInclude.
	Inner *Explanation
}

// String formats the explanation as one line.
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

// Explain returns whether the office is open at t and the rule that decides.
// Rules take precedence in this order: effective dates, extra hours, holidays,
// the alternative in force or else the regular hours, includes. If several
// rules of one kind apply, the first in the list is returned. Open always
// equals the result of [Calendar.Open].
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

// inForce returns the alternative that applies at an instant, nil if none does.
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

// dateOf returns the date of an instant. That is the date on the wall clock,
// unless the clock was set back over midnight: then the new date has begun and
// continues.
func (d *days) dateOf(unix int64) int64 {
	day := d.last
	for day > d.first && d.start(day) > unix {
		day--
	}
	return day
}

// within reports whether an instant is in hours that begin on a date that on
// accepts.
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
