package gen

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/ringback-go/ringback/phonenum"
)

// checkShort compares the answers about digits dialled in a region.
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
		// A deliberate difference: a premium number is one even if the metadata forgot it among the short codes.
		if desc := shortDesc(region).GetPremiumRate(); !phonenumbers.MatchNationalNumber(digits, desc, false) {
			t.Errorf("Short(%q, %s) = %v, which nyaruka does not have", digits, region, kind)
		}
		return
	}
	if got := kind != phonenum.NotShort; got != valid && kind != phonenum.Emergency {
		t.Errorf("Short(%q, %s) = %v; valid short number in nyaruka: %v", digits, region, kind, valid)
	}
}

// shortDesc returns the short-number metadata of a region, nil if it has none.
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

// theirNumber makes the number that nyaruka's functions take for short numbers, nil if it cannot hold the digits.
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

// TestShortExamples compares every example of a short number in its region, with the cost class its description gives it.
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
				t.Errorf("Short(%q, %s) = %v, not what description %d says", digits, region, kind, i)
			}
			if got := phonenum.Short("+"+digits, region); got != phonenum.NotShort {
				t.Errorf("Short of %q with a plus sign = %v", digits, got)
			}
		}
	}
	for _, kind := range []phonenum.ShortKind{phonenum.ShortCode, phonenum.ShortPremium, phonenum.ShortTollFree, phonenum.Emergency} {
		if seen[kind] < 20 {
			t.Errorf("%d examples of kind %v, want at least 20", seen[kind], kind)
		}
	}
}

// TestShortDigits compares all numbers of up to three digits in every region, and longer ones at random.
func TestShortDigits(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, region := range regions() {
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
