package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/record"
)

// WithHook returns a copy of c with which the store calls f before each
// statement of the writer.
func (c Config) WithHook(f func(statement string)) Config {
	c.hook = f
	return c
}

// Exec runs statements on the writer's connection, in a transaction of their
// own.
func (s *Store) Exec(ctx context.Context, text string) error {
	return s.committer.do(newOperation(ctx, 1, func(t *transaction) error {
		return t.text(text, func([]any) error { return nil })
	}))
}

// Number returns the number that a statement of the writer selects.
func (s *Store) Number(ctx context.Context, text string) (n int64, err error) {
	err = s.committer.do(newOperation(ctx, 1, func(t *transaction) error {
		return t.text(text, func(row []any) error {
			n, _ = row[0].(int64)
			return nil
		})
	}))
	return n, err
}

// Keys returns the keys that decrypt the body of a callback and the subjects of
// all counters.
func (s *Store) Keys(ctx context.Context, tenant string, id callback.ID) (keys [][]byte, err error) {
	err = s.rows(ctx, func(row []any) error {
		if key, ok := row[0].([]byte); ok && !isNoKey(key) {
			keys = append(keys, key)
		}
		return nil
	}, "SELECT key FROM ids WHERE tenant = ? AND id = ? UNION ALL SELECT key FROM counter_keys", tenant, string(id))
	return keys, err
}

// Digests returns those of a number, an idempotency key and a subject, as in
// the file.
func (s *Store) Digests(tenant, number, key, subject string) [][]byte {
	return [][]byte{
		packTerms([]int64{s.secret.term(digestNumber, tenant, number)}),
		s.secret.digest(digestIdem, tenant, key),
		s.secret.digestOf(tenant, subject),
	}
}

// Rewrite replaces the body of a callback by the result of edit, sealed as the
// store does.
func Rewrite(ctx context.Context, db *sql.DB, tenant string, id callback.ID, edit func(body []byte) []byte) error {
	row := make([]any, recordWidth)
	into := make([]any, recordWidth)
	for i := range row {
		into[i] = &row[i]
	}
	err := db.QueryRowContext(ctx, "SELECT "+recordColumns+" FROM callbacks c WHERE c.tenant = ? AND c.id = ?", tenant, string(id)).Scan(into...)
	if err != nil {
		return err
	}
	r, c, err := readRow(row)
	if err != nil {
		return err
	}
	body, err := record.AppendCallback(nil, c)
	if err != nil {
		return err
	}
	sealed, err := seal(r.key, edit(body), r.head.bytes())
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "UPDATE callbacks SET body = ? WHERE cb = ?", sealed, r.cb)
	return err
}

// Plan returns SQLite's plan for a query of the store.
func (s *Store) Plan(ctx context.Context, query string, args ...any) (plan string, err error) {
	err = s.rows(ctx, func(row []any) error {
		plan += fmt.Sprintln(row[3])
		return nil
	}, "EXPLAIN QUERY PLAN "+query, args...)
	return plan, err
}

// Faults lists inconsistencies in a file, such as a partial change would leave:
// references to missing rows, wrong counts, keys of erased data.
func Faults(ctx context.Context, db *sql.DB) (faults []string, err error) {
	for _, check := range []struct{ what, query string }{
		{"integrity", "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"},
		{"callback without key", "SELECT id FROM callbacks c WHERE NOT EXISTS (SELECT 1 FROM ids k WHERE k.cb = c.cb AND k.key <> zeroblob(16) AND k.tenant = c.tenant AND k.id = c.id)"},
		{"key without callback", "SELECT id FROM ids k WHERE key <> zeroblob(16) AND NOT EXISTS (SELECT 1 FROM callbacks c WHERE c.cb = k.cb)"},
		{"key of no length", "SELECT id FROM ids WHERE length(key) <> 16"},
		{"history that does not end in the revision", "SELECT id FROM callbacks c WHERE (SELECT count(*) FROM events e WHERE e.cb = c.cb) <> revision OR " +
			"(SELECT min(seq) FROM events e WHERE e.cb = c.cb) <> 1 OR (SELECT max(seq) FROM events e WHERE e.cb = c.cb) <> revision"},
		{"erased callback with another history than its end", "SELECT id FROM ids k WHERE key = zeroblob(16) AND (SELECT group_concat(type) FROM events e WHERE e.cb = k.cb) <> 'erased'"},
		{"term of no callback", "SELECT term FROM terms t WHERE NOT EXISTS (SELECT 1 FROM callbacks c WHERE c.cb = t.cb)"},
		{"callback with another number of terms", "SELECT id FROM callbacks c WHERE ifnull(length(terms), 0) <> 8 * (SELECT count(*) FROM terms t WHERE t.cb = c.cb)"},
		{"tally", "SELECT tenant || service || state FROM (SELECT tenant, service, priority, state, n, ready FROM tallies WHERE n <> 0 EXCEPT " +
			"SELECT tenant, service, priority, state, count(*), sum(state = 'QUEUED' AND ready) FROM callbacks WHERE fault IS NULL GROUP BY tenant, service, priority, state)"},
		{"callbacks without tally", "SELECT tenant || service || state FROM (SELECT tenant, service, priority, state, count(*), sum(state = 'QUEUED' AND ready) FROM callbacks " +
			"WHERE fault IS NULL GROUP BY tenant, service, priority, state EXCEPT SELECT tenant, service, priority, state, n, ready FROM tallies)"},
		{"counter without key", "SELECT kind FROM counters c WHERE subject <> x'' AND NOT EXISTS (SELECT 1 FROM counter_keys k WHERE k.n = c.key AND k.key <> zeroblob(16))"},
		{"key without counter", "SELECT n FROM counter_keys k WHERE key <> zeroblob(16) AND (SELECT count(*) FROM counters c WHERE c.key = k.n) <> 1"},
	} {
		rows, err := db.QueryContext(ctx, check.query)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", check.what, err)
		}
		for rows.Next() {
			var of any
			if err := rows.Scan(&of); err != nil {
				return nil, err
			}
			faults = append(faults, fmt.Sprintf("%s: %v", check.what, of))
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	return faults, nil
}

// Statement returns the text of a statement of the writer.
func Statement(name string) string {
	return statementTexts()[map[string]statement{
		"due": stDue, "next due": stNextDue, "queue": stQueue, "queue behind": stQueueBehind, "look": stLook, "look ahead": stLookAhead, "key": stIdemOwner,
		"counter": stCounter, "of subject": stOfSubject, "kinds": stKinds, "delete events": stDeleteEvents, "ended": stEnded, "lease": stLease, "shorten": stShorten,
	}[name]]
}

// SearchText returns the query of the first portion of a search, from the
// beginning or after a place.
func (s *Store) SearchText(q callback.Query, after bool) (text string, args []any) {
	f := &search{secret: s.secret, query: &q, limit: 10}
	l := lane{all: true}
	if after {
		l = lane{timed: true, after: &spot{at: 1, id: "c"}}
	}
	return f.text(l, 11)
}

// Waiting returns the number of callers that wait for the writer.
func (s *Store) Waiting() int {
	s.committer.mu.Lock()
	defer s.committer.mu.Unlock()
	return len(s.committer.queue)
}

// IsReadOnly is isReadOnly.
func IsReadOnly(err error) bool { return isReadOnly(err) }
