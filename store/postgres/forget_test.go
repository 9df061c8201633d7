package postgres_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// forgotten is the number of the person who is forgotten, and digits what every spelling of it has in common.
const (
	forgotten = "+41445559871"
	digits    = "445559871"
)

// overheard keeps what a logger is told.
type overheard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *overheard) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *overheard) note(err error) {
	if err != nil {
		_, _ = o.Write([]byte(fmt.Sprintf("%v %+v\n", err, err)))
	}
}

func (o *overheard) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// personal gives a callback everything that a store can keep of a person.
func personal(c callback.Change, i int) callback.Change {
	a, err := phonenum.RevealedAddress(forgotten)
	if err != nil {
		panic(err)
	}
	cb := c.Record
	cb.Customer = callback.Customer{Number: a, Alternative: a, ID: forgotten, Account: forgotten}
	cb.Origin.ExternalID = forgotten
	cb.SearchValues = []callback.SearchValue{{Key: "_customer_number", Value: forgotten}}
	cb.Properties = callback.Values{"_customer_number": forgotten}
	cb.UserData = callback.Values{"phone": "0" + digits}
	cb.Idempotency = callback.Idempotency{Key: fmt.Sprint("call ", i), Hash: forgotten}
	number := callback.PermitKey{Kind: callback.PermitNumber, Service: "desk", Subject: forgotten}
	cb.Held = []callback.Held{{Key: number, N: 1}}
	c.Take = []callback.Permit{{Key: number, N: 1, Max: -1},
		{Key: callback.PermitKey{Kind: callback.PermitParameter, Service: "desk", Name: "_customer_number", Subject: forgotten}, N: 1, Max: -1, Until: faraway()}}
	return c
}

