package postgres

import (
	"fmt"
	"math"
	"strings"
)

// mostMoved is how many counters a single replacement may give to and take
// from to be made by a statement of its own.
const mostMoved = 6

// moved is which statement of a single replacement fits.
type moved struct {
	counters     int
	gives, takes bool
}

// moves lists what a single replacement gives and takes, in the order of the
// locks. It fails when that is too much for a statement of its own, when one
// counter is concerned twice, or when a permit can never be given.
func (b *batch) moves() (moved, []demand, bool) {
	w := b.writes[0]
	m := moved{counters: len(w.items)}
	if m.counters > mostMoved {
		return m, nil, false
	}
	if b.number(); len(b.counters) != m.counters {
		return m, nil, false
	}
	list := make([]demand, m.counters)
	for i := range w.items {
		x := &w.items[i]
		d := demand{key: x.key, units: x.units, room: math.MaxInt64, ends: x.ends}
		if x.units < 0 {
			m.gives = true
		} else {
			m.takes = true
			if x.limit >= 0 {
				d.room = x.limit - x.units
			}
			if d.room < 0 {
				return m, nil, false
			}
		}
		list[b.counterOf(x)] = d
	}
	return m, list, true
}

// replaceText is the statement that does what the function apply does for one
// replacement. Like that of a single create it costs a fraction of it, and
// changes nothing where apply would find something to say.
//
// Its snapshot may be older than the locks that it waited for. What it then
// fails to find shows in the counts at its end, and it is done again.
func replaceText(schema string, m moved) string {
	var b strings.Builder
	b.WriteString("WITH old AS MATERIALIZED (SELECT c.next_at, c.service, c.priority, c.ready, c.queued_at, c.state::text = 'QUEUED' AS queued" +
		" FROM {{schema}}.callbacks c WHERE c.tenant = $1::text AND c.id = $3::text AND c.revision = $22::bigint - 1" +
		" AND ($23::bigint = 0 OR c.epoch = $23::bigint) AND c.state <> 'ERASED' AND c.idempotency_key IS NOT DISTINCT FROM $19::text FOR UPDATE OF c), ")
	whole := []string{
		"(SELECT count(*) FROM written) = 1",
		"(SELECT count(*) FROM undue) = (SELECT count(*) FROM old WHERE next_at IS DISTINCT FROM $4::timestamptz AND next_at IS NOT NULL)",
		"(SELECT count(*) FROM dequeued) = (SELECT count(*) FROM old o WHERE " + leavesQueue + ")",
	}
	free := "$2::timestamptz IS NOT NULL AND EXISTS (SELECT FROM old)"
	if m.counters > 0 {
		free += " AND NOT EXISTS (SELECT FROM locked l WHERE l.had > l.room OR l.units > 0 AND l.ends > l.new_ends + interval '1 second')"
		whole = append(whole, m.counterText(&b))
	}
	// CASE keeps the clock from being read before the locks are taken.
	fits := "CASE WHEN " + free + " THEN ($28::timestamptz IS NULL OR clock_timestamp() >= $28::timestamptz)" +
		" AND ($29::timestamptz IS NULL OR clock_timestamp() < $29::timestamptz) ELSE false END"
	fmt.Fprintf(&b, "fits AS MATERIALIZED (SELECT %s AS yes), ", fits)
	if m.counters > 0 {
		m.changeText(&b)
	}
	b.WriteString("written AS (UPDATE {{schema}}.callbacks c SET revision = $22::bigint, owner = NULL, until = NULL, next_at = $4::timestamptz," +
		" service = $5::text, state = $6::text, priority = $7::smallint, ready = $8::boolean, reason = $9::text, desired = $10::timestamptz," +
		" created = $11::timestamptz, updated = $12::timestamptz, ended = $13::timestamptz, queued_at = $14::timestamptz, number = $15::text," +
		" alternative = $16::text, customer_id = $17::text, external_id = $18::text, lookups = $20::text::bigint[], body = $21::bytea" +
		" FROM fits WHERE fits.yes AND c.tenant = $1::text AND c.id = $3::text RETURNING 1), " +
		"undue AS (DELETE FROM {{schema}}.due d USING old o, fits WHERE fits.yes AND o.next_at IS DISTINCT FROM $4::timestamptz" +
		" AND d.next_at = o.next_at AND d.id = $3::text AND d.tenant = $1::text RETURNING 1), " +
		"due AS (INSERT INTO {{schema}}.due (next_at, id, tenant) SELECT $4::timestamptz, $3::text, $1::text FROM old, fits" +
		" WHERE fits.yes AND $4::timestamptz IS NOT NULL AND old.next_at IS DISTINCT FROM $4::timestamptz), " +
		"dequeued AS (DELETE FROM {{schema}}.queue q USING old o, fits WHERE fits.yes AND " + leavesQueue +
		" AND q.tenant = $1::text AND q.service = o.service AND q.priority = o.priority AND q.ready = o.ready AND q.queued_at = o.queued_at" +
		" AND q.id = $3::text RETURNING 1), " +
		"queued AS (INSERT INTO {{schema}}.queue (tenant, service, priority, ready, queued_at, id)" +
		" SELECT $1::text, $5::text, $7::smallint, $8::boolean, $14::timestamptz, $3::text FROM old o, fits" +
		" WHERE fits.yes AND $6::text = 'QUEUED' AND (NOT o.queued OR " + leavesQueue + ")), " +
		"noted AS (INSERT INTO {{schema}}.events (seq, nonce, at, tenant, callback, type, body)" +
		" SELECT $22::bigint, $24::bigint, $25::timestamptz, $1::text, $3::text, $26::text, $27::bytea FROM fits WHERE fits.yes) ")
	fmt.Fprintf(&b, "SELECT CASE WHEN NOT fits.yes THEN false WHEN %s THEN true ELSE {{schema}}.lost_race_1() END FROM fits", strings.Join(whole, " AND "))
	return named(b.String(), schema)
}

