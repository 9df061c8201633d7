package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/storetest"
)

// shape is a text that changes with everything that a schema has, and with nothing else.
const shape = `SELECT md5(string_agg(line, E'\n' ORDER BY line)) FROM (
    SELECT 'column ' || table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable AS line FROM information_schema.columns WHERE table_schema = $1
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = $1
    UNION ALL SELECT 'function ' || p.oid::regprocedure || md5(p.prosrc) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1
    UNION ALL SELECT 'sequence ' || sequencename FROM pg_sequences WHERE schemaname = $1
    UNION ALL SELECT 'domain ' || domain_name FROM information_schema.domains WHERE domain_schema = $1) s`

// versions is what a schema says of its migrations.
const versions = `SELECT string_agg(version || ' ' || name, ', ' ORDER BY version) FROM `

// newest is how many migrations there are.
func newest(t *testing.T) int {
	t.Helper()
	names, err := fs.Glob(postgres.Migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d migrations: %v", len(names), err)
	}
	return len(names)
}

// works makes and reads a callback in a schema.
func works(t *testing.T, pool *pgxpool.Pool, schema string) {
	t.Helper()
	config := postgres.Config{Schema: schema}
	if err := postgres.Validate(t.Context(), pool, config); err != nil {
		t.Errorf("schema %s: %v", schema, err)
	}
	s, err := postgres.New(t.Context(), pool, config)
	if err != nil {
		t.Errorf("schema %s: %v", schema, err)
		return
	}
	defer s.Close()
	if err := apply(t.Context(), s, newcomer("first", 1, faraway())); err != nil {
		t.Errorf("schema %s: %v", schema, err)
	}
}

// TestMigrateAtOnce migrates one schema from many sessions at the same time, again and again.
func TestMigrateAtOnce(t *testing.T) {
	const callers, rounds = 8, 10
	dsn := suite.NewDatabase(t)
	pool := poolOf(t, dsn, callers)
	for i := range rounds {
		config := postgres.Config{Schema: fmt.Sprintf("race%d", i)}
		ready := make(chan struct{})
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				<-ready
				if err := postgres.Migrate(t.Context(), pool, config); err != nil {
					t.Errorf("migrating: %v", err)
				}
			})
		}
		close(ready)
		all.Wait()
		if n := ask[int](t, dsn, "SELECT count(*) FROM "+config.Schema+".migrations"); n != newest(t) {
			t.Errorf("%d migrations are noted", n)
		}
	}
	works(t, pool, "race0")
	t.Logf("migrations from %d sessions at once: %d schemas", callers, rounds)
}

// TestNewerSchema leaves a schema alone that a newer version has made, and refuses to work on one that is older.
func TestNewerSchema(t *testing.T) {
	dsn := suite.NewDatabase(t)
	pool := poolOf(t, dsn, 2)
	config := postgres.Config{Schema: "rb"}
	if _, err := postgres.New(t.Context(), pool, config); !errors.Is(err, store.ErrSchemaOlder) {
		t.Errorf("New without a schema: %v", err)
	}
	if err := postgres.Validate(t.Context(), pool, config); !errors.Is(err, store.ErrSchemaOlder) {
		t.Errorf("Validate without a schema: %v", err)
	}
	if err := postgres.Migrate(t.Context(), pool, config); err != nil {
		t.Fatal(err)
	}
	execute(t, dsn, fmt.Sprintf("DELETE FROM rb.migrations WHERE version = %d", newest(t)))
	if _, err := postgres.New(t.Context(), pool, config); !errors.Is(err, store.ErrSchemaOlder) {
		t.Errorf("New on an older schema: %v", err)
	}
	execute(t, dsn, fmt.Sprintf("INSERT INTO rb.migrations (version, name) SELECT i, 'later' FROM generate_series(%d, %d) i", newest(t), newest(t)+1))
	before, noted := ask[string](t, dsn, shape, "rb"), ask[string](t, dsn, versions+"rb.migrations")
	for name, do := range map[string]func() error{
		"Migrate":  func() error { return postgres.Migrate(t.Context(), pool, config) },
		"Validate": func() error { return postgres.Validate(t.Context(), pool, config) },
		"New": func() error {
			_, err := postgres.New(t.Context(), pool, config)
			return err
		},
	} {
		if err := do(); !errors.Is(err, store.ErrSchemaNewer) {
			t.Errorf("%s on a newer schema: %v", name, err)
		}
	}
	if after := ask[string](t, dsn, shape, "rb"); after != before {
		t.Error("a newer schema was changed")
	}
	if after := ask[string](t, dsn, versions+"rb.migrations"); after != noted {
		t.Errorf("the migrations of a newer schema were changed to %s", after)
	}
}

