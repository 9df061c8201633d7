package phonenum

import (
	"errors"
	"strings"
	"testing"
	"unicode"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name, raw, region, want, ext string
	}{
		{"plus", "+41785556677", "", "+41785556677", ""},
		{"plus and spaces", "+41 78 555 66 77", "US", "+41785556677", ""},
		{"two plus signs", "++41 78 555 66 77", "", "+41785556677", ""},
		{"brackets", "(+41) 78-555.66/77", "", "+41785556677", ""},
		{"national", "078 555 66 77", "CH", "+41785556677", ""},
		{"national without prefix", "785556677", "CH", "+41785556677", ""},
		{"region in lower case", "078 555 66 77", "ch", "+41785556677", ""},
		{"international prefix", "0041 78 555 66 77", "DE", "+41785556677", ""},
		{"international prefix of the us", "011 41 78 555 66 77", "US", "+41785556677", ""},
		{"own country code", "41785556677", "CH", "+41785556677", ""},
		{"zero in brackets", "+41 (0)78 555 66 77", "CH", "+41785556677", ""},
		{"us", "(650) 253-0000", "US", "+16502530000", ""},
		{"us with long-distance 1", "1 650 253 0000", "US", "+16502530000", ""},
		{"vanity", "1-800-FLOWERS", "US", "+18003569377", ""},
		{"two letters are noise", "+41 78 555 66 77 ab", "CH", "+41785556677", ""},
		{"italian zero", "+39 06 698 12345", "", "+390669812345", ""},
		{"argentine mobile", "011 15-2345-6789", "AR", "+5491123456789", ""},
		{"brazilian carrier", "0 15 21 3456 7890", "BR", "+552134567890", ""},
		{"antigua without area code", "460 1234", "AG", "+12684601234", ""},
		{"full-width", "＋４１　７８　５５５　６６　７７", "", "+41785556677", ""},
		{"arabic-indic", "٠٧٨٥٥٥٦٦٧٧", "CH", "+41785556677", ""},
		{"extended arabic-indic", "+۴۱۷۸۵۵۵۶۶۷۷", "", "+41785556677", ""},
		{"devanagari", "०७८५५५६६७७", "CH", "+41785556677", ""},
		{"mathematical", "𝟎𝟳𝟖𝟱𝟱𝟱𝟲𝟲𝟳𝟳", "CH", "+41785556677", ""},
		{"direction marks around", "\u202a+41 78 555 66 77\u202c", "", "+41785556677", ""},
		{"leading words", "Tel. no. +41 78 555 66 77", "", "+41785556677", ""},
		{"trailing full stop", "+41 78 555 66 77.", "", "+41785556677", ""},
		{"two digits", "15", "US", "+115", ""},
		{"two digits and a space", "15 ", "US", "+115", ""},
		{"ext", "+41 78 555 66 77 ext. 12", "", "+41785556677", "12"},
		{"extension", "+41 78 555 66 77 Extension: 12", "", "+41785556677", "12"},
		{"accented", "+41 78 555 66 77 extensión 12", "", "+41785556677", "12"},
		{"decomposed accent", "+41 78 555 66 77 extensio\u0301n 12", "", "+41785556677", "12"},
		{"x", "+41785556677x12", "", "+41785556677", "12"},
		{"rfc 3966 ext", "+41785556677;ext=12", "", "+41785556677", "12"},
		{"commas", "+41785556677,,12#", "", "+41785556677", "12"},
		{"hash", "+41 78 555 66 77 - 12#", "", "+41785556677", "12"},
		{"russian", "+41 78 555 66 77 доб. 12", "", "+41785556677", "12"},
		{"peruvian", "+41 78 555 66 77 anexo 12", "", "+41785556677", "12"},
		{"full-width label", "+41 78 555 66 77 ｅｘｔｎ１２", "", "+41785556677", "12"},
		{"second number", "(530) 583-6985 x302/x2303", "US", "+15305836985", "302"},
		{"tel uri", "tel:+41-78-555-66-77", "", "+41785556677", ""},
		{"tel uri with global context", "tel:253-0000;phone-context=+1-650", "CH", "+16502530000", ""},
		{"tel uri with domain context", "tel:0785556677;phone-context=example.com", "CH", "+41785556677", ""},
		{"tel uri with subaddress", "tel:+41785556677;isub=7", "CH", "+41785556677", ""},
		{"toll free everywhere", "+800 1234 5678", "", "+80012345678", ""},
		{"longest", "+49" + strings.Repeat("1", 17), "", "+49" + strings.Repeat("1", 17), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, ext, err := ParseExtension(test.raw, test.region)
			if err != nil {
				t.Fatal(err)
			}
			if n.E164() != test.want || ext != test.ext {
				t.Errorf("got %s and extension %q, want %s and %q", n.E164(), ext, test.want, test.ext)
			}
			if same, err := Parse(test.raw, test.region); err != nil || same != n {
				t.Errorf("Parse: %s, %v", same.E164(), err)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct {
		name, raw, region string
		want              Reason
	}{
		{"empty", "", "CH", NotANumber},
		{"spaces", "   ", "CH", NotANumber},
		{"no digit", "hello", "CH", NotANumber},
		{"plus alone", "+", "CH", NotANumber},
		{"one digit", "5", "CH", NotANumber},
		{"two digits apart", "1 5", "CH", NotANumber},
		{"plus and two digits", "+41", "CH", NotANumber},
		{"plus inside", "078+5556677", "CH", NotANumber},
		{"trailing words", "078 555 66 77 or so", "CH", 0},
		{"direction mark inside", "+41 78\u200e555 66 77", "CH", NotANumber},
		{"line break inside", "+41 78\n555 66 77", "CH", NotANumber},
		{"invalid utf-8", "+41 78\xff555 66 77", "CH", NotANumber},
		{"context without value", "tel:555;phone-context=", "US", NotANumber},
		{"context with signs", "tel:555;phone-context=a_b!", "US", NotANumber},
		{"no region", "078 555 66 77", "", UnknownCountryCode},
		{"unknown region", "078 555 66 77", "ZZ", UnknownCountryCode},
		{"region of three letters", "078 555 66 77", "CHE", UnknownCountryCode},
		{"unknown country code", "+999 555 66 77", "CH", UnknownCountryCode},
		{"country code 0", "+0 555 66 77", "", UnknownCountryCode},
		{"unknown country code after international prefix", "00 999 555 66 77", "CH", UnknownCountryCode},
		{"too few digits after international prefix", "00 41", "CH", TooShortAbroad},
		{"one national digit", "+41 7", "", TooShort},
		{"eighteen digits", "+49" + strings.Repeat("1", 18), "", TooLong},
		{"hundred digits", strings.Repeat("1", 100), "CH", TooLong},
		{"longest input", strings.Repeat("5", MaxInput), "CH", TooLong},
		{"longer input", "+41785556677" + strings.Repeat(" ", MaxInput), "CH", TooLong},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, err := Parse(test.raw, test.region)
			if test.want == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var failure *ParseError
			if !errors.As(err, &failure) || failure.Reason != test.want || !errors.Is(err, ErrInvalid) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if !errors.Is(err, &ParseError{test.want}) || errors.Is(err, &ParseError{test.want + 1}) {
				t.Errorf("errors.Is does not compare reasons")
			}
			if !n.IsZero() {
				t.Errorf("number %v along with an error", n)
			}
			if strings.ContainsFunc(err.Error(), unicode.IsDigit) {
				t.Errorf("error %q contains digits", err)
			}
		})
	}
}

