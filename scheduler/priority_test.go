package scheduler_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/scheduler"
)

func TestPriorityOrderAndNames(t *testing.T) {
	var names []string
	for i, p := range scheduler.Priorities() {
		names = append(names, p.String())
		if p.Rank() != i || !p.Valid() {
			t.Errorf("%v has rank %d, want %d", p, p.Rank(), i)
		}
		for _, name := range []string{p.String(), strings.ToUpper(p.String()), strings.ToLower(p.String())} {
			if got, err := scheduler.ParsePriority(name); err != nil || got != p {
				t.Errorf("ParsePriority(%q) = %v, %v", name, got, err)
			}
		}
	}
	want := []string{"StrictPriority", "Highest", "VeryHigh", "High", "Normal", "Low", "VeryLow", "Lowest", "NothingElse"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	var zero scheduler.Priority
	if zero != scheduler.Normal {
		t.Errorf("the zero value is %v", zero)
	}
	if none := scheduler.Priority(9); none.Valid() || none.Rank() != 9 || none.String() != "Priority(9)" {
		t.Errorf("9 is %v of rank %d", none, none.Rank())
	}
}

func TestPriorityText(t *testing.T) {
	in := map[scheduler.Priority]scheduler.Priority{scheduler.Normal: scheduler.Highest, scheduler.NothingElse: scheduler.Lowest}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"Normal":"Highest","NothingElse":"Lowest"}`; string(text) != want {
		t.Errorf("%s, want %s", text, want)
	}
	var out map[scheduler.Priority]scheduler.Priority
	if err := json.Unmarshal(text, &out); err != nil || !cmp.Equal(in, out) {
		t.Errorf("%v, %v", out, err)
	}
	kept := scheduler.High
	if err := kept.UnmarshalText([]byte("urgent")); !errors.Is(err, scheduler.ErrPriority) || kept != scheduler.High {
		t.Errorf("%v, %v", kept, err)
	}
	if _, err := scheduler.Priority(9).MarshalText(); !errors.Is(err, scheduler.ErrPriority) {
		t.Errorf("%v", err)
	}
}

func FuzzParsePriority(f *testing.F) {
	for _, p := range scheduler.Priorities() {
		f.Add(p.String())
	}
	for _, s := range []string{"", "high", "NORMAL", "Priority(3)", " Normal", "Lowe\xc5\xbft", strings.Repeat("a", 10000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		p, err := scheduler.ParsePriority(name)
		if err != nil {
			var field *scheduler.FieldError
			if p != scheduler.Normal || !errors.Is(err, scheduler.ErrPriority) || !errors.As(err, &field) || len(err.Error()) > 1000 {
				t.Errorf("%q: %v, %v", name, p, err)
			}
			return
		}
		if !p.Valid() || !strings.EqualFold(p.String(), name) {
			t.Errorf("%q read as %v", name, p)
		}
	})
}