// TestMigrateCutShort ends the session that migrates, or its context, at many moments: either everything is there or nothing.
func TestMigrateCutShort(t *testing.T) {
	t.Parallel()
	const rounds = 40
	dsn := suite.NewDatabase(t)
	begun := time.Now()
	if err := postgres.Migrate(t.Context(), poolOf(t, dsn, 1), postgres.Config{Schema: "whole"}); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(begun)
	done, undone := 0, 0
	for i := range rounds {
		schema := fmt.Sprintf("cut%d", i)
		config := postgres.Config{Schema: schema}
		pool, err := pgxpool.New(t.Context(), dsn+"&application_name="+schema)
		if err != nil {
			t.Fatal(err)
		}
		if err := pool.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() { over <- postgres.Migrate(ctx, pool, config) }()
		part := float64(i/2) / (rounds / 2) // mostly in the beginning
		await(t.Context(), time.Duration(3*part*part*float64(whole)))
		if i%2 == 0 {
			cancel()
		} else {
			execute(t, dsn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", schema)
		}
		err = <-over
		cancel()
		// The server may not have noticed yet that the client is gone.
		pool.Close()
		if !eventually(t, 10*time.Second, func() bool {
			return ask[int](t, dsn, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", schema) == 0
		}) {
			t.Fatal("the session does not end")
		}
		there := ask[int](t, dsn, "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1", schema) > 0
		clean := poolOf(t, dsn, 1)
		switch {
		case there:
			done++
			works(t, clean, schema)
		case err == nil:
			t.Errorf("%s: Migrate answered nil and nothing is there", schema)
		default:
			undone++
			if err := postgres.Migrate(t.Context(), clean, config); err != nil {
				t.Errorf("%s: migrating again: %v", schema, err)
			}
			works(t, clean, schema)
		}
		clean.Close()
	}
	if done == 0 || undone == 0 {
		t.Errorf("of %d migrations that were cut short %d happened and %d did not: not every moment was met", rounds, done, undone)
	}
	t.Logf("migrations cut short: %d, of which %d had happened and %d had not, none by halves", rounds, done, undone)
}

// TestSQL runs the printed script by hand, as one text.
func TestSQL(t *testing.T) {
	dsn := suite.NewDatabase(t)
	pool := poolOf(t, dsn, 2)
	script, err := postgres.SQL("by_hand")
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, dsn)
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.PgConn().Exec(t.Context(), script).ReadAll(); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(t.Context(), pool, postgres.Config{Schema: "by_machine"}); err != nil {
		t.Fatal(err)
	}
	works(t, pool, "by_hand")
	if a, b := ask[string](t, dsn, versions+"by_hand.migrations"), ask[string](t, dsn, versions+"by_machine.migrations"); a != b {
		t.Errorf("by hand %s, by machine %s", a, b)
	}
	if err := postgres.Migrate(t.Context(), pool, postgres.Config{Schema: "by_hand"}); err != nil {
		t.Errorf("migrating what the script made: %v", err)
	}
	for _, name := range []string{"", "Upper", "two words", "a;b", `a"b`, "pg_own", "$1"} {
		if _, err := postgres.SQL(name); name != "" && !errors.As(err, new(*callback.FieldError)) {
			t.Errorf("SQL of schema %q: %v", name, err)
		}
	}
}

// TestValidateMissesNothing drops everything that a schema has, one at a time.
func TestValidateMissesNothing(t *testing.T) {
	t.Parallel()
	dsn := suite.NewDatabase(t)
	pool := poolOf(t, dsn, 1)
	config := postgres.Config{Schema: "rb"}
	if err := postgres.Migrate(t.Context(), pool, config); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, dsn)
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), `
		SELECT 'ALTER TABLE rb.' || table_name || ' DROP COLUMN ' || column_name || ' CASCADE', 'column ' || table_name || '.' || column_name
		FROM information_schema.columns WHERE table_schema = 'rb' AND table_name <> 'migrations' AND table_name NOT LIKE 'readable%'
		UNION ALL SELECT coalesce('ALTER TABLE rb.' || r.conrelid::regclass::text || ' DROP CONSTRAINT ' || c.relname, 'DROP INDEX rb.' || c.relname), 'index ' || c.relname
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_constraint r ON r.conindid = i.indexrelid WHERE n.nspname = 'rb' AND i.indrelid <> 'rb.migrations'::regclass
		UNION ALL SELECT 'DROP FUNCTION ' || p.oid::regprocedure || ' CASCADE', 'function ' || p.proname
		FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'rb'
		UNION ALL SELECT 'DROP SEQUENCE rb.' || sequencename || ' CASCADE', 'sequence ' || sequencename FROM pg_sequences WHERE schemaname = 'rb'
		UNION ALL SELECT 'DROP TABLE rb.' || tablename || ' CASCADE', 'column ' || tablename || '.' FROM pg_tables WHERE schemaname = 'rb' AND tablename <> 'migrations'`)
	if err != nil {
		t.Fatal(err)
	}
	type part struct{ drop, name string }
	parts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p part, err error) { return p, row.Scan(&p.drop, &p.name) })
	if err != nil || len(parts) < 50 {
		t.Fatalf("%d parts: %v", len(parts), err)
	}
	for _, p := range parts {
		drop := strings.Replace(p.drop, "rb.rb.", "rb.", 1)
		execute(t, dsn, drop)
		if err := postgres.Validate(t.Context(), pool, config); !errors.Is(err, postgres.ErrSchema) || !strings.Contains(err.Error(), p.name) {
			t.Errorf("after %s: %v", drop, err)
		}
		execute(t, dsn, "DROP SCHEMA rb CASCADE")
		if err := postgres.Migrate(t.Context(), pool, config); err != nil {
			t.Fatal(err)
		}
	}
	works(t, pool, "rb")
	t.Logf("Validate: %d parts of a schema, each missed when it is gone", len(parts))
}

