package postgres_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/postgres"
)

var update = flag.Bool("update", false, "write the golden files")

// checkPlans compares the plans of all searches, as node types and indexes, with testdata/plans.golden. The tables have a million pending
// callbacks and their statistics.
func checkPlans(t *testing.T, dsn string, s *postgres.Store, now time.Time) {
	t.Helper()
	number, value := "+41440000007", []callback.Match{{Key: "city", Value: "Bern"}, {Key: "vip", Value: "yes"}}
	var b strings.Builder
	for _, search := range []struct {
		name string
		q    callback.Query
		next bool // a later page
	}{
		{name: "default order"},
		{name: "default order, later page", next: true},
		{name: "default order, descending", q: callback.Query{Desc: true}},
		{name: "desired within an hour", q: callback.Query{DesiredFrom: now.Add(24 * time.Hour), DesiredTo: now.Add(25 * time.Hour)}},
		{name: "a service and a state", q: callback.Query{Services: []string{"desk"}, States: []callback.State{callback.Scheduled}}},
		{name: "number", q: callback.Query{Number: number}},
		{name: "number, by creation", q: callback.Query{Number: number, Order: callback.ByCreated}},
		{name: "customer", q: callback.Query{CustomerID: "c1"}},
		{name: "external ID", q: callback.Query{ExternalID: "e1"}},
		{name: "all search values", q: callback.Query{SearchValues: value}},
		{name: "any search value", q: callback.Query{SearchValues: value, AnySearchValue: true}},
		{name: "search value of all tenants", q: callback.Query{SearchValues: value, AllTenants: true}},
		{name: "IDs", q: callback.Query{IDs: []callback.ID{"c1", "c2", "00000000-0000-4000-8001-000000000007"}}},
		{name: "IDs of all tenants", q: callback.Query{IDs: []callback.ID{"c1"}, AllTenants: true}},
		{name: "all tenants", q: callback.Query{AllTenants: true}},
		{name: "by creation", q: callback.Query{Order: callback.ByCreated}},
		{name: "by change", q: callback.Query{Order: callback.ByUpdated}},
		{name: "by queue", q: callback.Query{Order: callback.ByQueue}},
		{name: "property", q: callback.Query{Properties: value[:1]}},
	} {
		sql, args := postgres.PageOf(s, search.q, search.next)
		text := ask[string](t, dsn, "EXPLAIN (FORMAT JSON) "+sql, args...)
		var plans []struct{ Plan plan }
		if err := json.Unmarshal([]byte(text), &plans); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", search.name)
		plans[0].Plan.write(&b, 1)
	}
	golden := filepath.Join("testdata", "plans.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the plans of searches have changed (go test -run TestBacklog -update writes them):\n%s", b.String())
	}
}

// plan is a node of the server's plan.
type plan struct {
	NodeType  string `json:"Node Type"`
	IndexName string `json:"Index Name"`
	Plans     []plan
}

func (p plan) write(b *strings.Builder, depth int) {
	fmt.Fprintf(b, "%s%s\n", strings.Repeat("    ", depth), strings.TrimSpace(p.NodeType+" "+p.IndexName))
	for _, inner := range p.Plans {
		inner.write(b, depth+1)
	}
}
