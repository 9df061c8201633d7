package storetest

import (
	"strconv"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) callback.Store { return store.NewMemory(store.Config{}) })
}

func TestNaive(t *testing.T) {
	Run(t, func(*testing.T) callback.Store { return &naive{} })
}

// A report begins with the first difference and is short, however much differs.
func TestReportsAreShort(t *testing.T) {
	full, other := New("c1"), New("c2")
	other.Detail, other.Attempts = "changed", make([]callback.Attempt, 40)
	for i := range other.Attempts {
		other.Attempts[i].N = i
	}
	report := difference([]*callback.Callback{other}, []*callback.Callback{full})
	lines := strings.Split(report, "\n")
	if len(lines) > 20 || !strings.Contains(lines[0], "ID") || !strings.Contains(lines[0], "is c2, want c1") {
		t.Errorf("the report has %d lines and begins with %s", len(lines), lines[0])
	}
	list := make([]int, 100)
	report = difference(list, []int{1})
	if lines := strings.Split(report, "\n"); len(lines) > 20 {
		t.Errorf("%d lines", len(lines))
	}
	many := make(map[string]int)
	for i := range 100 {
		many[strconv.Itoa(i)] = i
	}
	if lines := strings.Split(difference(many, map[string]int{}), "\n"); len(lines) > 20 || !strings.HasPrefix(lines[len(lines)-1], "and ") {
		t.Errorf("%d lines, the last %s", len(lines), lines[len(lines)-1])
	}
}
