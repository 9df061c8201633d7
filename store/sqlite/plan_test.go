package sqlite_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// pending fills a file with callbacks that are not due, some of them queued.
// Their bodies are not read.
func pending(tb testing.TB, path string, n int) {
	tb.Helper()
	const columns = "cb, tenant, id, service, state, priority, ready, revision, epoch, next_at, desired, created, updated, queued_at, idem, terms, body"
	_, err := openRaw(tb, path).Exec("WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?1) "+
		"INSERT INTO callbacks ("+columns+") SELECT n, 'acme', printf('c%06d', n), 'sales', iif(n % 100 = 0, 'QUEUED', 'SCHEDULED'), 0, n % 100 = 0, 1, 0, "+
		"?2 + abs(random() % 1000000000000), ?2 + abs(random() % 1000000000000), ?2, ?2, iif(n % 100 = 0, ?2, NULL), randomblob(16), randomblob(8), zeroblob(40) FROM i; "+
		"INSERT INTO ids SELECT cb, tenant, id, randomblob(16) FROM callbacks; INSERT INTO terms SELECT random(), cb FROM callbacks; "+
		"INSERT INTO tallies SELECT tenant, service, priority, state, count(*), sum(ready) FROM callbacks GROUP BY tenant, service, priority, state",
		n, storetest.Start().UnixMicro())
	if err != nil {
		tb.Fatal(err)
	}
}

