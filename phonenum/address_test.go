package phonenum

import (
	"errors"
	"strings"
	"testing"
)

// checkHasKey checks that HasKey agrees with Key.
func checkHasKey(t *testing.T, a Address, key string) {
	t.Helper()
	if !a.HasKey(key) || a.HasKey(key+"0") || a.HasKey(" "+key) || key != "" && (a.HasKey("") || a.HasKey(key[:len(key)-1])) {
		t.Errorf("HasKey does not agree with Key, %s", key)
	}
}

func TestParseAddress(t *testing.T) {
	for _, test := range []struct {
		raw, region string
		kind        AddressKind
		reveal, key string
	}{
		{"+41 78 555 66 77", "", Phone, "+41785556677", "+41785556677"},
		{" 078 555 66 77 ", "CH", Phone, "+41785556677", "+41785556677"},
		{"078 555 66 77 ext. 12", "CH", Phone, "+41785556677;ext=12", "+41785556677"},
		{"tel:+41785556677", "", Phone, "+41785556677", "+41785556677"},
		{"tel: +41785556677", "", Phone, "+41785556677", "+41785556677"},
		{"TEL:+41-78-555-66-77", "", Phone, "+41785556677", "+41785556677"},
		{"tel:+41785556677;ext=12", "", Phone, "+41785556677;ext=12", "+41785556677"},
		{"tel:+41785556677;EXT=1-2", "", Phone, "+41785556677;ext=12", "+41785556677"},
		{"tel:+41785556677;foo=bar;isub=9;ext=12", "", Phone, "+41785556677;ext=12", "+41785556677"},
		{"tel:555-66-77;phone-context=+41-78", "", Phone, "+41785556677", "+41785556677"},
		{"tel:0785556677;phone-context=example.com", "CH", Phone, "+41785556677", "+41785556677"},
		{"tel:+41785556677;phone-context=+1", "", Phone, "+41785556677", "+41785556677"},
		{"sip:hans@example.com", "", SIP, "sip:hans@example.com", "sip:hans@example.com"},
		{"SIP:Hans@Example.COM", "", SIP, "sip:Hans@example.com", "sip:hans@example.com"},
		{"sips:hans@example.com:5061;transport=tls", "", SIP, "sips:hans@example.com:5061;transport=tls", "sips:hans@example.com:5061"},
		{"sip:+41785556677@example.com;user=phone", "CH", SIP, "sip:+41785556677@example.com;user=phone", "sip:+41785556677@example.com"},
		{"sip:1000;ext=5@[2001:DB8::1]:5060", "", SIP, "sip:1000;ext=5@[2001:db8::1]:5060", "sip:1000;ext=5@[2001:db8::1]:5060"},
		{"sip:192.0.2.7", "", SIP, "sip:192.0.2.7", "sip:192.0.2.7"},
		{"sip:j%40doe@example.com", "", SIP, "sip:j%40doe@example.com", "sip:j%40doe@example.com"},
	} {
		a, err := ParseAddress(test.raw, test.region)
		if err != nil {
			t.Errorf("%s: %v", test.raw, err)
			continue
		}
		if a.Kind() != test.kind || a.Reveal() != test.reveal || a.Key() != test.key {
			t.Errorf("%s: %v %s %s, want %v %s %s", test.raw, a.Kind(), a.Reveal(), a.Key(), test.kind, test.reveal, test.key)
		}
		checkHasKey(t, a, test.key)
		back, err := RevealedAddress(a.Reveal())
		if err != nil || back != a || !back.Equal(a) {
			t.Errorf("%s: read back as %s, %v", test.raw, back.Reveal(), err)
		}
		if n, ok := a.Number(); ok != (test.kind == Phone) || ok && n.E164() != test.key || n.IsZero() == ok {
			t.Errorf("%s: Number() = %s, %v", test.raw, n.E164(), ok)
		}
	}
}

func TestParseAddressErrors(t *testing.T) {
	for _, raw := range []string{
		"", " ", "hello", "078 555 66 77", "tel:", "tel:hans", "tel:+41785556677;ext=", "tel:+41785556677;ext=12a",
		"tel:+41785556677;ext=" + strings.Repeat("1", 21), "tel:555;phone-context=", "tel:555;phone-context=a_b", "tel:*100#",
		"sip:", "sip:@example.com", "sip::pw@example.com", "sip:hans@", "sip:hans@-example.com", "sip:hans@exa mple.com", "sip:hans@example..com",
		"sip:hans@example.com:0", "sip:hans@example.com:65536", "sip:hans@example.com:05060", "sip:hans@example.com:", "sip:hans@[::1", "sip:hans@[::1]x",
		"sip:hans@[1]", "sip:hans@[g::]", "sip:hans@example.com?Route=x", "sip:hans@example.com;", "sip:hans%4@example.com", "sip:hans%zz@example.com",
		"sip:a@b@example.com", "sip:hans@example.com\r\nVia: x", "sip:häns@example.com", "<sip:hans@example.com>", "sip:hans@exämple.com",
		"sip:hans@" + strings.Repeat("a", 64) + ".com", "sip:" + strings.Repeat("a", MaxInput) + "@example.com", "hans@example.com", "https://example.com",
	} {
		a, err := ParseAddress(raw, "")
		var failure *AddressError
		if !errors.As(err, &failure) || !errors.Is(err, ErrInvalid) || !a.IsZero() {
			t.Errorf("%q: %s, error %v", raw, a.Reveal(), err)
		}
	}
	_, err := ParseAddress("+999 123 456", "")
	if !errors.Is(err, &ParseError{UnknownCountryCode}) {
		t.Errorf("%v does not wrap its cause", err)
	}
}

