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
	"syscall"

	driver "modernc.org/sqlite"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
)

// Store is a [callback.Store] in one SQLite file. It is safe for concurrent
// use, and several processes on one machine may share the file.
type Store struct {
	reads     *sql.DB
	own       []*sql.DB // to close with the store
	secret    *secret
	committer *committer
	prepared  queries
	suspects  suspects
	verifier  *verifier

	close func() error
}

var _ callback.Store = (*Store)(nil)

// Open opens the file at path, creates it if necessary, readable by its owner
// only, and migrates its schema.
//
// Errors: [store.ErrSchemaNewer], [ErrForeign], [ErrCorrupt],
// [store.ErrReadOnly], [ErrDigestKey], and errors of the file system.
func Open(ctx context.Context, path string, c Config) (*Store, error) {
	s, err := openFile(ctx, path, &c)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, classify(err))
	}
	return s, nil
}

func openFile(ctx context.Context, path string, c *Config) (*Store, error) {
	if path == "" || path == ":memory:" {
		return nil, misconfigured("path", "does not name a file")
	}
	if err := c.check(); err != nil {
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
		s, err = start(ctx, reads, writes, c)
	}
	if err != nil {
		return nil, errors.Join(err, reads.Close(), writes.Close())
	}
	s.own = []*sql.DB{reads, writes}
	return s, nil
}

// touch creates the file for its owner only, because it contains personal data.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if isReadOnly(err) {
		return fmt.Errorf("%w: %w", store.ErrReadOnly, err)
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// isReadOnly reports whether a file cannot be opened for writing because of its
// permissions or of its file system.
func isReadOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// pool opens a pool of connections to a file with some pragmas.
func pool(path string, pragmas ...string) (*sql.DB, error) {
	connector, err := driver.NewConnector(location(path) + "?_pragma=" + strings.Join(pragmas, "&_pragma="))
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// location returns a path as a URI for SQLite, whatever characters it has.
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

// New returns a store in the file that db has open, for hosts that manage the
// database handle. The schema must be current ([store.ErrSchemaOlder], see
// [Migrate]) and the file in WAL mode.
//
// db must allow at least two connections. The store keeps one, with settings of
// its own, for writing. It uses others, one at a time each, for reading, for
// copying the log and for backups. A call that waits for a connection does so
// until its context ends. Close does not close db.
func New(ctx context.Context, db *sql.DB, c Config) (*Store, error) {
	if db == nil {
		return nil, misconfigured("db", "is nil")
	}
	if n := db.Stats().MaxOpenConnections; n == 1 {
		return nil, misconfigured("db", "allows one connection: the store needs one to write and others to read")
	}
	err := c.check()
	var s *Store
	if err == nil {
		s, err = start(ctx, db, db, &c)
	}
	if err != nil {
		return nil, fmt.Errorf("creating the store: %w", classify(err))
	}
	return s, nil
}

// start checks the schema and starts the committer.
func start(ctx context.Context, reads, writes *sql.DB, c *Config) (*Store, error) {
	secret, sealed, err := inspect(ctx, writes, c.DigestKey)
	if err != nil {
		return nil, err
	}
	s := &Store{reads: reads, secret: secret}
	w := &writer{db: writes, pragmas: c.writing(), secret: secret, hook: c.hook, checkpoints: newCheckpointer(writes, reads == writes), swept: none, recounted: none}
	if err := w.prepare(ctx, sealed); err != nil {
		w.reopen()
		w.checkpoints.close()
		return nil, err
	}
	s.committer = newCommitter(w)
	s.close = sync.OnceValue(s.shut)
	s.verifier = newVerifier(ctx, s, c.Logger)
	return s, nil
}

// inspect checks that the file can be used and returns its secret. sealed must
// replace it in the file, unless nil.
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

// prepare opens the writer's connection and checks that it can write. It
// replaces the secret in the file by sealed, unless nil.
func (w *writer) prepare(ctx context.Context, sealed []byte) error {
	return w.use(func(s *session) error {
		if err := patiently(ctx, func() error { return s.run(stBegin) }); err != nil {
			return err
		}
		// BEGIN succeeds even on a file that is read-only.
		err := s.run(stTouch)
		end := stRollback
		if err == nil && sealed != nil {
			// No effect if another process sealed it before.
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
		// A process may have died after an erasure, before the log was emptied.
		w.untruncated = true
		w.truncate(s, true)
		return nil
	})
}

// Close finishes the changes that were accepted, which may take some seconds
// while another process holds the lock. It closes the file; db of a store from
// New stays open. Later calls fail with [store.ErrClosed]. Close may be called
// more than once.
func (s *Store) Close() error { return s.close() }

func (s *Store) shut() error {
	s.verifier.close()
	s.committer.close()
	err := s.prepared.close()
	for _, db := range s.own {
		err = errors.Join(err, db.Close())
	}
	return err
}

// usable returns the error of a call with an ended context or on a closed
// store.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.committer.isClosed() {
		return store.ErrClosed
	}
	return nil
}
