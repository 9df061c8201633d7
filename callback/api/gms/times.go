package gms

import (
	"time"
)

// readTime parses yyyy-MM-ddTHH:mm:ss with an optional fraction and an optional
// Z or offset, with or without a colon. The default is UTC. Years are 1970 to
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

// layoutJava is RFC 3339 with an offset without a colon, as Java formats it.
const layoutJava = "2006-01-02T15:04:05Z0700"

// ruleTime is the rule for text that readTime rejects.
const ruleTime = "is not a time like 2013-05-28T15:30:00.000Z"
