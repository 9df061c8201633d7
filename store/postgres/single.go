package postgres

import (
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
)

// mostPermits is how many counters a single create may take from to be made by
// a statement of its own.
const mostPermits = 4

// queued reports whether the callback is in a queue after the write.
func (w *write) queued() bool { return w.state == int16(callback.Queued) }

// singleText is the statement that does what the function start does, for one
// callback and n counters: without arrays and the function around them it costs
// two thirds of it. Each step is made only if the one before it was. If the first
// was not, nothing has changed; what is made in part is undone by an error.
func singleText(schema string, n int, queued bool) string {
	var b strings.Builder
	// The feed relies on transactions that have a number before they take a place.
	before, first := " WHERE pg_current_xact_id() IS NOT NULL", "made"
	b.WriteString("WITH ")
	for i := range n {
		at := singleColumns + permitColumns*i
		from := " WHERE set_config('lock_timeout', '" + lockTimeout.String() + "', true) IS NOT NULL"
		if i > 0 {
			from = fmt.Sprintf(" FROM u%d", i-1)
		}
		fmt.Fprintf(&b, "u%d AS (INSERT INTO {{schema}}.counters AS c (tenant, h, service, kind, slot, name, subject, used, ends)"+
			" SELECT $1::text, $%d::uuid, $%d::text, $%d::text, $%d::bigint, $%d::text, $%d::text, $%d::bigint, $%d::timestamptz%s"+
			" ON CONFLICT (h) DO UPDATE SET used = CASE WHEN c.ends <= $2::timestamptz THEN $%d::bigint ELSE c.used + $%d::bigint END,"+
			" ends = CASE WHEN c.ends <= $2::timestamptz THEN $%d::timestamptz ELSE c.ends END"+
			" WHERE c.parts IS NULL AND (c.used <= $%d::bigint OR c.ends <= $2::timestamptz) AND (c.ends <= $%d::timestamptz + interval '1 second') IS NOT FALSE RETURNING 1), ",
			i, at+1, at+2, at+3, at+4, at+5, at+6, at+7, at+9, from, at+7, at+7, at+9, at+8, at+9)
		before, first = fmt.Sprintf(" FROM u%d", i), "u0"
	}
	b.WriteString("made AS (INSERT INTO {{schema}}.callbacks (revision, epoch, tenant, k, id, next_at, service, state, priority, ready, reason," +
		" desired, created, updated, ended, queued_at, number, idempotency_key, lookups, body, nonce, accepted_at, accepted_type, accepted)" +
		" SELECT 1, 0, $1::text, $3::uuid, $4::text, $5::timestamptz, $6::text, $7::smallint, $8::smallint, $9::boolean, $10::text," +
		" $11::timestamptz, $12::timestamptz, $13::timestamptz, $14::timestamptz, $15::timestamptz, $16::text, $17::text, $18::text::bigint[], $19::bytea," +
		" $20::bigint, $21::timestamptz, $22::text, $23::bytea" + before + " ON CONFLICT DO NOTHING RETURNING 1), ")
	if queued {
		b.WriteString("queued AS (INSERT INTO {{schema}}.queue (tenant, service, priority, ready, queued_at, id, k)" +
			" SELECT $1::text, $6::text, $8::smallint, $9::boolean, coalesce($15::timestamptz, '-infinity'), coalesce($4::text, $3::uuid::text), $3::uuid FROM made), ")
	}
	b.WriteString("due AS (INSERT INTO {{schema}}.due (next_at, k) SELECT $5::timestamptz, $3::uuid FROM made WHERE $5::timestamptz IS NOT NULL) ")
	fmt.Fprintf(&b, "SELECT CASE WHEN EXISTS (SELECT FROM made) THEN $2::timestamptz IS NOT NULL WHEN EXISTS (SELECT FROM %s) THEN {{schema}}.lost_race_1() ELSE false END", first)
	return named(b.String(), schema)
}

// lockTimeout is how long a statement waits for a row, as in the functions. It
// ends with the transaction, so that no session keeps it.
const lockTimeout = 100 * time.Millisecond

const (
	singleColumns = 23
	permitColumns = 9
)

// singleArguments are the parameters of a single create.
func singleArguments(w *write, demands []demand) []any {
	text := func(s string) pgtype.Text { return pgtype.Text{String: s, Valid: s != ""} }
	args := make([]any, 0, singleColumns+permitColumns*len(demands))
	args = append(args, w.tenant, w.now, [16]byte(w.k), idColumn(w.k, w.id), w.nextAt, w.service, w.state, w.priority, w.ready, text(w.reason),
		w.desired, w.created, w.updated, w.ended, w.queuedAt, text(w.number), text(w.key), text(w.lookup), w.body,
		w.nonce, w.eventAt, text(w.eventType), w.event)
	for _, d := range demands {
		args = append(args, [16]byte(d.h), d.key.Service, string(d.key.Kind), d.key.Slot, d.key.Name, d.key.Subject, d.units, d.room, d.ends)
	}
	return args
}
