package gen

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/ringback-go/ringback/phonenum"
)

// reasons maps the errors of nyaruka/phonenumbers to those of phonenum.
var reasons = map[error]phonenum.Reason{
	phonenumbers.ErrNotANumber:         phonenum.NotANumber,
	phonenumbers.ErrInvalidCountryCode: phonenum.UnknownCountryCode,
	phonenumbers.ErrTooShortAfterIDD:   phonenum.TooShortAbroad,
	phonenumbers.ErrTooShortNSN:        phonenum.TooShort,
	phonenumbers.ErrNumTooLong:         phonenum.TooLong,
}

// types maps the types of nyaruka/phonenumbers to those of phonenum.
var types = map[phonenumbers.PhoneNumberType]phonenum.Type{
	phonenumbers.FIXED_LINE:           phonenum.FixedLine,
	phonenumbers.MOBILE:               phonenum.Mobile,
	phonenumbers.FIXED_LINE_OR_MOBILE: phonenum.FixedOrMobile,
	phonenumbers.TOLL_FREE:            phonenum.TollFree,
	phonenumbers.PREMIUM_RATE:         phonenum.Premium,
	phonenumbers.SHARED_COST:          phonenum.SharedCost,
	phonenumbers.VOIP:                 phonenum.VoIP,
	phonenumbers.PERSONAL_NUMBER:      phonenum.Personal,
	phonenumbers.PAGER:                phonenum.Pager,
	phonenumbers.UAN:                  phonenum.UAN,
	phonenumbers.VOICEMAIL:            phonenum.Voicemail,
	phonenumbers.UNKNOWN:              phonenum.Unknown,
}

// compare parses raw with both libraries and returns the differences between
// their results.
func compare(raw, region string) []string {
	var diffs []string
	diff := func(what string, ours, theirs any) {
		diffs = append(diffs, fmt.Sprintf("%s of %q in %s: ringback %v, nyaruka %v", what, raw, region, ours, theirs))
	}
	theirs, theirErr := phonenumbers.Parse(raw, region)
	ours, ext, ourErr := phonenum.ParseExtension(raw, region)
	if ourErr != nil || theirErr != nil {
		var failure *phonenum.ParseError
		if !errors.As(ourErr, &failure) || reasons[theirErr] != failure.Reason {
			diff("failure", ourErr, theirErr)
		}
		return diffs
	}
	if want := asciiDigits(theirs.GetExtension()); ext != want {
		diff("extension", ext, want)
	}
	theirs.Extension = nil
	return append(diffs, compareNumber(ours, theirs, raw)...)
}

// compareNumber returns the differences between the properties of a parsed
// number.
func compareNumber(ours phonenum.Number, theirs *phonenumbers.PhoneNumber, raw string) []string {
	var diffs []string
	check := func(what string, ours, theirs any) {
		if ours != theirs {
			diffs = append(diffs, fmt.Sprintf("%s of %q: ringback %v, nyaruka %v", what, raw, ours, theirs))
		}
	}
	region := phonenumbers.GetRegionCodeForNumber(theirs)
	check("E.164", ours.E164(), phonenumbers.Format(theirs, phonenumbers.E164))
	check("country code", ours.CountryCode(), int(theirs.GetCountryCode()))
	check("region", ours.Region(), region)
	check("possible", ours.Possible(), phonenumbers.IsPossibleNumber(theirs))
	check("valid", ours.Valid(), phonenumbers.IsValidNumber(theirs))
	check("type", ours.Type(), types[phonenumbers.GetNumberType(theirs)])
	check("international", ours.International(), phonenumbers.Format(theirs, phonenumbers.INTERNATIONAL))
	check("RFC 3966", ours.RFC3966(), phonenumbers.Format(theirs, phonenumbers.RFC3966))
	if national := phonenumbers.Format(theirs, phonenumbers.NATIONAL); !argentineMobile(ours) {
		check("national", ours.National(), national)
	}
	for _, r := range append(phonenumbers.GetRegionCodesForCountryCode(ours.CountryCode()), "CH", "001", "") {
		check("valid for "+r, ours.ValidFor(r), phonenumbers.IsValidNumberForRegion(theirs, r))
	}
	zones, err := phonenumbers.GetTimezonesForNumber(theirs)
	zones = slices.Compact(slices.Sorted(slices.Values(zones)))
	if slices.Equal(zones, []string{phonenumbers.UNKNOWN_TIMEZONE}) {
		zones = nil
	}
	if err != nil || !slices.Equal(ours.Zones(), zones) {
		check("zones", strings.Join(ours.Zones(), " "), strings.Join(zones, " "))
	}
	back, err := phonenum.ParseE164(ours.E164())
	check("E.164 read back", back, ours)
	check("error of E.164 read back", err, error(nil))
	// A few valid numbers are others when they are parsed again: what is left
	// without a digit that looks like a national prefix is valid too.
	again, err := phonenum.Parse(ours.E164(), "")
	theirAgain, theirErr := phonenumbers.Parse(ours.E164(), "")
	check("failure when parsed again", err != nil, theirErr != nil)
	if err == nil && theirErr == nil {
		check("number parsed again", again.E164(), phonenumbers.Format(theirAgain, phonenumbers.E164))
	}
	return diffs
}

// asciiDigits converts decimal digits of the scripts that nyaruka knows to
// ASCII.
func asciiDigits(text string) string {
	return phonenumbers.NormalizeDigitsOnly(text)
}

// excused returns the name of the deliberate difference that applies to raw, or
// "".
func excused(raw string) string {
	letters, foreign := 0, false
	for _, r := range raw {
		switch {
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			letters++
		case r > unicode.MaxASCII && unicode.IsDigit(r):
			if asciiDigits(string(r)) == string(r) {
				return "digits of other scripts"
			}
			foreign = true
		}
	}
	if foreign && letters >= 3 {
		return "digits in vanity numbers"
	}
	// nyaruka keeps the tail that libphonenumber cuts off: everything after the
	// last letter, number or hash.
	cut := strings.TrimRightFunc(raw, func(r rune) bool { return r != '#' && !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	if cut != raw && !strings.Contains(raw, ";phone-context=") {
		return "tail"
	}
	return ""
}

// argentineMobile reports whether nyaruka loses the area code of the number in
// national format.
func argentineMobile(n phonenum.Number) bool {
	return strings.Contains(n.National(), " 15-") && n.CountryCode() == 54
}
