package postgres

import (
	"strconv"
	"strings"

	"github.com/ringback-go/ringback/callback"
)

// statements are the texts of one schema. Nothing that a caller gives ever
// becomes part of a text.
type statements struct {
	schema string

	singles             [2][mostPermits + 1]string // by whether queued, and counters
	start, replace      string
	apply, nonces       string
	applyMasked, bodies string
	claimDue, claimQ    string
	setAside            string
	getByID, getByKey   string
	load, loadOf        string
	queued              string
	history, events     string
	lastPlace           string
	held, forget        string
	sweep               string
	damaged             string
	callbacks           string // the table's name
}

func statementsOf(schema string) statements {
	s := statements{schema: schema}
	in := func(text string) string { return strings.ReplaceAll(text, schemaMark, `"`+schema+`"`) }
	s.callbacks = in("{{schema}}.callbacks")
	s.start = in("SELECT {{schema}}.start_1(" + parameters(33) + ")")
	s.replace = in("SELECT {{schema}}.replace_1(" + parameters(35) + ")")
	for n := range s.singles[0] {
		s.singles[0][n], s.singles[1][n] = singleText(schema, n, false), singleText(schema, n, true)
	}
	s.apply = in("SELECT change, fault, item, used, ends, stored FROM {{schema}}.apply_1(" + parameters(46) + ")")
	// The events are written after apply has locked their callbacks.
	s.applyMasked = in("WITH faults AS MATERIALIZED (SELECT change, fault, item, used, ends, stored FROM {{schema}}.apply_1(" + parameters(46) + "))," +
		" masked AS (UPDATE {{schema}}.events e SET body = a.body FROM unnest($47::int[], $48::uuid[], $49::bigint[], $50::bytea[])" +
		" a(change, k, seq, body) WHERE a.change NOT IN (SELECT change FROM faults) AND e.k = a.k AND e.seq = a.seq)" +
		" SELECT change, fault, item, used, ends, stored FROM faults")
	s.bodies = in("SELECT a.i, 1::bigint, c.accepted FROM unnest($1::int[], $2::uuid[]) a(i, k) JOIN {{schema}}.callbacks c ON c.k = a.k WHERE c.accepted IS NOT NULL" +
		" UNION ALL SELECT a.i, e.seq, e.body FROM unnest($1::int[], $2::uuid[], $3::bigint[]) a(i, k, revision)" +
		" JOIN {{schema}}.events e ON e.k = a.k AND e.seq < a.revision")
	s.nonces = in("SELECT c.k, 1::bigint, c.nonce FROM unnest($1::uuid[]) a(k) JOIN {{schema}}.callbacks c ON c.k = a.k" +
		" UNION ALL SELECT e.k, e.seq, e.nonce FROM unnest($1::uuid[], $2::bigint[]) a(k, seq) JOIN {{schema}}.events e ON e.k = a.k AND e.seq = a.seq")
	s.claimDue = in("SELECT ask, was, " + claimedColumns + " FROM {{schema}}.claim_due_1(" + parameters(5) + ")")
	s.claimQ = in("SELECT ask, was, " + claimedColumns + " FROM {{schema}}.claim_queues_1(" + parameters(9) + ")")
	s.setAside = in("WITH m AS (UPDATE {{schema}}.callbacks SET owner = '" + asideOwner + "', until = $3, next_at = $3" +
		" WHERE k = $1 AND next_at = $2 RETURNING k)," +
		" g AS (DELETE FROM {{schema}}.due d USING m WHERE d.next_at = $2 AND d.k = m.k)" +
		" INSERT INTO {{schema}}.due (next_at, k) SELECT $3, k FROM m")
	s.getByID = in("SELECT " + columns + " FROM {{schema}}.callbacks WHERE k = $1 AND state <> 0")
	s.getByKey = in("SELECT " + columns + " FROM {{schema}}.callbacks WHERE tenant = $1 AND idempotency_key = $2 AND idempotency_key IS NOT NULL")
	s.load = in("SELECT name, subject, slot, used, ends, parts FROM {{schema}}.counters WHERE tenant = $1 AND service = $2 AND kind = $3" +
		" AND slot BETWEEN $4 AND $5 AND ($6 = '' OR name = $6) AND used > 0 AND (ends IS NULL OR ends > $7)")
	s.loadOf = s.load + " AND subject = ANY($8) ORDER BY slot, name, subject"
	s.load += " ORDER BY slot, name, subject"
	s.queued = in("SELECT tenant, service, priority, 2::smallint, count(*), count(*) FILTER (WHERE ready) FROM {{schema}}.queue" +
		" WHERE $1 OR tenant = $2 GROUP BY tenant, service, priority")
	const first = "SELECT c.place, c.tenant, coalesce(c.id, c.k::text), 1::bigint AS seq, coalesce(c.accepted_type, '" + string(callback.EventAccepted) +
		"'), coalesce(c.accepted_at, c.created), c.accepted FROM {{schema}}.callbacks c"
	const later = "SELECT e.place, c.tenant, coalesce(c.id, c.k::text), e.seq, e.type, e.at, e.body" +
		" FROM {{schema}}.events e JOIN {{schema}}.callbacks c ON c.k = e.k"
	s.history = in(first + " WHERE c.k = $1 AND c.place > $2 AND c.accepted IS NOT NULL UNION ALL " +
		later + " WHERE e.k = $1 AND e.place > $2 ORDER BY seq LIMIT $3")
	s.events = in("SELECT x.*, pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_current_xact_id()::text::bigint FROM ((" +
		first + " WHERE c.accepted IS NOT NULL AND c.place > $1 AND c.place <= $2 AND ($3 OR c.tenant = $4) ORDER BY c.place LIMIT $5) UNION ALL (" +
		later + " WHERE e.place > $1 AND e.place <= $2 AND ($3 OR c.tenant = $4) ORDER BY e.place LIMIT $5)) x ORDER BY x.place LIMIT $5")
	s.lastPlace = in("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {{schema}}.places")
	s.held = in("SELECT k, id, service, revision, body FROM {{schema}}.callbacks WHERE k = ANY ($1) AND state <> 0")
	s.forget = in("SELECT {{schema}}.forget_1(" + parameters(4) + ")")
	s.sweep = in("DELETE FROM {{schema}}.counters WHERE h IN (SELECT h" +
		" FROM {{schema}}.counters WHERE ends <= $1 ORDER BY ends LIMIT 500 FOR UPDATE SKIP LOCKED)")
	s.damaged = in("SELECT " + columns + " FROM {{schema}}.callbacks WHERE owner = '" + asideOwner + "' ORDER BY until, tenant, k LIMIT $1")
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
