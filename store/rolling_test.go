package store

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
)

func TestParts(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := noon.Add
	day := &callback.Permit{N: 2, Max: 9, Span: 24 * time.Hour}
	part := func(hours, n int64) Part { return Part{Ends: noon.Unix() + 3600*hours, N: n} }
	same := func(what string, got Parts, want ...Part) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	var p Parts
	one := p.Take(day, noon)
	same("at the full hour", one, part(25, 2))
	same("just before it", p.Take(day, at(-1)), part(24, 2))
	same("the last instant of the hour", one.Take(day, at(time.Hour-1)), part(25, 4))
	two := one.Take(day, at(time.Hour))
	same("the next hour", two, part(25, 2), part(26, 2))
	same("an hour earlier", one.Take(day, at(-time.Hour)), part(24, 2), part(25, 2))
	same("between", two.Take(day, noon), part(25, 4), part(26, 2))
	same("the receiver", two, part(25, 2), part(26, 2))
	same("a time before 1970", p.Take(day, time.Unix(-1, 0)), Part{Ends: 24 * 3600, N: 2})

	same("before the end", two.At(at(25*time.Hour-1)), two...)
	same("at the end", two.At(at(25*time.Hour)), part(26, 2))
	same("at the last end", two.At(at(26*time.Hour)))

	same("give one", two.Give(1), part(25, 2), part(26, 1))
	same("give the newest part", two.Give(2), part(25, 2))
	same("give into the oldest", two.Give(3), part(25, 1))
	same("give more than there is", two.Give(math.MaxInt64))
	same("the receiver", two, part(25, 2), part(26, 2))

	// A second more than the hour and the span is what clocks may differ by.
	same("a second ahead", two.Known(day, at(time.Hour-time.Second)), two...)
	same("set back by more", two.Known(day, at(time.Hour-time.Second-1)), part(25, 2))
	same("set back by a day", two.Known(day, at(-24*time.Hour)))

	if got := two.Used(); got != 4 {
		t.Errorf("used: %d, want 4", got)
	}
	if got := (Parts{part(1, math.MaxInt64), part(2, 1)}).Used(); got != math.MaxInt64 {
		t.Errorf("used beyond an integer: %d", got)
	}
	if !two.First().Equal(at(25*time.Hour)) || !two.Last().Equal(at(26*time.Hour)) || !p.First().IsZero() || !p.Last().IsZero() {
		t.Errorf("ends: %v to %v, without parts %v to %v", two.First(), two.Last(), p.First(), p.Last())
	}
}

// TestPartsBounded takes at every quarter of an hour for two months and finds no
// more parts than the hours of the span and one.
func TestPartsBounded(t *testing.T) {
	permit := &callback.Permit{N: 1, Max: -1, Span: 31 * 24 * time.Hour}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var p Parts
	for range 62 * 24 * 4 {
		p = p.At(now).Take(permit, now)
		now = now.Add(15 * time.Minute)
	}
	if most := 31*24 + 1; len(p) != most || p.Used() != int64(4*most) {
		t.Errorf("%d parts with %d units, want %d with %d", len(p), p.Used(), most, 4*most)
	}
}
