package faultproxy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ringback-go/ringback/store/postgres/internal/faultproxy"
)

func inserts(statement string) bool { return strings.HasPrefix(statement, "insert") }

// writes are the ways in which pgx commits. Each writes the row id with one
// matching request.
var writes = []struct {
	name  string
	match func(string) bool
	write func(ctx context.Context, conn *pgx.Conn, id int) error
}{
	{"simple statement", inserts, func(ctx context.Context, conn *pgx.Conn, id int) error {
		_, err := conn.Exec(ctx, fmt.Sprintf("insert into t values (%d)", id))
		return err
	}},
	{"cached statement", inserts, func(ctx context.Context, conn *pgx.Conn, id int) error {
		_, err := conn.Exec(ctx, "insert into t values ($1)", id)
		return err
	}},
	{"named statement", inserts, func(ctx context.Context, conn *pgx.Conn, id int) error {
		if _, err := conn.Prepare(ctx, "add", "insert into t values ($1)"); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, "add", id)
		return err
	}},
	{"described statement", inserts, func(ctx context.Context, conn *pgx.Conn, id int) error {
		_, err := conn.Exec(ctx, "insert into t values ($1)", pgx.QueryExecModeCacheDescribe, id)
		return err
	}},
	{"unnamed statement", inserts, func(ctx context.Context, conn *pgx.Conn, id int) error {
		_, err := conn.Exec(ctx, "insert into t values ($1)", pgx.QueryExecModeExec, id)
		return err
	}},
	{"interpolated statement", inserts, func(ctx context.Context, conn *pgx.Conn, id int) error {
		_, err := conn.Exec(ctx, "insert into t values ($1)", pgx.QueryExecModeSimpleProtocol, id)
		return err
	}},
	{"returning", inserts, func(ctx context.Context, conn *pgx.Conn, id int) error {
		return conn.QueryRow(ctx, "insert into t values ($1) returning id", id).Scan(&id)
	}},
	{"transaction", faultproxy.IsCommit, func(ctx context.Context, conn *pgx.Conn, id int) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "insert into t values ($1)", id)
			return err
		})
	}},
	{"batch", inserts, func(ctx context.Context, conn *pgx.Conn, id int) error {
		batch := &pgx.Batch{}
		batch.Queue("select 1")
		batch.Queue("insert into t values ($1)", id)
		batch.Queue("update t set id = id where id = $1", id)
		return conn.SendBatch(ctx, batch).Close()
	}},
	{"batch with a transaction in it", faultproxy.IsCommit, func(ctx context.Context, conn *pgx.Conn, id int) error {
		batch := &pgx.Batch{}
		batch.Queue("begin")
		batch.Queue("insert into t values ($1)", id)
		batch.Queue("commit")
		return conn.SendBatch(ctx, batch).Close()
	}},
	{"pipeline", inserts, func(ctx context.Context, conn *pgx.Conn, id int) error {
		pipeline := conn.PgConn().StartPipeline(ctx)
		pipeline.SendQueryParams("insert into t values ($1)", [][]byte{fmt.Append(nil, id)}, nil, nil, nil)
		if err := pipeline.Sync(); err != nil {
			return err
		}
		return pipeline.Close()
	}},
	{"pipeline that asks early", inserts, func(ctx context.Context, conn *pgx.Conn, id int) error {
		pipeline := conn.PgConn().StartPipeline(ctx)
		pipeline.SendQueryParams("insert into t values ($1)", [][]byte{fmt.Append(nil, id)}, nil, nil, nil)
		pipeline.SendFlushRequest()
		if err := pipeline.Flush(); err != nil {
			return err
		}
		// The result of the statement arrives before the commit.
		results, err := pipeline.GetResults()
		if err != nil {
			return err
		}
		if reader, ok := results.(*pgconn.ResultReader); ok {
			if _, err := reader.Close(); err != nil {
				return err
			}
		}
		if err := pipeline.Sync(); err != nil {
			return err
		}
		return pipeline.Close()
	}},
	{"copy", func(s string) bool { return strings.HasPrefix(s, "copy") }, func(ctx context.Context, conn *pgx.Conn, id int) error {
		_, err := conn.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"id"}, pgx.CopyFromRows([][]any{{id}}))
		return err
	}},
}

func TestCut(t *testing.T) {
	b := newBench(t)
	for _, fault := range []faultproxy.Fault{faultproxy.CutBefore, faultproxy.CutAfter} {
		for i, w := range writes {
			t.Run(fault.String()+"/"+w.name, func(t *testing.T) {
				id := 1000*int(fault) + 10*i
				conn := connect(t, b.through)
				fired := b.Arm(fault, w.match, 1)
				err := w.write(soon(t), conn, id)
				wait(t, fired)
				if err == nil {
					t.Error("the client got a success")
				}
				if !conn.IsClosed() {
					t.Error("the connection is still open")
				}
				want := int(fault) // no row if cut before, one row if cut after
				if got := b.count(t, fmt.Sprintf("select count(*) from t where id = %d", id)); got != want {
					t.Errorf("%d rows, want %d (error of the client: %v)", got, want, err)
				}
				// The fault happens only once.
				if err := w.write(soon(t), connect(t, b.through), id+1); err != nil {
					t.Errorf("next write: %v", err)
				}
			})
		}
	}
}

