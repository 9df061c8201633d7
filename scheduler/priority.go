package scheduler

// Levels is how many priorities there are.
const Levels = 9

// A Priority is one of the nine classes of LUCS in which callbacks wait. The
// zero value is Normal, so that a request that names none is an ordinary one;
// the numbers therefore do not sort, and [Priority.Rank] does.
type Priority uint8

// The priorities of LUCS. StrictPriority is always served first. The seven
// from Highest to Lowest share what is left by weight. NothingElse is served
// only when nobody else waits.
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

// priorityNames are never written to.
var priorityNames = names{"Normal", "StrictPriority", "Highest", "VeryHigh", "High", "Low", "VeryLow", "Lowest", "NothingElse"}

// Priorities returns the nine priorities, first served first. The slice is the
// caller's.
func Priorities() []Priority {
	return []Priority{StrictPriority, Highest, VeryHigh, High, Normal, Low, VeryLow, Lowest, NothingElse}
}

// ParsePriority reads a priority by its LUCS name; case does not matter. The
// empty text is not a name. Errors are [ErrPriority].
func ParsePriority(name string) (Priority, error) {
	v, err := priorityNames.parse("priority", name, ErrPriority)
	return Priority(v), err
}

// Valid tells whether p is one of the nine.
func (p Priority) Valid() bool { return p < Levels }

// Rank is the place of p in the order of LUCS: 0 for StrictPriority, 8 for
// NothingElse. What is not a priority ranks behind them all, 9.
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

// String returns the LUCS name, or Priority(n) for what is not one.
func (p Priority) String() string { return priorityNames.format("Priority", uint8(p)) }

// MarshalText writes the LUCS name. Errors are [ErrPriority].
func (p Priority) MarshalText() ([]byte, error) {
	return priorityNames.marshal("priority", uint8(p), ErrPriority)
}

// UnmarshalText reads what [ParsePriority] reads. On an error p stays as it was.
func (p *Priority) UnmarshalText(text []byte) error {
	v, err := ParsePriority(string(text[:min(len(text), 128)]))
	if err == nil {
		*p = v
	}
	return err
}
