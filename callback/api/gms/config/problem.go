package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback/api/internal/safetext"
)

// Severity says what a [Problem] means for whoever runs the services.
type Severity uint8

const (
	// SeverityNote: nothing is lost, but something is done in another way or
	// by somebody else than in GMS.
	SeverityNote Severity = iota + 1
	// SeverityWarning: a value is not used; the text says what is instead.
	SeverityWarning
	// SeverityError: a line, a section or a whole service is left out.
	SeverityError
)

var severityNames = [...]string{SeverityNote: "note", SeverityWarning: "warning", SeverityError: "error"}

// String names the severity.
func (s Severity) String() string {
	if s >= SeverityNote && s <= SeverityError {
		return severityNames[s]
	}
	return fmt.Sprintf("undefined(%d)", uint8(s))
}

// Problem is something in a configuration that is not used as it stands there.
type Problem struct {
	Line     int    // from 1; 0 when the configuration has no lines
	Section  string // such as service.billing; empty for the whole text
	Option   string // empty for the whole section
	Value    string // only of options that cannot hold a secret or a number
	Text     string // what is wrong, and what is done instead
	Severity Severity
}

// String returns the problem as one line.
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

// maxProblems bounds the problems of each severity that are told, so that a
// text full of rubbish does not become a list many times its size.
const maxProblems = 1000

// problemList gathers problems.
type problemList struct {
	list   []Problem
	seen   map[Problem]bool // what [callback] says may concern several services
	counts [SeverityError + 1]int
}

// add reports a problem of an option, or of a section when e has no name.
func (l *problemList) add(severity Severity, e entry, value, format string, args ...any) {
	if l.counts[severity] > maxProblems {
		return
	}
	p := Problem{
		Line: e.line, Section: told(e.section), Option: told(e.name), Value: safetext.Clip(value, maxTold),
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

// all returns the problems in the order of the lines, those without in the order
// of sections and options.
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

// told returns a name of a configuration for a report: shortened, and without
// what may be somebody's number.
func told(name string) string { return safetext.Redact(safetext.Clip(name, maxTold), 7) }

// maxTold is how many bytes of a name or a value a report has.
const maxTold = 80

// shownValue returns a value for a report unless it may be somebody's number or
// hold credentials, or is too long to be a value that was meant.
func shownValue(value string) string {
	if len(value) > 40 || strings.ContainsRune(value, '@') {
		return ""
	}
	digits := 0
	for _, c := range []byte(value) {
		if safetext.IsDigit(c) {
			digits++
		}
	}
	if digits > 6 {
		return ""
	}
	return value
}