// Many cuts in sequence, each on a new connection after other requests.
func TestCutRepeated(t *testing.T) {
	b := newBench(t)
	const rounds = 40
	for _, fault := range []faultproxy.Fault{faultproxy.CutBefore, faultproxy.CutAfter} {
		b.exec(t, "truncate t")
		for id := range rounds {
			conn := connect(t, b.through)
			fired := b.Arm(fault, faultproxy.IsCommit, 1)
			if err := writes[7].write(soon(t), conn, id); err == nil {
				t.Fatalf("%v %d: the client got a success", fault, id)
			}
			wait(t, fired)
		}
		if got, want := b.count(t, "select count(*) from t"), rounds*int(fault); got != want {
			t.Errorf("%v: %d rows after %d commits, want %d", fault, got, rounds, want)
		}
	}
}

func TestCutAtNth(t *testing.T) {
	b := newBench(t)
	first, second := b.Arm(faultproxy.CutBefore, inserts, 3), b.Arm(faultproxy.CutAfter, inserts, 3)
	conn := connect(t, b.through)
	for id := range 4 {
		_, err := conn.Exec(soon(t), "insert into t values ($1)", id)
		switch {
		case id < 2 && err != nil:
			t.Fatalf("insert %d: %v", id, err)
		case id >= 2 && err == nil:
			t.Fatalf("insert %d was not cut", id)
		case id == 2:
			wait(t, first)
			select {
			case <-second:
				t.Fatal("both faults fired at the same request")
			default:
			}
			conn = connect(t, b.through)
		case id == 3:
			wait(t, second)
		}
	}
	if got := b.count(t, "select count(*) from t where id in (0, 1, 3)"); got != 3 {
		t.Errorf("%d of the three rows", got)
	}
	if got := b.count(t, "select count(*) from t"); got != 3 {
		t.Errorf("%d rows, want 3", got)
	}
}

// Statements are matched when executed, not when prepared, and per connection.
func TestMatchExecuted(t *testing.T) {
	b := newBench(t)
	one, other := connect(t, b.through), connect(t, b.through)
	if _, err := one.Prepare(soon(t), "s", "insert into t values ($1)"); err != nil {
		t.Fatal(err)
	}
	fired := b.Arm(faultproxy.CutBefore, inserts, 1)
	if _, err := other.Prepare(soon(t), "s", "select $1::int"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(soon(t), "s", 1); err != nil {
		t.Fatalf("statement with the same name on another connection: %v", err)
	}
	if _, err := connect(t, b.through).Prepare(soon(t), "again", "insert into t values ($1)"); err != nil {
		t.Fatalf("prepared but not executed statement: %v", err)
	}
	if _, err := one.Exec(soon(t), "s", 1); err == nil {
		t.Error("the insert was not cut")
	}
	wait(t, fired)
}

func TestArmBounds(t *testing.T) {
	b := newBench(t)
	conn := connect(t, b.through)
	fired := b.Arm(faultproxy.CutBefore, nil, -1)
	if _, err := conn.Exec(soon(t), "select 1"); err == nil {
		t.Error("nil match and n = -1 did not cut the first statement")
	}
	wait(t, fired)

	fired = b.Arm(faultproxy.CutBefore, nil, 1)
	b.Disarm()
	if _, err := connect(t, b.through).Exec(soon(t), "select 1"); err != nil {
		t.Errorf("after Disarm: %v", err)
	}
	select {
	case <-fired:
		t.Error("the disarmed fault fired")
	default:
	}
}

// If the server breaks before its response, a CutAfter waits for the next
// request.
func TestCutAfterWithoutAnswer(t *testing.T) {
	b := newBench(t)
	conn := connect(t, b.through)
	fired := b.Arm(faultproxy.CutAfter, func(s string) bool { return strings.Contains(s, "pg_") }, 1)
	pid := conn.PgConn().PID()
	failed := make(chan error, 1)
	ctx := soon(t)
	go func() {
		_, err := conn.Exec(ctx, "select pg_sleep(3600)")
		failed <- err
	}()
	eventually(t, "the statement runs", func() bool {
		return b.count(t, fmt.Sprintf("select count(*) from pg_stat_activity where pid = %d and state = 'active' and query like '%%pg_sleep%%'", pid)) == 1
	})
	b.Cut()
	if err := <-failed; err == nil {
		t.Error("the statement succeeded")
	}
	select {
	case <-fired:
		t.Fatal("the fault fired without a response")
	default:
	}
	if _, err := connect(t, b.through).Exec(soon(t), "select pg_backend_pid()"); err == nil {
		t.Error("the next matching statement was not cut")
	}
	wait(t, fired)
	b.exec(t, fmt.Sprintf("select pg_terminate_backend(%d)", pid))
}

func TestIsCommit(t *testing.T) {
	for statement, want := range map[string]bool{
		"commit": true, " COMMIT ;\n": true, "Commit": true, "": false, "begin": false, "commit and chain": false,
		"insert into t values ('commit')": false, "rollback": false, "commit prepared 'x'": false,
	} {
		if got := faultproxy.IsCommit(statement); got != want {
			t.Errorf("IsCommit(%q) = %v", statement, got)
		}
	}
}
