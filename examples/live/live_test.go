package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLiveEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var out bytes.Buffer
		if err := run(t.Context(), &out); err != nil {
			t.Fatalf("run: %v\n%s", err, &out)
		}
		if took := time.Since(began); took > longest {
			t.Errorf("took %v, want at most %v", took, longest)
		}
		text := out.String()
		for want, times := range map[string]int{
			"accepted":        len(numbers()),
			"AGENT_CONNECTED": len(numbers()),
			"BUSY":            1,
			"attempt 2":       1,
			"released":        1,
			"all are":         1,
			"stopped":         1,
		} {
			if got := strings.Count(text, want); got != times {
				t.Errorf("%q comes %d times, want %d", want, got, times)
			}
		}
		for _, number := range numbers() {
			if digits := strings.ReplaceAll(number, " ", "")[1:]; strings.Contains(text, digits) {
				t.Errorf("the output shows a number")
			}
		}
		if t.Failed() {
			t.Log(text)
		}
	})
}

func TestLiveStopsWhenTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer cancel()
		began := time.Now()
		var out bytes.Buffer
		if err := run(ctx, &out); err != nil {
			t.Fatalf("run: %v\n%s", err, &out)
		}
		// The calls that are being made last 400 ms in all.
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %v to stop", took)
		}
		if !strings.Contains(out.String(), "told to stop") {
			t.Errorf("did not say that it was told to stop:\n%s", &out)
		}
	})
}
