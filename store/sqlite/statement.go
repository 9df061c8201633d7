package sqlite

import "strings"

// statement identifies a statement of the writer.
type statement int

const (
	stBegin statement = iota
	stCommit
	stRollback
	stCheckpoint
	stTouch
	stSealSecret

	stLook
	stLookAhead
	stIdemOwner
	stInsertID
	stInsertCallback
	stUpdate
	stUpdateCached
	stUpdateAll
	stUnclaim
	stInsertTerm
	stDeleteTerm
	stTerm
	stInsertEvent
	stEventBodies
	stMaskEvent

	stCounter
	stInsertCounter
	stUpdateCounter
	stDeleteCounter
	stEnded
	stKinds
	stOfSubject
	stInsertKey
	stReuseKey
	stFreeKey
	stKeysAfter
	stTally
	stForgetTallies
	stRecount

	stDue
	stNextDue
	stQueue
	stQueueBehind
	stLease
	stShorten
	stSetAside
	stFault
	stAnyFault
	stReindex

	stRecord
	stZeroID
	stDeleteCallback
	stDeleteEvents

	stInsertPause
	stDeletePause

	statements
)

// changing are the columns that every update writes. The others have indexes,
// which are not touched if their values do not change.
const changing = "service = ?, state = ?, priority = ?, ready = ?, revision = ?, next_at = ?, updated = ?, ended = ?, " +
	"queued_at = ?, body = ?, owner = NULL, until = NULL, fault = NULL"

// nextEpoch increments the epoch. At the largest number it stays.
const nextEpoch = "epoch = max(epoch, 0) + (epoch < 9223372036854775807)"

// fromQueue and inQueue enclose the condition on the place in a query of one
// queue. Callbacks without a time come first: their NULL matches no comparison
// with a place that has a time.
const (
	fromQueue = "SELECT " + claimColumns + " FROM callbacks c INDEXED BY callbacks_queue WHERE c.state = 'QUEUED' AND c.tenant = ? AND c.service = ? " +
		"AND c.priority = ? AND c.ready = 1 AND (c.until IS NULL OR c.until <= ?) "
	inQueue = "ORDER BY c.queued_at, c.id " + limited
)

const look = "SELECT k.tenant, k.id, k.cb, k.key, c.revision, c.epoch, c.service, c.state, c.priority, c.ready, c.desired, c.created, c.idem, c.terms, c.fault " +
	"FROM ids k LEFT JOIN callbacks c ON c.cb = k.cb AND c.id = k.id AND c.tenant = k.tenant WHERE "

// limited ends a query that has a limit. For a bare parameter, SQLite would
// plan the query again for each value, which costs more than most of these
// queries.
const limited = "LIMIT ? + 0"

// ahead is the number of callbacks that lookAhead reads at once.
const ahead = 32

const counterRow = "tenant = ? AND kind = ? AND service = ? AND subject = ? AND slot = ? AND name = ?"

