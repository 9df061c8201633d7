package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
)

// Migrations contains the statements of the schema, one file per version in the
// order of their names, for hosts that migrate with a tool of their own. The
// tool must run each file once, on a database in WAL mode, in a transaction
// that also sets PRAGMA user_version to the file's number.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// application is the application_id of the files, "Ring".
const application = 0x52696e67

// Migrate migrates the file of db to the schema of this library, with one
// transaction per version, and sets WAL mode. It does not modify a file that is
// up to date, of a newer library ([store.ErrSchemaNewer]), or of another
// application ([ErrForeign]). Several processes may call it at once. While
// another process writes, it waits until ctx ends.
func Migrate(ctx context.Context, db *sql.DB) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return classify(err)
	}
	defer drop(conn) // its settings have changed
	if err := migrate(ctx, conn); err != nil {
		return fmt.Errorf("migrating: %w", classify(err))
	}
	return nil
}

func migrate(ctx context.Context, conn *sql.Conn) error {
	all, err := sqlkit.Migrations(Migrations)
	if err != nil {
		return err
	}
	found, err := version(ctx, conn, len(all))
	if err != nil {
		return err
	}
	if err := logAhead(ctx, conn, found < len(all)); err != nil || found == len(all) {
		return err
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA secure_delete = ON"); err != nil {
		return err
	}
	for {
		done, err := step(ctx, conn, all)
		if err != nil || done {
			return err
		}
	}
}

// step runs the next migration, unless another process did before step got the
// lock.
func step(ctx context.Context, conn *sql.Conn, all []sqlkit.Migration) (done bool, err error) {
	if err := patiently(ctx, func() error { return exec(ctx, conn, "BEGIN IMMEDIATE") }); err != nil {
		return false, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, exec(context.WithoutCancel(ctx), conn, "ROLLBACK"))
		}
	}()
	found, err := version(ctx, conn, len(all))
	if err != nil {
		return false, err
	}
	if found < len(all) {
		if err := exec(ctx, conn, all[found].Text); err != nil {
			return false, fmt.Errorf("version %d: %w", found+1, err)
		}
		found++
		if err := exec(ctx, conn, fmt.Sprintf("PRAGMA user_version = %d", found)); err != nil {
			return false, err
		}
	}
	return found == len(all), exec(ctx, conn, "COMMIT")
}

func exec(ctx context.Context, conn *sql.Conn, text string) error {
	_, err := conn.ExecContext(ctx, text)
	return err
}

// version returns the version of the schema; 0 if the file is empty.
func version(ctx context.Context, conn *sql.Conn, want int) (int, error) {
	var app, found, tables int
	err := patiently(ctx, func() error {
		return conn.QueryRowContext(ctx, "SELECT a.application_id, v.user_version, (SELECT count(*) FROM sqlite_schema) "+
			"FROM pragma_application_id a, pragma_user_version v").Scan(&app, &found, &tables)
	})
	switch {
	case err != nil:
		return 0, err
	case app == 0 && found == 0 && tables == 0:
		return 0, nil
	case app != application || found < 1:
		return 0, fmt.Errorf("%w: application id %#x, version %d, %d tables and indexes", ErrForeign, app, found, tables)
	case found > want:
		return 0, &store.SchemaError{Found: found, Want: want}
	}
	return found, nil
}

// logAhead checks that the file is in WAL mode, or sets it, because otherwise
// readers and writers would block each other.
func logAhead(ctx context.Context, conn *sql.Conn, change bool) error {
	text := "PRAGMA journal_mode"
	if change {
		text = "PRAGMA journal_mode = WAL"
	}
	var mode string
	err := patiently(ctx, func() error { return conn.QueryRowContext(ctx, text).Scan(&mode) })
	if err == nil && !strings.EqualFold(mode, "wal") {
		if !change {
			return logAhead(ctx, conn, true)
		}
		return fmt.Errorf("journal mode is %s and cannot be set to wal, which needs a file on a local file system", mode)
	}
	return err
}

// patiently calls f again while another process holds a lock, until ctx ends.
func patiently(ctx context.Context, f func() error) error {
	for attempt := 0; ; attempt++ {
		err := f()
		if ctx.Err() != nil && err != nil {
			return ctx.Err()
		}
		if err == nil || !isBusy(err) {
			return err
		}
		timer := time.NewTimer(lockWait(attempt))
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
		case <-timer.C:
		}
	}
}