func TestRawAddress(t *testing.T) {
	for _, test := range []struct {
		raw    string
		kind   AddressKind
		reveal string
		key    string
	}{
		{"5115", Raw, "5115", "5115"},
		{"  555-5461206 ", Raw, "555-5461206", "5555461206"},
		{"*100#", Raw, "*100#", "*100#"},
		{"٥١١٥", Raw, "٥١١٥", "5115"},
		{"Reception 5", Raw, "Reception 5", "reception 5"},
		{"---", Raw, "---", "---"},
		{"+999123", Raw, "+999123", "+999123"},
		{"+41 78 555 66 77", Raw, "+41 78 555 66 77", "+41785556677"},
		{"+41785556677", Phone, "+41785556677", "+41785556677"},
		{"+41785556677;ext=12", Phone, "+41785556677;ext=12", "+41785556677"},
		{"+41785556677;ext=x", Raw, "+41785556677;ext=x", "+41785556677;ext=x"},
		{"sip:hans@example.com", SIP, "sip:hans@example.com", "sip:hans@example.com"},
		{"SIP:hans@example.com", Raw, "SIP:hans@example.com", "sip:hans@example.com"},
		{strings.Repeat("5", MaxRaw), Raw, strings.Repeat("5", MaxRaw), strings.Repeat("5", MaxRaw)},
	} {
		a, err := RawAddress(test.raw)
		if err != nil {
			t.Errorf("%q: %v", test.raw, err)
			continue
		}
		if a.Kind() != test.kind || a.Reveal() != test.reveal || a.Key() != test.key {
			t.Errorf("%q: %v %q %q, want %v %q %q", test.raw, a.Kind(), a.Reveal(), a.Key(), test.kind, test.reveal, test.key)
		}
		checkHasKey(t, a, test.key)
		if back, err := RevealedAddress(a.Reveal()); err != nil || back != a {
			t.Errorf("%q: read back as %q, %v", test.raw, back.Reveal(), err)
		}
	}
	for _, raw := range []string{"", "   ", strings.Repeat("5", MaxRaw+1), strings.Repeat(" ", MaxInput+1), "51\n15", "51\x0015", "51\u202e15", "51\xff15"} {
		if a, err := RawAddress(raw); !errors.Is(err, ErrInvalid) || !a.IsZero() {
			t.Errorf("RawAddress(%q) = %q, %v", raw, a.Reveal(), err)
		}
	}
}

func TestRevealedAddress(t *testing.T) {
	if a, err := RevealedAddress(""); err != nil || !a.IsZero() {
		t.Errorf("empty text: %s, %v", a.Reveal(), err)
	}
	for _, s := range []string{" 5115", "5115 ", "51\n15", strings.Repeat("5", MaxRaw+1)} {
		if a, err := RevealedAddress(s); !errors.Is(err, ErrInvalid) {
			t.Errorf("RevealedAddress(%q) = %q, %v", s, a.Reveal(), err)
		}
	}
}

func TestAddressOf(t *testing.T) {
	n := parsed(t, "+41785556677", "")
	if !AddressOf(Number{}, "12").IsZero() || !(Address{}).IsZero() || (Address{}).Reveal() != "" || (Address{}).Key() != "" {
		t.Error("the zero Address is not empty")
	}
	if a := AddressOf(n, "12"); a.Ext() != "12" || a.Kind() != Phone || a == AddressOf(n, "") || a.Key() != AddressOf(n, "").Key() {
		t.Errorf("wrong extension or key: %s", a.Reveal())
	}
	for _, ext := range []string{"", "x", "1 2", "１２", strings.Repeat("1", MaxExtension+1)} {
		if a := AddressOf(n, ext); a != AddressOf(n, "") || a.Ext() != "" {
			t.Errorf("extension %q is accepted", ext)
		}
	}
	raw, err := RawAddress("5115")
	if err != nil || raw.Ext() != "" {
		t.Errorf("extension of a raw address: %q, %v", raw.Ext(), err)
	}
	if (map[Address]int{AddressOf(n, "12"): 1})[AddressOf(parsed(t, "078 555 66 77", "CH"), "12")] != 1 {
		t.Error("equal addresses are different map keys")
	}
}
