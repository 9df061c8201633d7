package api

import (
	"context"
	"hash/maphash"
	"sync"
	"time"
)

// Limits of a [backoff].
const (
	backoffNames = 1 << 14              // names that are told apart
	backoffStep  = 5 * time.Millisecond // delay after the first failure; it grows with the square of their number
	backoffMost  = 5 * time.Second      // maximum delay
	backoffWait  = 10 * time.Second     // how long an attempt waits
	backoffOver  = 10 * time.Second     // one failure is forgotten
	backoffCount = 40                   // failures that are remembered
)

// backoff delays attempts to log in with a name that have failed before. The
// attempts of one name are made one after another, with the delay between them,
// so that more connections do not allow more of them. Names share a fixed number
// of entries, so that no client can fill the memory.
type backoff struct {
	seed  maphash.Seed
	mu    sync.Mutex
	names map[uint64]*failures
}

// failures are those of a name.
type failures struct {
	count float64   // decreases with time
	at    time.Time // count is of this time
	next  time.Time // when the next attempt may be made
}

func newBackoff() *backoff {
	return &backoff{seed: maphash.MakeSeed(), names: make(map[uint64]*failures)}
}

// await waits for the turn of an attempt. It reports false if that is too far
// away or ctx ends.
func (b *backoff) await(ctx context.Context, name string) bool {
	wait := b.enter(name, time.Now())
	if wait <= 0 {
		return wait == 0
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// enter returns how long an attempt has to wait; a negative duration refuses it.
func (b *backoff) enter(name string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.names[b.key(name)]
	if f == nil {
		return 0
	}
	f.decay(now)
	wait := max(f.next.Sub(now), 0)
	if wait > backoffWait {
		return -1
	}
	f.next = now.Add(wait + f.delay())
	return wait
}

// done notes the result of an attempt.
func (b *backoff) done(name string, ok bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := b.key(name)
	f := b.names[key]
	switch {
	case f == nil && ok:
		return
	case f == nil:
		f = &failures{at: now}
		b.names[key] = f
	}
	f.decay(now)
	if ok {
		f.next = f.next.Add(-f.delay()) // it has not used its turn
		return
	}
	before := f.delay()
	f.count = min(f.count+1, backoffCount)
	f.next = later(f.next, now).Add(f.delay() - before)
}

func (b *backoff) key(name string) uint64 { return maphash.String(b.seed, name) % backoffNames }

// decay forgets failures that are long ago.
func (f *failures) decay(now time.Time) {
	if over := now.Sub(f.at); over > 0 {
		f.count, f.at = max(f.count-over.Seconds()/backoffOver.Seconds(), 0), now
	}
}

// delay returns the time between attempts.
func (f *failures) delay() time.Duration {
	return min(time.Duration(f.count*f.count*float64(backoffStep)), backoffMost)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
