package faultproxy_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shortly is a deadline that a swallowed call must reach.
const shortly = 150 * time.Millisecond

func TestSwallow(t *testing.T) {
	b := newBench(t)
	used, idle := connect(t, b.through), connect(t, b.through)
	b.Swallow(true)

	ctx, cancel := context.WithTimeout(t.Context(), shortly)
	defer cancel()
	began := time.Now()
	if _, err := used.Exec(ctx, "insert into t values (1)"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("swallowed statement: %v", err)
	}
	if _, err := pgx.Connect(ctx, b.through); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("new connection: %v", err)
	}
	if took := time.Since(began); took > within/2 {
		t.Errorf("the calls took %v", took)
	}

	b.Swallow(false)
	if got := b.count(t, "select count(*) from t"); got != 0 {
		t.Errorf("%d rows: the statement arrived", got)
	}
	if _, err := idle.Exec(soon(t), "insert into t values (2)"); err != nil {
		t.Errorf("connection that lost nothing: %v", err)
	}
	if _, err := connect(t, b.through).Exec(soon(t), "insert into t values (3)"); err != nil {
		t.Errorf("connection after the fault: %v", err)
	}
	if err := used.Ping(soon(t)); err == nil {
		t.Error("a connection that lost bytes works")
	}
}

// A call in progress when the bytes begin to be lost gets no response, although
// the server executes it.
func TestSwallowAnswer(t *testing.T) {
	b := newBench(t)
	b.exec(t, "begin")
	b.exec(t, "lock table t")
	conn := connect(t, b.through)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answered := make(chan error, 1)
	go func() {
		_, err := conn.Exec(ctx, "insert into t values (1)")
		answered <- err
	}()
	eventually(t, "the insert waits for the lock", func() bool {
		return b.count(t, "select count(*) from pg_locks where not granted and relation = 't'::regclass") == 1
	})
	b.Swallow(true)
	b.exec(t, "commit")
	eventually(t, "the insert is executed", func() bool { return b.count(t, "select count(*) from t") == 1 })
	select {
	case err := <-answered:
		t.Fatalf("a response arrived: %v", err)
	default:
	}
	// The repair closes the connection, which the client notices without a
	// deadline.
	b.Swallow(false)
	select {
	case err := <-answered:
		if err == nil {
			t.Error("the client got a success")
		}
	case <-time.After(within):
		t.Fatal("the repair did not close the connection")
	}
}

// While the network is silent the server does not notice that a client left:
// its session keeps its locks until the repair.
func TestSwallowHalfOpen(t *testing.T) {
	b := newBench(t)
	conn := connect(t, b.through)
	if _, err := conn.Exec(soon(t), "begin; insert into t values (1)"); err != nil {
		t.Fatal(err)
	}
	raw, err := conn.PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	session := fmt.Sprintf("select count(*) from pg_stat_activity where pid = %d and state = 'idle in transaction'", raw.PID)
	b.Swallow(true)
	if _, err := raw.Conn.Write([]byte("Q\x00\x00\x00\x0bcommit\x00")); err != nil {
		t.Fatal(err)
	}
	if err := raw.Conn.Close(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(shortly); time.Now().Before(end); <-tick.C {
		if got := b.count(t, session); got != 1 {
			t.Fatalf("%d sessions: the server noticed", got)
		}
	}
	b.Swallow(false)
	eventually(t, "the session ends", func() bool { return b.count(t, session) == 0 })
	if got := b.count(t, "select count(*) from t"); got != 0 {
		t.Errorf("%d rows of a transaction whose commit was lost", got)
	}
}

// While the network is silent the client does not notice that the server is
// gone; it needs a deadline.
func TestSwallowServerGone(t *testing.T) {
	b := newBench(t)
	conn := connect(t, b.through)
	b.Swallow(true)
	b.exec(t, fmt.Sprintf("select pg_terminate_backend(%d, %d)", conn.PgConn().PID(), within.Milliseconds()))
	ctx, cancel := context.WithTimeout(t.Context(), shortly)
	defer cancel()
	if _, err := conn.Exec(ctx, "select 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("statement during the silence: %v", err)
	}
}

func TestDropNotifications(t *testing.T) {
	b := newBench(t)
	conn := connect(t, b.through)
	if _, err := conn.Exec(soon(t), "listen news"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		payload string
		drop    bool
	}{{"first", false}, {"lost", true}, {"last", false}} {
		b.DropNotifications(c.drop)
		b.exec(t, fmt.Sprintf("notify news, '%s'", c.payload))
		if c.drop {
			// The response to this follows the notification, which the server
			// sends at the latest when a transaction ends.
			for range 2 {
				if _, err := conn.Exec(soon(t), "select 1"); err != nil {
					t.Fatal(err)
				}
			}
			continue
		}
		news, err := conn.WaitForNotification(soon(t))
		if err != nil {
			t.Fatalf("%s: %v", c.payload, err)
		}
		if news.Payload != c.payload {
			t.Fatalf("notification %q, want %q", news.Payload, c.payload)
		}
	}
}
