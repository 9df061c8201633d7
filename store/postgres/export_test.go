package postgres

import (
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/callback"
)

// View is the store that In works on.
func View(s *Store, tx pgx.Tx) callback.Store { return view(s, tx) }

// Shortcuts are the statements for single changes.
func Shortcuts(schema string) []string {
	s := statementsOf(schema)
	list := append(slices.Clone(s.singles[0][:]), s.singles[1][:]...)
	return slices.AppendSeq(list, maps.Values(s.replaces))
}

// AgeClock makes the last answer of the server's clock as old as d.
func AgeClock(s *Store, d time.Duration) { s.clock.set(time.Now().Add(-d), time.Now().Add(-d)) }
