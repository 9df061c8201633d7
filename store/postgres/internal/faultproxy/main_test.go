package faultproxy_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/store/postgres/internal/faultproxy"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// within is the time limit of operations that must finish soon.
const within = 10 * time.Second

var suite postgrestest.Suite

func TestMain(m *testing.M) { os.Exit(suite.Main(m)) }

// bench is a database with the table t (id int primary key), reachable directly
// and through a proxy.
type bench struct {
	*faultproxy.Proxy
	through string // connection string through the proxy
	direct  *pgx.Conn
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dsn := suite.NewDatabase(t)
	proxy, err := faultproxy.New(suite.Cluster(t).Socket())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	through, err := proxy.DSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Proxy: proxy, through: through, direct: connect(t, dsn)}
	b.exec(t, "create table t (id int primary key)")
	return b
}

// connect opens a connection that is closed after the test.
func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	ctx := soon(t)
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		_ = conn.Close(ctx) // many tests break it
	})
	return conn
}

// soon returns a context that ends after within.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	t.Cleanup(cancel)
	return ctx
}

// exec executes a statement without the proxy.
func (b *bench) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := b.direct.Exec(soon(t), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// count returns the number that a query returns without the proxy.
func (b *bench) count(t *testing.T, query string) int {
	t.Helper()
	var n int
	if err := b.direct.QueryRow(soon(t), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// eventually waits until holds returns true.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx := soon(t)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not in %v: %s", within, what)
		}
	}
}

// wait waits until a fault has fired.
func wait(t *testing.T, fired <-chan struct{}) {
	t.Helper()
	select {
	case <-fired:
	case <-time.After(within):
		t.Fatalf("the fault did not fire in %v", within)
	}
}