// TestForget erases a person and looks for the number in every byte that the database keeps, in errors and in logs.
func TestForget(t *testing.T) {
	t.Parallel()
	const person, others = 200, 300
	c, err := postgrestest.Start(t.Context(), postgrestest.Options{Settings: map[string]string{"autovacuum": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	dsn := c.NewDatabase(t)
	var heard overheard
	s := newRig(t, dsn).open(t, func(c *postgres.Config) { c.Logger = slog.New(slog.NewTextHandler(&heard, nil)) })
	var items []callback.Precondition
	var old []callback.Change
	for i := range person {
		change := personal(newcomer(callback.ID(fmt.Sprint("person ", i)), i, faraway()), i)
		if err := apply(t.Context(), s, change); err != nil {
			t.Fatal(err)
		}
		revision := int64(1)
		if i%2 == 0 {
			late := completed(change.Record)
			if err := apply(t.Context(), s, late); err != nil {
				t.Fatal(err)
			}
			old = append(old, late)
			revision = 2
		}
		old = append(old, change)
		items = append(items, callback.Precondition{ID: change.Record.ID, Revision: revision})
	}
	for i := range others {
		if err := apply(t.Context(), s, newcomer(callback.ID(fmt.Sprint("other ", i)), i, faraway())); err != nil {
			t.Fatal(err)
		}
	}
	provoke(t, dsn, s, &heard)
	files := folderOf(t, dsn)
	if n, _ := found(t, dsn, files); n == 0 {
		t.Fatal("the number is not in the files before it is forgotten: the search proves nothing")
	}
	errs, err := s.Erase(t.Context(), faraway(), callback.EraseRequest{Items: items, Subjects: []string{forgotten}, Actor: "officer"})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, change := range old {
		err := apply(t.Context(), s, change)
		heard.note(err)
		if !errors.Is(err, callback.ErrNotFound) {
			t.Errorf("a late write of a forgotten callback: %v", err)
		}
	}
	execute(t, dsn, "VACUUM FULL")
	if n, where := found(t, dsn, files); n > 0 {
		t.Errorf("%d files of the database still have the number: %v", n, where)
	}
	if strings.Contains(heard.String(), digits) {
		t.Errorf("errors or logs have the number: %s", heard.String())
	}
	if log := logOf(t, c); strings.Contains(log, digits) {
		t.Errorf("the server's log has the number: %s", around(log, digits))
	}
	if page, err := s.Search(t.Context(), callback.Query{Limit: 1000}); err != nil || len(page.Callbacks) != others {
		t.Errorf("%d of %d others are left: %v", len(page.Callbacks), others, err)
	}
	t.Logf("forgotten: %d callbacks of a number in %d columns and records, then 0 of %d files of the database with its digits, and none in errors and logs; %d late writes refused",
		person, 9, len(files), len(old))
}

// TestStatisticsKeepNobody expects the planner's statistics, which any session of the role may read and which outlive the rows, to
// hold no number.
func TestStatisticsKeepNobody(t *testing.T) {
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t)
	for i := range 50 {
		if err := apply(t.Context(), s, personal(newcomer(callback.ID(fmt.Sprint("person ", i)), i, faraway()), i)); err != nil {
			t.Fatal(err)
		}
	}
	execute(t, dsn, "ANALYZE")
	columns := ask[string](t, dsn, "SELECT coalesce(string_agg(tablename || '.' || attname, ', '), '') FROM pg_stats WHERE schemaname = 'rb1'"+
		" AND (concat(most_common_vals, most_common_elems, histogram_bounds) LIKE $1 OR concat(most_common_vals, histogram_bounds) LIKE $2"+
		" OR attname = 'lookups')", "%"+digits+"%", "%"+hex.EncodeToString([]byte(digits))+"%")
	if columns != "" {
		t.Errorf("statistics hold the number, of columns %s", columns)
	}
}

// provoke makes the store and the server speak of the person: refusals, conflicts, values that no column takes, and races for rows
// that are not there yet.
func provoke(t *testing.T, dsn string, s *postgres.Store, heard *overheard) {
	t.Helper()
	ctx := t.Context()
	again := personal(newcomer("person 0", 0, faraway()), 0)
	heard.note(apply(ctx, s, again))
	taken := personal(newcomer("another", 0, faraway()), 0)
	heard.note(apply(ctx, s, taken))
	refused := personal(newcomer("refused", 0, faraway()), 1_000_000)
	refused.Take[0].Max = 1
	heard.note(apply(ctx, s, refused))
	impossible := personal(newcomer("impossible", 0, faraway()), 1_000_001)
	impossible.Record.Idempotency.Key = forgotten + "\x00"
	heard.note(apply(ctx, s, impossible))
	short, cancel := context.WithCancel(ctx)
	cancel()
	heard.note(apply(short, s, again))
	execute(t, dsn, "UPDATE rb1.callbacks SET body = '\\x01ff' WHERE id = 'person 1'")
	_, err := s.Get(ctx, callback.By{ID: "person 1"})
	heard.note(err)
}

// TestServerLogNamesNobody has callers of different processes start with the same person at once, each about to make the first row of
// a counter. The server writes to its log what it refuses.
func TestServerLogNamesNobody(t *testing.T) {
	t.Parallel()
	const racers, rounds = 4, 50
	c, err := postgrestest.Start(t.Context(), postgrestest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	dsn := c.NewDatabase(t)
	stores := []*postgres.Store{newRig(t, dsn).open(t)}
	for len(stores) < racers {
		s, err := postgres.New(t.Context(), poolOf(t, dsn, 1), postgres.Config{Schema: "rb1"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		stores = append(stores, s)
	}
	for round := range rounds {
		ready := make(chan struct{})
		var all sync.WaitGroup
		for n, s := range stores {
			all.Go(func() {
				c := newcomer(callback.ID(fmt.Sprintf("racer %d of %d", n, round)), n, faraway())
				key := callback.PermitKey{Kind: callback.PermitNumber, Service: fmt.Sprint("race ", round), Subject: forgotten}
				c.Take = []callback.Permit{{Key: key, N: 1, Max: -1}}
				<-ready
				if err := apply(t.Context(), s, c); err != nil {
					t.Error(err)
				}
			})
		}
		close(ready)
		all.Wait()
	}
	if log := logOf(t, c); strings.Contains(log, digits) {
		t.Errorf("after %d races the server's log has the number: %s", rounds, around(log, digits))
	}
}

func logOf(t *testing.T, c *postgrestest.Cluster) string {
	t.Helper()
	log, err := os.ReadFile(c.Log())
	if err != nil {
		t.Fatal(err)
	}
	return string(log)
}

// around is what stands before and after a text.
func around(s, text string) string {
	at := strings.Index(s, text)
	return s[max(at-250, 0):min(at+50, len(s))]
}

// folderOf returns where the files of a database are.
func folderOf(t *testing.T, dsn string) string {
	t.Helper()
	return filepath.Join(ask[string](t, dsn, "SHOW data_directory"), "base", fmt.Sprint(ask[uint32](t, dsn, "SELECT oid FROM pg_database WHERE datname = current_database()")))
}

// found writes everything out and returns how many files have the digits, and their names.
func found(t *testing.T, dsn, folder string) (n int, where []string) {
	t.Helper()
	execute(t, dsn, "CHECKPOINT")
	conn := connect(t, dsn)
	defer func() { _ = conn.Close(context.Background()) }()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if bytes.Contains(content, []byte(digits)) {
			n++
			where = append(where, relation(conn, filepath.Base(path)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, where
}

// relation names what is kept in a file.
func relation(conn *pgx.Conn, file string) string {
	var name string
	node, _, _ := strings.Cut(file, ".")
	if err := conn.QueryRow(context.Background(), "SELECT coalesce(pg_filenode_relation(0, $1::text::oid)::text, $1::text)", node).Scan(&name); err != nil {
		return file
	}
	return name
}
