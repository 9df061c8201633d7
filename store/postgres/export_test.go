package postgres

import (
	"maps"
	"slices"

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
