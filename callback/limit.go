package callback

import (
	"strconv"
	"time"
)

// Limit bounds a count. Its zero value stands for the default that the field
// documents; a positive value is the bound itself.
type Limit int

const (
	// NoLimit sets no bound.
	NoLimit Limit = -1
	// None allows nothing at all.
	None Limit = -2
)

// Off, as a duration of a [Service], switches off what the duration is for. It
// is the only negative duration that a Service accepts.
const Off time.Duration = -1

// Valid reports whether l is NoLimit, None, zero or positive.
func (l Limit) Valid() bool { return l >= None }

// Max returns the bound as [Permit.Max] has it: -1 for NoLimit, 0 for None, else
// l. The zero value has no bound of its own: ask the service of a [Policy], whose
// defaults are in place.
func (l Limit) Max() int64 {
	switch l {
	case NoLimit:
		return -1
	case None:
		return 0
	}
	return int64(l)
}

// String returns "no limit", "none" or the number.
func (l Limit) String() string {
	switch l {
	case NoLimit:
		return "no limit"
	case None:
		return "none"
	}
	return strconv.Itoa(int(l))
}
