package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// errDropped makes database/sql close a connection instead of reusing it.
var errDropped = fmt.Errorf("connection is discarded: %w", driver.ErrBadConn)

// errNobody means that every caller gave up while the writer waited for the
// lock.
var errNobody = errors.New("all callers gave up")

var errLost = errors.New("connection was lost before the change")

// writer owns the connection for writing. Only the committer's goroutine uses
// it.
type writer struct {
	db      *sql.DB
	pragmas []string
	secret  *secret
	hook    func(statement string)

	more    func(room int) []*operation // takes operations from the queue
	awaited func() bool                 // reports whether the queue has any
	closing func() bool

	conn    *sql.Conn
	session *session

	checkpoints *checkpointer
	cache       rowCache
	swept       instant // time of the last complete sweep
	freeKeys    []int64 // free rows of counter_keys
	keysSeen    int64   // last row of counter_keys searched for free ones
	recount     bool    // tallies may include records that were set aside
	recounted   instant
	untruncated bool      // the log may contain erased data
	truncated   time.Time // time of the last attempt
	broken      bool      // the state of the connection is unknown
}

// open opens the connection, unless it is open.
func (w *writer) open() error {
	if w.session != nil {
		return nil
	}
	conn, err := w.db.Conn(context.Background())
	if err != nil {
		return err
	}
	err = conn.Raw(func(raw any) error {
		s, err := newSession(raw, w.hook)
		if err != nil {
			return err
		}
		for _, pragma := range w.pragmas {
			if err := s.text("PRAGMA "+pragma, func([]any) error { return nil }); err != nil {
				return fmt.Errorf("pragma %s: %w", pragma, err)
			}
		}
		w.session = s
		return nil
	})
	if err != nil {
		drop(conn)
		return err
	}
	w.conn = conn
	return nil
}

// reopen closes the connection, which makes SQLite roll back. The next use
// opens another.
func (w *writer) reopen() {
	if w.session == nil {
		return
	}
	_ = w.conn.Raw(func(any) error { // fails if the connection is gone already
		w.session.close()
		return nil
	})
	drop(w.conn)
	w.conn, w.session, w.broken = nil, nil, false
}

// use calls f with the session.
func (w *writer) use(f func(s *session) error) error {
	if err := w.open(); err != nil {
		return err
	}
	return w.conn.Raw(func(any) error { return f(w.session) })
}

func (w *writer) close() {
	for range 20 {
		if !w.untruncated {
			break
		}
		w.truncateLog()
	}
	// First, so that closing the writer's connection does not open another for
	// it.
	w.checkpoints.close()
	w.reopen()
}

// work writes the next group.
func (w *writer) work() {
	err := w.use(func(s *session) error {
		if err := w.begin(s, w.awaited); err != nil {
			return err
		}
		w.group(s)
		return nil
	})
	if w.broken || err != nil && !isBusy(err) && !errors.Is(err, errNobody) {
		w.reopen()
	}
	if err == nil || errors.Is(err, errNobody) {
		return
	}
	for _, o := range w.more(mostChanges) {
		if o.begin() {
			o.done <- classify(err)
		}
	}
}

// lockWait returns the pause after a failed attempt to get the lock.
func lockWait(attempt int) time.Duration {
	const shortest, longest = 100 * time.Microsecond, 10 * time.Millisecond
	return min(longest, shortest<<min(attempt, 10))
}

// patience is how long Close waits for the lock.
const patience = 5 * time.Second

// begin begins a transaction. It waits for the lock while wanted is true:
// callers whose contexts end leave the queue.
func (w *writer) begin(s *session, wanted func() bool) error {
	var waited time.Duration
	for attempt := 0; ; attempt++ {
		err := s.run(stBegin)
		switch {
		case err == nil || !isBusy(err) || w.closing() && waited > patience:
			return err
		case !wanted():
			return errNobody
		}
		pause := lockWait(attempt)
		time.Sleep(pause)
		waited += pause
	}
}

// group runs the operations of the queue in one transaction. If that fails, it
// runs each in its own, so that one does not affect the others.
func (w *writer) group(s *session) {
	t := newTransaction(w, s)
	var group []*operation
	var failure error
	for room := mostChanges; room > 0 && failure == nil; {
		taken := w.more(room)
		if len(taken) == 0 {
			break
		}
		for _, o := range taken {
			room -= max(1, o.changes)
			if !o.begin() {
				continue
			}
			group = append(group, o)
			if failure == nil {
				failure = o.run(t)
			}
		}
	}
	if failure == nil {
		failure = t.flush()
	}
	if failure == nil && len(group) > 0 {
		w.finish(group, t, t.commit())
		return
	}
	t.undo()
	switch len(group) {
	case 0:
	case 1:
		group[0].done <- classify(failure)
	default:
		for _, o := range group {
			w.alone(s, o)
		}
	}
}

// alone runs one operation in its own transaction.
func (w *writer) alone(s *session, o *operation) {
	if w.broken {
		o.done <- errLost
		return
	}
	if err := w.begin(s, func() bool { return true }); err != nil {
		o.done <- classify(err)
		return
	}
	t := newTransaction(w, s)
	err := o.run(t)
	if err == nil {
		err = t.flush()
	}
	if err != nil {
		t.undo()
		o.done <- classify(err)
		return
	}
	w.finish([]*operation{o}, t, t.commit())
}

// checkpointAfter is the number of statements, of about one page each, after
// which the log is copied into the file.
const checkpointAfter = 5000

// finish reports the outcome of a transaction to the callers.
func (w *writer) finish(group []*operation, t *transaction, err error) {
	if err != nil {
		t.undo()
		err = outcome(err)
		w.broken = w.broken || errors.Is(err, callback.ErrOutcomeUnknown)
	} else {
		t.keep()
		if t.writes >= checkpointAfter {
			t.session.writes = 0
			w.checkpoints.due()
		}
		w.untruncated = w.untruncated || t.erased
		if t.forgotten || w.untruncated && time.Since(w.truncated) > retryTruncate {
			w.truncate(t.session, t.forgotten)
		}
	}
	for _, o := range group {
		o.done <- err
	}
}
