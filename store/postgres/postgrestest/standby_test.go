package postgrestest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// pair starts a primary and its standby; both are closed after the test.
func pair(t *testing.T) (primary, standby *postgrestest.Cluster) {
	t.Helper()
	primary = start(t, postgrestest.Options{})
	standby, err := primary.Standby(soon(t), "second")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Close(); err != nil {
			t.Error(err)
		}
	})
	return primary, standby
}

// A commit is on the synchronous standby when it has been acknowledged, and the
// connection string finds the standby once it is promoted.
func TestSynchronousStandby(t *testing.T) {
	primary, standby := pair(t)
	dsn := postgrestest.FailoverDSN("postgres", primary, standby)
	run(t, connect(t, dsn), "create table calls (id int)")
	if err := errors.Join(primary.Synchronous(soon(t), "second"), primary.Streaming(soon(t), "second")); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, dsn)
	for i := range 20 {
		run(t, conn, fmt.Sprintf("insert into calls values (%d)", i))
	}
	if err := primary.Kill(soon(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(soon(t), dsn); err == nil || !strings.Contains(err.Error(), "read only") {
		t.Errorf("connected to a standby: %v", err)
	}
	if err := standby.Promote(soon(t)); err != nil {
		t.Fatal(err)
	}
	conn = connect(t, dsn)
	if n := value(t, conn, "select count(*)::text from calls"); n != "20" {
		t.Errorf("%s of 20 rows after the failover", n)
	}
	run(t, conn, "insert into calls values (20)")
}

// A name that no standby has makes commits wait, until the list is emptied.
func TestSynchronousAbsent(t *testing.T) {
	c := start(t, postgrestest.Options{})
	run(t, connect(t, c.DSN("postgres")), "create table calls (id int)")
	if err := c.Synchronous(soon(t), "it's absent"); err == nil {
		t.Error("a list that is not one was accepted")
	}
	if err := c.Synchronous(soon(t), "absent"); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := c.Streaming(short, "absent"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an absent standby streams: %v", err)
	}
	if _, err := connect(t, c.DSN("postgres")).Exec(short, "insert into calls values (1)"); err == nil {
		t.Error("a commit did not wait")
	}
	if err := c.Synchronous(soon(t), ""); err != nil {
		t.Fatal(err)
	}
	run(t, connect(t, c.DSN("postgres")), "insert into calls values (2)")
}

func TestStandbyRefused(t *testing.T) {
	primary, standby := pair(t)
	if err := primary.Promote(soon(t)); err == nil {
		t.Error("a primary was promoted")
	}
	if err := errors.Join(primary.Kill(soon(t)), primary.Kill(soon(t))); err != nil {
		t.Error(err)
	}
	if c, err := primary.Standby(soon(t), "third"); err == nil {
		t.Error("a standby of a stopped server", c.Close())
	}
	if err := standby.Promote(soon(t)); err != nil {
		t.Error(err)
	}
}
