package linearize

import (
	"errors"
	"flag"
	"path/filepath"
	"testing"
	"time"
)

var (
	histories = flag.Int("histories", 2000, "how many histories of each store are checked")
	firstSeed = flag.Uint64("seed", 0, "the seed of the first of them")
)

// prove runs a campaign that must find nothing, and must have met all that it
// is there for.
func prove(t *testing.T, c *Campaign) {
	t.Helper()
	c.First, c.Histories = *firstSeed, *histories
	began := time.Now()
	report, err := c.Run(t.Context())
	if v, ok := errors.AsType[*Violation](err); ok {
		show(t, c.Rules, v)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("in %v: %v", time.Since(began).Round(time.Millisecond), report)
	if report.Histories != *histories {
		t.Errorf("%d histories were checked, not %d", report.Histories, *histories)
	}
	if *histories >= 2000 {
		demandCoverage(t, &report)
	}
}

// show prints a history and draws it.
func show(t *testing.T, rules Rules, v *Violation) {
	t.Helper()
	if v.History == nil {
		return
	}
	path := filepath.Join(t.ArtifactDir(), "history.html")
	if _, err := v.History.Visualize(rules, time.Minute, path); err != nil {
		t.Error(err)
	}
	t.Logf("seed %d (again with -seed %d -histories 1 -count 100), drawn in %s (kept with -artifacts):\n%s", v.Seed, v.Seed, path, v.History)
}

// demandCoverage fails a campaign that has hardly met some outcome.
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
				t.Errorf("%d of the calls to %s ended as %q, fewer than %d", n, kind, o, least)
			}
		}
		if kind.claims() && r.Leased[kind] < 10*least {
			t.Errorf("%d callbacks were leased by %s", r.Leased[kind], kind)
		}
	}
	if r.Reclaimed < least {
		t.Errorf("%d leases were taken over from another client", r.Reclaimed)
	}
	if r.Overlapping < r.Operations/10 {
		t.Errorf("%d of %d calls overlap another one", r.Overlapping, r.Operations)
	}
}
