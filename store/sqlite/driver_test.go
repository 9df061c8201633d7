package sqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	modernc "modernc.org/sqlite"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// Result codes that the tests make the driver return.
const (
	codeBusy = 5
	codeIO   = 10
	codeFull = 13
)

type codeError int

func (e codeError) Error() string { return fmt.Sprintf("result code %d", int(e)) }

func (e codeError) Code() int { return int(e) }

// faults tells the driver which statements fail, and whether they are executed.
type faults struct {
	mu    sync.Mutex
	rules []fault
	conns int
}

type fault struct {
	statement string // prefix of the statement
	err       error  // nil to only call before
	run       bool   // execute the statement and hide its success
	times     int    // how often; -1 for always
	before    func() // called first
}

func (f *faults) add(rules ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, rules...)
}

func (f *faults) find(statement string) *fault {
	f.mu.Lock()
	var found *fault
	for i := range f.rules {
		if r := &f.rules[i]; r.times != 0 && strings.HasPrefix(statement, r.statement) {
			r.times--
			found = r
			break
		}
	}
	f.mu.Unlock()
	if found != nil && found.before != nil {
		found.before()
	}
	return found
}

// faultyConnector is a connector whose statements may fail.
type faultyConnector struct {
	driver.Connector
	faults *faults
}

func (c faultyConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.conns++
	return faultyConn{conn, c.faults}, err
}

type faultyConn struct {
	driver.Conn
	faults *faults
}

