package postgres

import (
	"strconv"
	"strings"
)

// statements are the texts of one schema. Nothing that a caller gives ever
// becomes part of a text.
type statements struct {
	schema string

	singles              [2][mostPermits + 1]string // by whether queued, and counters
	replaces             map[moved]string
	start, apply, nonces string
	applyMasked, bodies  string
	claimDue, claimQ     string
	setAside             string
	getByID, getByKey    string
	load, loadOf         string
	queued               string
	history, events      string
	lastPlace            string
	held, forget         string
	sweep                string
	damaged              string
	callbacks            string // the table's name
}

func statementsOf(schema string) statements {
	s := statements{schema: schema}
	in := func(text string) string { return strings.ReplaceAll(text, schemaMark, `"`+schema+`"`) }
	s.callbacks = in("{{schema}}.callbacks")
	s.start = in("SELECT {{schema}}.start_1(" + parameters(34) + ")")
	for n := range s.singles[0] {
		s.singles[0][n], s.singles[1][n] = singleText(schema, n, false), singleText(schema, n, true)
	}
	s.replaces = map[moved]string{{}: replaceText(schema, moved{})}
	for n := 1; n <= mostMoved; n++ {
		for _, m := range []moved{{n, true, false}, {n, false, true}, {n, true, true}} {
			s.replaces[m] = replaceText(schema, m)
		}
	}
	s.apply = in("SELECT change, fault, item, used, ends, stored FROM {{schema}}.apply_1(" + parameters(45) + ")")
	// The events are written after apply has locked their callbacks.
	s.applyMasked = in("WITH faults AS MATERIALIZED (SELECT change, fault, item, used, ends, stored FROM {{schema}}.apply_1(" + parameters(45) + "))," +
		" masked AS (UPDATE {{schema}}.events e SET body = a.body FROM unnest($46::int[], $47::text[], $48::text[], $49::bigint[], $50::bytea[])" +
		" a(change, tenant, callback, seq, body) WHERE a.change NOT IN (SELECT change FROM faults)" +
		" AND e.tenant = a.tenant AND e.callback = a.callback AND e.seq = a.seq)" +
		" SELECT change, fault, item, used, ends, stored FROM faults")
	s.bodies = in("SELECT a.i, e.seq, e.body FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[]) a(i, tenant, callback, revision)" +
		" JOIN {{schema}}.events e ON e.tenant = a.tenant AND e.callback = a.callback AND e.seq < a.revision")
	s.nonces = in("SELECT e.tenant, e.callback, e.seq, e.nonce FROM unnest($1::text[], $2::text[], $3::bigint[]) a(tenant, callback, seq)" +
		" JOIN {{schema}}.events e ON e.tenant = a.tenant AND e.callback = a.callback AND e.seq = a.seq")
	s.claimDue = in("SELECT next_at, tenant, id, service, state, priority, ready, revision, epoch, body FROM {{schema}}.claim_due_1(" + parameters(5) + ")")
	s.claimQ = in("SELECT place, queued_at, tenant, id, service, state, priority, ready, revision, epoch, body FROM {{schema}}.claim_queues_1(" + parameters(9) + ")")
	s.setAside = in("WITH m AS (UPDATE {{schema}}.callbacks SET owner = '" + asideOwner + "', until = $4, next_at = $4" +
		" WHERE tenant = $1 AND id = $2 AND next_at = $3 RETURNING tenant, id)," +
		" g AS (DELETE FROM {{schema}}.due d USING m WHERE d.next_at = $3 AND d.id = m.id AND d.tenant = m.tenant)" +
		" INSERT INTO {{schema}}.due (next_at, id, tenant) SELECT $4, id, tenant FROM m")
	s.getByID = in("SELECT " + columns + " FROM {{schema}}.callbacks WHERE tenant = $1 AND id = $2 AND state <> 'ERASED'")
	s.getByKey = in("SELECT " + columns + " FROM {{schema}}.callbacks WHERE tenant = $1 AND idempotency_key = $2 AND idempotency_key IS NOT NULL")
	s.load = in("SELECT name, subject, slot, used, ends FROM {{schema}}.counters WHERE tenant = $1 AND service = $2 AND kind = $3" +
		" AND slot BETWEEN $4 AND $5 AND ($6 = '' OR name = $6) AND used > 0 AND (ends IS NULL OR ends > $7)")
	s.loadOf = s.load + " AND subject = ANY($8) ORDER BY slot, name, subject"
	s.load += " ORDER BY slot, name, subject"
	s.queued = in("SELECT tenant, service, priority, 'QUEUED'::text, count(*), count(*) FILTER (WHERE ready) FROM {{schema}}.queue" +
		" WHERE $1 OR tenant = $2 GROUP BY tenant, service, priority")
	s.history = in("SELECT place, tenant, callback, seq, type, body FROM {{schema}}.events" +
		" WHERE tenant = $1 AND callback = $2 AND place > $3 ORDER BY seq LIMIT $4")
	s.events = in("SELECT place, tenant, callback, seq, type, body, pg_snapshot_xmin(pg_current_snapshot())::text::bigint," +
		" pg_current_xact_id()::text::bigint FROM {{schema}}.events" +
		" WHERE place > $1 AND place <= $2 AND ($3 OR tenant = $4) ORDER BY place LIMIT $5")
	s.lastPlace = in("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {{schema}}.places")
	s.held = in("SELECT id, service, revision, body FROM {{schema}}.callbacks WHERE tenant = $1 AND id = ANY ($2) AND state <> 'ERASED'")
	s.forget = in("SELECT {{schema}}.forget_1(" + parameters(4) + ")")
	s.sweep = in("DELETE FROM {{schema}}.counters WHERE (tenant, service, kind, slot, name, subject) IN (SELECT tenant, service, kind, slot, name, subject" +
		" FROM {{schema}}.counters WHERE ends <= $1 ORDER BY ends LIMIT 500 FOR UPDATE SKIP LOCKED)")
	s.damaged = in("SELECT " + columns + " FROM {{schema}}.callbacks WHERE owner = '" + asideOwner + "' ORDER BY until, tenant, id LIMIT $1")
	return s
}

// single is the statement of a single create.
func (s *statements) single(counters int, queued bool) string {
	if queued {
		return s.singles[1][counters]
	}
	return s.singles[0][counters]
}

// schemaMark stands for the schema in the texts.
const schemaMark = "{{schema}}"

// parameters lists the placeholders $1 to $n.
func parameters(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		if i > 1 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i))
	}
	return b.String()
}
