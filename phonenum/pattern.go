package phonenum

import (
	"iter"
	"strings"
)

// MaxPatterns is the most patterns of one [Patterns].
const MaxPatterns = 1000

// Patterns is a set of number patterns, such as a GMS exception group. It is a value, comparable, and safe for concurrent use. The
// zero Patterns matches no number.
//
// A pattern is a number in the international form, with or without the plus sign. A "?" stands for exactly one digit, a "*" at
// the end for any further digits: "+1900*", "4490?*", "+41785556677".
type Patterns struct {
	csv string // without plus signs and blanks
}

// ParsePatterns reads patterns separated by commas; blanks around them do not matter, and "" is no pattern. The error is a
// [PatternError]. A pattern that starts with 0 is an error, since it could never match: no country code does.
func ParsePatterns(csv string) (Patterns, error) {
	if strings.TrimSpace(csv) == "" {
		return Patterns{}, nil
	}
	var b strings.Builder
	index := 0
	for item := range strings.SplitSeq(csv, ",") {
		if index == MaxPatterns {
			return Patterns{}, &PatternError{index, "is one too many, at most 1000 are allowed"}
		}
		pattern := strings.TrimPrefix(strings.TrimSpace(item), "+")
		if rule := checkPattern(pattern); rule != "" {
			return Patterns{}, &PatternError{index, rule}
		}
		if index > 0 {
			b.WriteByte(',')
		}
		b.WriteString(pattern)
		index++
	}
	return Patterns{b.String()}, nil
}

// checkPattern returns the rule that a pattern breaks, "" for none.
func checkPattern(pattern string) string {
	digits := strings.TrimSuffix(pattern, "*")
	switch {
	case pattern == "":
		return "is empty"
	case len(digits) > 3+maxNational:
		return "has more digits than any number"
	case strings.HasPrefix(digits, "0"):
		return "starts with 0, which no country code does"
	}
	for _, c := range []byte(digits) {
		if c != '?' && (c < '0' || c > '9') {
			return "has a character other than a digit, ? or a * at the end"
		}
	}
	return ""
}

// JoinPatterns returns the union of several sets.
func JoinPatterns(sets ...Patterns) Patterns {
	var parts []string
	for _, set := range sets {
		if set.csv != "" {
			parts = append(parts, set.csv)
		}
	}
	return Patterns{strings.Join(parts, ",")}
}

// IsZero reports whether there is no pattern.
func (p Patterns) IsZero() bool { return p.csv == "" }

// String returns the patterns separated by commas, as ParsePatterns reads them.
func (p Patterns) String() string { return p.csv }

// All returns the patterns in the order they were given.
func (p Patterns) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest := p.csv; rest != ""; {
			var pattern string
			pattern, rest, _ = strings.Cut(rest, ",")
			if !yield(pattern) {
				return
			}
		}
	}
}

// Match reports whether the number fits one of the patterns. No pattern fits the zero Number.
func (p Patterns) Match(n Number) bool {
	if n.IsZero() {
		return false
	}
	var buf [1 + 3 + maxNational]byte
	digits := n.appendE164(buf[:0])[1:]
	for pattern := range p.All() {
		if matchPattern(pattern, digits) {
			return true
		}
	}
	return false
}

func matchPattern(pattern string, digits []byte) bool {
	fixed, open := strings.CutSuffix(pattern, "*")
	if len(digits) < len(fixed) || !open && len(digits) != len(fixed) {
		return false
	}
	for i := range len(fixed) {
		if fixed[i] != '?' && fixed[i] != digits[i] {
			return false
		}
	}
	return true
}

// List decides which numbers may be called. Deny wins over Allow; an empty Allow allows all that is not denied. The zero List allows
// every number.
type List struct {
	Allow, Deny Patterns
}

// Allows reports whether the list lets the number through. It never allows the zero Number.
func (l List) Allows(n Number) bool {
	if n.IsZero() || l.Deny.Match(n) {
		return false
	}
	return l.Allow.IsZero() || l.Allow.Match(n)
}