func TestParseE164(t *testing.T) {
	for _, s := range []string{"+41785556677", "+390669812345", "+80012345678", "+115", "+49" + strings.Repeat("0", 17), "+1268112"} {
		n, err := ParseE164(s)
		if err != nil || n.E164() != s {
			t.Errorf("ParseE164(%s) = %s, %v", s, n.E164(), err)
		}
	}
	for s, want := range map[string]Reason{
		"": NotANumber, "41785556677": NotANumber, "+41 785556677": NotANumber, "+": UnknownCountryCode, "+999123456": UnknownCountryCode,
		"+41": TooShort, "+417": TooShort, "+49" + strings.Repeat("1", 18): TooLong, "+" + strings.Repeat("4", 99): TooLong,
		"+417855566７７": NotANumber,
	} {
		if _, err := ParseE164(s); !errors.Is(err, &ParseError{want}) {
			t.Errorf("ParseE164(%q): error %v, want %v", s, err, want)
		}
	}
}

// TestAllocations checks that the calls made for every request do not allocate.
func TestAllocations(t *testing.T) {
	for _, test := range []struct{ raw, region string }{{"+41 78 555 66 77", "US"}, {"(650) 253-0000", "US"}, {"011 15-2345-6789", "AR"}} {
		if got := testing.AllocsPerRun(100, func() {
			n, err := Parse(test.raw, test.region)
			if err != nil || !n.Valid() || n.Type() == Unknown || n.Region() == "" || !n.Possible() {
				t.Error("not valid")
			}
		}); got != 0 {
			t.Errorf("%s: %v allocations, want 0", test.region, got)
		}
	}
}
