//go:build !race

package manager_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// Start allocates no more than what the store and the host keep, and little else.
func TestStartAllocations(t *testing.T) {
	for _, test := range []struct {
		name     string
		desired  time.Time
		capped   float64
		uncapped float64
	}{
		{name: "scheduled", desired: benchTime().Add(50 * time.Hour), capped: 13, uncapped: 12},
		{name: "immediate", capped: 15, uncapped: 14},
	} {
		for _, caps := range []struct {
			name   string
			change func(*callback.Service, *manager.Config)
			most   float64
		}{{"capped", nil, test.capped}, {"uncapped", uncapped, test.uncapped}} {
			t.Run(test.name+"/"+caps.name, func(t *testing.T) {
				const runs = 1000
				m, _ := bench(t, caps.change)
				numbers := make([]string, runs+1)
				for i := range numbers {
					numbers[i] = numberOf(i)
				}
				i := 0
				got := testing.AllocsPerRun(runs, func() {
					req := manager.Request{Service: "desk", Number: numbers[i], Desired: test.desired}
					i++
					if _, err := m.Start(t.Context(), req); err != nil {
						t.Fatal(err)
					}
				})
				if got > caps.most {
					t.Errorf("a Start takes %v allocations, at most %v are allowed", got, caps.most)
				}
			})
		}
	}
}
