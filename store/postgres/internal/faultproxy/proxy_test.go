package faultproxy_test

import (
	"errors"
	"fmt"
	"net"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ringback-go/ringback/store/postgres/internal/faultproxy"
)

func TestNewTargets(t *testing.T) {
	cluster := suite.Cluster(t)
	for _, target := range []string{
		cluster.Socket(), "unix:" + cluster.Socket(),
		fmt.Sprintf("127.0.0.1:%d", cluster.Port()), fmt.Sprintf("tcp:127.0.0.1:%d", cluster.Port()), fmt.Sprintf("localhost:%d", cluster.Port()),
	} {
		proxy, err := faultproxy.New(target)
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		dsn, err := proxy.DSN(cluster.TCP("postgres"))
		if err != nil {
			t.Fatal(err)
		}
		if err := connect(t, dsn).Ping(soon(t)); err != nil {
			t.Errorf("%s: %v", target, err)
		}
		if err := proxy.Close(); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
	for _, target := range []string{"", "nowhere", "unix:", "tcp:", "tcp:nowhere", "a:b:c"} {
		if proxy, err := faultproxy.New(target); err == nil {
			t.Errorf("%q was accepted: %v", target, proxy.Close())
		}
	}
}

func TestDSN(t *testing.T) {
	proxy, err := faultproxy.New("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	for server, want := range map[string]string{
		"postgres://u:p@db:5432/x":                           "postgres://u:p@" + proxy.Addr() + "/x",
		"postgresql:///x?host=%2Ftmp&port=7&sslmode=disable": "postgresql://" + proxy.Addr() + "/x?sslmode=disable",
	} {
		if got, err := proxy.DSN(server); err != nil || got != want {
			t.Errorf("DSN(%q) = %q, %v; want %q", server, got, err, want)
		}
	}
	for _, server := range []string{"", "host=db", "mysql://db", "postgres://u:secret@db:%zz/"} {
		got, err := proxy.DSN(server)
		if err == nil {
			t.Errorf("DSN(%q) = %q", server, got)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("DSN(%q): the error contains the password: %v", server, err)
		}
	}
}

// A client that prefers encryption requests it first.
func TestDeclinesEncryption(t *testing.T) {
	b := newBench(t)
	conn := connect(t, strings.Replace(b.through, "sslmode=disable", "sslmode=prefer", 1))
	if err := conn.Ping(soon(t)); err != nil {
		t.Error(err)
	}
	raw, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Write([]byte{0, 0, 0, 8, 4, 210, 22, 48}); err != nil { // GSSENCRequest
		t.Fatal(err)
	}
	answer := make([]byte, 1)
	if _, err := raw.Read(answer); err != nil || answer[0] != 'N' {
		t.Errorf("response to GSSENCRequest: %q, %v", answer, err)
	}
}

func TestCancelRequest(t *testing.T) {
	b := newBench(t)
	conn := connect(t, b.through)
	failed := make(chan error, 1)
	ctx := soon(t)
	go func() {
		_, err := conn.Exec(ctx, "select pg_sleep(3600)")
		failed <- err
	}()
	eventually(t, "the statement is cancelled", func() bool {
		if err := conn.PgConn().CancelRequest(ctx); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-failed:
			pgErr := (*pgconn.PgError)(nil)
			if !errors.As(err, &pgErr) || pgErr.Code != "57014" {
				t.Errorf("cancelled statement: %v", err)
			}
			return true
		default:
			return false
		}
	})
	if err := conn.Ping(soon(t)); err != nil {
		t.Errorf("connection after the cancel: %v", err)
	}
}

func TestCutOpen(t *testing.T) {
	b := newBench(t)
	conns := []*pgx.Conn{connect(t, b.through), connect(t, b.through)}
	b.Cut()
	for _, conn := range conns {
		if err := conn.Ping(soon(t)); err == nil {
			t.Error("a connection survived")
		}
	}
	if err := connect(t, b.through).Ping(soon(t)); err != nil {
		t.Errorf("new connection: %v", err)
	}
}

