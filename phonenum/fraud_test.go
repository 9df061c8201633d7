package phonenum

import (
	"slices"
	"strings"
	"testing"
)

// callable applies the rule of a careful host: a valid number of an allowed
// region that is neither short nor expensive.
func callable(raw, region string, allowed ...string) (Number, bool) {
	if Short(raw, region) != NotShort || ConnectsToEmergency(raw, region) {
		return Number{}, false
	}
	n, err := Parse(raw, region)
	if err != nil || !n.Valid() || !slices.Contains(allowed, n.Region()) {
		return Number{}, false
	}
	switch n.Type() {
	case Premium, SharedCost, UAN, Voicemail, Pager, Personal:
		return Number{}, false
	}
	return n, true
}

// costly holds numbers that cost the caller extra: premium and shared-cost
// services, satellite and international networks, revenue-share destinations
// abroad, directory enquiries, short and emergency numbers.
var costly = []struct{ raw, region string }{
	{"+1 (900) 253-0000", "US"}, {"900-253-0000", "US"}, {"1-900-253-0000", "US"}, {"976-1234", "US"}, {"1-976-2530000", "US"}, {"1-900-FLOWERS", "US"},
	{"+1 876 555 0123", "US"}, {"+1 473 405 1234", "US"}, {"011 44 900 123 4567", "US"}, {"911", "US"}, {"411", "US"}, {"611", "US"},
	{"0900 123 456", "CH"}, {"0901 123 456", "CH"}, {"0906 123 456", "CH"}, {"+41 900 123456", "CH"}, {"0840 123 456", "CH"},
	{"0848 123 456", "CH"}, {"0860 12 345 67 89", "CH"}, {"1811", "CH"}, {"112", "CH"}, {"117", "CH"}, {"144", "CH"}, {"0041 900 123 456", "CH"},
	{"+882 16 21 123 456", "CH"}, {"+882 13 123 456", "CH"}, {"+883 510 012 345 678", "CH"}, {"+881 6 1234 5678", "CH"}, {"+870 7731 1156", "CH"}, {"+979 1 234 56789", "CH"},
	{"00882 16 21 123 456", "CH"}, {"+878 10 123 456 7890", "CH"}, {"+808 1234 5678", "CH"},
	{"+44 909 879 0000", "GB"}, {"0871 123 4567", "GB"}, {"118 500", "GB"}, {"070 1234 5678", "GB"}, {"+371 9012 3456", "CH"}, {"+252 61 123 4567", "CH"},
	{"+53 5 1234567", "CH"}, {"+960 900 1234", "CH"}, {"+49 900 1234567", "DE"}, {"0900 1 234567", "DE"}, {"0180 5 123456", "DE"}, {"0137 1234567", "DE"}, {"11833", "DE"},
}

// TestCostlyNumbersAreRefused disguises every costly number in the ways that
// fraud uses, about a thousand inputs.
func TestCostlyNumbersAreRefused(t *testing.T) {
	wide := strings.NewReplacer("0", "０", "1", "１", "2", "２", "3", "３", "4", "４", "5", "５", "6", "６", "7", "７", "8", "８", "9", "９", "+", "＋")
	arabic := strings.NewReplacer("0", "٠", "1", "١", "2", "٢", "3", "٣", "4", "٤", "5", "٥", "6", "٦", "7", "٧", "8", "٨", "9", "٩")
	thai := strings.NewReplacer("0", "๐", "1", "๑", "2", "๒", "3", "๓", "4", "๔", "5", "๕", "6", "๖", "7", "๗", "8", "๘", "9", "๙")
	disguises := map[string]func(string) string{
		"plain":               func(s string) string { return s },
		"without blanks":      func(s string) string { return strings.ReplaceAll(s, " ", "") },
		"brackets":            func(s string) string { return "(" + s + ")" },
		"full-width":          wide.Replace,
		"arabic":              arabic.Replace,
		"thai":                thai.Replace,
		"direction marks":     func(s string) string { return "\u202e" + s + "\u202c" },
		"mark inside":         func(s string) string { return s[:2] + "\u200f" + s[2:] },
		"zero-width space":    func(s string) string { return s[:2] + "\u200b" + s[2:] },
		"soft hyphen":         func(s string) string { return s[:2] + "\u00ad" + s[2:] },
		"extension":           func(s string) string { return s + ";ext=12" },
		"ext.":                func(s string) string { return s + " ext. 12" },
		"digits after":        func(s string) string { return s + ",,1234#" },
		"pause":               func(s string) string { return s + ",1" },
		"tel uri":             func(s string) string { return "tel:" + strings.ReplaceAll(s, " ", "-") },
		"tel uri, subaddress": func(s string) string { return "tel:" + strings.ReplaceAll(s, " ", "-") + ";isub=1" },
		"words":               func(s string) string { return "call me: " + s },
		"two plus signs":      func(s string) string { return "+" + s },
		"non-breaking":        func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") },
		"tail":                func(s string) string { return s + "?!" },
		"invalid bytes":       func(s string) string { return "\xff" + s + "\xff" },
	}
	inputs := 0
	for _, number := range costly {
		for name, disguise := range disguises {
			raw := disguise(number.raw)
			inputs++
			if n, ok := callable(raw, number.region, number.region); ok {
				t.Errorf("%s, %s in %s, was accepted as %s (%v)", number.raw, name, number.region, n.E164(), n.Type())
			}
			if a, err := ParseAddress(raw, number.region); err == nil {
				if n, _ := a.Number(); n.Valid() && n.Region() == number.region && n.Type() != Premium && n.Type() != SharedCost &&
					n.Type() != Personal && n.Type() != Voicemail && n.Type() != UAN {
					t.Errorf("%s, %s in %s, is the address %s (%v)", number.raw, name, number.region, a.Reveal(), n.Type())
				}
			}
		}
	}
	if inputs < 300 {
		t.Errorf("%d inputs, want at least 300", inputs)
	}
}

// TestHarmlessNumbersAreAccepted checks that callable does not refuse
// everything.
func TestHarmlessNumbersAreAccepted(t *testing.T) {
	for raw, region := range map[string]string{"+41 78 555 66 77": "CH", "044 668 18 00": "CH", "650-253-0000": "US", "＋１６５０２５３００００": "US", "030 23125 000": "DE",
		"\u202a020 7031 3000\u202c": "GB"} {
		if _, ok := callable(raw, region, region); !ok {
			t.Errorf("%s in %s was refused", raw, region)
		}
	}
}
