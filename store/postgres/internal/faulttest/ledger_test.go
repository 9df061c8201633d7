package faulttest

import (
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
)

// TestLedgerFaults checks that the ledger reports every way in which a customer is
// called twice, and nothing else.
func TestLedgerFaults(t *testing.T) {
	placed := func(id callback.ID, n int) Entry { return entry(Placed, id, n) }
	ended := func(id callback.ID, n int) Entry { return entry(Ended, id, n) }
	for _, c := range []struct {
		name    string
		entries []Entry
		want    []string // prefixes of the faults
	}{
		{"nothing", nil, nil},
		{"one call", []Entry{placed("a", 1), ended("a", 1)}, nil},
		{"two attempts in sequence", []Entry{placed("a", 1), ended("a", 1), placed("a", 2), ended("a", 2)}, nil},
		{"two callbacks at once", []Entry{placed("a", 1), placed("b", 1), ended("a", 1), ended("b", 1)}, nil},
		{"repeated and refused", []Entry{placed("a", 1), entry(Repeated, "a", 1), entry(Refused, "a", 1), entry(LookedUp, "a", 1), ended("a", 1)}, nil},
		{"two attempts at once", []Entry{placed("a", 1), placed("a", 2), ended("a", 1), ended("a", 2)}, []string{"two calls of a callback at once"}},
		{"an attempt twice", []Entry{placed("a", 1), ended("a", 1), placed("a", 1), ended("a", 1)}, []string{"attempt placed twice"}},
		{"an attempt twice at once", []Entry{placed("a", 1), placed("a", 1)}, []string{"attempt placed twice", "two calls of a callback at once"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l Ledger
			for _, e := range c.entries {
				l.add(e)
			}
			faults := l.Faults()
			if len(faults) != len(c.want) {
				t.Fatalf("faults %q, want %q", faults, c.want)
			}
			for i := range c.want {
				if !strings.HasPrefix(faults[i], c.want[i]) {
					t.Errorf("fault %q, want %q", faults[i], c.want[i])
				}
			}
		})
	}
}
