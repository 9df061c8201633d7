package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/callback"
)

// View is the store that In works on.
func View(s *Store, tx pgx.Tx) callback.Store { return view(s, tx) }
