package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

// ErrSchema means that the schema lacks an object, or has another one in its
// place.
var ErrSchema = errors.New("the schema is not as it should be")

// ErrLocked means that a change was not made because another transaction, for
// instance one of the host (see [Store.In]), held a row that it needs until the
// time of the change was over.
var ErrLocked = errors.New("a row is locked by another transaction")

// isLocked reports whether a statement gave up waiting for a row.
func isLocked(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "55P03"
}

// ServerError is an error that the server answered. It holds nothing of the
// values concerned.
type ServerError struct {
	Code       string // SQLSTATE
	Constraint string // where one was violated
	Text       string // the server's words, for codes that never quote values
}

func (e *ServerError) Error() string {
	var b strings.Builder
	b.WriteString("postgres: SQLSTATE " + e.Code)
	if e.Constraint != "" {
		b.WriteString(", constraint " + e.Constraint)
	}
	if e.Text != "" {
		b.WriteString(": " + e.Text)
	}
	return b.String()
}

// fate is what an error says of the statement that met it.
type fate uint8

const (
	failed  fate = iota // it did not happen and will not when repeated
	again               // it did not happen, and may when repeated
	unknown             // it may have happened
)

// fateOf classifies an error of a statement that is a transaction of its own.
func fateOf(err error) fate {
	if unsent(err) {
		return again
	}
	var scan pgx.ScanArgError
	if errors.As(err, &scan) {
		return failed
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch {
		case stray(pg):
			return failed
		case pg.Code == "40001" || pg.Code == "40P01" || pg.Code == "23505" || pg.Code == "55P03":
			return again
		case pg.Code == "40003" || pg.Code == "08007":
			return unknown
		case pg.Severity == "FATAL" || pg.Severity == "PANIC":
			// The server ends the session; it may have come to that after the
			// commit and before the answer. While connecting it is not, but
			// then nothing was sent.
			var connecting *pgconn.ConnectError
			if errors.As(err, &connecting) {
				return again
			}
			return unknown
		}
		return failed
	}
	var connecting *pgconn.ConnectError
	if pgconn.SafeToRetry(err) || errors.As(err, &connecting) {
		return again
	}
	return unknown
}

// stray reports whether a row stands where only the row of the callback that is
// being changed, which the change has locked, could have put one. Something else
// wrote it, and a repetition would meet it again.
func stray(pg *pgconn.PgError) bool {
	switch pg.ConstraintName {
	case "events_pkey", "due_pkey", "queue_pkey":
		return pg.Code == "23505"
	}
	return false
}

// explain turns an error of the driver into one that may be shown: without
// values, as a sentinel where there is one.
func explain(err error) error {
	if err == nil {
		return nil
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		e := &ServerError{Code: pg.Code, Constraint: pg.ConstraintName}
		switch class := pg.Code[:min(2, len(pg.Code))]; class {
		case "22", "23", "54":
			// What is wrong is a value that no table can hold.
			if class != "23" {
				return errors.Join(invalid("Record", "holds a value that the database cannot"), e)
			}
			return e
		}
		e.Text = pg.Message
		switch pg.Code {
		case "25006":
			return fmt.Errorf("%w: %w", store.ErrReadOnly, e)
		case "55P03":
			return fmt.Errorf("%w: %w", ErrLocked, e)
		}
		return e
	}
	if errors.Is(err, pgx.ErrNoRows) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	// Connection errors name hosts and users, which is for operators to see,
	// but never parameters of statements.
	return fmt.Errorf("postgres: %w", err)
}

// doubtful marks an error that leaves open whether a change happened.
func doubtful(err error) error { return fmt.Errorf("%w: %w", callback.ErrOutcomeUnknown, explain(err)) }

func invalid(field, rule string) error {
	return callback.NewFieldError(callback.ErrInvalidParameter, field, rule)
}