func (c faultyConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

func (c faultyConn) Prepare(query string) (driver.Stmt, error) {
	stmt, err := c.Conn.Prepare(query)
	if err != nil {
		return nil, err
	}
	return faultyStmt{stmt, query, c.faults}, nil
}

type faultyStmt struct {
	driver.Stmt
	query  string
	faults *faults
}

func (s faultyStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	f := s.faults.find(s.query)
	if f != nil && f.err != nil && !f.run {
		return nil, f.err
	}
	result, err := s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	if f != nil && f.err != nil && err == nil {
		return nil, f.err
	}
	return result, err
}

func (s faultyStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if f := s.faults.find(s.query); f != nil && f.err != nil {
		return nil, f.err
	}
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

// openFaulty creates a store on a handle whose driver fails on demand.
func openFaulty(t *testing.T) (*sqlite.Store, *faults, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "callbacks.db")
	f := &faults{}
	return faultyAt(t, path, f), f, path
}

// faultyAt does so for the file at path.
func faultyAt(t *testing.T, path string, f *faults) *sqlite.Store {
	t.Helper()
	connector, err := modernc.NewConnector("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(faultyConnector{connector, f})
	if err := sqlite.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.New(t.Context(), db, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Whichever statement fails, and in whichever way, the error never contradicts
// the outcome, and the store continues to work.
func TestStatementsFail(t *testing.T) {
	for _, c := range []struct {
		name    string
		faults  []fault
		unknown bool // the error is ErrOutcomeUnknown
		want    bool // the change happened
	}{
		{name: "a statement, disk full", faults: []fault{{statement: "INSERT INTO events", err: codeError(codeFull), times: 1}}},
		{name: "a statement, disk broken", faults: []fault{{statement: "INSERT INTO callbacks", err: codeError(codeIO), times: 1}}},
		{name: "a query", faults: []fault{{statement: "SELECT used", err: codeError(codeIO), times: 1}}},
		{name: "the beginning", faults: []fault{{statement: "BEGIN", err: codeError(codeIO), times: 1}}},
		{name: "the commit, disk full", faults: []fault{{statement: "COMMIT", err: codeError(codeFull), times: 1}}},
		{name: "the commit, locked", faults: []fault{{statement: "COMMIT", err: codeError(codeBusy), times: 1}}},
		{name: "the commit, disk broken before it", faults: []fault{{statement: "COMMIT", err: codeError(codeIO), times: 1}}, unknown: true},
		{name: "the commit, disk broken after it", faults: []fault{{statement: "COMMIT", err: codeError(codeIO), run: true, times: 1}}, unknown: true, want: true},
		{
			name: "a statement and its undoing",
			faults: []fault{
				{statement: "INSERT INTO events", err: codeError(codeFull), times: 1},
				{statement: "ROLLBACK", err: codeError(codeIO), times: 1},
			},
		},
		{
			name:   "the lock, at first",
			faults: []fault{{statement: "BEGIN", err: codeError(codeBusy), times: 3}},
			want:   true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, f, path := openFaulty(t)
			f.add(c.faults...)
			w := newWorker(s, 1, "w")
			change := w.seated()
			errs, err := s.Apply(t.Context(), storetest.Start(), []callback.Change{change})
			if got := errors.Is(err, callback.ErrOutcomeUnknown); got != c.unknown {
				t.Errorf("error %v leaves it open: %v, want %v", err, got, c.unknown)
			}
			if !c.unknown && (err == nil && errs == nil) != c.want {
				t.Errorf("errors %v, %v, want the change made: %v", errs, err, c.want)
			}
			if got := exists(t, s, change.Record.ID); got != c.want {
				t.Errorf("the callback exists: %v, want %v", got, c.want)
			}
			// Repeating is safe: it applies the change, or reports that it was
			// applied.
			errs, err = s.Apply(t.Context(), storetest.Start(), []callback.Change{change})
			if err != nil || (errs == nil) == c.want || errs != nil && !errors.Is(errs[0], callback.ErrConflict) {
				t.Errorf("repeated: %v, %v", errs, err)
			}
			verify(t, s, path, storetest.At(time.Minute))
		})
	}
}

// If callers share a transaction, only the one whose change cannot be written
// gets an error.
func TestOneOfAGroupFails(t *testing.T) {
	const callers = 10
	path := filepath.Join(t.TempDir(), "callbacks.db")
	g := newGate()
	s := openAt(t, path, sqlite.Config{}.WithHook(g.hook))
	// The trigger simulates an error of the schema or the disk.
	if _, err := openRaw(t, path).Exec("CREATE TRIGGER bad BEFORE INSERT ON callbacks WHEN new.id = 'bad' BEGIN SELECT raise(FAIL, 'not this one'); END"); err != nil {
		t.Fatal(err)
	}
	first := create(t.Context(), s, "first")
	<-g.held
	var others []<-chan error
	for i := range callers {
		others = append(others, create(t.Context(), s, callback.ID(fmt.Sprint("c", i))))
		if i == callers/2 {
			bad := create(t.Context(), s, "bad")
			defer func() {
				if err := <-bad; err == nil || !strings.Contains(err.Error(), "not this one") || errors.Is(err, callback.ErrOutcomeUnknown) {
					t.Errorf("the bad one: %v", err)
				}
			}()
		}
	}
	waiting(s, callers+1)
	close(g.open)
	for _, done := range append(others, first) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if exists(t, s, "bad") {
		t.Error("the bad one is there")
	}
	verifyFile(t, openRaw(t, path))
}

// A connection in an unknown state is replaced.
func TestConnectionIsReplaced(t *testing.T) {
	s, f, path := openFaulty(t)
	before := f.conns
	f.add(fault{statement: "INSERT INTO events", err: codeError(codeIO), times: 1}, fault{statement: "ROLLBACK", err: codeError(codeIO), times: 1})
	if err := <-create(t.Context(), s, "c1"); err == nil {
		t.Fatal("no error")
	}
	if err := <-create(t.Context(), s, "c2"); err != nil {
		t.Fatal(err)
	}
	if exists(t, s, "c1") || !exists(t, s, "c2") {
		t.Error("the wrong one exists")
	}
	if f.conns == before {
		t.Error("the connection is still the same")
	}
	if got, err := s.Number(t.Context(), "PRAGMA secure_delete"); err != nil || got != 1 {
		t.Errorf("secure_delete of the new connection is %d, %v", got, err)
	}
	verifyFile(t, openRaw(t, path))
}
