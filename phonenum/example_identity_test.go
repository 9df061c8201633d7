package phonenum_test

import (
	"fmt"

	"github.com/ringback-go/ringback/phonenum"
)

// The same number in two spellings is the same value.
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

func ExampleAddress_Equal() {
	a, _ := phonenum.ParseAddress("tel:+41446681800", "CH")
	b, _ := phonenum.ParseAddress("044 668 18 00", "CH")
	fmt.Println(a.Equal(b))
	// Output:
	// true
}
