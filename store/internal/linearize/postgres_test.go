package linearize

import (
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

var suite postgrestest.Suite

func TestMain(m *testing.M) { os.Exit(suite.Main(m)) }

// TestPostgres runs its stores in one database, each in its own schema.
func TestPostgres(t *testing.T) {
	dsn := suite.NewDatabase(t)
	var stores []callback.Store
	for n := range 2 {
		stores = append(stores, openPostgres(t, dsn, fmt.Sprintf("store%d", n)))
	}
	prove(t, &Campaign{Stores: stores, Rules: Rules{PassOver: true}})
}

func openPostgres(t testing.TB, dsn, schema string) callback.Store {
	t.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = maxClients + 2
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	own := postgres.Config{Schema: schema}
	if err := postgres.Migrate(t.Context(), pool, own); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.New(t.Context(), pool, own)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
