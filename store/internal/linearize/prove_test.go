package linearize

import (
	"errors"
	"flag"
	"path/filepath"
	"testing"
	"time"
)

var (
	histories = flag.Int("histories", 2000, "number of histories per store")
	firstSeed = flag.Uint64("seed", 0, "seed of the first history")
)

// prove runs a campaign that must not find a violation and must reach all
// relevant outcomes.
func prove(t *testing.T, c *Campaign) {
	t.Helper()
	c.First, c.Histories = *firstSeed, *histories
	if testing.Short() {
		c.Histories = min(c.Histories, 200)
	}
	began := time.Now()
	report, err := c.Run(t.Context())
	if v, ok := errors.AsType[*Violation](err); ok {
		show(t, c.Rules, v)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("in %v: %v", time.Since(began).Round(time.Millisecond), report)
	if report.Histories != c.Histories {
		t.Errorf("%d histories were checked, want %d", report.Histories, c.Histories)
	}
	if c.Histories >= 2000 {
		demandCoverage(t, &report)
	}
}

// show prints and draws a history.
func show(t *testing.T, rules Rules, v *Violation) {
	t.Helper()
	if v.History == nil {
		return
	}
	path := filepath.Join(t.ArtifactDir(), "history.html")
	if _, err := v.History.Visualize(rules, time.Minute, path); err != nil {
		t.Error(err)
	}
	t.Logf("seed %d (repeat with -seed %d -histories 1 -count 100), drawn in %s (kept with -artifacts):\n%s", v.Seed, v.Seed, path, v.History)
}

// demandCoverage fails the test if the campaign rarely reached some outcome.
func demandCoverage(t *testing.T, r *Report) {
	t.Helper()
	const least = 20
	for kind, list := range map[Kind][]Outcome{
		Start:      {OK, NotFound, Conflict, Refused},
		Cancel:     {OK, NotFound, Conflict},
		Reschedule: {OK, NotFound, Conflict, Refused},
		Release:    {OK, NotFound, Conflict},
		Complete:   {OK, NotFound, Conflict},
		Unclaim:    {OK, NotFound, Conflict},
		Forget:     {OK, NotFound, Conflict},
		ClaimDue:   {OK},
		ClaimQueue: {OK},
		Get:        {OK, NotFound},
		GetKey:     {OK, NotFound},
		Load:       {OK},
		List:       {OK},
	} {
		for _, o := range list {
			if n := r.Outcomes[kind][o]; n < least {
				t.Errorf("%d calls of %s ended as %q, want at least %d", n, kind, o, least)
			}
		}
		if kind.claims() && r.Leased[kind] < 10*least {
			t.Errorf("only %d callbacks were leased by %s", r.Leased[kind], kind)
		}
	}
	if r.Reclaimed < least {
		t.Errorf("only %d callbacks were leased again", r.Reclaimed)
	}
	if r.Overlapping < r.Operations/10 {
		t.Errorf("only %d of %d calls overlap another one", r.Overlapping, r.Operations)
	}
}
