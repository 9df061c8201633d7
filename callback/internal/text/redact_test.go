package text_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// Every digit of these is masked, whatever stands around them.
func TestRedactMasksPhoneNumbers(t *testing.T) {
	for _, number := range []string{
		"+41446681800", "0041446681800", "0446681800", "6681800", "+41 44 668 18 00", "+41-44-668-18-00", "+41.44.668.18.00",
		"+41 (0)44 668 18 00", "+41 (0) 44 668 18 00", "(044) 668 18 00", "044/668 18 00", "044 / 668 18 00", "+41 44 - 668 18 00",
		"(212) 555-0199", "+1 (212) 555-0199", "+1(212)5550199", "212.555.0199", "1-212-555-0199", "01.23.45.67.89", "+47 22.33.44.55",
		"+47.22.33.44.55", "0047 22.33.44.55", "+33 1.42.68.53.00", "+ 41 44 668 18 00", "+(41) 44 668 18 00", "2012111012345", "20121110",
		"+2012-11-10", "2012-11-10-12345", "256.1.2.3.4567", "12345678.90",
	} {
		want := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return '#'
			}
			return r
		}, number)
		for _, around := range []string{"%s", "tel:%s", "<sip:%s@host>", `{"number":"%s"}`, "call %s failed", "user%s", "%s.", "%s, then", "(%s)", "x=%s;y", "%s 2026-01-02T10:00:00Z"} {
			in := fmt.Sprintf(around, number)
			if got := text.Redact(in); got != fmt.Sprintf(around, want) {
				t.Errorf("Redact(%q) = %q", in, got)
			}
		}
	}
}

// Nothing but a letter ends a number: not the script of its digits, not what
// separates them, and not the escapes of %q, URLs and HTML.
func TestRedactKnowsEverySpelling(t *testing.T) {
	const digits = "41446681800"
	separators := []string{
		"\u00a0", "\u202f", "\u2009", "\u3000", "\u2013", "\u2014", "\u2011", "\u00b7", "\u2022", "\u200b", "\u200e", "\u2060", "\ufeff", "\u0301", "\x00", "\xff",
		"_", ",", ", ", ":", ";", "|", "~", "*", "#", "=", "'", "\"", "\\", "\t", "\n", "\r\n", "   ", "      ", " - - ", "--", "..", "//", "><", "\",\"", "+", "&", "%%", "@", "\U0001f4de",
		"%20", "%C2%A0", "%2D", "\\u00a0", "\\u202f", "\\xa0", "\\t", "\\n", "\\U0001f4de", "&nbsp;", "&#160;", "&#xa0;", "&ndash;",
	}
	for _, separator := range separators {
		for _, sizes := range [][]int{{1}, {2}, {3}, {2, 2, 3, 2}} {
			spelled, rest := "", digits
			for i := 0; rest != ""; i++ {
				n := min(sizes[min(i, len(sizes)-1)], len(rest))
				spelled, rest = spelled+rest[:n], rest[n:]
				if rest != "" {
					spelled += separator
				}
			}
			for _, in := range []string{"<" + spelled + ">", "+" + spelled, "number " + spelled + " is wrong"} {
				got := text.Redact(in)
				if rest := strings.ReplaceAll(got, separator, ""); len(got) != len(in) || strings.ContainsAny(rest, "0123456789") {
					t.Errorf("Redact(%q) = %q", in, got)
				}
			}
		}
	}
	for _, zero := range []rune{'\u0660', '\u06f0', '\u0966', '\u09e6', '\u0e50', '\uff10', '\u1040', '\U0001d7ce', '\U0001e950', '\u2080'} {
		native := strings.Map(func(r rune) rune { return zero + r - '0' }, digits)
		for _, spelled := range []string{native, "+" + native, native[:len(native)/11*2] + native[len(native)/11*2:], fmt.Sprintf("%+q", native), url.QueryEscape(native)} {
			if got := text.Redact(spelled); len(got) != len(spelled) || strings.Trim(got, "#+ \"") != "" {
				t.Errorf("Redact(%q) = %q", spelled, got)
			}
		}
	}
	for _, spelled := range []string{"&#52;&#49;&#52;&#52;&#54;&#54;&#56;", "%34%31%34%34%36%36%38", `\x34\x31\x34\x34\x36\x36\x38`, "4\ufe0f\u20e31\ufe0f\u20e34\ufe0f\u20e34\ufe0f\u20e36\ufe0f\u20e36\ufe0f\u20e38"} {
		if got := text.Redact(spelled); strings.ContainsAny(got, "0123456789") {
			t.Errorf("Redact(%q) = %q", spelled, got)
		}
	}
}

