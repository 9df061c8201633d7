package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/store"
)

// minServer is the oldest server that has all that the statements use.
const minServer = 130000

// checkWritable refuses a server that cannot write: a standby, or a session
// that is read-only by default.
func checkWritable(ctx context.Context, db querier) error {
	var readOnly, standby bool
	err := db.QueryRow(ctx, "SELECT current_setting('transaction_read_only')::boolean, pg_is_in_recovery()").Scan(&readOnly, &standby)
	switch {
	case err != nil:
		return explain(err)
	case standby:
		return fmt.Errorf("%w: it is a standby", store.ErrReadOnly)
	case readOnly:
		return fmt.Errorf("%w: its transactions are by default", store.ErrReadOnly)
	}
	return nil
}

// checkVersion compares the schema's version with the library's.
func checkVersion(ctx context.Context, db querier, schema string) error {
	list, err := migrations(schema)
	if err != nil {
		return err
	}
	var last int
	err = db.QueryRow(ctx, named(lastMigration, schema)).Scan(&last)
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && (pg.Code == "42P01" || pg.Code == "3F000"):
		return schemaError(schema, 0, len(list))
	case err != nil:
		return explain(err)
	case last != len(list):
		return schemaError(schema, last, len(list))
	}
	return nil
}

// Validate checks that the database is what the store needs: a server of
// version 13 or newer that writes, in UTF-8, and in the schema every table,
// column, index and function, usable by the role. It reports every fault at
// once.
//
// Errors: [store.ErrReadOnly], [store.ErrSchemaOlder], [store.ErrSchemaNewer], [ErrSchema].
func Validate(ctx context.Context, pool *pgxpool.Pool, config Config) error {
	config, err := config.withDefaults()
	if err != nil {
		return err
	}
	if err := checkWritable(ctx, pool); err != nil {
		return err
	}
	if err := checkVersion(ctx, pool, config.Schema); err != nil {
		return err
	}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w: "+format, append([]any{ErrSchema}, args...)...))
	}
	var version int
	var encoding string
	if err := pool.QueryRow(ctx, "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')").Scan(&version, &encoding); err != nil {
		return explain(err)
	}
	if version < minServer {
		fault("server version %d is older than %d", version, minServer)
	}
	if encoding != "UTF8" {
		fault("the database is encoded in %s, needed is UTF8", encoding)
	}
	for _, check := range catalog() {
		rows, err := pool.Query(ctx, check.query, config.Schema)
		if err != nil {
			return explain(err)
		}
		var there []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				rows.Close()
				return explain(err)
			}
			there = append(there, name)
		}
		if err := rows.Err(); err != nil {
			return explain(err)
		}
		for _, name := range check.names {
			if !slices.Contains(there, name) {
				fault("%s %s is missing or not usable", check.kind, name)
			}
		}
	}
	return errors.Join(faults...)
}

// catalogCheck is a list of things that must be there.
type catalogCheck struct {
	kind  string
	query string // their names; $1 is the schema
	names []string
}

func catalog() []catalogCheck {
	return []catalogCheck{
		{"column", "SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns WHERE table_schema = $1" +
			" AND has_table_privilege(quote_ident(table_schema) || '.' || quote_ident(table_name), 'SELECT, INSERT, UPDATE, DELETE')", columnNames()},
		{"index", "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace" +
			" WHERE n.nspname = $1 AND i.indisvalid", []string{
			"callbacks_pkey", "callbacks_key", "callbacks_place", "callbacks_desired", "callbacks_number", "callbacks_lookups", "due_pkey", "due_leased",
			"queue_pkey", "counters_pkey", "counters_slot", "counters_subject", "counters_ends",
			"events_pkey", "events_place", "pauses_pkey"}},
		{"function", "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1" +
			" AND has_function_privilege(p.oid, 'EXECUTE')", []string{"apply_1", "roll_1", "rolled_1", "start_1", "replace_1", "claim_due_1", "claim_queues_1", "lost_race_1", "forget_1"}},
		{"sequence", "SELECT sequencename FROM pg_sequences WHERE schemaname = $1 AND data_type = 'bigint'::regtype AND cache_size = 1" +
			" AND has_sequence_privilege(quote_ident(schemaname) || '.' || quote_ident(sequencename), 'USAGE')", []string{"places"}},
	}
}

func columnNames() []string {
	const (
		whole = " bigint"
		small = " smallint"
		flag  = " boolean"
		words = " text"
		when  = " timestamp with time zone"
		bytes = " bytea"
		keys  = " uuid"
	)
	var names []string
	table := func(name, kind string, columns ...string) {
		for _, c := range columns {
			names = append(names, name+"."+c+kind)
		}
	}
	table("callbacks", keys, "k")
	table("callbacks", whole, "place", "nonce", "revision", "epoch")
	table("callbacks", when, "next_at", "until", "desired", "created", "updated", "ended", "queued_at", "accepted_at")
	table("callbacks", small, "state", "priority")
	table("callbacks", flag, "ready")
	table("callbacks", words, "tenant", "id", "service", "owner", "reason", "number", "idempotency_key", "accepted_type")
	table("callbacks", " ARRAY", "lookups")
	table("callbacks", bytes, "accepted", "body")
	table("due", when, "next_at")
	table("due", keys, "k")
	table("due", flag, "leased")
	table("queue", when, "queued_at")
	table("queue", keys, "k")
	table("queue", words, "tenant", "service", "id")
	table("queue", small, "priority")
	table("queue", flag, "ready")
	table("counters", keys, "h")
	table("counters", whole, "slot", "used")
	table("counters", when, "ends")
	table("counters", " ARRAY", "parts")
	table("counters", words, "tenant", "service", "kind", "name", "subject")
	table("events", whole, "place", "seq", "nonce")
	table("events", when, "at")
	table("events", keys, "k")
	table("events", words, "type")
	table("events", bytes, "body")
	table("pauses", when, "since")
	table("pauses", words, "tenant", "service", "actor", "reason")
	return names
}
