package gms

import (
	"time"

	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// readTime parses a time by [wire.ParseTime]. The default is UTC. Years are 1970 to
// 9999.
func readTime(text string) (time.Time, bool) {
	t, ok := wire.ParseTime(text, time.UTC)
	return t, ok && t.Year() >= 1970 && t.Year() <= 9999
}

// ruleTime is the rule for text that is no time.
const ruleTime = "is not a time like 2013-05-28T15:30:00.000Z"
