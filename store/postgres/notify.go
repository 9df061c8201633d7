package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// notices tells other nodes that something changed, and hears it from them.
type notices struct {
	mu     sync.Mutex
	sent   time.Time
	due    bool // a notification is on its way
	closed bool
	over   chan struct{} // closed when closed is set
	ends   []context.CancelFunc
	all    sync.WaitGroup
}

// changed sends a notification, unless one was sent just now: then it is sent
// a little later, once for all changes until then.
func (n *notices) changed(s *Store) {
	if !s.config.Notify || s.inside() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || n.due {
		return
	}
	n.due = true
	wait := s.config.NotifyEvery - time.Since(n.sent)
	n.all.Go(func() {
		if wait > 0 {
			timer := time.NewTimer(wait)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-n.over: // what is owed goes out now
			}
		}
		n.mu.Lock()
		n.due, n.sent = false, time.Now()
		n.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), s.config.Timeout)
		defer cancel()
		// A notification that is lost costs others a poll.
		_, _ = s.db.Exec(ctx, "SELECT pg_notify($1, '')", s.channel())
	})
}

// channel is what the nodes of a schema listen to. The server takes names of up
// to 63 bytes.
func (s *Store) channel() string {
	name := "ringback_" + s.config.Schema
	if len(name) > 63 {
		sum := sha256.Sum256([]byte(name))
		name = "ringback_" + hex.EncodeToString(sum[:16])
	}
	return name
}

// Notify calls f, which must not block, after changes of any node, until stop is
// called or the store is closed. It needs Config.Notify and a connection of its
// own outside the pool, to the pool's server; while that connection cannot be
// had, nothing is heard.
func (s *Store) Notify(f func()) (stop func()) {
	n := &s.notices
	ctx, cancel := context.WithCancel(context.Background())
	n.mu.Lock()
	defer n.mu.Unlock()
	if !s.config.Notify || n.closed || s.inside() {
		cancel()
		return func() {}
	}
	n.ends = append(n.ends, cancel)
	done := make(chan struct{})
	n.all.Go(func() {
		defer close(done)
		for ctx.Err() == nil {
			s.listen(ctx, f)
			pause(ctx, time.Second)
		}
	})
	return func() {
		cancel()
		<-done
	}
}

// listen hears notifications until the connection fails. One that is silent for
// long is asked for a sign of life: it may be half open.
func (s *Store) listen(ctx context.Context, f func()) {
	connecting, cancel := s.bounded(ctx)
	defer cancel()
	conn, err := pgx.ConnectConfig(connecting, s.pool.Config().ConnConfig)
	if err != nil {
		return
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if _, err := conn.Exec(connecting, "LISTEN "+pgx.Identifier{s.channel()}.Sanitize()); err != nil {
		return
	}
	// What changed before the LISTEN was not heard.
	f()
	for ctx.Err() == nil {
		waiting, cancel := context.WithTimeout(ctx, silence)
		err := conn.PgConn().WaitForNotification(waiting)
		cancel()
		switch {
		case err == nil:
			f()
		case ctx.Err() != nil || conn.IsClosed():
			return
		default:
			asking, cancel := s.bounded(ctx)
			err := conn.Ping(asking)
			cancel()
			if err != nil {
				return
			}
		}
	}
}

// silence is after how long without a notification the connection is checked.
const silence = 15 * time.Second

func (n *notices) close() {
	n.mu.Lock()
	if !n.closed {
		n.closed = true
		close(n.over)
	}
	for _, end := range n.ends {
		end()
	}
	n.mu.Unlock()
	n.all.Wait()
}
