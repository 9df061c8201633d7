package callbacktest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Clock is a clock that is set by hand. Its Now fits manager.Config.Now and
// [NewDialer]. All methods are safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock with time t.
func NewClock(t time.Time) *Clock { return &Clock{now: t} }

// Now returns the time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance adds d, which may be negative, and returns the new time.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// Set sets the time to t, which may be earlier.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// IDs returns a function for manager.Config.NewID that returns the prefix and a
// six-digit count from 000001, so that identifiers sort in the order of creation. It
// is safe for concurrent use.
func IDs(prefix string) func() callback.ID {
	var n atomic.Int64
	return func() callback.ID { return callback.ID(fmt.Sprintf("%s%06d", prefix, n.Add(1))) }
}

// Random returns a function for manager.Config.Random that returns numbers in [0,1).
// Equal seeds give equal numbers. It is safe for concurrent use.
func Random(seed uint64) func() float64 {
	var mu sync.Mutex
	source := newRand(seed)
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return source.Float64()
	}
}

// Codes returns a function for manager.Config.NewCode that returns six digits. Equal
// seeds give equal codes. It is safe for concurrent use.
func Codes(seed uint64) func() string {
	random := Random(seed)
	return func() string { return fmt.Sprintf("%06d", int(random()*1e6)) }
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)) }
