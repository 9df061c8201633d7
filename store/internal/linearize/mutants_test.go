package linearize

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/ringback-go/ringback/callback"
)

// within is how many histories a mutant may survive.
const within = 200

// TestMutants shows that the campaign can fail: each fault is found, under
// either rule, as a history without an order.
func TestMutants(t *testing.T) {
	for _, planted := range mutants() {
		t.Run(planted.name, func(t *testing.T) {
			for _, rules := range []Rules{{}, {PassOver: true}} {
				v := findMutant(t, planted.make(), rules)
				t.Logf("%s %+v: found in history %d of %d operations", planted.name, rules, v.Seed+1, len(v.History.Operations()))
			}
		})
	}
}

func findMutant(t *testing.T, s callback.Store, rules Rules) *Violation {
	t.Helper()
	c := &Campaign{Stores: []callback.Store{s}, Rules: rules, Histories: within}
	_, err := c.Run(t.Context())
	v, ok := errors.AsType[*Violation](err)
	if !ok {
		t.Fatalf("%+v: not found within %d histories: %v", rules, within, err)
	}
	if v.Fault != nil || v.Result != porcupine.Illegal {
		t.Fatalf("%+v: found as %v, not by an illegal history", rules, err)
	}
	return v
}

// TestControl runs the mutants' frame without a fault.
func TestControl(t *testing.T) {
	for _, rules := range []Rules{{}, {PassOver: true}} {
		sound := newMutant()
		sound.claim, sound.get, sound.erase = sound.Store.Claim, sound.Store.Get, sound.eraseOne
		sound.change = func(ctx context.Context, now time.Time, c callback.Change) error {
			return errors.Join(sound.one(ctx, now, c), sound.move(ctx, now, c.Record.Tenant, nil, nil))
		}
		c := &Campaign{Stores: []callback.Store{sound}, Rules: rules, Histories: within}
		if report, err := c.Run(t.Context()); err != nil || report.Histories != within || report.Passing != 0 {
			t.Errorf("%+v: %v, %v", rules, report, err)
		}
	}
}

func TestVisualize(t *testing.T) {
	v := findMutant(t, doubleBooks(), Rules{})
	path := filepath.Join(t.TempDir(), "history.html")
	result, err := v.History.Visualize(Rules{}, time.Minute, path)
	if err != nil || result != porcupine.Illegal {
		t.Fatal(result, err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<html", "start c", "load seats"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if text := v.History.String(); !strings.Contains(text, "Seed:") || !strings.Contains(text, "client 0: ") {
		t.Errorf("the history reads %q", text)
	}
}
