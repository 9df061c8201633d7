package postgres

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// mostPermits is how many counters a single create may take from to be made by
// a statement of its own.
const mostPermits = 4

// singleText is the statement that does what the function start does, for one
// callback and n counters: without arrays and the function around them it costs
// two thirds of it.
func singleText(schema string, n int, queued bool) string {
	var b strings.Builder
	var yes []string
	raced := []string{"(SELECT count(*) FROM made) = 1"}
	b.WriteString("WITH ")
	key := func(i int, alias string) string {
		at := singleColumns + permitColumns*i
		return fmt.Sprintf("%s.tenant = $1::text AND %s.service = $%d::text AND %s.kind = $%d::text AND %s.slot = $%d::bigint AND %s.name = $%d::text AND %s.subject = $%d::text",
			alias, alias, at+1, alias, at+2, alias, at+3, alias, at+4, alias, at+5)
	}
	for i := range n {
		fmt.Fprintf(&b, "l%d AS MATERIALIZED (SELECT c.used, c.ends FROM {{schema}}.counters c WHERE %s FOR UPDATE OF c), ", i, key(i, "c"))
		raced = append(raced, fmt.Sprintf("(SELECT count(*) FROM l%d) + (SELECT count(*) FROM a%d) = 1", i, i))
		yes = append(yes, fmt.Sprintf("NOT EXISTS (SELECT FROM l%d l WHERE l.used > $%d::bigint AND (l.ends IS NULL OR l.ends > $2::timestamptz) OR l.ends > $%d::timestamptz + interval '1 second')",
			i, singleColumns+permitColumns*i+7, singleColumns+permitColumns*i+8))
	}
	if n == 0 {
		yes = []string{"$2::timestamptz IS NOT NULL"} // a parameter has to be used
	}
	fmt.Fprintf(&b, "fits AS MATERIALIZED (SELECT %s AS yes), ", strings.Join(yes, " AND "))
	for i := range n {
		at := singleColumns + permitColumns*i
		fmt.Fprintf(&b, "u%d AS (UPDATE {{schema}}.counters c SET used = CASE WHEN l.ends <= $2::timestamptz THEN $%d::bigint ELSE l.used + $%d::bigint END,"+
			" ends = CASE WHEN l.ends <= $2::timestamptz THEN $%d::timestamptz ELSE l.ends END FROM l%d l, fits WHERE fits.yes AND %s), ", i, at+6, at+6, at+8, i, key(i, "c"))
		fmt.Fprintf(&b, "a%d AS (INSERT INTO {{schema}}.counters (tenant, service, kind, slot, name, subject, used, ends)"+
			" SELECT $1::text, $%d::text, $%d::text, $%d::bigint, $%d::text, $%d::text, $%d::bigint, $%d::timestamptz FROM fits"+
			" WHERE fits.yes AND NOT EXISTS (SELECT FROM l%d) ON CONFLICT DO NOTHING RETURNING 1), ", i, at+1, at+2, at+3, at+4, at+5, at+6, at+8, i)
	}
	b.WriteString("made AS (INSERT INTO {{schema}}.callbacks (revision, epoch, tenant, id, next_at, service, state, priority, ready, reason," +
		" desired, created, updated, ended, queued_at, number, alternative, customer_id, external_id, idempotency_key, lookups, body)" +
		" SELECT 1, 0, $1::text, $3::text, $4::timestamptz, $5::text, $6::text, $7::smallint, $8::boolean, $9::text, $10::timestamptz, $11::timestamptz," +
		" $12::timestamptz, $13::timestamptz, $14::timestamptz, $15::text, $16::text, $17::text, $18::text, $19::text, $20::text::bigint[], $21::bytea" +
		" FROM fits WHERE fits.yes ON CONFLICT DO NOTHING RETURNING 1), ")
	if queued {
		b.WriteString("queued AS (INSERT INTO {{schema}}.queue (tenant, service, priority, ready, queued_at, id)" +
			" SELECT $1::text, $5::text, $7::smallint, $8::boolean, $14::timestamptz, $3::text FROM fits WHERE fits.yes), ")
	}
	b.WriteString("due AS (INSERT INTO {{schema}}.due (next_at, id, tenant) SELECT $4::timestamptz, $3::text, $1::text FROM fits" +
		" WHERE fits.yes AND $4::timestamptz IS NOT NULL), ")
	b.WriteString("noted AS (INSERT INTO {{schema}}.events (seq, nonce, at, tenant, callback, type, body)" +
		" SELECT 1, $22::bigint, $23::timestamptz, $1::text, $3::text, $24::text, $25::bytea FROM fits WHERE fits.yes) ")
	fmt.Fprintf(&b, "SELECT CASE WHEN NOT fits.yes THEN false WHEN %s THEN true ELSE {{schema}}.lost_race_1() END FROM fits", strings.Join(raced, " AND "))
	return named(b.String(), schema)
}

const (
	singleColumns = 25
	permitColumns = 8
)

// singleArguments are the parameters of a single create.
func singleArguments(w *write, demands []demand) []any {
	args := make([]any, 0, singleColumns+permitColumns*len(demands))
	args = append(args, recordArguments(w)...)
	args = append(args, w.nonce, w.eventAt, w.eventType, w.event)
	return appendDemands(args, demands)
}

// recordArguments are the first parameters of a single change: the record.
func recordArguments(w *write) []any {
	text := func(s string) pgtype.Text { return pgtype.Text{String: s, Valid: s != ""} }
	return []any{w.tenant, w.now, w.id, w.nextAt, w.service, w.state, w.priority, w.ready, text(w.reason),
		w.desired, w.created, w.updated, w.ended, w.queuedAt, text(w.number), text(w.alternative), text(w.customer), text(w.external),
		text(w.key), text(w.lookup), w.body}
}

func appendDemands(args []any, demands []demand) []any {
	for i := range demands {
		d := &demands[i]
		args = append(args, d.key.Service, string(d.key.Kind), d.key.Slot, d.key.Name, d.key.Subject, d.units, d.room, d.ends)
	}
	return args
}
