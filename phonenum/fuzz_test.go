package phonenum

import (
	"errors"
	"strings"
	"testing"
)

// digitsOf returns the ASCII digits of text.
func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}

func FuzzParse(f *testing.F) {
	for _, raw := range []string{"+41 78 555 66 77", "(650) 253-0000 ext. 45", "1-800-FLOWERS", "tel:253-0000;phone-context=+1-650", "٠٧٨٥٥٥٦٦٧٧", "0 15 21 3456 7890",
		"+39 06 12345", "00000000000000000", "+1 1", "\xff\xfe", ";ext=", "+", "011 15-2345-6789"} {
		f.Add(raw, "CH")
		f.Add(raw, "AR")
		f.Add(raw, "")
	}
	f.Fuzz(func(t *testing.T, raw, region string) {
		n, ext, err := ParseExtension(raw, region)
		if err != nil {
			if !errors.Is(err, ErrInvalid) || !n.IsZero() || ext != "" {
				t.Fatalf("error %v with %s", err, n.E164())
			}
			return
		}
		checkNumber(t, n)
		if ext != "" && !validExtension(ext) {
			t.Fatalf("extension %q", ext)
		}
		if a := AddressOf(n, ext); a.Ext() != ext {
			t.Fatalf("extension %q became %q", ext, a.Ext())
		}
		FixPlus(raw, region)
		Short(raw, region)
		ConnectsToEmergency(raw, region)
	})
}

// checkNumber checks the properties of every parsed number.
func checkNumber(t *testing.T, n Number) {
	t.Helper()
	if n.IsZero() {
		t.Fatal("a parsed number is zero")
	}
	text := n.E164()
	if back, err := ParseE164(text); err != nil || back != n {
		t.Fatalf("%s restored as %s, %v", text, back.E164(), err)
	}
	if n.Valid() {
		// Parsing the formatted number returns the same number.
		if again, err := Parse(text, ""); err != nil || again != n {
			t.Fatalf("%s parsed as %s, %v", text, again.E164(), err)
		}
		if n.Region() == "" || !n.ValidFor(n.Region()) || n.Type() == Unknown {
			t.Fatalf("%s is valid, but not for its region %q", text, n.Region())
		}
	}
	if back, err := Parse(n.International(), ""); err != nil || n.Valid() && back != n {
		t.Fatalf("%s written as %s is %s, %v", text, n.International(), back.E164(), err)
	}
	if got := digitsOf(n.International()); got != text[1:] {
		t.Fatalf("%s is written as %s", text, n.International())
	}
	if got := digitsOf(n.RFC3966()); got != text[1:] {
		t.Fatalf("%s is written as %s", text, n.RFC3966())
	}
	if n.National() == "" {
		t.Fatalf("%s has no national form", text)
	}
	n.Zones()
	masked := n.String()
	visible := len(masked) - strings.LastIndex(masked, hidden) - len(hidden)
	if dots := strings.Count(masked, hidden); visible+dots != int(n.digits) || visible > dots || visible > 4 {
		t.Fatalf("%s is masked as %s", text, masked)
	}
}

func FuzzAddress(f *testing.F) {
	for _, raw := range []string{"sip:hans@example.com", "sips:a;b=c@[::1]:5061;transport=tls", "tel:+41785556677;ext=12", "tel: 0785556677", "5115", "555-5461206",
		"+41785556677;ext=1", "sip:", "tel:;ext=1", "\u202e5", "+999", "sip:a@b?c=d"} {
		f.Add(raw, "CH")
	}
	f.Fuzz(func(t *testing.T, raw, region string) {
		parsed, parseErr := ParseAddress(raw, region)
		kept, keepErr := RawAddress(raw)
		for _, result := range []struct {
			a   Address
			err error
		}{{parsed, parseErr}, {kept, keepErr}} {
			if result.err != nil {
				if !errors.Is(result.err, ErrInvalid) || !result.a.IsZero() {
					t.Fatalf("error %v with %s", result.err, result.a.Reveal())
				}
				continue
			}
			a := result.a
			back, err := RevealedAddress(a.Reveal())
			if err != nil || back != a || a.IsZero() || a.Key() == "" {
				t.Fatalf("%q: read back as %q, %v", a.Reveal(), back.Reveal(), err)
			}
			if a.Kind() == SIP && strings.Contains(a.Reveal(), "@") && !strings.Contains(a.String(), hidden) {
				t.Fatalf("%q is masked as %q", a.Reveal(), a.String())
			}
			if len([]rune(a.Reveal())) > 1 && a.Kind() == Raw && len(digitsOf(a.String())) > 4 {
				t.Fatalf("%q is masked as %q", a.Reveal(), a.String())
			}
		}
	})
}

func FuzzPatterns(f *testing.F) {
	for _, csv := range []string{"+1900*,4490?*", "", ",", "41?", "*"} {
		f.Add(csv, "+41785556677")
	}
	f.Fuzz(func(t *testing.T, csv, raw string) {
		p, err := ParsePatterns(csv)
		if err != nil {
			if !errors.Is(err, ErrInvalid) || !p.IsZero() {
				t.Fatalf("error %v with %v", err, p)
			}
			return
		}
		if again, err := ParsePatterns(p.String()); err != nil || again != p {
			t.Fatalf("%q read back as %q, %v", p, again, err)
		}
		if n, err := ParseE164(raw); err == nil && p.Match(n) && (List{Deny: p}).Allows(n) {
			t.Fatalf("%q matches and allows %s", p, raw)
		}
	})
}
