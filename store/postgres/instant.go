package postgres

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// stamp writes a time into a column where no time is NULL.
func stamp(t time.Time) pgtype.Timestamptz {
	return pgtype.Timestamptz{Time: t, Valid: !t.IsZero()}
}

// never is a column that orders where no time is set.
var never = pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}

// place writes a time into a column that orders: no time comes first.
func place(t time.Time) pgtype.Timestamptz {
	if t.IsZero() {
		return never
	}
	return pgtype.Timestamptz{Time: t, Valid: true}
}

// instant reads either.
func instant(t pgtype.Timestamptz) time.Time {
	if !t.Valid || t.InfinityModifier != pgtype.Finite {
		return time.Time{}
	}
	return t.Time.UTC()
}
