package postgres

import (
	"cmp"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Config is how a [Store] works. The zero value of every field is the
// documented default.
type Config struct {
	// Schema holds the tables, functions and nothing else: a lower-case name of
	// at most 63 letters, digits and underscores. Several stores may live in one
	// database under different schemas. Defaults to "ringback".
	Schema string
	// Timeout bounds each statement whose context has no earlier deadline, and
	// how long a statement goes on for the callers of one group after one of
	// them gave up; 100 ms to 10 minutes. Defaults to 10 s.
	Timeout time.Duration
	// Committers is how many transactions with changes are under way at once
	// from this process; 1 to 16. Callers that come while all are busy share
	// the next one. Defaults to 2.
	Committers int
	// Group is how many changes one transaction takes at most, single calls
	// with more excepted; 1 to 10,000. Defaults to 500.
	Group int
	// Notify makes changes send a notification, at most one every
	// NotifyEvery, and lets [Store.Notify] listen on a connection of its own.
	// It needs sessions: leave it off behind a transaction pooler. It is only a
	// hint: everything works without it, at most Config.Poll of the Manager
	// later. Defaults to false.
	Notify bool
	// NotifyEvery is the shortest time between two notifications of one
	// process; 10 ms to 1 minute. Defaults to 100 ms.
	NotifyEvery time.Duration
	// Logger gets what an operator should know; never a number. Defaults to
	// slog.Default().
	Logger *slog.Logger
}

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// withDefaults returns a copy with every zero field set, or the first fault.
func (c Config) withDefaults() (Config, error) {
	c.Schema = cmp.Or(c.Schema, "ringback")
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.Committers = cmp.Or(c.Committers, 2)
	c.Group = cmp.Or(c.Group, 500)
	c.NotifyEvery = cmp.Or(c.NotifyEvery, 100*time.Millisecond)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	switch {
	case !schemaName.MatchString(c.Schema) || strings.HasPrefix(c.Schema, "pg_"):
		return c, misconfigured("Schema", "%q is not a plain lower-case name", clip(c.Schema))
	case c.Timeout < 100*time.Millisecond || c.Timeout > 10*time.Minute:
		return c, misconfigured("Timeout", "%v is not between 100ms and 10m", c.Timeout)
	case c.Committers < 1 || c.Committers > 16:
		return c, misconfigured("Committers", "%d is not between 1 and 16", c.Committers)
	case c.Group < 1 || c.Group > 10000:
		return c, misconfigured("Group", "%d is not between 1 and 10000", c.Group)
	case c.NotifyEvery < 10*time.Millisecond || c.NotifyEvery > time.Minute:
		return c, misconfigured("NotifyEvery", "%v is not between 10ms and 1m", c.NotifyEvery)
	}
	return c, nil
}

func clip(s string) string { return s[:min(len(s), 80)] }

func misconfigured(field, format string, args ...any) error {
	return fmt.Errorf("postgres config: %w", callback.NewFieldError(callback.ErrConfiguration, field, fmt.Sprintf(format, args...)))
}
