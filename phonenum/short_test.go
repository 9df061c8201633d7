package phonenum

import (
	"strings"
	"testing"
)

func TestShort(t *testing.T) {
	for _, test := range []struct {
		raw, region string
		want        ShortKind
	}{
		{"112", "CH", Emergency}, {"117", "CH", Emergency}, {"911", "US", Emergency}, {"999", "GB", Emergency}, {"9-1-1", "US", Emergency},
		{"tel:112", "CH", Emergency}, {"１１２", "CH", Emergency}, {"١١٢", "CH", Emergency}, {"112", "ch", Emergency},
		{"\u202a112\u202c", "CH", Emergency},
		{"+112", "CH", NotShort}, {"＋112", "CH", NotShort}, {"+1 911", "US", NotShort}, {"1123", "CH", NotShort}, {"078 555 66 77", "CH", NotShort},
		{"1811", "CH", ShortPremium}, {"143", "CH", ShortCode}, {"611", "US", ShortTollFree}, {"116000", "DE", ShortTollFree}, {"7760", "MX", ShortPremium},
		{"112", "", NotShort}, {"112", "ZZ", NotShort}, {"", "CH", NotShort}, {"hello", "CH", NotShort},
		{strings.Repeat("1", 100), "CH", NotShort}, {strings.Repeat("1", MaxInput+1), "CH", NotShort},
	} {
		if got := Short(test.raw, test.region); got != test.want {
			t.Errorf("Short(%.20q, %s) = %v, want %v", test.raw, test.region, got, test.want)
		}
	}
}

func TestConnectsToEmergency(t *testing.T) {
	for _, test := range []struct {
		raw, region string
		want        bool
	}{
		{"911", "US", true}, {"9111234", "US", true}, {"91", "US", false}, {"+911", "US", false}, {"190", "BR", true}, {"1901", "BR", false},
		{"112", "ZZ", false}, {"", "US", false}, {strings.Repeat("9", MaxInput+1), "US", false},
	} {
		if got := ConnectsToEmergency(test.raw, test.region); got != test.want {
			t.Errorf("ConnectsToEmergency(%.20q, %s) = %v", test.raw, test.region, got)
		}
	}
}
