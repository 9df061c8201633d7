package scheduler_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/scheduler"
)

func TestBound(t *testing.T) {
	w := scheduler.DefaultWeights()
	var got []int
	for _, p := range scheduler.Priorities() {
		got = append(got, w.Bound(p))
	}
	if diff := cmp.Diff([]int{0, 10, 11, 12, 13, 16, 20, 34, 0}, got); diff != "" {
		t.Error(diff)
	}
	if n := (scheduler.Weights{}).Bound(scheduler.Highest); n != 0 {
		t.Errorf("invalid weights: bound %d", n)
	}
	if n := w.Bound(scheduler.Priority(200)); n != 0 {
		t.Errorf("invalid priority: bound %d", n)
	}
}

func TestWeightsValidate(t *testing.T) {
	for _, w := range []scheduler.Weights{scheduler.DefaultWeights(), {1, 1, 1, 1, 1, 1, 1}, {1, 2, 3, 4, 5, 6, scheduler.MaxWeight}} {
		if err := w.Validate(); err != nil {
			t.Errorf("%v: %v", w, err)
		}
	}
	bad := scheduler.Weights{7, 0, 5, -4, 3, 2, scheduler.MaxWeight + 1}
	_, err := scheduler.NewOrder(bad)
	if !errors.Is(err, scheduler.ErrWeights) {
		t.Fatal(err)
	}
	for _, want := range []string{"Weights[1] 0 (VeryHigh)", "Weights[3] -4 (Normal)", "Weights[6] 101 (Lowest)", "must be 1 to 100"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
}
