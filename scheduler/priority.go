package scheduler

// Levels is the number of priorities.
const Levels = 9

// Priority is one of the nine priority classes of LUCS. The zero value is
// Normal, so that a request without a priority is an ordinary one. The numeric
// values are therefore not in order of precedence; use [Priority.Rank] to
// compare.
type Priority uint8

// The LUCS priorities. StrictPriority is always served first. The seven from
// Highest to Lowest share what remains, by weight. NothingElse is served only
// when no other class has callbacks waiting.
const (
	Normal Priority = iota
	StrictPriority
	Highest
	VeryHigh
	High
	Low
	VeryLow
	Lowest
	NothingElse
)

// priorityNames is read-only.
var priorityNames = names{"Normal", "StrictPriority", "Highest", "VeryHigh", "High", "Low", "VeryLow", "Lowest", "NothingElse"}

// Priorities returns the nine priorities in order of precedence, in a new
// slice.
func Priorities() []Priority {
	return []Priority{StrictPriority, Highest, VeryHigh, High, Normal, Low, VeryLow, Lowest, NothingElse}
}

// ParsePriority parses the LUCS name of a priority, ignoring case. Empty text
// is not a name. The error is an [ErrPriority].
func ParsePriority(name string) (Priority, error) {
	v, err := priorityNames.parse("priority", name, ErrPriority)
	return Priority(v), err
}

// Valid reports whether p is one of the nine priorities.
func (p Priority) Valid() bool { return p < Levels }

// Rank returns the position of p in the LUCS order: 0 for StrictPriority, 8 for
// NothingElse, 9 for an invalid value.
func (p Priority) Rank() int {
	switch {
	case p == Normal:
		return 4
	case p <= High:
		return int(p) - 1
	case p.Valid():
		return int(p)
	default:
		return Levels
	}
}

// String returns the LUCS name, or Priority(n) for an invalid value.
func (p Priority) String() string { return priorityNames.format("Priority", uint8(p)) }

// MarshalText returns the LUCS name. The error is an [ErrPriority].
func (p Priority) MarshalText() ([]byte, error) {
	return priorityNames.marshal("priority", uint8(p), ErrPriority)
}

// UnmarshalText parses a name as [ParsePriority] does. It leaves p unchanged on
// error.
func (p *Priority) UnmarshalText(text []byte) error {
	v, err := ParsePriority(string(text[:min(len(text), 128)]))
	if err == nil {
		*p = v
	}
	return err
}
