package postgres

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A commit waits for the synchronous standbys before other sessions see it. Where that
// wait is cut short - the statement is cancelled, which the driver also does
// when a context ends, the session is terminated, or the server restarts - the
// commit stays and can be seen, although a failover would lose it. The server
// says so by a warning, if the session is there to hear it. What is found on
// such a server is therefore no proof that it is safe; a commit of our own that
// comes after it, and whose wait ends well, is.

// awaitStandbys is a write, so that its commit waits like that of a change. It
// does nothing where there are no synchronous standbys, and fails on a server
// that has become one.
const awaitStandbys = "SELECT pg_logical_emit_message(true, 'ringback', '')" +
	" WHERE current_setting('synchronous_standby_names') <> '' OR pg_is_in_recovery()"

// errUnreplicated means that the commit may be on this server only.
var errUnreplicated = errors.New("the server warned at the commit, which may be on no standby")

// warnOfLoss tells the operator of a setting under which an accepted callback
// can be lost.
func warnOfLoss(ctx context.Context, db querier, logger *slog.Logger) error {
	var commit, standbys string
	err := db.QueryRow(ctx, "SELECT current_setting('synchronous_commit'), current_setting('synchronous_standby_names')").Scan(&commit, &standbys)
	switch {
	case err != nil:
		return explain(err)
	case commit == "off":
		logger.WarnContext(ctx, "synchronous_commit is off: a crash of the server loses the last accepted callbacks")
	case commit == "local" && standbys != "":
		logger.WarnContext(ctx, "synchronous_commit is local: a failover loses the last accepted callbacks, although standbys are synchronous")
	}
	return nil
}

// warned is set in the custom data of a connection when the server has warned.
const warned = "ringback.warned"

// commitPool returns a pool for changes, which is like the host's and notes
// warnings. Its connections are opened when they are needed.
func commitPool(ctx context.Context, pool *pgxpool.Pool, committers int) (*pgxpool.Pool, error) {
	config := pool.Config()
	// One more for those who await standbys while all changes wait for them.
	config.MaxConns, config.MinConns, config.MinIdleConns = int32(committers)+1, 0, 0
	host := config.ConnConfig.OnNotice
	config.ConnConfig.OnNotice = func(conn *pgconn.PgConn, n *pgconn.Notice) {
		// 01000 has no other mark that is not in the server's language, and is
		// used for other warnings; to take one of those for it costs a commit.
		if n.Code == "01000" || n.Code == "57P01" {
			conn.CustomData()[warned] = true
		}
		if host != nil {
			host(conn, n)
		}
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// end ends an answer. It is an error when the server warned at the commit.
func (l *link) end(rows pgx.Rows) error {
	rows.Close()
	if err := rows.Err(); err != nil || l.conn == nil {
		return err
	}
	if l.conn.Conn().PgConn().CustomData()[warned] != nil {
		return errUnreplicated
	}
	return nil
}

// doubts are the callbacks with a change whose outcome was unknown, from then
// until everything that the server shows is replicated.
type doubts struct {
	mu   sync.Mutex
	told int64               // how many
	of   map[[2]string]int64 // tenant and ID, and which it was
	all  int64               // the last for which there was no place: all callbacks are in doubt
}

// mostDoubts bounds how many callbacks are remembered.
const mostDoubts = 10_000

func (d *doubts) tell(tenant, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told++
	switch {
	case len(d.of) >= mostDoubts:
		d.all = d.told
	case d.of == nil:
		d.of = make(map[[2]string]int64)
		fallthrough
	default:
		d.of[[2]string{tenant, id}] = d.told
	}
}

func (d *doubts) about(tenant, id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.all > 0 || d.of[[2]string{tenant, id}] > 0
}

// last returns the last doubt so far.
func (d *doubts) last() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.told
}

// settle ends the doubts up to one.
func (d *doubts) settle(last int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.of, func(_ [2]string, told int64) bool { return told <= last })
	if d.all <= last {
		d.all = 0
	}
}

// replicated waits until all that this server shows is on its synchronous
// standbys. In a transaction of the host it makes the commit wait.
func (s *Store) replicated(ctx context.Context, l *link) error {
	last := s.doubts.last()
	err := s.read(ctx, func(ctx context.Context) error {
		rows, err := l.query(ctx, awaitStandbys)
		if err != nil {
			return err
		}
		return l.end(rows)
	})
	if err == nil {
		s.doubts.settle(last)
	}
	return err
}

// await is replicated on a connection of its own.
func (s *Store) await(ctx context.Context) error {
	l := &link{store: s}
	defer l.close()
	return s.replicated(ctx, l)
}

// confirm takes back the success of writes that was found by looking, unless
// what was found is replicated.
func (s *Store) confirm(ctx context.Context, l *link, b *batch) {
	var found []*write
	for _, w := range b.writes {
		if w.doubt != certain && w.fault == nil {
			found = append(found, w)
		}
	}
	if len(found) == 0 {
		return
	}
	if err := s.replicated(ctx, l); err != nil {
		for _, w := range found {
			w.fault, w.outside = doubtful(err), true
			s.doubts.tell(w.tenant, w.id)
		}
	}
}
