package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"
)

// checkpointer copies the log into the file concurrently with the writer, so
// that callers do not wait for it. It cannot finish while others write. The
// writer does the rest, which is little, and restarts the log.
type checkpointer struct {
	db *sql.DB
	// borrowed: db belongs to the host, so that connections with changed
	// settings must not return to it.
	borrowed bool
	wake     chan struct{}
	done     chan struct{}
	end      context.CancelFunc // ends the wait for a connection
	// turn is held while copying the log, so that the writer does not try at
	// the same time.
	turn sync.Mutex
}

func newCheckpointer(db *sql.DB, borrowed bool) *checkpointer {
	c := &checkpointer{db: db, borrowed: borrowed, wake: make(chan struct{}, 1), done: make(chan struct{})}
	closing, end := context.WithCancel(context.Background())
	c.end = end
	go c.loop(closing)
	return c
}

// due requests a checkpoint and returns at once.
func (c *checkpointer) due() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *checkpointer) close() {
	c.end()
	close(c.wake)
	<-c.done
}

func (c *checkpointer) loop(closing context.Context) {
	defer close(c.done)
	for range c.wake {
		// A failed checkpoint is repeated later, here or by the writer.
		_ = c.copyLog(closing)
	}
}

// copyLog gets a connection before it locks turn: the host may hold all
// connections for any time, and the writer must not wait for that.
func (c *checkpointer) copyLog(closing context.Context) error {
	conn, err := c.db.Conn(closing)
	if err != nil {
		return err
	}
	c.turn.Lock()
	defer c.turn.Unlock()
	ctx := context.Background()
	// Without NORMAL, the log could be restarted before the copied pages are
	// synced.
	_, err = conn.ExecContext(ctx, "PRAGMA synchronous = NORMAL")
	if err == nil {
		_, err = conn.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
	}
	if c.borrowed {
		drop(conn)
		return err
	}
	return errors.Join(err, conn.Close())
}

// truncateWait is how long the writer waits in total for readers that are about
// to finish.
const truncateWait = 30 * time.Millisecond

// truncate copies the log into the file and empties it, so that it contains
// nothing that was erased. That fails while a reader uses an older state; if
// patient, truncate waits for short readers.
func (w *writer) truncate(s *session, patient bool) {
	w.checkpoints.turn.Lock()
	defer w.checkpoints.turn.Unlock()
	defer func() { w.truncated = time.Now() }()
	var waited time.Duration
	for attempt := 0; ; attempt++ {
		busy := true
		err := s.query(stCheckpoint, func(row []any) error {
			n, ok := row[0].(int64)
			busy = !ok || n != 0
			return nil
		})
		if err == nil && !busy {
			w.untruncated = false
			return
		}
		if err != nil && !isBusy(err) || !patient || waited >= truncateWait {
			return
		}
		pause := lockWait(attempt)
		time.Sleep(pause)
		waited += pause
	}
}

// truncateLog tries again, between transactions.
func (w *writer) truncateLog() {
	err := w.use(func(s *session) error {
		w.truncate(s, true)
		return nil
	})
	if err != nil {
		w.reopen()
	}
}
