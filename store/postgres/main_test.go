package postgres_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/internal/faulttest"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

var suite postgrestest.Suite

func TestMain(m *testing.M) {
	if faulttest.RunNode() {
		return
	}
	os.Exit(suite.Main(m))
}

// rig is a database of its own for one test, in which stores are opened.
type rig struct {
	pool *pgxpool.Pool
	n    atomic.Int64
}

func newRig(t testing.TB, dsn string) *rig {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return &rig{pool: pool}
}

// open migrates a new schema and returns its store.
func (r *rig) open(t testing.TB, change ...func(*postgres.Config)) *postgres.Store {
	t.Helper()
	config := postgres.Config{Schema: fmt.Sprintf("rb%d", r.n.Add(1))}
	for _, c := range change {
		c(&config)
	}
	if err := postgres.Migrate(t.Context(), r.pool, config); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.New(t.Context(), r.pool, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
