package phonenum

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// parsed parses a number that must be parsable.
func parsed(t testing.TB, raw, region string) Number {
	t.Helper()
	n, err := Parse(raw, region)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return n
}

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		raw      string
		kind     Type
		region   string
		national string
		abroad   string
	}{
		{"+41785556677", Mobile, "CH", "078 555 66 77", "+41 78 555 66 77"},
		{"+41446681800", FixedLine, "CH", "044 668 18 00", "+41 44 668 18 00"},
		{"+16502530000", FixedOrMobile, "US", "(650) 253-0000", "+1 650-253-0000"},
		{"+19995550123", Unknown, "", "(999) 555-0123", "+1 999-555-0123"},
		{"+16134743210", FixedOrMobile, "CA", "(613) 474-3210", "+1 613-474-3210"},
		{"+18002530000", TollFree, "US", "(800) 253-0000", "+1 800-253-0000"},
		{"+19002530000", Premium, "US", "(900) 253-0000", "+1 900-253-0000"},
		{"+41900123456", Premium, "CH", "0900 123 456", "+41 900 123 456"},
		{"+41840123456", SharedCost, "CH", "0840 123 456", "+41 840 123 456"},
		{"+448456480000", Premium, "GB", "0845 648 0000", "+44 845 648 0000"},
		{"+445612345678", VoIP, "GB", "056 1234 5678", "+44 56 1234 5678"},
		{"+447012345678", Personal, "GB", "070 1234 5678", "+44 70 1234 5678"},
		{"+447640123456", Pager, "GB", "076 4012 3456", "+44 76 4012 3456"},
		{"+445512345678", UAN, "GB", "055 1234 5678", "+44 55 1234 5678"},
		{"+41860123456789", Voicemail, "CH", "0860 12 345 67 89", "+41 860 12 345 67 89"},
		{"+441534456789", FixedLine, "JE", "01534 456789", "+44 1534 456789"},
		{"+80012345678", TollFree, "001", "1234 5678", "+800 1234 5678"},
		{"+5491123456789", Mobile, "AR", "011 15-2345-6789", "+54 9 11 2345-6789"},
		{"+390669812345", FixedLine, "VA", "06 6981 2345", "+39 06 6981 2345"},
		{"+41123", Unknown, "CH", "123", "+41 123"},
		// Ranges and formats that older versions of the metadata do not have.
		{"+81 60 1234 5678", Mobile, "JP", "060-1234-5678", "+81 60-1234-5678"},
		{"+213564123456", Mobile, "DZ", "0564 12 34 56", "+213 564 12 34 56"},
		{"+256731234567", Mobile, "UG", "0731 234567", "+256 731 234567"},
		{"+252712345678", Mobile, "SO", "71 234 5678", "+252 71 234 5678"},
	} {
		n := parsed(t, test.raw, "")
		if n.Type() != test.kind || n.Region() != test.region || n.National() != test.national || n.International() != test.abroad {
			t.Errorf("%s: %v %q %q %q, want %v %q %q %q", test.raw, n.Type(), n.Region(), n.National(), n.International(),
				test.kind, test.region, test.national, test.abroad)
		}
		if n.Valid() != (test.kind != Unknown) {
			t.Errorf("%s: Valid() = %v", test.raw, n.Valid())
		}
		if test.region != "" && n.ValidFor(test.region) != n.Valid() {
			t.Errorf("%s: ValidFor(%s) = %v", test.raw, test.region, n.ValidFor(test.region))
		}
		if n.ValidFor("FR") || n.ValidFor("") || n.ValidFor("ZZ") || test.region != "001" && n.ValidFor("001") {
			t.Errorf("%s is valid for a region it does not belong to", test.raw)
		}
		if want := "tel:" + strings.NewReplacer(" ", "-").Replace(test.abroad); n.RFC3966() != want {
			t.Errorf("%s: RFC3966() = %s, want %s", test.raw, n.RFC3966(), want)
		}
	}
}

func TestPossible(t *testing.T) {
	for raw, want := range map[string]bool{
		"+41785556677": true, "+4178555667": false, "+417855566771": false, "+41785556677123": true, "+417855566771234": false,
		"+16502530000": true, "+1253000": false, "+12530000": true, "+165025300001": false, "+80012345678": true, "+8001234567": false,
	} {
		if got := parsed(t, raw, "").Possible(); got != want {
			t.Errorf("%s: Possible() = %v, want %v", raw, got, want)
		}
	}
}

func TestZones(t *testing.T) {
	for raw, want := range map[string][]string{
		"+41785556677":  {"Europe/Zurich"},
		"+12125550123":  {"America/New_York"},
		"+447400123456": {"Europe/Guernsey", "Europe/Isle_of_Man", "Europe/London"},
		"+61412345678":  {"Australia/Sydney"},
	} {
		if got := parsed(t, raw, "").Zones(); !slices.Equal(got, want) {
			t.Errorf("%s: Zones() = %v, want %v", raw, got, want)
		}
	}
	zones := parsed(t, "+18005550100", "").Zones()
	if len(zones) < 20 || !slices.IsSorted(zones) {
		t.Errorf("zones of a toll-free number: %v, want all of North America, sorted", zones)
	}
	zones[0] = "changed"
	if again := parsed(t, "+18005550100", "").Zones(); again[0] == "changed" {
		t.Error("the slice is shared between callers")
	}
}

func TestZeroNumber(t *testing.T) {
	var n Number
	if !n.IsZero() || n.E164() != "" || n.National() != "" || n.International() != "" || n.RFC3966() != "" || n.String() != "" ||
		n.CountryCode() != 0 || n.Region() != "" || n.Type() != Unknown || n.Valid() || n.Possible() || n.ValidFor("CH") ||
		n.ValidFor("001") || n.Zones() != nil {
		t.Error("the zero Number is not empty")
	}
}

// TestPacking checks that the packed form keeps every digit, including the
// seventeenth, and that equal numbers are ==.
func TestPacking(t *testing.T) {
	if got := unsafe.Sizeof(Number{}); got > 24 {
		t.Errorf("a Number takes %d bytes, want at most 24", got)
	}
	var a, b uint64 = scramble, unscramble
	if a*b != 1 {
		t.Fatal("unscramble does not undo scramble")
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range 10_000 {
		digits := make([]byte, 2+random.IntN(maxNational-1))
		for i := range digits {
			digits[i] = byte(random.IntN(10))
		}
		n := newNumber(49, digits)
		var buf [maxNational]byte
		if got := n.national(&buf); !slices.Equal(got, digits) {
			t.Fatalf("%v unpacked as %v", digits, got)
		}
		if n != newNumber(49, slices.Clone(digits)) {
			t.Fatalf("%v is not equal to itself", digits)
		}
		if shorter := newNumber(49, digits[:len(digits)-1]); n.Equal(shorter) {
			t.Fatalf("%v is equal to a shorter number", digits)
		}
	}
}

func TestNames(t *testing.T) {
	if Premium.String() != "premium" || Voicemail.String() != "voicemail" || Type(99).String() != "type(99)" {
		t.Error("names of types")
	}
	if Emergency.String() != "emergency" || ShortKind(99).String() != "short-kind(99)" {
		t.Error("names of short kinds")
	}
	if SIP.String() != "sip" || AddressKind(99).String() != "address-kind(99)" {
		t.Error("names of address kinds")
	}
	if TooLong.String() != "is too long" || Reason(0).String() != "reason(0)" || Reason(99).String() != "reason(99)" {
		t.Error("names of reasons")
	}
}
