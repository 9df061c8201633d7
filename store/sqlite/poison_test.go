package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store/record"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// poison is a way in which a row can be damaged.
type poison struct {
	name string
	sql  string                   // statements about the callback "bad"
	edit func(body []byte) []byte // or a change of its record
	// harmful: the record is damaged. Otherwise the row is served like any
	// other.
	harmful bool
	cause   error
	heals   bool // setting the row aside repairs it
}

// loose lets statements violate the schema.
const loose = "PRAGMA ignore_check_constraints = ON; "

func poisons() []poison {
	return []poison{
		{name: "bad JSON", harmful: true, cause: record.ErrDamaged, edit: func(body []byte) []byte {
			return bytes.Replace(body, []byte(`{"score"`), []byte(`!"score"`), 1)
		}},
		{name: "unknown state", harmful: true, cause: record.ErrDamaged, sql: loose + "UPDATE callbacks SET state = 'DREAMING' WHERE id = 'bad'"},
		{name: "unknown priority", harmful: true, cause: record.ErrDamaged, sql: "UPDATE callbacks SET priority = 9 WHERE id = 'bad'"},
		{name: "NULL where there is none", harmful: true, cause: record.ErrDamaged, sql: "PRAGMA writable_schema = ON; " +
			"UPDATE sqlite_schema SET sql = replace(sql, 'revision  INTEGER NOT NULL', 'revision  INTEGER') WHERE name = 'callbacks'; " +
			"PRAGMA writable_schema = RESET; UPDATE callbacks SET revision = NULL WHERE id = 'bad'"},
		{name: "huge text", harmful: true, cause: record.ErrDamaged, sql: "UPDATE callbacks SET service = hex(zeroblob(3000000)) WHERE id = 'bad'"},
		{name: "bad UTF-8", harmful: true, cause: record.ErrDamaged, sql: "UPDATE callbacks SET service = CAST(x'fffe80' AS TEXT) WHERE id = 'bad'"},
		{name: "bad zone", edit: func(body []byte) []byte {
			return bytes.Replace(body, []byte("Europe/Berlin"), []byte("Europe/Nowher"), 1)
		}},
		{name: "largest epoch", sql: "UPDATE callbacks SET epoch = 9223372036854775807 WHERE id = 'bad'"},
		{name: "negative epoch", harmful: true, heals: true, cause: record.ErrDamaged, sql: loose + "UPDATE callbacks SET epoch = -4 WHERE id = 'bad'"},
		{name: "lease that ended before 1970", sql: "UPDATE callbacks SET owner = 'x', until = -4 WHERE id = 'bad'"},
		{name: "orphan event", sql: "INSERT INTO events (cb, seq, tenant, type, body) VALUES (4711, 1, 'acme', 'accepted', x'01')"},
		{name: "missing counter", sql: "DELETE FROM counters"},
		{name: "second counter of a subject", sql: "INSERT INTO counters SELECT tenant, kind, service, randomblob(16), slot, name, used, ends, parts, sealed, key FROM counters WHERE subject <> x''"},
		{name: "record of a newer form", harmful: true, cause: record.ErrVersion, edit: func(body []byte) []byte { return append([]byte{2}, body[1:]...) }},
		{name: "altered body", harmful: true, cause: record.ErrDamaged, sql: "UPDATE callbacks SET body = zeroblob(300) WHERE id = 'bad'"},
		{name: "another state", harmful: true, cause: record.ErrDamaged, sql: "UPDATE callbacks SET state = 'PAUSED' WHERE id = 'bad'"},
		{name: "another priority", harmful: true, cause: record.ErrDamaged, sql: "UPDATE callbacks SET priority = 9 WHERE id = 'bad'"},
		{name: "not ready", harmful: true, cause: record.ErrDamaged, sql: "UPDATE callbacks SET ready = 0 WHERE id = 'bad'"},
		{name: "another revision", harmful: true, cause: record.ErrDamaged, sql: "UPDATE callbacks SET revision = 7 WHERE id = 'bad'"},
		{name: "another's body", harmful: true, cause: record.ErrDamaged, sql: "UPDATE callbacks SET body = (SELECT body FROM callbacks WHERE id = 'good-1') WHERE id = 'bad'"},
	}
}

