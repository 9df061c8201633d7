package faulttest

import (
	"sync"
	"time"
)

// Fuse says where a node breaks and how.
type Fuse struct {
	Point Point
	// Skip is how often the point is passed unharmed before.
	Skip int
	// Delay is how long after a statement was sent the blow comes, at the points where it is under way.
	Delay time.Duration
	// Stop makes the node stand still instead of dying.
	Stop bool
}

// bomb is a node's fuse and what sets it off.
type bomb struct {
	announce func(Point) // called just before the blow

	mu   sync.Mutex
	fuse Fuse
}

func (b *bomb) arm(f Fuse) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fuse = f
}

// take returns the fuse when it is due at this point. It is due once.
func (b *bomb) take(p Point) (f Fuse, due bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fuse.Point != p {
		return f, false
	}
	if b.fuse.Skip > 0 {
		b.fuse.Skip--
		return f, false
	}
	f, b.fuse = b.fuse, Fuse{}
	return f, true
}

// at strikes when the work is at this point.
func (b *bomb) at(p Point) {
	if f, due := b.take(p); due {
		b.strike(f)
	}
}

// during strikes while the work between its call and that of over is under way, at the latest when over is called.
func (b *bomb) during(p Point) (over func()) {
	f, due := b.take(p)
	if !due {
		return func() {}
	}
	var once sync.Once
	strike := func() { once.Do(func() { b.strike(f) }) }
	timer := time.AfterFunc(f.Delay, strike)
	return func() {
		timer.Stop()
		strike()
	}
}

func (b *bomb) strike(f Fuse) {
	b.announce(f.Point)
	if f.Stop {
		stopSelf()
		return
	}
	killSelf()
}