// These have as many digits and are shown.
func TestRedactShowsEverythingElse(t *testing.T) {
	for _, shown := range []string{
		"", "5060", "123456", "room 12 34 56", "40030", "1 2 3 4 5 6", "12,345,678", "10.0.0.1", "192.168.100.200", "192.168.100.200:5060",
		"dial tcp 192.168.100.200:5060: connect: connection refused", "127.0.0.1:35000->127.0.0.1:54321", "10.20.30.0/24", "[2001:db8::1]:5060",
		"2026-01-02", "2026-01-02T10:20:30Z", "2026-01-02T10:20:30.123456789+01:00", "2026-01-02 10:20:30.123456789 +0000 UTC m=+0.012345678",
		"2026/01/02 10:20:30", "20260102T102030Z", "10:20:30.123456", "2026-01-02 10:20:30 10.0.0.1:5060", "1.234567891s", "2m30.123456789s", "123.456789ms",
		"01890a5d-ac96-774b-bcce-b302099a8057", "12345678-1234-1234-1234-123456789012", "01890a5d-ac96-774b-bcce-b302099a8057.12",
		"0xc000012345", "0x1234567", "2001:4860:4860::8888", "[2001:db8:85a3::8a2e:370:7334]:443", "fe80::1234:5678:9012", "2001:0db8:0000:0000:0000:0000:0000:1234:", "500: 192.168.100.200:5060",
		"10.10.10.10, 10.10.10.11", "08:00-12:00, 13:30-17:00", "08:00 12:00", "2026-01-02 08:00", "02/Jan/2026:10:20:30", "2026-01-02, 2026-01-03", "1,234,567",
		"503, 1200ms", "Dec 01 04:33:49", "Fri, 02 Jan 2026 15:04:05", "failed: 503, 10:20:30.123456", "after 1500ms, 25000ms", "limit 65536B; 131072B", "engine.go:123 +0x1f45678",
		"00f067aa0ba902b7", "4bf92f3577b34da6a3ce929d0e0e4736", "4bf92f35 77b34da6", "cb000001", "billing2024",
	} {
		for _, around := range []string{"%s", "at %s", "(%s)", "%s: failed", "service %q"} {
			in := fmt.Sprintf(around, shown)
			if got := text.Redact(in); got != in {
				t.Errorf("Redact(%q) = %q", in, got)
			}
		}
	}
}

// An address after an escape is an address.
func TestRedactShowsAddressAfterEscape(t *testing.T) {
	for _, shown := range []string{`10.20.30.40\n192.168.100.200`, `"x\n192.168.100.200"`, "x%20192.168.100.200", "x&nbsp;192.168.100.200:5060"} {
		if got := text.Redact(shown); got != shown {
			t.Errorf("Redact(%q) = %q", shown, got)
		}
	}
}

// The time that Redact takes grows with the length of the text, not with its
// square.
func TestRedactIsLinear(t *testing.T) {
	for _, part := range []string{"1", "1 ", "+", "+ ", "1,234", "10:20 ", "(", "10:20(", "1.", "a1b2", "::", "1::", "%20", "&#1", "&", "\\", "2026-01-02 ", "10.0.0.1 ", "1234567 a", "0x1", "\u0664"} {
		in := strings.Repeat(part, 1<<18/len(part))
		start := time.Now()
		text.Redact(in)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q: %v for %d bytes", part, took, len(in))
		}
	}
}

func TestClip(t *testing.T) {
	for in, want := range map[string]string{
		"billing2024": "billing2024", "a\tb\x7f": "a b ", "a\u202eb\u2028c\u00a0d": "a b c d", "日本\xff": "日本�", "call +41 44 668 18 00": "call +## ## ### ## ##",
		strings.Repeat("é", 41): strings.Repeat("é", 40) + "...", strings.Repeat("x", 40): strings.Repeat("x", 40),
		// A number is masked before the text is cut in the middle of it.
		strings.Repeat("x", 36) + "0446681800": strings.Repeat("x", 36) + "####...",
	} {
		if got := text.Clip(in); got != want {
			t.Errorf("Clip(%q) = %q, want %q", in, got, want)
		}
	}
}

