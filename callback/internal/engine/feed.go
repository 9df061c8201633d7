package engine

import (
	"sync"
)

// broadcast wakes whoever waits for new events.
type broadcast struct {
	mu    sync.Mutex
	ch    chan struct{}
	armed bool
}

func newBroadcast() *broadcast { return &broadcast{ch: make(chan struct{})} }

// Wait returns a channel that is closed at the next signal.
func (b *broadcast) Wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.armed = true
	return b.ch
}

func (b *broadcast) Signal() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.armed {
		close(b.ch)
		b.ch, b.armed = make(chan struct{}), false
	}
}
