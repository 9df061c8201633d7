package engine

import "sync"

// broadcast wakes all goroutines that wait for new events.
type broadcast struct {
	mu    sync.Mutex
	ch    chan struct{}
	armed bool // a goroutine may be waiting for ch
}

func newBroadcast() *broadcast { return &broadcast{ch: make(chan struct{})} }

// Wait returns a channel that the next Signal closes.
func (b *broadcast) Wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.armed = true
	return b.ch
}

// Signal wakes everything that waits.
func (b *broadcast) Signal() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.armed {
		close(b.ch)
		b.ch, b.armed = make(chan struct{}), false
	}
}
