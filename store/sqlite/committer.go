package sqlite

import (
	"database/sql"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/store"
)

// mostChanges is the maximum number of changes in a transaction, except that a
// single call may have more.
const mostChanges = 512

// committer passes the operations of all callers to the writer, a group at a
// time. Operations that arrive while a group is written form the next one, so
// that concurrent callers share commits and a single one does not wait.
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

// do passes an operation to the writer and waits for its result.
func (c *committer) do(o *operation) error {
	if !c.post(o) {
		return store.ErrClosed
	}
	return o.wait()
}

// post passes an operation to the writer. It returns false if the store is
// closed.
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

// take removes the first operations of the queue that fit into a transaction.
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

// prune removes operations whose callers have given up and reports whether any
// remain.
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

// close finishes the queue and ends the loop.
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

// retryTruncate is the time between attempts to truncate a log that readers
// use.
const retryTruncate = 250 * time.Millisecond

// rest waits for an operation, or until it is time to truncate the log.
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

// drop closes a connection instead of returning it to its pool.
func drop(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return errDropped }) // makes database/sql close it
	_ = conn.Close()
}
