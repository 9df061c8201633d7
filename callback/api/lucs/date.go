package lucs

import (
	"time"

	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// parseDate parses a date in one of the formats of LUCS clients: those of
// [wire.ParseTime], and "14.06.2019 10:02:07" with an optional fraction and Z. The
// default is UTC.
func parseDate(text string) (time.Time, bool) {
	if t, ok := wire.ParseTime(text, time.UTC); ok {
		return t, true
	}
	return wire.ParseGermanTime(text)
}
