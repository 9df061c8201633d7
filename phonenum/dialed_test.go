package phonenum

import (
	"errors"
	"strings"
	"testing"
)

// TestParseDialed checks what is dialed for each way to write it. The last
// column is empty for what is refused.
func TestParseDialed(t *testing.T) {
	for _, c := range []struct{ raw, region, reveal, dialed string }{
		{"078 555 66 77", "CH", "+41785556677", "+41785556677"},
		{"0041 78 555 66 77", "CH", "+41785556677", "+41785556677"},
		{"044 668 18 00 ext. 12", "CH", "+41446681800;ext=12", "+41446681800"},
		{"+41785556677;isub=1", "CH", "+41785556677", "+41785556677"},
		{"tel:+41-78-555-66-77;isub=12;x=y", "", "+41785556677", "+41785556677"},
		{"tel:0785556677;phone-context=+41", "", "+41785556677", "+41785556677"},
		{"tel:911;phone-context=+1", "CH", "+1911", "+1911"},
		{"tel:911;phone-context=example.com", "CH", "911", "911"},
		{"+112", "CH", "+112", "+112"},
		{"51\u00a015", "CH", "51 15", "5115"},
		{"٥١١٥", "CH", "5115", "5115"},
		{"555-5461206", "US", "555-5461206", "5555461206"},
		{"+999123", "CH", "+999123", "+999123"},
		{"string", "CH", "string", ""},
		// SIP
		{"sip:hans@example.com", "CH", "sip:hans@example.com", ""},
		{"sip:h%61ns:secret@Example.com", "CH", "sip:hans@example.com", ""},
		{"sip:a%20b@example.com:5061;transport=tls;lr", "CH", "sip:a%20b@example.com:5061;transport=tls;lr", ""},
		{"sip:911;phone-context=+1@gw", "CH", "sip:+1911@gw", "+1911"},
		{"sip:0900123456:pw@gw", "CH", "sip:0900123456@gw", "0900123456"},
		{"sip:+19005550123;isub=1@gw", "CH", "sip:+19005550123@gw", "+19005550123"},
		{"sip:%39%31%31@gw", "CH", "sip:911@gw", "911"},
		{"sip:%2B41%2078(555)-66.77@gw", "CH", "sip:+41785556677@gw", "+41785556677"},
		{"sip:%D9%A9%D9%A1%D9%A1@gw", "CH", "sip:911@gw", "911"},
		{"sip:2041@gw", "CH", "sip:2041@gw", "2041"},
		{"sips:+41785556677@gw;user=phone", "CH", "sips:+41785556677@gw;user=phone", "+41785556677"},
		{"sip:gw", "CH", "sip:gw", ""},
	} {
		a, err := ParseDialed(c.raw, c.region)
		if err != nil {
			t.Errorf("%q: %v", c.raw, err)
			continue
		}
		dialed, ok := a.Dialed()
		if a.Reveal() != c.reveal || dialed != c.dialed || ok != (dialed != "") {
			t.Errorf("%q is %q, dialed %q, %v", c.raw, a.Reveal(), dialed, ok)
		}
		again, err := ParseDialed(a.Reveal(), c.region)
		if err != nil || again != a {
			t.Errorf("%q: read again it is %q, %v", c.raw, again.Reveal(), err)
		}
		if stored, err := RevealedAddress(a.Reveal()); err != nil || stored != a {
			t.Errorf("%q: restored it is %q, %v", c.raw, stored.Reveal(), err)
		}
	}
}

func TestParseDialedRefuses(t *testing.T) {
	for _, raw := range []string{
		// service codes
		"*31#112", "**21*0900123456#", "#31#0785556677", "*67 +12025550123", "0785556677*1", "0785556677#", "＊31＃112", "⁎31⁎112", "*21*0785556677#",
		"tel:*31*0785556677", "tel:%2A31", "tel:0785556677#1",
		// after the answer
		"0785556677,1", "0785556677,,1234#", "+41785556677,0900123456", "0785556677p0900", "0785556677 w 0900", "0785556677;0900", "0785556677，1",
		"+41785556677;postd=0900", "tel:+41785556677;postd=0900", "tel:+41785556677;POSTD=p0900", "tel:+41785556677,1",
		// users that begin like a number
		"sip:0900123456abc@gw", "sip:112hello@gw", "sip:+hans@gw", "sip:*31%23112@gw", "sip:*31*112@gw", "sip:0785556677,1@gw", "sip:0785556677;postd=1@gw",
		"sip:(0900)x1@gw", "sip:-911a@gw", "sip:%2B1900FLOWERS@gw", "sip:1-900-FLOWERS@gw", "sip:_911@gw", "sip:~911@gw", "sip:$@gw", "sip:911;ext=1@gw",
		"sip:%00911@gw", "sip:%ff911@gw",
		// where the call goes
		"sip:hans@gw;maddr=192.0.2.1", "sip:hans@gw;MADDR=evil.example", "sip:hans@gw;m%61ddr=evil.example", "sip:hans@gw;method=REFER", "sip:hans@gw;ttl=1",
		"sip:hans@gw?Route=x", "sip:hans@gw;x=y",
		"sip:anonymous@anonymous.invalid", "sip:x@INVALID", "sip:x@a.b.invalid.", "sip:x@anonymous.invalid:5060",
		"", " ", strings.Repeat("5", MaxRaw+1), strings.Repeat("5", MaxInput+1), "hello 5115", "5115+1", "55∗15",
	} {
		a, err := ParseDialed(raw, "CH")
		if !errors.Is(err, ErrInvalid) || !a.IsZero() {
			t.Errorf("%q is %q, %v", raw, a.Reveal(), err)
		}
	}
}

func TestConnectsToEmergencyAbroad(t *testing.T) {
	for raw, want := range map[string]bool{
		"+1911": true, "+41112": true, "+41117": true, "+44999": true, "+49110": true, "+61000": true, "+12025550123": false, "+41446681800": false, "+412041": false,
	} {
		n, err := Parse(raw, "")
		if got := n.ConnectsToEmergency(); err != nil || got != want {
			t.Errorf("%s: %v, %v", raw, got, err)
		}
	}
	if (Number{}).ConnectsToEmergency() {
		t.Error("the zero number does")
	}
}

// FuzzParseDialed checks that what is dialed is stable, has digits only, and
// reads back.
func FuzzParseDialed(f *testing.F) {
	for _, raw := range []string{"078 555 66 77", "sip:%2B41785556677:x@gw;transport=tcp", "tel:911;phone-context=+1", "*31#112", "51\u00a015", "sip:h%61ns@gw", "string", "+999123"} {
		f.Add(raw, "CH")
	}
	f.Fuzz(func(t *testing.T, raw, region string) {
		a, err := ParseDialed(raw, region)
		if err != nil {
			if !errors.Is(err, ErrInvalid) || !a.IsZero() {
				t.Fatalf("%q with %v", a.Reveal(), err)
			}
			return
		}
		if again, err := ParseDialed(a.Reveal(), region); err != nil || again != a {
			t.Fatalf("%q becomes %q, %v", a.Reveal(), again.Reveal(), err)
		}
		digits, ok := a.Dialed()
		if plain := strings.TrimPrefix(digits, "+"); ok && (plain == "" || strings.Trim(plain, "0123456789") != "") {
			t.Fatalf("%q is dialed as %q", a.Reveal(), digits)
		}
	})
}
