package postgrestest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// bounce starts a PgBouncer in front of the suite's cluster; it is closed after
// the test.
func bounce(t *testing.T, o postgrestest.BouncerOptions) *postgrestest.Bouncer {
	t.Helper()
	b, err := postgrestest.StartBouncer(soon(t), suite.Cluster(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// behind returns the connection string of a new database through a PgBouncer.
func behind(t *testing.T, b *postgrestest.Bouncer) string {
	t.Helper()
	config, err := pgx.ParseConfig(suite.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	return b.DSN(config.Database)
}

const (
	createCalls = `create table calls (id uuid primary key, note text, at timestamptz, tries int[], data jsonb, raw bytea)`
	insertCall  = `insert into calls values ($1, $2, $3, $4, $5, $6)`
)

// There are more clients than server connections, so every transaction may run
// on another one. The clients use what a store uses: parameters of all kinds,
// transactions and batches.
func TestBouncerShares(t *testing.T) {
	for _, mode := range []string{"", "exec", "simple_protocol"} {
		b := bounce(t, postgrestest.BouncerOptions{PoolSize: 2, ExecMode: mode})
		dsn := behind(t, b)
		run(t, connect(t, dsn), createCalls)
		pool, err := pgxpool.New(soon(t), dsn+"&pool_max_conns=6")
		if err != nil {
			t.Fatal(err)
		}
		const clients, each = 6, 20
		var group sync.WaitGroup
		for client := range clients {
			group.Go(func() {
				for i := range each {
					if err := work(t, pool, byte(client), byte(i)); err != nil {
						t.Errorf("mode %q, client %d, round %d: %v", mode, client, i, err)
						return
					}
				}
			})
		}
		group.Wait()
		pool.Close()
		if got := value(t, connect(t, dsn), "select count(*)::text from calls"); got != fmt.Sprint(2*clients*each) {
			t.Errorf("mode %q: %s rows, want %d", mode, got, 2*clients*each)
		}
	}
}

// work writes one row in a transaction and one in a batch, and reads one.
func work(t *testing.T, pool *pgxpool.Pool, client, round byte) error {
	at := time.Date(2024, 2, 29, 12, 0, 0, 123456000, time.UTC)
	row := func(kind byte) []any {
		id := pgtype.UUID{Bytes: [16]byte{client, round, kind}, Valid: true}
		return []any{id, "note", at, []int32{1, 2}, `{"n": 1}`, []byte{0, 255}}
	}
	insert := func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), insertCall, row(1)...)
		return err
	}
	if err := pgx.BeginFunc(t.Context(), pool, insert); err != nil {
		return fmt.Errorf("transaction: %w", err)
	}
	batch := &pgx.Batch{}
	values := row(2)
	batch.Queue(insertCall, values...)
	batch.Queue("update calls set note = $2 where id = $1", values[0], "changed")
	if err := pool.SendBatch(t.Context(), batch).Close(); err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	var note string
	var got time.Time
	if err := pool.QueryRow(t.Context(), "select note, at from calls where id = $1", values[0]).Scan(&note, &got); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	if note != "changed" || !got.Equal(at) {
		return fmt.Errorf("row has %q, %v", note, got)
	}
	return nil
}

// The transactions of two clients take turns on the only server connection.
func TestBouncerTransactionMode(t *testing.T) {
	dsn := behind(t, bounce(t, postgrestest.BouncerOptions{PoolSize: 1}))
	one, other := connect(t, dsn), connect(t, dsn)
	const who = "select pg_backend_pid()::text"
	if first, second := value(t, one, who), value(t, other, who); first != second {
		t.Errorf("sessions %s and %s in a pool of one", first, second)
	}
	run(t, one, "begin")
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := other.Exec(short, "select 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second transaction in a pool of one: %v", err)
	}
	run(t, one, "commit")
	run(t, connect(t, dsn), "select 1")
}

// cache_describe is the default because it encodes parameters as pgx does
// without PgBouncer.
func TestBouncerExecModes(t *testing.T) {
	for mode, works := range map[string]bool{"": true, "cache_describe": true, "exec": false, "simple_protocol": false} {
		b := bounce(t, postgrestest.BouncerOptions{ExecMode: mode})
		conn := connect(t, behind(t, b))
		run(t, conn, "create table d (data jsonb)")
		_, err := conn.Exec(soon(t), "insert into d values ($1)", []byte(`{"n": 1}`))
		if works != (err == nil) {
			t.Errorf("mode %q, bytes into jsonb: %v", mode, err)
		}
		if pgErr := (*pgconn.PgError)(nil); !works && !errors.As(err, &pgErr) {
			t.Errorf("mode %q: not refused by the server: %v", mode, err)
		}
	}
}

func TestBouncerRefused(t *testing.T) {
	temp := ownTemp(t)
	for says, o := range map[string]postgrestest.BouncerOptions{
		"pool size -1":           {PoolSize: -1},
		`exec mode "describe"`:   {ExecMode: "describe"},
		"[cache_describe exec s": {ExecMode: "cache_statement"},
	} {
		b, err := postgrestest.StartBouncer(soon(t), suite.Cluster(t), o)
		if err == nil {
			t.Errorf("%+v was accepted: %v", o, b.Close())
		} else if !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: error does not contain %q: %v", o, says, err)
		}
	}
	if left := leftovers(t, temp); len(left) > 0 {
		t.Errorf("remaining folders: %v", left)
	}
}

func TestBouncerLife(t *testing.T) {
	temp := ownTemp(t)
	c := start(t, postgrestest.Options{})
	b, err := postgrestest.StartBouncer(soon(t), c, postgrestest.BouncerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.DSN("x"), fmt.Sprintf("@127.0.0.1:%d/x?", b.Port())) {
		t.Errorf("connection string %s for port %d", b.DSN("x"), b.Port())
	}
	if log, err := os.ReadFile(b.Log()); err != nil || !strings.Contains(string(log), "process up") {
		t.Errorf("log: %v\n%s", err, log)
	}
	conn := connect(t, b.DSN("postgres"))
	run(t, conn, "select 1")

	if err := errors.Join(c.StopImmediate(soon(t)), c.Restart(soon(t))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it serves the restarted server", func() bool {
		again, err := pgx.Connect(soon(t), b.DSN("postgres"))
		if err != nil {
			return false
		}
		_, err = again.Exec(soon(t), "select 1")
		return err == nil && again.Close(soon(t)) == nil
	})

	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if _, err := pgx.Connect(soon(t), b.DSN("postgres")); err == nil {
		t.Error("a connection after Close succeeded")
	}
	if left := leftovers(t, temp); len(left) != 1 {
		t.Errorf("folders %v, want only that of the cluster", left)
	}
	if err := b.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}
