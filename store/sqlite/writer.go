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

// errDropped makes database/sql close a connection instead of keeping it.
var errDropped = fmt.Errorf("connection is not used any more: %w", driver.ErrBadConn)

// errNobody tells that all who waited for the lock have left.
var errNobody = errors.New("nobody waits")

var errLost = errors.New("connection was lost before the change was made")

// writer has the one connection through which the store writes. Only the
// committer's goroutine uses it.
type writer struct {
	db      *sql.DB
	pragmas []string
	secret  *secret
	hook    func(statement string)

	more    func(room int) []*operation // the next operations of the queue
	awaited func() bool                 // whether anybody waits for one
	closing func() bool

	conn    *sql.Conn
	session *session

	checkpoints *checkpointer
	known       known
	swept       instant // until when ended counters have been looked for
	freeKeys    []int64 // rows of counter_keys that are free
	keysSeen    int64   // up to which row free ones have been looked for
	recount     bool    // tallies may count what was set aside
	recounted   instant
	untruncated bool      // the log may still hold what was erased
	truncated   time.Time // when that was tried last
	broken      bool      // the connection's state is in doubt
}

// open makes the connection, unless there is one.
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

// reopen gives up a connection whose state is in doubt. SQLite undoes what it
// had not committed.
func (w *writer) reopen() {
	if w.session == nil {
		return
	}
	w.use(func(s *session) error {
		s.close()
		return nil
	})
	drop(w.conn)
	w.conn, w.session, w.broken = nil, nil, false
}

// use runs f on the connection.
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
	// First, so that no connection is opened for it when the writer's is given up.
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

// lockWait is the pause after an attempt to get the lock.
func lockWait(attempt int) time.Duration {
	const shortest, longest = 100 * time.Microsecond, 10 * time.Millisecond
	return min(longest, shortest<<min(attempt, 10))
}

// patience is how long a closing store waits for the lock.
const patience = 5 * time.Second

// begin opens a transaction, and waits for the lock while somebody wants it:
// callers whose contexts end leave the queue, who has no deadline stays.
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

// group runs what waits in one transaction. Where that fails, each runs alone,
// so that nobody suffers for another.
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

// alone runs one operation in a transaction of its own.
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

// checkpointAfter is after how many statements, of about a page each, the log is
// copied into the file.
const checkpointAfter = 5000

// finish tells the callers how their transaction ended.
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