// Every query that a Manager repeats, and every search by an exact value, uses
// an index and does not scan the callbacks.
func TestPlans(t *testing.T) {
	t.Parallel()
	s, path := openNew(t)
	pending(t, path, 20_000)
	for _, c := range []struct{ name, query, want string }{
		{"due", sqlite.Statement("due"), "USING INDEX callbacks_due (next_at<?)"},
		{"next due", sqlite.Statement("next due"), "USING COVERING INDEX callbacks_due (next_at>?)"},
		{"queue", sqlite.Statement("queue"), "USING INDEX callbacks_queue (tenant=? AND service=? AND priority=? AND ready=?)"},
		{"queue behind", sqlite.Statement("queue behind"), "USING INDEX callbacks_queue (tenant=? AND service=? AND priority=? AND ready=? AND (queued_at,id)>(?,?))"},
		{"look", sqlite.Statement("look"), "USING INDEX ids_id (tenant=? AND id=?)"},
		{"look ahead", sqlite.Statement("look ahead"), "USING INDEX ids_id (tenant=? AND id=?)"},
		{"key", sqlite.Statement("key"), "USING INDEX callbacks_idem (idem=?)"},
		{"counter", sqlite.Statement("counter"), "USING PRIMARY KEY (tenant=? AND kind=? AND service=? AND subject=? AND slot=? AND name=?)"},
		{"counters of a subject", sqlite.Statement("of subject"), "USING PRIMARY KEY (tenant=? AND kind=? AND service=? AND subject=?)"},
		{"kinds of counters", sqlite.Statement("kinds"), "USING PRIMARY KEY (tenant=? AND (kind,service)>(?,?))"},
		{"events of a callback", sqlite.Statement("delete events"), "USING INDEX events_cb (cb=?)"},
		{"ended windows", sqlite.Statement("ended"), "USING INDEX counters_ends (ends<?)"},
		{"late leases", sqlite.Statement("shorten"), "USING INDEX callbacks_lease (until>?)"},
		{"lease", sqlite.Statement("lease"), "USING INTEGER PRIMARY KEY (rowid=?)"},
	} {
		plan, err := s.Plan(t.Context(), c.query, slices.Repeat([]any{1}, 64)...)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if !strings.Contains(plan, c.want) || scans(plan) || strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") {
			t.Errorf("%s: the plan is\n%swant %s", c.name, plan, c.want)
		}
	}
	tenant := storetest.Tenant
	for _, c := range []struct {
		name   string
		want   string
		sorted bool
		query  callback.Query
	}{
		{"number", "terms USING PRIMARY KEY (term=?)", true, callback.Query{Number: storetest.Number(7).Key()}},
		{"customer", "terms USING PRIMARY KEY (term=?)", true, callback.Query{CustomerID: "customer-7"}},
		{"external id", "terms USING PRIMARY KEY (term=?)", true, callback.Query{ExternalID: "external-7"}},
		{"lookup", "terms USING PRIMARY KEY (term=?)", true, callback.Query{SearchValues: []callback.Match{{Key: "contract", Value: "7"}}}},
		{"any lookup", "terms USING PRIMARY KEY (term=?)", true, callback.Query{AnySearchValue: true, SearchValues: []callback.Match{{Key: "contract", Value: "7"}, {Key: "x", Value: "y"}}}},
		{"ids", "ids_id (tenant=? AND id=?)", true, callback.Query{IDs: []callback.ID{"c000001", "c000002"}}},
		{"desired time", "USING INDEX callbacks_desired (tenant=?)", false, callback.Query{}},
		{"creation", "USING INDEX callbacks_created (tenant=?)", false, callback.Query{Order: callback.ByCreated}},
		{"range of desired times", "USING INDEX callbacks_desired (tenant=? AND desired>? AND desired<?)", false, callback.Query{DesiredFrom: storetest.Start(), DesiredTo: storetest.At(time.Hour)}},
		{"queue", "USING INDEX callbacks_queue (tenant=? AND service=?)", true, callback.Query{Services: []string{"sales"}, States: []callback.State{callback.Queued}, Order: callback.ByQueue}},
	} {
		c.query.Tenant = tenant
		for _, desc := range []bool{false, true} {
			c.query.Desc = desc
			for _, after := range []bool{false, true} {
				query, args := s.SearchText(c.query, after)
				plan, err := s.Plan(t.Context(), query, args...)
				if err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
				want := c.want
				for _, order := range []string{"desired", "created"} {
					if after && want == "USING INDEX callbacks_"+order+" (tenant=?)" {
						want = "USING INDEX callbacks_" + order + " (tenant=? AND (" + order + ",id)" + map[bool]string{false: ">", true: "<"}[desc]
					}
				}
				if !strings.Contains(strings.ReplaceAll(plan, "t USING", "terms USING"), want) || scans(plan) || !c.sorted && strings.Contains(plan, "TEMP B-TREE") {
					t.Errorf("search by %s, descending %v, after a cursor %v: the plan is\n%swant %s", c.name, desc, after, plan, want)
				}
			}
		}
	}
}

// scans reports whether a plan reads a whole table that grows.
func scans(plan string) bool {
	for line := range strings.Lines(plan) {
		if strings.HasPrefix(strings.TrimSpace(line), "SCAN ") && !strings.Contains(line, "json_each") && !strings.Contains(line, "CONSTANT ROW") && !strings.Contains(line, "VALUES") {
			return true
		}
	}
	return false
}

// The Count of a Manager's tick reads the tallies, one row per group, and no
// callback.
func TestCountReadsTallies(t *testing.T) {
	s, path := openNew(t)
	pending(t, path, 2000)
	groups, err := s.Count(t.Context(), callback.Query{AllTenants: true, States: []callback.State{callback.Queued}})
	if err != nil || len(groups) != 1 || groups[0].N != 20 || groups[0].Ready != 20 {
		t.Fatal(groups, err)
	}
	// A query that does not read the table succeeds without it.
	if _, err := openRaw(t, path).Exec("ALTER TABLE callbacks RENAME TO hidden"); err != nil {
		t.Fatal(err)
	}
	again, err := s.Count(t.Context(), callback.Query{AllTenants: true, States: []callback.State{callback.Queued}})
	if err != nil || len(again) != 1 || again[0] != groups[0] {
		t.Error(again, err)
	}
}