// spell writes digits in one of the spellings in use.
func spell(digits string, style uint8) string {
	groups := func(sizes ...int) []string {
		var list []string
		rest := digits
		for i := 0; rest != ""; i++ {
			n := min(sizes[min(i, len(sizes)-1)], len(rest))
			list, rest = append(list, rest[:n]), rest[n:]
		}
		return list
	}
	grouped := [][]string{groups(15), groups(2), groups(3), groups(2, 2, 3, 2), groups(1, 3, 3, 4), groups(3, 3, 4), groups(2, 1, 2)}[style%7]
	style /= 7
	separator := []string{" ", "-", ".", "/", " - "}[style%5]
	style /= 5
	number := strings.Join(grouped, separator)
	switch style % 4 {
	case 0:
		return "+" + number
	case 1:
		return "00" + number
	case 2:
		if len(grouped) > 1 {
			return "+" + grouped[0] + " (" + grouped[1] + ") " + strings.Join(grouped[2:], separator)
		}
		return "+" + number
	}
	if separator == "." {
		return strings.Join(grouped, " ") // four groups with dots may be an address
	}
	return number
}

// No number in E.164 survives in any usual spelling, whatever stands around it.
func FuzzRedact(f *testing.F) {
	for style := range 140 {
		f.Add(uint64(41446681800), uint8(style), "dial ", " failed")
		f.Add(uint64(20121110), uint8(style), "2026-01-02T10:20:30Z ", "10.0.0.1")
		f.Add(uint64(4722334455), uint8(style), "10.0.0.1 ", ":5060")
		f.Add(uint64(881234567890123), uint8(style), "0x", "abc")
	}
	f.Fuzz(func(t *testing.T, n uint64, style uint8, before, after string) {
		digits := fmt.Sprint(n % 1e15)
		if len(digits) < 7 {
			digits = "41" + strings.Repeat("0", 7-len(digits)) + digits
		}
		number := spell(digits, style)
		before, after = before+"<", ">"+after
		got := text.Redact(before + number + after)
		if len(got) != len(before)+len(number)+len(after) {
			t.Fatalf("%q became %q", before+number+after, got)
		}
		if left := got[len(before) : len(before)+len(number)]; strings.ContainsAny(left, "0123456789") {
			t.Errorf("%q is left of %q", left, number)
		}
		if again := text.Redact(got); again != got {
			t.Errorf("%q became %q the second time", got, again)
		}
	})
}

// Whatever separates the digits of a number that begins with '+', and whatever
// script they are of, none is left.
func FuzzRedactSeparators(f *testing.F) {
	for i, separator := range []string{" ", ":", "::", "-", "_", "\u00a0", ", ", "] [", " = ", "\u200b", "::1", "\xff", "\u20e3"} {
		f.Add(uint64(41446681800)+uint64(i)*7919, separator, uint8(i))
	}
	f.Fuzz(func(t *testing.T, n uint64, separator string, style uint8) {
		if utf8.RuneCountInString(separator) > 16 || strings.ContainsAny(separator, `\%&`) ||
			strings.ContainsFunc(separator, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '#' }) {
			t.Skip("a letter or a digit separates two texts, and an escape is another character")
		}
		zero := []rune{'0', '\u0660', '\u0966', '\uff10', '\U0001d7ce'}[style%5]
		digits := fmt.Sprint(1_000_000 + n%100_000_000_000_000)
		spelled := "+"
		for i, d := range digits {
			if i > 0 && i%(int(style/5)%4+1) == 0 {
				spelled += separator
			}
			spelled += string(zero + d - '0')
		}
		got := text.Redact(spelled)
		if strings.ContainsFunc(got, unicode.IsDigit) || len(got) != len(spelled) {
			t.Errorf("Redact(%q) = %q", spelled, got)
		}
		if again := text.Redact(got); again != got {
			t.Errorf("%q became %q the second time", got, again)
		}
	})
}
