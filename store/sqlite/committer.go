package sqlite

import (
	"database/sql"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/store"
)

// mostChanges is how many changes share a transaction, unless one caller alone
// brings more.
const mostChanges = 512

// committer gives the work of all callers to the writer, one group at a time.
// What comes while a group is written makes the next one, so that callers share
// commits and one alone waits for nobody.
type committer struct {
	writer *writer

	mu     sync.Mutex
	queue  []*operation
	closed bool

	wake  chan struct{}
	ended chan struct{}
}

func newCommitter(w *writer) *committer {
	c := &committer{writer: w, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	w.more, w.awaited, w.closing = c.take, c.prune, c.isClosed
	go c.loop()
	return c
}

// do has an operation done and waits for it.
func (c *committer) do(o *operation) error {
	if !c.post(o) {
		return store.ErrClosed
	}
	return o.wait()
}

// post has an operation done. It reports whether the committer still takes any.
func (c *committer) post(o *operation) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.queue = append(c.queue, o)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return true
}

// take removes the first operations of the queue that fit together.
func (c *committer) take(room int) []*operation {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for n < len(c.queue) && room > 0 {
		room -= max(1, c.queue[n].changes)
		n++
	}
	taken := c.queue[:n:n]
	c.queue = c.queue[n:]
	return taken
}

// prune removes the operations whose callers have left and reports whether any
// is left.
func (c *committer) prune() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = slices.DeleteFunc(c.queue, (*operation).left)
	return len(c.queue) > 0
}

func (c *committer) isEmpty() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue) == 0
}

func (c *committer) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// close finishes what was posted and ends the loop.
func (c *committer) close() {
	c.mu.Lock()
	first := !c.closed
	c.closed = true
	c.mu.Unlock()
	if first {
		close(c.wake)
	}
	<-c.ended
}

func (c *committer) loop() {
	defer close(c.ended)
	for {
		for !c.isEmpty() {
			c.writer.work()
		}
		if c.isClosed() {
			c.writer.close()
			return
		}
		c.rest()
	}
}

// retryTruncate is how long a log that readers held is left alone.
const retryTruncate = 250 * time.Millisecond

// rest waits for work, or until it is time to look at the log again.
func (c *committer) rest() {
	if !c.writer.untruncated {
		<-c.wake
		return
	}
	timer := time.NewTimer(retryTruncate)
	defer timer.Stop()
	select {
	case <-c.wake:
	case <-timer.C:
		c.writer.truncateLog()
	}
}

// drop takes a connection out of its pool.
func drop(conn *sql.Conn) {
	conn.Raw(func(any) error { return errDropped })
	conn.Close()
}