// leavesQueue is whether the callback leaves its place in a queue.
const leavesQueue = "o.queued AND ($6::text <> 'QUEUED' OR o.service <> $5::text OR o.priority <> $7::smallint OR o.ready <> $8::boolean" +
	" OR o.queued_at <> $14::timestamptz)"

// counterText locks the counters, and returns whether all that is concerned was
// found.
func (m moved) counterText(b *strings.Builder) string {
	b.WriteString("asked (i, service, kind, slot, name, subject, units, room, new_ends) AS MATERIALIZED (VALUES ")
	for i := range m.counters {
		at := replaceColumns + permitColumns*i
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(b, "(%d, $%d::text, $%d::text, $%d::bigint, $%d::text, $%d::text, $%d::bigint, $%d::bigint, $%d::timestamptz)",
			i, at+1, at+2, at+3, at+4, at+5, at+6, at+7, at+8)
	}
	// The lock is in a subquery of its own, which the planner does not join in
	// any other order than that of the keys, nor by reading all counters.
	b.WriteString("), locked AS MATERIALIZED (SELECT a.*, x.ends, x.had FROM asked a CROSS JOIN LATERAL (" +
		"SELECT c.ends, CASE WHEN c.ends <= $2::timestamptz THEN 0 ELSE c.used::bigint END AS had FROM {{schema}}.counters c" +
		" WHERE c.tenant = $1::text AND " + sameCounter("c", "a") + " FOR UPDATE OF c) x WHERE EXISTS (SELECT FROM old)), ")
	var found []string
	for i := range m.counters {
		found = append(found, fmt.Sprintf("(SELECT count(*) FROM counted%d)", i))
	}
	if m.gives {
		found = append(found, "(SELECT count(*) FROM dropped)")
	}
	whole := strings.Join(found, " + ") + " = (SELECT count(*) FROM locked)"
	if m.takes {
		whole += " AND (SELECT count(*) FROM locked l WHERE l.units > 0) + (SELECT count(*) FROM added) = (SELECT count(*) FROM asked a WHERE a.units > 0)"
	}
	return whole
}

// changeText moves the counters.
func (m moved) changeText(b *strings.Builder) {
	for i := range m.counters {
		at := replaceColumns + permitColumns*i
		fmt.Fprintf(b, "counted%d AS (UPDATE {{schema}}.counters c SET used = least(l.had, 9223372036854775807 - greatest(l.units, 0)) + l.units,"+
			" ends = CASE WHEN l.had = 0 THEN l.new_ends ELSE l.ends END FROM locked l, fits WHERE fits.yes AND l.i = %d AND l.had > -l.units"+
			" AND c.tenant = $1::text AND c.service = $%d::text AND c.kind = $%d::text AND c.slot = $%d::bigint AND c.name = $%d::text"+
			" AND c.subject = $%d::text RETURNING 1), ", i, i, at+1, at+2, at+3, at+4, at+5)
	}
	if m.gives {
		b.WriteString("dropped AS (DELETE FROM {{schema}}.counters c USING locked l, fits WHERE fits.yes AND l.had <= -l.units" +
			" AND c.tenant = $1::text AND " + sameCounter("c", "l") + " RETURNING 1), ")
	}
	if m.takes {
		b.WriteString("added AS (INSERT INTO {{schema}}.counters (tenant, service, kind, slot, name, subject, used, ends)" +
			" SELECT $1::text, a.service, a.kind, a.slot, a.name, a.subject, a.units, a.new_ends FROM asked a, fits" +
			" WHERE fits.yes AND a.units > 0 AND NOT EXISTS (SELECT FROM locked l WHERE l.i = a.i) ON CONFLICT DO NOTHING RETURNING 1), ")
	}
}

// sameCounter compares the keys of two counters of one tenant.
func sameCounter(a, b string) string {
	var list []string
	for _, column := range []string{"service", "kind", "slot", "name", "subject"} {
		list = append(list, a+"."+column+" = "+b+"."+column)
	}
	return strings.Join(list, " AND ")
}

const replaceColumns = 29

// replaceArguments are the parameters of a single replacement.
func replaceArguments(w *write, demands []demand) []any {
	args := make([]any, 0, replaceColumns+permitColumns*len(demands))
	args = append(args, recordArguments(w)...)
	args = append(args, w.revision, w.epoch, w.nonce, w.eventAt, w.eventType, w.event, w.from, w.until)
	return appendDemands(args, demands)
}
