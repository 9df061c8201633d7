package phonenum

import (
	"iter"
	"strings"
)

// MaxPatterns is the maximum number of patterns in a [Patterns].
const MaxPatterns = 1000

// Patterns is a set of number patterns. It is comparable and safe for
// concurrent use. The zero Patterns matches no number.
//
// A pattern is a number in international form, with or without the plus sign.
// "?" stands for exactly one digit, and "*" at the end for any number of
// digits: "+1900*", "4490?*", "+41785556677".
type Patterns struct {
	csv string // comma-separated, without plus signs and spaces
}

// ParsePatterns parses comma-separated patterns. It ignores surrounding spaces;
// "" is the empty set. A pattern that starts with 0 is refused because no
// country code does. The error is a [PatternError].
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

// checkPattern returns the rule that a pattern breaks, or "".
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

// JoinPatterns returns the union of sets.
func JoinPatterns(sets ...Patterns) Patterns {
	var parts []string
	for _, set := range sets {
		if set.csv != "" {
			parts = append(parts, set.csv)
		}
	}
	return Patterns{strings.Join(parts, ",")}
}

// IsZero reports whether p is the empty set.
func (p Patterns) IsZero() bool { return p.csv == "" }

// String returns the patterns separated by commas; [ParsePatterns] parses it.
func (p Patterns) String() string { return p.csv }

// All returns the patterns in their original order.
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

// Match reports whether n matches any of the patterns. The zero Number matches
// none.
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

// List decides which numbers may be called. Deny overrides Allow, and an empty
// Allow allows every number that is not denied. The zero List allows every
// number.
type List struct {
	Allow, Deny Patterns
}

// Allows reports whether n may be called. It returns false for the zero Number.
func (l List) Allows(n Number) bool {
	if n.IsZero() || l.Deny.Match(n) {
		return false
	}
	return l.Allow.IsZero() || l.Allow.Match(n)
}
