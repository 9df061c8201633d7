package gen

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/ringback-go/ringback/phonenum"
)

// checkShort compares the classifications of digits dialled in a region.
func checkShort(t testing.TB, digits, region string) {
	t.Helper()
	kind := phonenum.Short(digits, region)
	if got, want := kind == phonenum.Emergency, phonenumbers.IsEmergencyNumber(digits, region); got != want {
		t.Errorf("Short(%q, %s) = %v; emergency in nyaruka: %v", digits, region, kind, want)
	}
	if got, want := phonenum.ConnectsToEmergency(digits, region), phonenumbers.ConnectsToEmergencyNumber(digits, region); got != want {
		t.Errorf("ConnectsToEmergency(%q, %s) = %v; nyaruka %v", digits, region, got, want)
	}
	n := theirNumber(digits, region)
	if n == nil {
		return
	}
	valid := phonenumbers.IsValidShortNumberForRegion(n, region)
	if kind == phonenum.ShortPremium && !valid {
		// A deliberate difference: a number with a premium rate is premium even
		// if the metadata does not list it among the short codes.
		if desc := shortDesc(region).GetPremiumRate(); !phonenumbers.MatchNationalNumber(digits, desc, false) {
			t.Errorf("Short(%q, %s) = %v, but nyaruka has no such premium number", digits, region, kind)
		}
		return
	}
	if got := kind != phonenum.NotShort; got != valid && kind != phonenum.Emergency {
		t.Errorf("Short(%q, %s) = %v; valid short number in nyaruka: %v", digits, region, kind, valid)
	}
}

// shortDesc returns the short-number metadata of a region, or nil.
func shortDesc(region string) *phonenumbers.PhoneMetadata {
	collection, err := phonenumbers.ShortNumberMetadataCollection()
	if err != nil {
		return nil
	}
	for _, m := range collection.GetMetadata() {
		if m.GetId() == region {
			return m
		}
	}
	return nil
}

// theirNumber returns the number that nyaruka's functions take for a short
// number, or nil if it cannot represent the digits.
func theirNumber(digits, region string) *phonenumbers.PhoneNumber {
	value, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return nil
	}
	code := int32(phonenumbers.GetCountryCodeForRegion(region))
	n := &phonenumbers.PhoneNumber{CountryCode: &code, NationalNumber: &value}
	if zeros := int32(len(digits) - len(strconv.FormatUint(value, 10))); zeros > 0 {
		leading := true
		n.ItalianLeadingZero, n.NumberOfLeadingZeros = &leading, &zeros
	}
	return n
}

// TestShortExamples compares every example of a short number in its region, and
// checks it against the cost class of its description.
func TestShortExamples(t *testing.T) {
	collection, err := phonenumbers.ShortNumberMetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[phonenum.ShortKind]int{}
	for _, m := range collection.GetMetadata() {
		region := m.GetId()
		if !phonenum.KnownRegion(region) {
			continue
		}
		for i, desc := range []*phonenumbers.PhoneNumberDesc{m.GetGeneralDesc(), m.GetShortCode(), m.GetStandardRate(), m.GetCarrierSpecific(),
			m.GetSmsServices(), m.GetTollFree(), m.GetPremiumRate(), m.GetEmergency()} {
			digits := desc.GetExampleNumber()
			if digits == "" {
				continue
			}
			checkShort(t, digits, region)
			kind := phonenum.Short(digits, region)
			seen[kind]++
			switch {
			case i == 7 && kind != phonenum.Emergency,
				i == 6 && kind != phonenum.ShortPremium,
				i == 5 && kind != phonenum.ShortTollFree && kind != phonenum.Emergency:
				t.Errorf("Short(%q, %s) = %v, contrary to description %d", digits, region, kind, i)
			}
			if got := phonenum.Short("+"+digits, region); got != phonenum.NotShort {
				t.Errorf("Short(%q with a plus sign) = %v", digits, got)
			}
		}
	}
	for _, kind := range []phonenum.ShortKind{phonenum.ShortCode, phonenum.ShortPremium, phonenum.ShortTollFree, phonenum.Emergency} {
		if seen[kind] < 20 {
			t.Errorf("%d examples of kind %v, want at least 20", seen[kind], kind)
		}
	}
}

// TestShortDigits compares all numbers of up to three digits in every region,
// and longer ones at random. With -short it takes every eighth region.
func TestShortDigits(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for region := range some(regions()) {
		for n := range 1110 {
			digits := strconv.Itoa(n)
			if n >= 1000 {
				digits = strconv.Itoa(n - 1000)
				digits = "000"[len(digits):] + digits
			}
			checkShort(t, digits, region)
		}
		for range 200 {
			digits := strconv.Itoa(1000 + random.IntN(999_000))
			checkShort(t, digits, region)
		}
	}
}
