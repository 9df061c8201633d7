package callback

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The table in the package comment is the one a reader trusts: it must be the
// table the engine uses.
func TestDiagramIsTheTable(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string][]string{}
	row := regexp.MustCompile(`^//\t(\(new\)|[A-Z][a-z]+) +->(.*)$`)
	for line := range strings.Lines(string(text)) {
		if m := row.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			drawn[strings.ToUpper(m[1])] = strings.Fields(strings.ToUpper(m[2]))
		}
	}
	coded := map[string][]string{"(NEW)": names(moves(0))}
	for _, s := range States() {
		coded[s.String()] = names(moves(s))
	}
	for from, to := range coded {
		if len(to) == 0 {
			coded[from] = []string{}
		}
	}
	if diff := cmp.Diff(coded, drawn); diff != "" {
		t.Errorf("table of the package comment (-code +comment):\n%s", diff)
	}
}

func names(states []State) []string {
	var out []string
	for _, s := range states {
		out = append(out, s.String())
	}
	return out
}

func TestCanMove(t *testing.T) {
	if !CanMove(0, Scheduled) || !CanMove(Scheduled, Queued) || !CanMove(Queued, Dialing) || !CanMove(Dialing, Unresolved) {
		t.Error("the common life of a callback is not allowed")
	}
	if !CanMove(Completed, Completed) {
		t.Error("a completed callback cannot be masked")
	}
	for _, s := range States() {
		if s != Completed && CanMove(Completed, s) {
			t.Errorf("a completed callback must not become %v", s)
		}
	}
	if CanMove(0, Dialing) || CanMove(0, Unresolved) {
		t.Error("a callback cannot be born in flight")
	}
	if CanMove(Unresolved, Scheduled) || CanMove(Unresolved, Offered) {
		t.Error("an unresolved attempt must be resolved first")
	}
}
