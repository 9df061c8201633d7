package gen

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
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

// shortNumbers yields all numbers of up to three digits in every region, and
// longer ones at random. With -short it takes every eighth region.
func shortNumbers(check func(digits, region string)) {
	random := rand.New(rand.NewPCG(7, 8))
	for region := range some(regions()) {
		for n := range 1110 {
			digits := strconv.Itoa(n)
			if n >= 1000 {
				digits = strconv.Itoa(n - 1000)
				digits = "000"[len(digits):] + digits
			}
			check(digits, region)
		}
		for range 200 {
			check(strconv.Itoa(1000+random.IntN(999_000)), region)
		}
	}
}

func TestShortDigits(t *testing.T) {
	shortNumbers(func(digits, region string) { checkShort(t, digits, region) })
}

// shortAnswer is google-libphonenumber's answer about a short number.
type shortAnswer struct {
	Emergency, Connects, Valid bool
	Cost                       int
}

// premiumCost is the cost of premium numbers in google-libphonenumber.
const premiumCost = 2

// differences returns where phonenum and google-libphonenumber differ.
func (theirs shortAnswer) differences(digits, region string) (diffs []string) {
	check := func(what string, ours, theirs bool) {
		if ours != theirs {
			diffs = append(diffs, fmt.Sprintf("%s of %s in %s: ringback %v, google %v", what, digits, region, ours, theirs))
		}
	}
	kind := phonenum.Short(digits, region)
	check("emergency", kind == phonenum.Emergency, theirs.Emergency)
	check("connection to emergency", phonenum.ConnectsToEmergency(digits, region), theirs.Connects)
	if kind != phonenum.Emergency {
		check("premium", kind == phonenum.ShortPremium, theirs.Cost == premiumCost)
		// The deliberate difference "premium short numbers".
		if kind != phonenum.ShortPremium {
			check("short number", kind != phonenum.NotShort, theirs.Valid)
		}
	}
	return diffs
}

// TestShortOracle compares short numbers with google-libphonenumber, like
// TestOracle.
func TestShortOracle(t *testing.T) {
	byRegion, err := shortMetadata()
	if err != nil {
		t.Fatal(err)
	}
	ours := slices.Collect(maps.Values(byRegion))
	var questions []question
	ask := func(digits, region string) { questions = append(questions, question{"short", digits, region}) }
	shortNumbers(ask)
	for _, m := range ours {
		for _, desc := range []*phonenumbers.PhoneNumberDesc{m.ShortCode, m.Emergency, m.PremiumRate, m.TollFree} {
			if pattern := desc.GetNationalNumberPattern(); pattern != "" && pattern != "NA" {
				matches(t, pattern, 20, func(digits []byte) { ask(string(digits), m.GetId()) })
			}
		}
	}
	_, theirs := oracleData(t)
	theirs = slices.DeleteFunc(theirs, func(m *phonenumbers.PhoneMetadata) bool { return byRegion[m.GetId()] == nil })
	changed := differing(ours, theirs, canonical)
	for _, m := range theirs {
		// To google-libphonenumber every number connects to an emergency service
		// where there is none.
		if m.GetEmergency().GetNationalNumberPattern() == "" {
			changed = append(changed, m.GetId())
		}
	}
	for _, test := range []struct {
		name string
		data dataset
		may  []string // regions that may differ
	}{
		{"same metadata", dataset{Short: encode(ours)}, nil},
		{"own metadata", dataset{}, changed},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			failed, unexpected := 0, 0
			for i, answer := range answers[shortAnswer](t, test.data, questions) {
				q := questions[i]
				diffs := answer.differences(q.text, q.region)
				if len(diffs) == 0 {
					continue
				}
				failed++
				if slices.Contains(test.may, q.region) {
					continue
				}
				if unexpected++; unexpected <= 20 {
					t.Error(strings.Join(diffs, "\n"))
				}
			}
			t.Logf("%d of %d short numbers differ from google-libphonenumber; %v may", failed, len(questions), test.may)
		})
	}
}
