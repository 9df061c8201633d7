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

// inReach reports whether a column can keep t: from the year 1 to the year 9999
// of the Gregorian calendar, well within what the server can. No time is in
// reach.
func inReach(t time.Time) bool {
	return t.IsZero() || t.Year() >= 1 && t.Year() <= 9999
}

// notBefore is the first microsecond, which is what a column keeps, that is not
// before t: nothing is due earlier than it was asked for.
func notBefore(t time.Time) time.Time {
	if cut := t.Truncate(time.Microsecond); !cut.Equal(t) {
		return cut.Add(time.Microsecond)
	}
	return t
}
