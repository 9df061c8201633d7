package faultproxy_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/ringback-go/ringback/store/postgres/internal/faultproxy"
)

// raw is a client that speaks the protocol directly, after pgx has logged in.
type raw struct {
	net.Conn
	pid uint32
}

func (b *bench) raw(t *testing.T) raw {
	t.Helper()
	hijacked, err := connect(t, b.through).PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hijacked.Conn.Close() })
	if err := hijacked.Conn.SetDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	return raw{Conn: hijacked.Conn, pid: hijacked.PID}
}

// send sends a message.
func (r raw) send(t *testing.T, kind byte, body string) {
	t.Helper()
	if _, err := r.Write(frame(kind, body)); err != nil {
		t.Fatal(err)
	}
}

func frame(kind byte, body string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(4+len(body))), body...)
}

// rest returns everything received until the connection ends.
func (r raw) rest(t *testing.T) []byte {
	t.Helper()
	received, err := io.ReadAll(r)
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		t.Fatalf("the connection did not end after %q", received)
	}
	return received
}

// No byte of the response arrives, not even what precedes ReadyForQuery.
func TestCutAfterWithholds(t *testing.T) {
	b := newBench(t)
	fired := b.Arm(faultproxy.CutAfter, inserts, 1)
	raw := b.raw(t)
	raw.send(t, 'Q', "insert into t values (1) returning id\x00")
	if received := raw.rest(t); len(received) > 0 {
		t.Errorf("received %q", received)
	}
	wait(t, fired)
	if got := b.count(t, "select count(*) from t"); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}

// A client that waits for CopyInResponse before sending rows receives it.
func TestCutAfterCopy(t *testing.T) {
	b := newBench(t)
	fired := b.Arm(faultproxy.CutAfter, nil, 1)
	raw := b.raw(t)
	raw.send(t, 'Q', "copy t from stdin\x00")
	ask := make([]byte, 10) // CopyInResponse for one column
	if _, err := io.ReadFull(raw, ask); err != nil || ask[0] != 'G' {
		t.Fatalf("response to COPY: %q, %v", ask, err)
	}
	raw.send(t, 'd', "1\n")
	raw.send(t, 'c', "")
	if received := raw.rest(t); len(received) > 0 {
		t.Errorf("received %q", received)
	}
	wait(t, fired)
	if got := b.count(t, "select count(*) from t"); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}

// A client that disconnects before its pipeline is complete commits nothing,
// and the fault waits for the next request.
func TestCutAfterIncomplete(t *testing.T) {
	b := newBench(t)
	fired := b.Arm(faultproxy.CutAfter, inserts, 1)
	client := b.raw(t)
	client.send(t, 'P', "\x00insert into t values (1)\x00\x00\x00")
	client.send(t, 'B', "\x00\x00\x00\x00\x00\x00\x00\x00")
	client.send(t, 'E', "\x00\x00\x00\x00\x00")
	client.send(t, 'H', "")
	answers := []byte("1\x00\x00\x00\x042\x00\x00\x00\x04C\x00\x00\x00\x0fINSERT 0 1\x00")
	received := make([]byte, len(answers))
	if _, err := io.ReadFull(client, received); err != nil || !bytes.Equal(received, answers) {
		t.Fatalf("responses: %q, %v", received, err)
	}
	client.Close()
	next := b.raw(t)
	again := frame('Q', "insert into t values (2) on conflict do nothing\x00")
	eventually(t, "the fault meets another request", func() bool {
		select {
		case <-fired:
			return true
		default:
			// This fails once the connection is cut, just before fired is
			// closed.
			_, _ = next.Write(again)
			return false
		}
	})
	if got := b.count(t, "select sum(id) from t"); got != 2 {
		t.Errorf("sum of the rows: %d, want 2", got)
	}
}

// A request is executed even if its client gives up.
func TestCutAfterClientLeft(t *testing.T) {
	b := newBench(t)
	b.exec(t, "begin")
	b.exec(t, "lock table t")
	fired := b.Arm(faultproxy.CutAfter, inserts, 1)
	raw := b.raw(t) // pgx would cancel the statement when closing
	raw.send(t, 'Q', "insert into t values (1)\x00")
	eventually(t, "the insert waits for the lock", func() bool {
		return b.count(t, "select count(*) from pg_locks where not granted and relation = 't'::regclass") == 1
	})
	raw.Close()
	b.exec(t, "commit")
	wait(t, fired)
	if got := b.count(t, "select count(*) from t"); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}
