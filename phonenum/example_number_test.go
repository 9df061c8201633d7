package phonenum_test

import (
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/phonenum"
)

func ExampleParse() {
	for _, raw := range []string{"078 555 66 77", "+1 (650) 253-0000", "+1-800-FLOWERS", "hello"} {
		n, err := phonenum.Parse(raw, "CH")
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(n, n.Region(), n.Type(), n.Valid())
	}
	// Output:
	// +41•••••6677 CH mobile true
	// +1••••••0000 US fixed-or-mobile true
	// +1••••••9377 US toll-free true
	// phonenum: number is not a phone number
}

func ExampleParseError() {
	_, err := phonenum.Parse("+999 555 66 77", "CH")
	var failure *phonenum.ParseError
	if errors.As(err, &failure) {
		fmt.Println(failure.Reason == phonenum.UnknownCountryCode)
	}
	fmt.Println(err)
	// Output:
	// true
	// phonenum: number has an unknown country code
}

func ExampleParseExtension() {
	n, ext, err := phonenum.ParseExtension("044 668 18 00 ext. 12", "CH")
	fmt.Println(n.E164(), ext, err)
	// Output: +41446681800 12 <nil>
}

func ExampleParseE164() {
	n, err := phonenum.ParseE164("+41785556677")
	fmt.Println(n.National(), err)
	_, err = phonenum.ParseE164("078 555 66 77")
	fmt.Println(err)
	// Output:
	// 078 555 66 77 <nil>
	// phonenum: number is not a phone number
}

func ExampleNumber() {
	n, err := phonenum.Parse("0785556677", "CH")
	if err != nil {
		fmt.Println(err)
		return
	}
	// Every way of printing a number masks it.
	fmt.Printf("%v %+v %#v %s\n", n, n, n, struct{ Customer phonenum.Number }{n})
	// Methods return the digits.
	fmt.Println(n.E164())
	fmt.Println(n.National())
	fmt.Println(n.International())
	fmt.Println(n.RFC3966())
	// Output:
	// +41•••••6677 +41•••••6677 phonenum.Number(+41•••••6677) {+41•••••6677}
	// +41785556677
	// 078 555 66 77
	// +41 78 555 66 77
	// tel:+41-78-555-66-77
}

func ExampleNumber_Type() {
	for _, raw := range []string{"0785556677", "0900123456", "0800123456", "0840123456", "123"} {
		n, err := phonenum.Parse(raw, "CH")
		fmt.Println(n.Type(), n.Possible(), err)
	}
	// Output:
	// mobile true <nil>
	// premium true <nil>
	// toll-free true <nil>
	// shared-cost true <nil>
	// unknown false <nil>
}

func ExampleNumber_ValidFor() {
	n, err := phonenum.Parse("01534 456789", "GB")
	fmt.Println(n.Region(), n.ValidFor("JE"), n.ValidFor("GB"), err)
	// Output: JE true false <nil>
}

func ExampleNumber_Zones() {
	for _, raw := range []string{"+41785556677", "+447400123456"} {
		n, err := phonenum.Parse(raw, "")
		fmt.Println(n.Zones(), err)
	}
	// Output:
	// [Europe/Zurich] <nil>
	// [Europe/Guernsey Europe/Isle_of_Man Europe/London] <nil>
}

func ExampleShort() {
	fmt.Println(phonenum.Short("112", "CH"))
	fmt.Println(phonenum.Short("1811", "CH"))
	fmt.Println(phonenum.Short("078 555 66 77", "CH"))
	// Output:
	// emergency
	// short-premium
	// not-short
}

func ExampleConnectsToEmergency() {
	fmt.Println(phonenum.ConnectsToEmergency("911 1234", "US"), phonenum.Short("911 1234", "US"))
	// Output: true not-short
}

func ExampleKnownRegion() {
	fmt.Println(phonenum.KnownRegion("CH"), phonenum.KnownRegion("XX"))
	// Output: true false
}

func ExampleFixPlus() {
	fmt.Println(phonenum.FixPlus("41785556677", "US"))
	fmt.Println(phonenum.FixPlus("6502530000", "US"))
	// Output:
	// +41785556677
	// 6502530000
}

// Two spellings of a number yield equal values.
func ExampleNumber_Equal() {
	a, _ := phonenum.Parse("044 668 18 00", "CH")
	b, _ := phonenum.Parse("+41 44 668 18 00", "DE")
	fmt.Println(a.Equal(b), a == b)
	// Output:
	// true true
}

func ExampleNumber_CountryCode() {
	n, _ := phonenum.Parse("+1 212 555 0123", "")
	fmt.Println(n.CountryCode(), n.Region())
	// Output:
	// 1 US
}
