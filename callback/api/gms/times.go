package gms

import (
	"time"
)

// readTime reads yyyy-MM-ddTHH:mm:ss with or without a fraction, with Z, an
// offset with or without a colon, or nothing, which means UTC. Years are 1970 to
// 9999.
func readTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, layoutJava, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			t = t.UTC()
			return t, t.Year() >= 1970 && t.Year() <= 9999
		}
	}
	return time.Time{}, false
}

// layoutJava is RFC 3339 with an offset without a colon, as Java writes it.
const layoutJava = "2006-01-02T15:04:05Z0700"

// ruleTime is the rule that a time breaks.
const ruleTime = "is not a time like 2013-05-28T15:30:00.000Z"
