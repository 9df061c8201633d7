package gen

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// TestPlanFile reads plans as libphonenumber-js writes them.
func TestPlanFile(t *testing.T) {
	const one = `{"version":4,"country_calling_codes":{"41":["CH"]},"countries":{"CH":["41","00","[2-9]\\d{8}",[9],` +
		`[["(\\d{2})(\\d{7})","$1 $2",["[2-79]"],"0$1",0,"$1-$2"]],"0",0,0,0,0,0,[["4\\d{8}"],["",[9]],0,["90\\d{7}",[9]]]]},` +
		`"nonGeographic":{"800":["800",0,"\\d{8}",[8],0,0,0,0,0,0,0,[0,0,["\\d{8}"]]]}}`
	read := func(t *testing.T, text string) ([]*phonenumbers.PhoneMetadata, map[int][]string, error) {
		t.Helper()
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "metadata.max.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return planMetadata(folder, nil)
	}
	plans, codes, err := read(t, one)
	if err != nil || len(plans) != 2 {
		t.Fatalf("%d plans, error %v", len(plans), err)
	}
	if !slices.Equal(codes[41], []string{"CH"}) || !slices.Equal(codes[800], []string{"001"}) {
		t.Errorf("country codes %v", codes)
	}
	m := plans[0]
	if m.GetNationalPrefixForParsing() != "0" {
		t.Errorf("national prefix for parsing %q, want that for dialling", m.GetNationalPrefixForParsing())
	}
	if m.Mobile.GetNationalNumberPattern() != `4\d{8}` || !m.GetSameMobileAndFixedLinePattern() {
		t.Errorf("mobile pattern %q, want that of fixed lines", m.Mobile.GetNationalNumberPattern())
	}
	if m.Pager.GetNationalNumberPattern() != "" || !slices.Equal(m.Pager.PossibleLength, []int32{-1}) {
		t.Errorf("pagers %v, want none", m.Pager)
	}
	if got := m.IntlNumberFormat[0].GetFormat(); got != "$1-$2" {
		t.Errorf("international format %q", got)
	}
	if got := plans[1]; territory(got) != "800" || len(got.NumberFormat) != 0 {
		t.Errorf("plan of +800: %v", got)
	}

	for _, test := range []struct{ name, old, new string }{
		{"cut off", `"800":[`, `"800":`},
		{"another layout", `"version":4`, `"version":5`},
		{"no layout", `"version":4,`, ``},
		{"country code with letters", `{"41":["CH"]}`, `{"4I":["CH"]}`},
		{"plan with a country code of letters", `["41","00"`, `["x","00"`},
		{"number instead of text", `"00","[2-9]`, `7,"[2-9]`},
		{"text instead of lengths", `[9],[[`, `"9",[[`},
		{"text instead of types", `[["4\\d{8}"]`, `["4\\d{8}"`},
		{"no types", `[0,0,["\\d{8}"]]`, `0`},
		{"object instead of formats", `"$1-$2"]]`, `{}]]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(one, test.old, test.new, 1)
			if text == one {
				t.Fatal("nothing replaced")
			}
			if _, _, err := read(t, text); err == nil {
				t.Error("no error")
			}
		})
	}
	if _, _, err := planMetadata(t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "npm ci") {
		t.Errorf("error without the package: %v, want one that tells how to install it", err)
	}
}

// TestPlansCoverThePort checks that no plan of the Go port is lost.
func TestPlansCoverThePort(t *testing.T) {
	names := map[string]bool{}
	for _, m := range current {
		names[territory(m)] = true
	}
	for _, m := range ported {
		if !names[territory(m)] {
			t.Errorf("no plan of %s", territory(m))
		}
	}
}
