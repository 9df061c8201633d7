package phonenum

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestPatterns(t *testing.T) {
	for _, test := range []struct {
		csv   string
		yes   []string
		no    []string
		shown string
	}{
		{"", nil, []string{"+41785556677"}, ""},
		{" ", nil, []string{"+41785556677"}, ""},
		{"+1900*", []string{"+19002530000", "+1900123"}, []string{"+18002530000", "+41900123456"}, "1900*"},
		{"1900*", []string{"+19002530000"}, []string{"+18002530000"}, "1900*"},
		{"4490?*", []string{"+449012345678", "+44909"}, []string{"+448012345678", "+4490"}, "4490?*"},
		{"+41785556677", []string{"+41785556677"}, []string{"+417855566771", "+4178555667"}, "41785556677"},
		{"+4178555667?", []string{"+41785556677", "+41785556670"}, []string{"+4178555667", "+417855566777"}, "4178555667?"},
		{" +41* , +49* ", []string{"+41785556677", "+4930123456"}, []string{"+43123456"}, "41*,49*"},
		{"*", []string{"+41785556677", "+115"}, nil, "*"},
		{"???", nil, []string{"+41785556677"}, "???"},
		{"??*", []string{"+41785556677"}, nil, "??*"},
	} {
		p, err := ParsePatterns(test.csv)
		if err != nil {
			t.Errorf("%q: %v", test.csv, err)
			continue
		}
		for _, s := range test.yes {
			if !p.Match(parsed(t, s, "")) {
				t.Errorf("%q does not match %s", test.csv, s)
			}
		}
		for _, s := range test.no {
			if p.Match(parsed(t, s, "")) {
				t.Errorf("%q matches %s", test.csv, s)
			}
		}
		if p.Match(Number{}) {
			t.Errorf("%q matches the zero Number", test.csv)
		}
		if p.String() != test.shown || p.IsZero() != (test.shown == "") {
			t.Errorf("%q prints as %q", test.csv, p.String())
		}
		if again, err := ParsePatterns(p.String()); err != nil || again != p {
			t.Errorf("%q read back as %q, %v", test.csv, again, err)
		}
	}
}

func TestPatternErrors(t *testing.T) {
	for csv, index := range map[string]int{
		",": 0, "41*,": 1, "41*,,49*": 1, "+": 0, "0900*": 0, "41*,0900*": 1, "4*1": 0, "41**": 0, "41 78": 0, "hans": 0, "++41": 0, "٤١*": 0,
		strings.Repeat("1", 21): 0, strings.Repeat("?", 21) + "*": 0, strings.Repeat("41*,", MaxPatterns) + "41*": MaxPatterns,
	} {
		p, err := ParsePatterns(csv)
		var failure *PatternError
		if !errors.As(err, &failure) || failure.Index != index || !errors.Is(err, ErrInvalid) || !p.IsZero() {
			t.Errorf("%.40q: %v, want an error about pattern %d", csv, err, index)
		}
	}
}

func TestJoinPatterns(t *testing.T) {
	a, _ := ParsePatterns("41*")
	b, _ := ParsePatterns("49*,43*")
	joined := JoinPatterns(a, Patterns{}, b)
	if got := slices.Collect(joined.All()); !slices.Equal(got, []string{"41*", "49*", "43*"}) {
		t.Errorf("JoinPatterns returned %v", got)
	}
	for range joined.All() {
		break // stopping early must work
	}
	if !JoinPatterns().IsZero() || JoinPatterns(a) != a {
		t.Error("joining none or one set")
	}
}

func TestList(t *testing.T) {
	number := parsed(t, "+41785556677", "")
	for _, test := range []struct {
		allow, deny string
		want        bool
	}{
		{"", "", true}, {"41*", "", true}, {"49*", "", false}, {"", "41*", false}, {"", "49*", true}, {"41*", "4178*", false}, {"4178*", "41*", false},
	} {
		allow, err1 := ParsePatterns(test.allow)
		deny, err2 := ParsePatterns(test.deny)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		list := List{Allow: allow, Deny: deny}
		if got := list.Allows(number); got != test.want {
			t.Errorf("allow %q, deny %q: %v, want %v", test.allow, test.deny, got, test.want)
		}
		if list.Allows(Number{}) {
			t.Errorf("allow %q, deny %q: the zero Number is allowed", test.allow, test.deny)
		}
	}
}