// poisoned returns a store with three sound callbacks and a bad one that
// precedes them in every order.
func poisoned(t *testing.T, p poison) (*sqlite.Store, string) {
	t.Helper()
	s, path := openNew(t)
	for i, id := range []callback.ID{"bad", "good-1", "good-2", "good-3"} {
		at := storetest.At(time.Duration(i) * time.Second)
		cb := storetest.New(id, storetest.Queued(at), storetest.DueAt(at), func(cb *callback.Callback) {
			cb.Desired, cb.Zone = at, "Europe/Berlin"
			cb.Customer.ID, cb.UserData = "customer", callback.Values{"score": 1.0}
			cb.Held = []callback.Held{{Key: bucket(1), N: 1}, {Key: callback.PermitKey{Kind: callback.PermitNumber, Subject: string(id)}, N: 1}}
		})
		c := storetest.Write(cb)
		c.Take = []callback.Permit{{Key: cb.Held[0].Key, N: 1, Max: 9}, {Key: cb.Held[1].Key, N: 1, Max: 9}}
		apply(t, s, c)
	}
	db := openRaw(t, path)
	db.SetMaxOpenConns(1)
	if p.edit != nil {
		if err := sqlite.Rewrite(t.Context(), db, storetest.Tenant, "bad", p.edit); err != nil {
			t.Fatal(err)
		}
	}
	if p.sql != "" {
		if _, err := db.Exec(p.sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return s, path
}

func names(cbs []*callback.Callback) string {
	var all []string
	for _, cb := range cbs {
		all = append(all, string(cb.ID))
	}
	return strings.Join(all, " ")
}

func claimDue(t *testing.T, s callback.Store, now time.Time, limit int) []*callback.Callback {
	t.Helper()
	claimed, err := s.Claim(t.Context(), now, callback.ClaimRequest{Owner: "node-1", Lease: time.Minute, Due: true, Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	return claimed.Callbacks
}

func count(t *testing.T, s callback.Store, q callback.Query) (n int) {
	t.Helper()
	q.Tenant = storetest.Tenant
	groups, err := s.Count(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		n += g.N
	}
	return n
}

// Whatever is wrong with one row, the others are served.
func TestPoison(t *testing.T) {
	for _, p := range poisons() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			all, sound := "bad good-1 good-2 good-3", 4
			if p.harmful {
				all, sound = "good-1 good-2 good-3", 3
			}
			t.Run("due", func(t *testing.T) {
				s, path := poisoned(t, p)
				now := storetest.At(time.Minute)
				if got := names(claimDue(t, s, now, sound)); got != all {
					t.Errorf("claimed %q, want %q", got, all)
				}
				if got := names(claimDue(t, s, now, 10)); got != "" {
					t.Errorf("a second claim got %q", got)
				}
				afterClaim(t, s, path, p)
			})
			t.Run("queue", func(t *testing.T) {
				s, path := poisoned(t, p)
				key := callback.QueueKey{Tenant: storetest.Tenant, Service: storetest.Service}
				claimed, err := s.Claim(t.Context(), storetest.At(time.Minute), callback.ClaimRequest{
					Owner: "node-1", Lease: time.Minute, Queues: []callback.QueueClaim{{Queue: key, N: sound}},
				})
				// A row that is no longer in a queue is not found there.
				if got := names(claimed.Callbacks); err != nil || got != all {
					t.Errorf("claimed %q, %v, want %q", got, err, all)
				}
				if p.harmful {
					claimDue(t, s, storetest.At(time.Minute), 10)
				}
				afterClaim(t, s, path, p)
			})
			t.Run("read", func(t *testing.T) {
				s, _ := poisoned(t, p)
				reads(t, s, p, all, sound)
			})
		})
	}
}

// afterClaim checks that the bad callback is listed, is not counted, and is
// tried again after an hour, and that the others can be completed.
func afterClaim(t *testing.T, s *sqlite.Store, path string, p poison) {
	t.Helper()
	ctx := t.Context()
	listed, err := s.Damaged(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	wanted := 0
	if p.harmful {
		wanted = 1
	}
	if len(listed) != wanted || wanted == 1 && (listed[0].ID != "bad" || listed[0].Tenant != storetest.Tenant || !errors.Is(listed[0], p.cause)) {
		t.Errorf("damaged: %+v", listed)
	}
	if got := count(t, s, callback.Query{}); got != 4-wanted {
		t.Errorf("%d callbacks count, want %d", got, 4-wanted)
	}
	w := newWorker(s, 1, "w")
	for _, id := range []callback.ID{"good-1", "good-2", "good-3"} {
		cb, err := s.Get(ctx, callback.By{Tenant: storetest.Tenant, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.apply(ctx, w.revise(cb, w.complete)); err != nil {
			t.Fatal(err)
		}
	}
	if !p.harmful || p.heals {
		return
	}
	now := storetest.At(2 * time.Hour)
	if got := claimDue(t, s, now, 10); len(got) > 0 {
		t.Errorf("after two hours: claimed %q", names(got))
	}
	var until int64
	if err := openRaw(t, path).QueryRow("SELECT until FROM callbacks WHERE owner = 'damaged'").Scan(&until); err != nil || until != now.Add(time.Hour).UnixMicro() {
		t.Errorf("set aside until %v, %v, want an hour from then", time.UnixMicro(until).UTC(), err)
	}
}

// reads checks the results of reading methods.
func reads(t *testing.T, s *sqlite.Store, p poison, all string, sound int) {
	t.Helper()
	ctx := t.Context()
	cb, err := s.Get(ctx, callback.By{Tenant: storetest.Tenant, ID: "bad"})
	damage, ok := errors.AsType[*record.DamagedError](err)
	switch {
	case !p.harmful && (err != nil || cb.ID != "bad"):
		t.Errorf("Get: %v, %v", cb, err)
	case p.harmful && (!ok || damage.ID != "bad" || damage.Tenant != storetest.Tenant || !errors.Is(err, p.cause) || cb != nil):
		t.Errorf("Get: %v, %v, want a DamagedError for %v", cb, err, p.cause)
	}
	for _, q := range []callback.Query{{}, {CustomerID: "customer"}, {Order: callback.ByCreated}, {IDs: []callback.ID{"bad", "good-1", "good-2", "good-3"}}} {
		q.Tenant = storetest.Tenant
		page, err := s.Search(ctx, q)
		if got := names(page.Callbacks); err != nil || got != all {
			t.Errorf("Search: %q, %v, want %q", got, err, all)
		}
	}
	for _, q := range []callback.Query{{CustomerID: "customer"}, {Properties: []callback.Match{{Key: "score", Value: "1"}}}} {
		if got := count(t, s, q); got != sound {
			t.Errorf("Count of records: %d, want %d", got, sound)
		}
	}
	// Wait until the writer has checked what the readers reported.
	if _, err := s.Number(ctx, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	if got := count(t, s, callback.Query{DesiredFrom: storetest.Start()}); got != sound {
		t.Errorf("Count of columns: %d, want %d", got, sound)
	}
	page, err := s.Events(ctx, callback.EventQuery{Tenant: storetest.Tenant})
	if err != nil || len(page.Events) != 4 {
		t.Errorf("the feed has %d events, %v", len(page.Events), err)
	}
	if _, err := s.Load(ctx, storetest.Start(), callback.LoadRequest{Tenant: storetest.Tenant, Kind: callback.PermitNumber}); err != nil {
		t.Error(err)
	}
}

// A repaired record is served again and leaves the list.
func TestRepairedRecord(t *testing.T) {
	s, path := poisoned(t, poison{sql: "CREATE TABLE spare AS SELECT body FROM callbacks WHERE id = 'bad'; UPDATE callbacks SET body = x'00' WHERE id = 'bad'"})
	claimDue(t, s, storetest.At(time.Minute), 10)
	if listed, err := s.Damaged(t.Context(), 10); err != nil || len(listed) != 1 {
		t.Fatal(listed, err)
	}
	db := openRaw(t, path)
	if _, err := db.Exec("UPDATE callbacks SET body = (SELECT body FROM spare) WHERE id = 'bad'; DROP TABLE spare"); err != nil {
		t.Fatal(err)
	}
	if got := names(claimDue(t, s, storetest.At(3*time.Hour), 1)); got != "good-1" {
		t.Errorf("claimed %q", got)
	}
	if got := names(claimDue(t, s, storetest.At(3*time.Hour), 10)); got != "good-2 good-3 bad" {
		t.Errorf("claimed %q", got)
	}
	if listed, err := s.Damaged(t.Context(), 10); err != nil || len(listed) != 0 {
		t.Error(listed, err)
	}
	if got := count(t, s, callback.Query{}); got != 4 {
		t.Errorf("%d callbacks count, want 4", got)
	}
	verifyFile(t, db)
}

func verifyFile(t *testing.T, db *sql.DB) {
	t.Helper()
	faults, err := sqlite.Faults(context.Background(), db)
	if err != nil || len(faults) > 0 {
		t.Error(faults, err)
	}
}

// A writer that knows the revision can replace or erase a damaged record.
func TestDamagedRecordCanBeReplaced(t *testing.T) {
	for _, verb := range []string{"replace", "erase"} {
		s, path := poisoned(t, poison{sql: "UPDATE callbacks SET body = x'00' WHERE id = 'bad'"})
		claimDue(t, s, storetest.At(time.Minute), 10)
		want := 4
		if verb == "replace" {
			next := storetest.New("bad", func(cb *callback.Callback) { cb.Revision = 2 })
			apply(t, s, storetest.Write(next))
		} else {
			erase(t, s, storetest.New("bad"))
			want = 3
		}
		claimDue(t, s, storetest.At(2*time.Minute), 10) // counts again
		if got := count(t, s, callback.Query{}); got != want {
			t.Errorf("%s: %d callbacks count, want %d", verb, got, want)
		}
		if listed, err := s.Damaged(t.Context(), 10); err != nil || len(listed) != 0 {
			t.Error(verb, listed, err)
		}
		verifyFile(t, openRaw(t, path))
	}
}

// An epoch at its maximum stays there, and the row is still served.
func TestEpochSaturates(t *testing.T) {
	s, _ := poisoned(t, poison{sql: "UPDATE callbacks SET epoch = 9223372036854775806 WHERE id = 'bad'"})
	for range 3 {
		got := claimDue(t, s, storetest.At(time.Minute), 1)
		if len(got) != 1 || got[0].Lease.Epoch != math.MaxInt64 {
			t.Fatal(got)
		}
		c := storetest.Unclaim(got[0], storetest.Start())
		apply(t, s, c)
	}
}

// If every hundredth record is damaged, and all of these are at the head of the
// queue, each of the others is claimed by one claim, in order.
func TestManyDamagedRecords(t *testing.T) {
	s, path := openNew(t)
	var all []callback.Change
	for i := range 500 {
		at := storetest.At(time.Duration(i) * time.Second)
		all = append(all, storetest.Write(storetest.New(callback.ID("c"+at.Format("150405")), storetest.DueAt(at))))
	}
	apply(t, s, all...)
	if _, err := openRaw(t, path).Exec("UPDATE callbacks SET body = x'00' WHERE cb % 100 = 1 OR cb <= 5"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for range 5 {
		claimed := claimDue(t, s, storetest.At(time.Hour), 100)
		got = append(got, strings.Fields(names(claimed))...)
	}
	if len(got) != 491 || !slices.IsSorted(got) {
		t.Errorf("claimed %d, in order %v", len(got), slices.IsSorted(got))
	}
	if listed, err := s.Damaged(t.Context(), 1000); err != nil || len(listed) != 9 {
		t.Errorf("%d are listed, %v", len(listed), err)
	}
}

// An invalid priority is never returned to a caller and never written to a
// file.
func TestUnknownPriority(t *testing.T) {
	s, path := poisoned(t, poison{sql: "UPDATE callbacks SET priority = 255 WHERE id = 'bad'; " +
		"UPDATE tallies SET n = n - 1, ready = ready - 1; INSERT INTO tallies SELECT tenant, service, 255, state, 1, 1 FROM tallies"})
	for _, q := range []callback.Query{{AllTenants: true}, {Tenant: storetest.Tenant, DesiredFrom: storetest.Start()}} {
		groups, err := s.Count(t.Context(), q)
		if err != nil || len(groups) != 1 || groups[0].N != 3 || !groups[0].Queue.Priority.Valid() {
			t.Errorf("Count: %+v, %v", groups, err)
		}
	}
	claimed, err := s.Claim(t.Context(), storetest.At(time.Minute), callback.ClaimRequest{
		Owner: "node-1", Lease: time.Minute,
		Queues: []callback.QueueClaim{{Queue: callback.QueueKey{Tenant: storetest.Tenant, Service: storetest.Service, Priority: 255}, N: 9}},
	})
	if err != nil || len(claimed.Callbacks) > 0 {
		t.Errorf("claimed %q, %v", names(claimed.Callbacks), err)
	}
	if got := names(claimDue(t, s, storetest.At(time.Minute), 10)); got != "good-1 good-2 good-3" {
		t.Errorf("claimed %q", got)
	}
	verifyFile(t, openRaw(t, path))

	for _, priority := range []scheduler.Priority{scheduler.Levels, 255} {
		c := storetest.Write(storetest.New("new", func(cb *callback.Callback) { cb.Priority = priority }))
		errs, err := s.Apply(t.Context(), storetest.Start(), []callback.Change{c})
		if err != nil || len(errs) != 1 || !errors.Is(errs[0], callback.ErrInvalidParameter) {
			t.Errorf("priority %d: %v, %v", priority, errs, err)
		}
	}
	if exists(t, s, "new") {
		t.Error("what was refused is there")
	}
}
