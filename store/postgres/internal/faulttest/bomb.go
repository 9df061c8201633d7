package faulttest

import (
	"sync"
	"time"
)

// Fuse describes where and how a node breaks.
type Fuse struct {
	Point Point
	// Skip is the number of times the node passes the point first.
	Skip int
	// Delay is the time between sending a statement and breaking, at the points
	// where the statement is in progress.
	Delay time.Duration
	// Stop makes the node stop instead of dying.
	Stop bool
}

// bomb triggers a node's fuse.
type bomb struct {
	announce func(Point) // called just before the node breaks

	mu   sync.Mutex
	fuse Fuse
}

func (b *bomb) arm(f Fuse) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fuse = f
}

// take removes and returns the fuse if it is due at this point.
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

// at breaks the node if the fuse is due at this point.
func (b *bomb) at(p Point) {
	if f, due := b.take(p); due {
		b.strike(f)
	}
}

// during breaks the node between this call and that of over, at the latest when
// over is called.
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
