package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
)

// Migrations are the steps that make the schema: files named
// <version>_<topic>.sql, in which {{schema}} stands for the schema's name. Run
// them with [Migrate], or with a tool of your own: see [SQL].
//
//go:embed migrations/*.sql
var Migrations embed.FS

// migrations lists the steps in order.
func migrations(schema string) ([]sqlkit.Migration, error) {
	list, err := sqlkit.Migrations(Migrations)
	for i := range list {
		list[i].Text = named(list[i].Text, schema)
	}
	return list, err
}

const (
	createSchema     = "CREATE SCHEMA IF NOT EXISTS {{schema}};\n"
	createMigrations = `CREATE TABLE IF NOT EXISTS {{schema}}.migrations (
    version bigint PRIMARY KEY,
    name    text NOT NULL,
    applied timestamptz NOT NULL DEFAULT clock_timestamp()
);
`
	lockMigrations   = `LOCK TABLE {{schema}}.migrations IN ACCESS EXCLUSIVE MODE`
	lastMigration    = `SELECT coalesce(max(version), 0) FROM {{schema}}.migrations`
	insertMigration  = `INSERT INTO {{schema}}.migrations (version, name) VALUES (`
	migrationRetries = 5
)

// SQL returns the whole script that makes the schema of the newest version in an
// empty database, in one transaction: for those who run migrations by hand or
// with a tool of their own.
func SQL(schema string) (string, error) {
	config, err := Config{Schema: schema}.withDefaults()
	if err != nil {
		return "", err
	}
	list, err := migrations(config.Schema)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("BEGIN;\n" + named(createSchema+createMigrations, config.Schema))
	for _, m := range list {
		fmt.Fprintf(&b, "\n-- %s\n%s%s%d, '%s');\n", m.Name, m.Text, named(insertMigration, config.Schema), m.Version, m.Name)
	}
	b.WriteString("COMMIT;\n")
	return b.String(), nil
}

func named(text, schema string) string { return strings.ReplaceAll(text, schemaMark, `"`+schema+`"`) }

// Migrate brings the schema to the version of this library: each call does
// everything or nothing, and several at once wait for each other. It needs the
// right to create a schema, or one that exists and belongs to the role.
//
// Errors: [store.ErrSchemaNewer], and nothing is touched; [store.ErrReadOnly].
func Migrate(ctx context.Context, pool *pgxpool.Pool, config Config) error {
	config, err := config.withDefaults()
	if err != nil {
		return err
	}
	if err := checkWritable(ctx, pool); err != nil {
		return err
	}
	list, err := migrations(config.Schema)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
			return migrate(ctx, tx, config.Schema, list)
		})
		if err == nil || try == migrationRetries || !raced(err) {
			return explain(err)
		}
	}
}

// raced reports whether another process created the same object at the same time.
func raced(err error) bool {
	var pg *pgconn.PgError
	return fateOf(err) == again || errors.As(err, &pg) && (pg.Code == "42P06" || pg.Code == "42P07" || pg.Code == "42710")
}

func migrate(ctx context.Context, tx pgx.Tx, schema string, list []sqlkit.Migration) error {
	// The simple protocol takes several statements at once.
	run := func(text string) error {
		_, err := tx.Conn().PgConn().Exec(ctx, text).ReadAll()
		return err
	}
	// CREATE SCHEMA IF NOT EXISTS asks for the right to create one even where
	// it is there.
	var there bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", schema).Scan(&there); err != nil {
		return err
	}
	create := createMigrations
	if !there {
		create = createSchema + create
	}
	if err := run(named(create, schema)); err != nil {
		return err
	}
	if err := run(named(lockMigrations, schema)); err != nil {
		return err
	}
	var last int
	if err := tx.QueryRow(ctx, named(lastMigration, schema)).Scan(&last); err != nil {
		return err
	}
	if last > len(list) {
		return schemaError(schema, last, len(list))
	}
	for _, m := range list[last:] {
		if err := run(m.Text); err != nil {
			return fmt.Errorf("migration %s: %w", m.Name, err)
		}
		if _, err := tx.Exec(ctx, named(insertMigration, schema)+"$1, $2)", m.Version, m.Name); err != nil {
			return err
		}
	}
	return nil
}

func schemaError(schema string, found, want int) error {
	return fmt.Errorf("schema %q: %w", schema, &store.SchemaError{Found: found, Want: want})
}
