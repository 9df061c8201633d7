package scheduler_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/scheduler"
)

func TestOutcomeText(t *testing.T) {
	seen := make(map[string]bool)
	for i, o := range scheduler.Outcomes() {
		text, err := o.MarshalText()
		if err != nil || int(o) != i || !o.Valid() || seen[string(text)] {
			t.Errorf("outcome %d: %s, %v", i, text, err)
		}
		seen[string(text)] = true
		var back scheduler.Outcome
		if err := back.UnmarshalText([]byte(strings.ToUpper(string(text)))); err != nil || back != o {
			t.Errorf("%s reads back as %v, %v", text, back, err)
		}
	}
	last := scheduler.Outcome(len(seen))
	if _, err := last.MarshalText(); !errors.Is(err, scheduler.ErrOutcome) || last.Valid() || last.String() != "Outcome(11)" {
		t.Errorf("%v, %v", last, err)
	}
	kept := scheduler.Busy
	if err := kept.UnmarshalText([]byte("engaged")); !errors.Is(err, scheduler.ErrOutcome) || kept != scheduler.Busy {
		t.Errorf("%v, %v", kept, err)
	}
	var zero scheduler.Outcome
	if zero != scheduler.Unknown {
		t.Errorf("the zero value is %v", zero)
	}
}