// TestTwoSchemas keeps two stores in one database that know nothing of each other.
func TestTwoSchemas(t *testing.T) {
	r := newRig(t, suite.NewDatabase(t))
	a, b := r.open(t), r.open(t)
	if err := apply(t.Context(), a, withSeat(newcomer("one", 1, faraway()), 7)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(t.Context(), callback.By{ID: "one"}); !errors.Is(err, callback.ErrNotFound) {
		t.Errorf("Get: %v", err)
	}
	if page, err := b.Search(t.Context(), callback.Query{}); err != nil || len(page.Callbacks) != 0 {
		t.Errorf("Search finds %v: %v", page.Callbacks, err)
	}
	if c, err := b.Claim(t.Context(), faraway(), callback.ClaimRequest{Owner: "n", Lease: time.Second, Due: true, Limit: 1}); err != nil || len(c.Callbacks) != 0 || !c.NextAt.IsZero() {
		t.Errorf("Claim finds %v, next at %v: %v", c.Callbacks, c.NextAt, err)
	}
	if counters, err := b.Load(t.Context(), faraway(), callback.LoadRequest{Kind: callback.PermitBucket, Service: "desk", To: 100}); err != nil || len(counters) != 0 {
		t.Errorf("Load finds %v: %v", counters, err)
	}
	if events, err := b.Events(t.Context(), callback.EventQuery{AllTenants: true}); err != nil || len(events.Events) != 0 {
		t.Errorf("Events finds %v: %v", events.Events, err)
	}
	// The same ID, seat and place in the feed are free in the other.
	if err := apply(t.Context(), b, withSeat(newcomer("one", 1, faraway()), 7)); err != nil {
		t.Errorf("Apply: %v", err)
	}
	if errs, err := b.Erase(t.Context(), faraway(), callback.EraseRequest{Items: []callback.Precondition{{ID: "one", Revision: 1}}}); err != nil || errs[0] != nil {
		t.Errorf("Erase: %v %v", errs, err)
	}
	if cb, err := a.Get(t.Context(), callback.By{ID: "one"}); err != nil || cb.Revision != 1 {
		t.Errorf("after the other was forgotten: %v %v", cb, err)
	}
	if err := apply(t.Context(), a, storetest.Write(storetest.New("two"))); err != nil {
		t.Error(err)
	}
}
