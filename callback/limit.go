package callback

import (
	"strconv"
	"time"
)

// Limit bounds a count. A positive value is the bound. The zero value stands for
// the default that the field documents.
type Limit int

// The special values of the limits and durations of a [Service].
const (
	NoLimit Limit         = -1 // no bound
	None    Limit         = -2 // nothing is allowed
	Off     time.Duration = -1 // disables the purpose of the duration; the only negative one allowed
)

// Valid reports whether l is NoLimit, None, zero or positive.
func (l Limit) Valid() bool { return l >= None }

// Max returns the bound for [Permit.Max]: -1 for NoLimit, 0 for None, else l. It
// must not be called on a zero Limit; the service of a [Policy] has none, because
// NewPolicy sets the defaults.
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
