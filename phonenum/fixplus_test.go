package phonenum

import (
	"strings"
	"testing"
)

func TestFixPlus(t *testing.T) {
	for _, test := range []struct{ raw, region, want string }{
		{"41785556677", "US", "+41785556677"},
		{" 41 78 555 66 77 ", "US", "+41 78 555 66 77"},
		{"41785556677", "", "+41785556677"},
		{"41785556677", "CH", "41785556677"}, // valid in the region
		{"16502530000", "US", "16502530000"},
		{"6502530000", "US", "6502530000"},
		{"16502530000", "CH", "+16502530000"},
		{"+41785556677", "US", "+41785556677"},
		{"0785556677", "CH", "0785556677"},
		{"0041785556677", "DE", "0041785556677"},
		{"5115", "CH", "5115"},
		{"999999999999", "CH", "999999999999"},
		{"sip:hans@example.com", "CH", "sip:hans@example.com"},
		{"", "CH", ""}, {"  ", "CH", "  "}, {strings.Repeat("4", 300), "US", strings.Repeat("4", 300)},
	} {
		got := FixPlus(test.raw, test.region)
		if got != test.want {
			t.Errorf("FixPlus(%.20q, %s) = %q, want %q", test.raw, test.region, got, test.want)
		}
		if again := FixPlus(got, test.region); again != got {
			t.Errorf("FixPlus(%.20q, %s) changes its own result to %q", test.raw, test.region, again)
		}
	}
}
