package postgres

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

// View is the store that In works on.
func View(s *Store, tx pgx.Tx) callback.Store { return view(s, tx) }

// Key is the primary key of a callback.
func Key(tenant string, id callback.ID) [16]byte { return keyOf(tenant, string(id)) }

// Shortcuts are the statements for single creates.
func Shortcuts(schema string) []string {
	s := statementsOf(schema)
	return append(slices.Clone(s.singles[0][:]), s.singles[1][:]...)
}

// AgeClock makes the last answer of the server's clock as old as d.
func AgeClock(s *Store, d time.Duration) { s.clock.set(time.Now().Add(-d), time.Now().Add(-d)) }

// CounterKey is the primary key of a counter.
func CounterKey(tenant string, k callback.PermitKey) string {
	c := counterKey{tenant, k}
	return c.hash().String()
}

// PageOf is the statement of the first chunk of a search or, if next is set, of one
// behind a place.
func PageOf(s *Store, q callback.Query, next bool) (string, []any) {
	if !next {
		return s.pageOf(&q, nil, nil, 101)
	}
	at := time.Now().Add(48 * time.Hour)
	return s.pageOf(&q, &store.Place{QueuedAt: at, ID: "c1"}, &store.Mark{End: at.Add(time.Hour)}, 101)
}
