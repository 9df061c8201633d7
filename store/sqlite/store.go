package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	driver "modernc.org/sqlite"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
)

// Store is a [callback.Store] in one SQLite file. It is safe for any number of
// goroutines, and the file for several processes of one machine.
type Store struct {
	reads     *sql.DB
	own       []*sql.DB // closed with the store
	secret    *secret
	committer *committer
	prepared  queries
	suspects  suspects

	close func() error
}

var _ callback.Store = (*Store)(nil)

// Open opens the file at path, makes it if there is none, with access for its
// owner only, and brings its schema up to date. It is all that most users need.
//
// Errors: [store.ErrSchemaNewer], [ErrForeign], [ErrCorrupt], [store.ErrReadOnly],
// [ErrDigestKey], and what the system says.
func Open(ctx context.Context, path string, option ...Option) (*Store, error) {
	o := optionsOf(option)
	s, err := openFile(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, classify(err))
	}
	return s, nil
}

func openFile(ctx context.Context, path string, o *options) (*Store, error) {
	if path == "" || path == ":memory:" {
		return nil, misconfigured("path", "does not name a file")
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := touch(path); err != nil {
		return nil, err
	}
	writes, err := pool(path, "busy_timeout(0)")
	if err != nil {
		return nil, err
	}
	reads, err := pool(path, reading()...)
	if err != nil {
		return nil, errors.Join(err, writes.Close())
	}
	reads.SetMaxOpenConns(max(4, 2*runtime.GOMAXPROCS(0)))
	reads.SetMaxIdleConns(max(4, 2*runtime.GOMAXPROCS(0)))
	err = Migrate(ctx, writes)
	var s *Store
	if err == nil {
		s, err = start(ctx, reads, writes, o)
	}
	if err != nil {
		return nil, errors.Join(err, reads.Close(), writes.Close())
	}
	s.own = []*sql.DB{reads, writes}
	return s, nil
}

// touch makes the file, for its owner only: it holds what customers told.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: %w", store.ErrReadOnly, err)
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// pool makes connections to a file with some pragmas.
func pool(path string, pragmas ...string) (*sql.DB, error) {
	connector, err := driver.NewConnector(location(path) + "?_pragma=" + strings.Join(pragmas, "&_pragma="))
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// location is a path as SQLite takes it, whatever characters are in it.
func location(path string) string {
	path = filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" {
		path = "/" + path
	}
	segments := strings.Split(path, "/")
	for i := range segments {
		segments[i] = url.PathEscape(segments[i])
	}
	return "file:" + strings.Join(segments, "/")
}

// New makes a store of the file that db has open, for hosts that manage the
// handle themselves. The schema must be there ([store.ErrSchemaOlder], see [Migrate])
// and the file in WAL mode. db must allow two connections or more: the store
// keeps one to write through, with settings of its own, and reads, copies the log
// and makes backups through the others, one connection for each at a time. Who
// waits for a connection that the host holds does so until its context ends.
// Close leaves db open.
func New(ctx context.Context, db *sql.DB, option ...Option) (*Store, error) {
	if db == nil {
		return nil, misconfigured("db", "is nil")
	}
	if n := db.Stats().MaxOpenConnections; n == 1 {
		return nil, misconfigured("db", "allows one connection: the store needs one to write and others to read")
	}
	o := optionsOf(option)
	err := o.check()
	var s *Store
	if err == nil {
		s, err = start(ctx, db, db, o)
	}
	if err != nil {
		return nil, fmt.Errorf("making a store: %w", classify(err))
	}
	return s, nil
}

func optionsOf(all []Option) *options {
	o := &options{}
	for _, f := range all {
		f(o)
	}
	return o
}

// start checks the schema and starts the committer.
func start(ctx context.Context, reads, writes *sql.DB, o *options) (*Store, error) {
	secret, sealed, err := inspect(ctx, writes, o.digestKey)
	if err != nil {
		return nil, err
	}
	s := &Store{reads: reads, secret: secret}
	w := &writer{db: writes, pragmas: o.writing(), secret: secret, hook: o.hook, checkpoints: newCheckpointer(writes, reads == writes), swept: none, recounted: none}
	if err := w.prepare(ctx, sealed); err != nil {
		w.reopen()
		w.checkpoints.close()
		return nil, err
	}
	s.committer = newCommitter(w)
	s.close = sync.OnceValue(s.shut)
	return s, nil
}

// inspect checks that a file can be used and reads its secret. sealed is what is
// to replace it in the file; nil where it stays.
func inspect(ctx context.Context, db *sql.DB, key *[32]byte) (s *secret, sealed []byte, err error) {
	all, err := sqlkit.Migrations(Migrations)
	if err != nil {
		return nil, nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close()
	found, err := version(ctx, conn, len(all))
	if err != nil {
		return nil, nil, err
	}
	if found < len(all) {
		return nil, nil, &store.SchemaError{Found: found, Want: len(all)}
	}
	var mode string
	var value []byte
	err = patiently(ctx, func() error {
		return conn.QueryRowContext(ctx, "SELECT (SELECT journal_mode FROM pragma_journal_mode), value FROM secret").Scan(&mode, &value)
	})
	if err != nil {
		return nil, nil, err
	}
	if !strings.EqualFold(mode, "wal") {
		return nil, nil, fmt.Errorf("journal mode is %s, not wal: see Migrate", mode)
	}
	return openSecret(value, key)
}

// prepare opens the writer's connection and sees whether it can write. Where
// sealed is given it takes the place of the secret.
func (w *writer) prepare(ctx context.Context, sealed []byte) error {
	return w.use(func(s *session) error {
		if err := patiently(ctx, func() error { return s.run(stBegin) }); err != nil {
			return err
		}
		// A transaction can be opened on a file that cannot be written to.
		err := s.run(stTouch)
		end := stRollback
		if err == nil && sealed != nil {
			// Another process may have been faster.
			end, err = stCommit, s.run(stSealSecret, sealed, w.secret[:])
		}
		if err == nil {
			err = s.query(stAnyFault, func([]any) error {
				w.recount = true
				return nil
			})
		}
		if err != nil {
			end = stRollback
		}
		if err := errors.Join(err, s.run(end)); err != nil {
			return err
		}
		// A process may have died between an erasure and the end of it.
		w.untruncated = true
		w.truncate(s, true)
		return nil
	})
}

// Close finishes the changes that were accepted and gives the file back; a store
// made by New leaves its db open. Every later call fails with [store.ErrClosed]. It may
// be called more than once. While another process holds the file it waits some
// seconds.
func (s *Store) Close() error { return s.close() }

func (s *Store) shut() error {
	s.committer.close()
	err := s.prepared.close()
	for _, db := range s.own {
		err = errors.Join(err, db.Close())
	}
	return err
}

// usable is the error of a call that need not be made.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.committer.isClosed() {
		return store.ErrClosed
	}
	return nil
}