func statementTexts() [statements]string {
	return [statements]string{
		stBegin:      "BEGIN IMMEDIATE",
		stCommit:     "COMMIT",
		stRollback:   "ROLLBACK",
		stCheckpoint: "PRAGMA wal_checkpoint(TRUNCATE)",
		stTouch:      "UPDATE secret SET value = value",
		stSealSecret: "UPDATE secret SET value = ? WHERE value = ?",

		stLook:      look + "k.tenant = ? AND k.id = ?",
		stLookAhead: look + "(k.tenant, k.id) IN (VALUES " + strings.TrimSuffix(strings.Repeat("(?, ?), ", ahead), ", ") + ")",
		stIdemOwner: "SELECT cb, id FROM callbacks WHERE idem = ?",
		stInsertID:  "INSERT INTO ids (tenant, id, key) VALUES (?, ?, ?) ON CONFLICT (tenant, id) DO NOTHING",
		stInsertCallback: "INSERT INTO callbacks (cb, tenant, id, service, state, priority, ready, revision, epoch, next_at, desired, created, updated, " +
			"ended, queued_at, idem, terms, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		stUpdate: "UPDATE callbacks SET " + changing + " WHERE cb = ?",
		// The plus keeps SQLite from comparing values with the conditions of
		// partial indexes, for which it would plan the statement again for
		// each.
		stUpdateCached: "UPDATE callbacks SET " + changing + " WHERE cb = ? AND revision = ? AND epoch = ? " +
			"AND +service = ? AND +state = ? AND +priority = ? AND +ready = ? AND fault IS NULL " +
			"AND desired IS ? AND created IS ? AND idem IS ? AND terms IS ?",
		stUpdateAll:   "UPDATE callbacks SET " + changing + ", desired = ?, created = ?, idem = ?, terms = ? WHERE cb = ?",
		stUnclaim:     "UPDATE callbacks SET owner = NULL, until = NULL, next_at = ? WHERE cb = ?",
		stInsertTerm:  "INSERT INTO terms (term, cb) VALUES (?, ?) ON CONFLICT DO NOTHING",
		stTerm:        "SELECT cb FROM terms WHERE term = ? LIMIT 1",
		stDeleteTerm:  "DELETE FROM terms WHERE term = ? AND cb = ?",
		stInsertEvent: "INSERT INTO events (cb, seq, tenant, type, body) VALUES (?, ?, ?, ?, ?)",
		stEventBodies: "SELECT pos, body FROM events WHERE cb = ?",
		stMaskEvent:   "UPDATE events SET body = ? WHERE pos = ?",

		stCounter: "SELECT used, ends, parts, key FROM counters WHERE " + counterRow,
		stInsertCounter: "INSERT INTO counters (tenant, kind, service, subject, slot, name, used, ends, parts, sealed, key) " +
			"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		stUpdateCounter: "UPDATE counters SET used = ?, ends = ?, parts = ? WHERE " + counterRow,
		stDeleteCounter: "DELETE FROM counters WHERE " + counterRow,
		stEnded: "SELECT tenant, kind, service, subject, slot, name, used, ends, key FROM counters INDEXED BY counters_ends " +
			"WHERE ends <= ? ORDER BY ends " + limited,
		stKinds:     "SELECT kind, service FROM counters WHERE tenant = ? AND (kind, service) > (?, ?) ORDER BY kind, service LIMIT 1",
		stOfSubject: "SELECT slot, name FROM counters WHERE tenant = ? AND kind = ? AND service = ? AND subject = ?",
		stInsertKey: "INSERT INTO counter_keys (key) VALUES (?)",
		stReuseKey:  "UPDATE counter_keys SET key = ? WHERE n = ? AND key = zeroblob(16)",
		stFreeKey:   "UPDATE counter_keys SET key = ? WHERE n = ?",
		stKeysAfter: "SELECT n, key = zeroblob(16) FROM counter_keys WHERE n > ? ORDER BY n " + limited,
		stTally: "INSERT INTO tallies (tenant, service, priority, state, n, ready) VALUES (?, ?, ?, ?, ?, ?) " +
			"ON CONFLICT DO UPDATE SET n = n + excluded.n, ready = ready + excluded.ready",
		stForgetTallies: "DELETE FROM tallies",
		stRecount: "INSERT INTO tallies SELECT tenant, service, priority, state, count(*), sum(state = 'QUEUED' AND ready) " +
			"FROM callbacks WHERE fault IS NULL GROUP BY tenant, service, priority, state",

		stDue:         "SELECT " + claimColumns + " FROM callbacks c INDEXED BY callbacks_due WHERE c.next_at <= ? ORDER BY c.next_at, c.id, c.tenant " + limited,
		stNextDue:     "SELECT next_at FROM callbacks INDEXED BY callbacks_due WHERE next_at > ? ORDER BY next_at LIMIT 1",
		stQueue:       fromQueue + "AND (c.queued_at IS NOT NULL OR +c.id > ?) " + inQueue,
		stQueueBehind: fromQueue + "AND (c.queued_at, c.id) > (?, ?) " + inQueue,
		stLease:       "UPDATE callbacks SET owner = ?1, until = ?2, next_at = ?2, fault = NULL, " + nextEpoch + " WHERE cb IN (SELECT value FROM json_each(?3))",
		stShorten:     "UPDATE callbacks INDEXED BY callbacks_lease SET until = ?1, next_at = ?1 WHERE until > ?2 AND fault IS NULL",
		stSetAside:    "UPDATE callbacks SET owner = 'damaged', until = ?1, next_at = ?1, fault = ?2, " + nextEpoch + " WHERE cb = ?3",
		stFault:       "UPDATE callbacks SET fault = ? WHERE cb = ?",
		stAnyFault:    "SELECT cb FROM callbacks INDEXED BY callbacks_fault WHERE fault IS NOT NULL LIMIT 1",
		stReindex:     "REINDEX callbacks",

		stRecord: "SELECT " + recordColumns + " FROM callbacks c WHERE c.cb = ?",
		stZeroID: "UPDATE ids SET key = ? WHERE cb = ?",

		stDeleteCallback: "DELETE FROM callbacks WHERE cb = ?",
		stDeleteEvents:   "DELETE FROM events WHERE cb = ? AND pos < ?",

		stInsertPause: "INSERT INTO pauses (tenant, service, since, actor, reason) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		stDeletePause: "DELETE FROM pauses WHERE tenant = ? AND service = ?",
	}
}
