package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// Severity is the severity of a [Problem].
type Severity uint8

const (
	// SeverityNote means that nothing is lost, but something works differently
	// than in GMS or is done elsewhere.
	SeverityNote Severity = iota + 1
	// SeverityWarning means that a value is not used; the text says what is used
	// instead.
	SeverityWarning
	// SeverityError means that a line, a section or a service is left out.
	SeverityError
)

var severityNames = [...]string{SeverityNote: "note", SeverityWarning: "warning", SeverityError: "error"}

// String returns the name of the severity.
func (s Severity) String() string {
	if s >= SeverityNote && s <= SeverityError {
		return severityNames[s]
	}
	return fmt.Sprintf("undefined(%d)", uint8(s))
}

// Problem is a part of a configuration that is not used as written.
type Problem struct {
	Line     int    // from 1; 0 if the configuration has no lines
	Section  string // such as service.billing; empty for the whole text
	Option   string // empty for the whole section
	Value    string // only of options that cannot contain a secret or a phone number
	Text     string // what is wrong and what is done instead
	Severity Severity
}

// String formats the problem as one line.
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	fmt.Fprintf(&b, "%s: ", p.Severity)
	if p.Section != "" {
		fmt.Fprintf(&b, "[%s] ", p.Section)
	}
	if p.Option != "" {
		b.WriteString(p.Option)
		if p.Value != "" {
			fmt.Fprintf(&b, " %q", p.Value)
		}
		b.WriteString(" ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// maxProblems is the maximum number of problems per severity, so that the list
// cannot become much larger than the text.
const maxProblems = 1000

// problemList collects problems.
type problemList struct {
	list   []Problem
	seen   map[Problem]bool // an option of [callback] may be reported for several services
	counts [SeverityError + 1]int
}

// add reports a problem of an option, or of a section if e has no name.
func (l *problemList) add(severity Severity, e entry, value, format string, args ...any) {
	if l.counts[severity] > maxProblems {
		return
	}
	p := Problem{
		Line: e.line, Section: shownName(e.section), Option: shownName(e.name), Value: text.Shorten(value, maxShown),
		Text: fmt.Sprintf(format, args...), Severity: severity,
	}
	if l.seen[p] {
		return
	}
	if l.counts[severity]++; l.counts[severity] > maxProblems {
		return
	}
	if l.seen == nil {
		l.seen = make(map[Problem]bool)
	}
	l.seen[p] = true
	l.list = append(l.list, p)
}

// all returns the problems sorted by line, or by section and option if there
// are no lines.
func (l *problemList) all() []Problem {
	slices.SortStableFunc(l.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), strings.Compare(a.Section, b.Section), strings.Compare(a.Option, b.Option))
	})
	for severity, n := range l.counts {
		if n > maxProblems {
			l.list = append(l.list, Problem{Severity: Severity(severity),
				Text: fmt.Sprintf("more than %d problems of this severity: the others are not listed", maxProblems)})
		}
	}
	return l.list
}

// shownName returns a name for a report: shortened and with phone numbers
// masked.
func shownName(name string) string { return text.Redact(text.Shorten(name, maxShown)) }

// maxShown is the maximum number of bytes of a name or a value in a report.
const maxShown = 80

// shownValue returns a value for a report. It is empty if the value may be a
// phone number, contain credentials, or is too long.
func shownValue(value string) string {
	if len(value) > 40 || strings.ContainsRune(value, '@') {
		return ""
	}
	if text.CountDigits(value) > 6 {
		return ""
	}
	return value
}
