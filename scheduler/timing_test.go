package scheduler_test

import (
	"math"
	"testing"
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

// rounds returns n, or an eighth of it with -short.
func rounds(n int) int {
	if testing.Short() {
		return n / 8
	}
	return n
}

func noon() time.Time { return time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC) }

// The examples of GMS 5.3 and their edge cases.
func TestImmediateOrScheduled(t *testing.T) {
	s := time.Second
	for _, c := range []struct {
		name             string
		in, buffer, wait time.Duration
		immediate, asap  bool
	}{
		{name: "buffer 120, in 180 s", in: 180 * s, buffer: 120 * s},
		{name: "buffer 15, in 30 s", in: 30 * s, buffer: 15 * s},
		{name: "equality is scheduled", in: 120 * s, buffer: 120 * s},
		{name: "a nanosecond less is immediate", in: 120*s - 1, buffer: 120 * s, immediate: true},
		{name: "buffer 15, in 14 s", in: 14 * s, buffer: 15 * s, immediate: true},
		{name: "wait adds to the buffer", in: 180 * s, buffer: 120 * s, wait: 61 * s, immediate: true},
		{name: "equality with wait", in: 180 * s, buffer: 120 * s, wait: 60 * s},
		{name: "the past", in: -s, immediate: true},
		{name: "now without buffer", in: 0},
		{name: "negative buffer counts as none", in: s, buffer: -time.Hour, wait: -time.Hour},
		{name: "buffer and wait overflow", in: 100 * 365 * 24 * time.Hour, buffer: math.MaxInt64, wait: math.MaxInt64, immediate: true},
		{name: "no desired time", asap: true, immediate: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			now, timing := noon(), scheduler.Timing{Buffer: c.buffer, Wait: c.wait}
			desired := now.Add(c.in)
			if c.asap {
				desired = time.Time{}
			}
			if got := scheduler.Immediate(desired, now, timing); got != c.immediate {
				t.Errorf("immediate %v, want %v", got, c.immediate)
			}
			if got := scheduler.ReleaseAt(desired, timing).Before(now); got != c.immediate {
				t.Errorf("release before now %v, want %v", got, c.immediate)
			}
		})
	}
}

func TestReleaseAndExpiry(t *testing.T) {
	last := time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
	timing := scheduler.Timing{Buffer: 120 * time.Second, Wait: time.Minute}
	for _, c := range []struct {
		name      string
		got, want time.Time
	}{
		{"release", scheduler.ReleaseAt(noon(), timing), noon().Add(-3 * time.Minute)},
		{"release without a desired time", scheduler.ReleaseAt(time.Time{}, timing), time.Time{}},
		{"release before the year 1", scheduler.ReleaseAt(time.Time{}.Add(1), timing), time.Time{}},
		{"release from before the year 1", scheduler.ReleaseAt(time.Unix(math.MinInt64, 0), timing), time.Time{}},
		{"expiry", scheduler.ExpiresAt(noon(), 86400*time.Second), noon().Add(24 * time.Hour)},
		{"expiry at once", scheduler.ExpiresAt(noon(), 0), noon()},
		{"negative ttl", scheduler.ExpiresAt(noon(), -time.Hour), noon()},
		{"expiry after the year 9999", scheduler.ExpiresAt(last.Add(-time.Second), time.Hour), last},
		{"expiry from after the year 9999", scheduler.ExpiresAt(time.Unix(1<<60, 0), math.MaxInt64), last},
	} {
		if !c.got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	zone := time.FixedZone("", 3600)
	if got := scheduler.ExpiresAt(noon().In(zone), time.Hour).Location(); got != zone {
		t.Errorf("location %v", got)
	}
}
