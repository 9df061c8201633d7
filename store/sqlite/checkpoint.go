package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"
)

// checkpointer copies the log into the file beside the writer, so that callers
// do not wait for that. It never comes to the end of the log while others write:
// that, and beginning it anew, is the writer's part, with little left to copy.
type checkpointer struct {
	db *sql.DB
	// borrowed: db is the host's, and its connections stay as they are.
	borrowed bool
	wake     chan struct{}
	done     chan struct{}
	end      context.CancelFunc // nobody waits for a connection any more
	// turn is held while the log is copied: the writer does not try meanwhile.
	turn sync.Mutex
}

func newCheckpointer(db *sql.DB, borrowed bool) *checkpointer {
	c := &checkpointer{db: db, borrowed: borrowed, wake: make(chan struct{}, 1), done: make(chan struct{})}
	closing, end := context.WithCancel(context.Background())
	c.end = end
	go c.loop(closing)
	return c
}

// due asks for a checkpoint and waits for nothing.
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
		// What does not succeed now does later, here or in the writer.
		_ = c.copyLog(closing)
	}
}

// copyLog has its connection before its turn: the host may hold all connections
// for as long as it likes, and the writer is not to wait for that.
func (c *checkpointer) copyLog(closing context.Context) error {
	conn, err := c.db.Conn(closing)
	if err != nil {
		return err
	}
	c.turn.Lock()
	defer c.turn.Unlock()
	ctx := context.Background()
	// Without NORMAL the log could be begun anew before its copy is on the disk.
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

// truncateWait is how long the writer waits, in all, for readers that are about
// to finish.
const truncateWait = 30 * time.Millisecond

// truncate writes the log into the file and empties it, so that nothing of what
// was erased is left in it. While somebody reads an older state that is not
// possible; patient waits for short readers.
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

// truncateLog tries once more, between transactions.
func (w *writer) truncateLog() {
	err := w.use(func(s *session) error {
		w.truncate(s, true)
		return nil
	})
	if err != nil {
		w.reopen()
	}
}
