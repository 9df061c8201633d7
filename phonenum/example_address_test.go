package phonenum_test

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/ringback-go/ringback/phonenum"
)

func ExampleParseAddress() {
	for _, raw := range []string{"sip:hans@example.com", "tel:+41785556677;ext=12", "078 555 66 77", "tel:hans"} {
		a, err := phonenum.ParseAddress(raw, "CH")
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(a.Kind(), a, a.Reveal())
	}
	// Output:
	// sip sip:•••@example.com sip:hans@example.com
	// phone +41•••••6677;ext=• +41785556677;ext=12
	// phone +41•••••6677 +41785556677
	// phonenum: address: tel uri: phonenum: number is not a phone number
}

func ExampleRawAddress() {
	a, err := phonenum.RawAddress("555-5461206")
	fmt.Println(a.Kind(), a, a.Reveal(), a.Key(), err)
	// Output: raw •••••••1206 555-5461206 5555461206 <nil>
}

func ExampleAddressOf() {
	n, err := phonenum.ParseE164("+41446681800")
	a := phonenum.AddressOf(n, "12")
	fmt.Println(a.Reveal(), a.Ext(), err)
	// Output: +41446681800;ext=12 12 <nil>
}

func ExampleRevealedAddress() {
	a, err := phonenum.ParseAddress("SIP:Hans@Example.com", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	stored := a.Reveal()
	back, err := phonenum.RevealedAddress(stored)
	fmt.Println(stored, back == a, err)
	// Output: sip:Hans@example.com true <nil>
}

func ExampleAddress_Key() {
	// Two spellings of one party have the same key.
	for _, raw := range []string{"078 555 66 77 ext. 12", "tel:+41-78-555-66-77"} {
		a, err := phonenum.ParseAddress(raw, "CH")
		fmt.Println(a.Key(), err)
	}
	// Output:
	// +41785556677 <nil>
	// +41785556677 <nil>
}

func ExampleAddress_HasKey() {
	a, err := phonenum.ParseAddress("078 555 66 77 ext. 12", "CH")
	fmt.Println(a.HasKey("+41785556677"), a.HasKey("078 555 66 77"), err)
	// Output:
	// true false <nil>
}

func ExampleAddress_LogValue() {
	a, err := phonenum.ParseAddress("078 555 66 77", "CH")
	if err != nil {
		fmt.Println(err)
		return
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
			if attr.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return attr
		},
	}))
	logger.Info("dialling", "to", a)
	// Output: level=INFO msg=dialling to=+41•••••6677
}

func ExampleParsePatterns() {
	premium, err := phonenum.ParsePatterns("+1900*, 4490?*")
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := phonenum.Parse("+1 900 253 0000", "")
	fmt.Println(premium, premium.Match(n), err)
	_, err = phonenum.ParsePatterns("41*,0900*")
	fmt.Println(err)
	// Output:
	// 1900*,4490?* true <nil>
	// phonenum: pattern 2: starts with 0, which no country code does
}

func ExampleJoinPatterns() {
	a, errA := phonenum.ParsePatterns("1900*")
	b, errB := phonenum.ParsePatterns("4490*")
	for pattern := range phonenum.JoinPatterns(a, b).All() {
		fmt.Println(pattern)
	}
	fmt.Println(errA, errB)
	// Output:
	// 1900*
	// 4490*
	// <nil> <nil>
}

func ExampleList() {
	allow, errAllow := phonenum.ParsePatterns("41*")
	deny, errDeny := phonenum.ParsePatterns("41900*")
	list := phonenum.List{Allow: allow, Deny: deny}
	for _, raw := range []string{"078 555 66 77", "0900 123 456", "+49 30 23125000"} {
		n, err := phonenum.Parse(raw, "CH")
		fmt.Println(list.Allows(n), err)
	}
	fmt.Println(errAllow, errDeny)
	// Output:
	// true <nil>
	// false <nil>
	// false <nil>
	// <nil> <nil>
}

func ExampleAddress_Equal() {
	a, _ := phonenum.ParseAddress("tel:+41446681800", "CH")
	b, _ := phonenum.ParseAddress("044 668 18 00", "CH")
	fmt.Println(a.Equal(b))
	// Output:
	// true
}
