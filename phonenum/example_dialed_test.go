package phonenum_test

import (
	"fmt"

	"github.com/ringback-go/ringback/phonenum"
)

func ExampleParseDialed() {
	for _, raw := range []string{"044 668 18 00 ext. 12", "tel:911;phone-context=+1", "sip:0900123456:pw@gw.example", "*31#112"} {
		a, err := phonenum.ParseDialed(raw, "CH")
		fmt.Println(a.Reveal(), err)
	}
	// Output:
	// +41446681800;ext=12 <nil>
	// +1911 <nil>
	// sip:0900123456@gw.example <nil>
	//  phonenum: address: input has a service code
}

func ExampleAddress_Dialed() {
	for _, raw := range []string{"044 668 18 00 ext. 12", "sip:0446681800@gw.example", "sip:hans@example.com"} {
		a, _ := phonenum.ParseDialed(raw, "CH")
		fmt.Println(a.Dialed())
	}
	// Output:
	// +41446681800 true
	// 0446681800 true
	//  false
}

func ExampleAddress_Host() {
	a, err := phonenum.ParseAddress("sip:hans@PBX.example.com:5061;transport=tls", "")
	fmt.Println(a.Host(), err)
	// Output: pbx.example.com:5061 <nil>
}

func ExampleNumber_ConnectsToEmergency() {
	n, err := phonenum.Parse("+1911", "")
	fmt.Println(n.ConnectsToEmergency(), err)
	// Output: true <nil>
}

func ExampleCountryCode() {
	fmt.Println(phonenum.CountryCode("CH"), phonenum.CountryCode("ZZ"))
	// Output: 41 0
}

func ExampleDialsEmergency() {
	fmt.Println(phonenum.DialsEmergency("0041117", "DE"), phonenum.DialsEmergency("0446681800", "CH"))
	// Output:
	// true false
}
