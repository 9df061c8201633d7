package callbacktest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// ClockStore is a clock that only moves when told to. Its Now fits
// manager.Config.Now and [NewDialer]. All methods are safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at t.
func NewClock(t time.Time) *Clock { return &Clock{now: t} }

// Now returns where the clock stands.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d, backwards when d is negative, and returns where
// it then stands.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// Set puts the clock at t, which may be in its past.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// IDs returns a function for manager.Config.NewID that counts: the prefix and
// six digits, from 000001, so that identifiers sort in the order in which they
// were made. It is safe for concurrent use.
func IDs(prefix string) func() callback.ID {
	var n atomic.Int64
	return func() callback.ID { return callback.ID(fmt.Sprintf("%s%06d", prefix, n.Add(1))) }
}

// Random returns a function for manager.Config.Random: numbers in [0,1) that
// are the same for the same seed. It is safe for concurrent use.
func Random(seed uint64) func() float64 {
	var mu sync.Mutex
	source := newRand(seed)
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return source.Float64()
	}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)) }
