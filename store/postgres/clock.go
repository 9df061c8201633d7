package postgres

import (
	"context"
	"sync"
	"time"
)

// clock tells the server's time without asking it each time.
type clock struct {
	asking chan struct{} // full while the server is asked

	mu   sync.Mutex
	base time.Time // what the server said
	at   time.Time // when its answer came, by the monotonic clock of this process
	last time.Time // what was told last
}

func newClock() clock { return clock{asking: make(chan struct{}, 1)} }

const (
	// askEvery is how old an answer may be before the server is asked again;
	// trustFor, how old while it cannot be asked.
	askEvery = time.Second
	trustFor = time.Minute
	// slip is how far a new answer may be behind the old ones without being
	// taken for a clock that was set back.
	slip = time.Second
)

// Now tells the time of the database server, so that one clock decides for all
// nodes: the server is asked once a second, and the monotonic clock of this
// process counts in between. It is never ahead of the server's by more than
// the two clocks drift apart in a second, and behind it by the time that an
// answer takes to come. A clock that is set back is followed.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	c := &s.clock
	now, age, ok := c.estimate()
	if ok && age < askEvery {
		return now, nil
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	trusted := ok && age < trustFor
	select {
	case c.asking <- struct{}{}:
	default:
		if trusted {
			return now, nil
		}
		select {
		case c.asking <- struct{}{}:
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		}
	}
	defer func() { <-c.asking }()
	if now, age, ok := c.estimate(); ok && age < askEvery {
		return now, nil // another caller has asked in the meantime
	}
	err := s.read(ctx, func(ctx context.Context) error {
		var t time.Time
		if err := s.db.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&t); err != nil {
			return err
		}
		c.set(t.UTC(), time.Now())
		return nil
	})
	if err != nil && !trusted {
		return time.Time{}, err
	}
	now, _, _ = c.estimate()
	return now, nil
}

// estimate is the server's time as far as it is known, and how old the last
// answer is.
func (c *clock) estimate() (now time.Time, age time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return time.Time{}, 0, false
	}
	here := time.Now()
	age = here.Sub(c.at)
	now = c.base.Add(age)
	if behind := c.last.Sub(now); behind > 0 && behind < slip {
		now = c.last
	}
	c.last = now
	// The monotonic clock stands still while the machine is suspended.
	if jumped := here.Round(0).Sub(c.at.Round(0)); jumped > age+slip {
		age = jumped
	}
	return now, age, true
}

func (c *clock) set(base, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base, c.at = base, at
}