func TestServerDown(t *testing.T) {
	proxy, err := faultproxy.New("/nowhere/.s.PGSQL.1")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	dsn, err := proxy.DSN("postgres:///x?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	ctx := soon(t)
	if _, err := pgx.Connect(ctx, dsn); err == nil || ctx.Err() != nil {
		t.Errorf("connect: %v", err)
	}
}

// A client that does not speak the protocol is disconnected.
func TestBadBytes(t *testing.T) {
	b := newBench(t)
	startup := []byte("\x00\x00\x00\x26\x00\x03\x00\x00user\x00postgres\x00database\x00x\x00\x00")
	startup[3] = byte(len(startup))
	for name, bytes := range map[string][]byte{
		"short startup":   {0, 0, 0, 7, 0, 3, 0, 0},
		"long startup":    {0, 1, 0, 0, 0, 3, 0, 0},
		"short message":   append(startup[:len(startup):len(startup)], 'Q', 0, 0, 0, 3),
		"endless message": append(startup[:len(startup):len(startup)], 'Q', 255, 255, 255, 255),
	} {
		raw, err := net.Dial("tcp", b.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := raw.Write(bytes); err != nil {
			t.Fatal(err)
		}
		deadline, _ := soon(t).Deadline()
		if err := raw.SetReadDeadline(deadline); err != nil {
			t.Fatal(err)
		}
		for buffer := make([]byte, 1000); err == nil; {
			_, err = raw.Read(buffer)
		}
		if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("%s: the connection is still open", name)
		}
		raw.Close()
	}
}

func TestConcurrentUse(t *testing.T) {
	b := newBench(t)
	const clients, each = 8, 30
	var group sync.WaitGroup
	for client := range clients {
		conn := connect(t, b.through)
		group.Go(func() {
			for i := range each {
				if _, err := conn.Exec(t.Context(), "insert into t values ($1)", client*each+i); err != nil {
					t.Errorf("client %d: %v", client, err)
					return
				}
			}
		})
	}
	for range each {
		b.DropNotifications(true)
		b.Arm(faultproxy.CutBefore, faultproxy.IsCommit, 1)
		b.Swallow(false)
		b.Disarm()
	}
	group.Wait()
	if got := b.count(t, "select count(*) from t"); got != clients*each {
		t.Errorf("%d rows, want %d", got, clients*each)
	}
}

// Close ends everything in any state: idle and silent connections, a commit
// that waits, and an incomplete request.
func TestCloseLeavesNothing(t *testing.T) {
	b := newBench(t)
	idle := connect(t, b.through)
	waiting := connect(t, b.through)
	b.Arm(faultproxy.CutAfter, nil, 1)
	failed := make(chan error, 1)
	ctx := soon(t)
	go func() {
		_, err := waiting.Exec(ctx, "select pg_sleep(3600)")
		failed <- err
	}()
	eventually(t, "the statement runs", func() bool {
		return b.count(t, "select count(*) from pg_stat_activity where query like '%pg_sleep(3600)' and state = 'active'") == 1
	})
	b.Swallow(true)
	half, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	if _, err := half.Write([]byte{0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; err == nil {
		t.Error("a statement succeeded without a response")
	}
	if err := idle.Ping(soon(t)); err == nil {
		t.Error("a connection survived")
	}
	if _, err := pgx.Connect(soon(t), b.through); err == nil {
		t.Error("the proxy still accepts connections")
	}
	var stacks strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&stacks, 2); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(stacks.String(), "faultproxy.(*") {
		t.Errorf("remaining goroutines:\n%s", stacks.String())
	}
	if err := b.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	b.exec(t, fmt.Sprintf("select pg_terminate_backend(%d)", waiting.PgConn().PID()))
}
