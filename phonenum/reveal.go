package phonenum

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reveal returns the canonical text of the address: "+41785556677", followed by
// ";ext=12" if there is an extension; a SIP URI with its scheme and host in
// lower case; a raw dial string; or "" for the zero Address. [RevealedAddress]
// parses it. Reveal reveals the address.
func (a Address) Reveal() string {
	if a.kind != Phone {
		return a.value()
	}
	if ext := a.value(); ext != "" {
		return a.number.E164() + ";ext=" + ext
	}
	return a.number.E164()
}

// Key returns a text that is the same for all addresses of one party, for
// lookups and for detecting duplicates: a number without its extension; a SIP
// URI in lower case without parameters; the dialable characters of a raw
// string, or the whole string in lower case if it has letters; "" for the zero
// Address. It reveals the address.
func (a Address) Key() string {
	switch a.kind {
	case Phone:
		return a.number.E164()
	case SIP:
		uri := a.value()
		// A semicolon before the @ belongs to the user part.
		from := strings.LastIndexByte(uri, '@') + 1
		host, _, _ := strings.Cut(uri[from:], ";")
		return strings.ToLower(uri[:from] + host)
	case Raw:
		return rawKey(a.value())
	}
	return ""
}

// HasKey reports whether text is the key of the address. For a number it costs no
// allocation.
func (a Address) HasKey(text string) bool {
	if a.kind != Phone {
		return text == a.Key()
	}
	var buf [maxE164]byte
	return text == string(a.number.appendE164(buf[:0]))
}

func rawKey(text string) string {
	dialled := strings.Map(func(r rune) rune {
		if d, ok := digitValue(r); ok {
			return '0' + rune(d)
		}
		if strings.ContainsRune("+*#", r) {
			return r
		}
		return -1
	}, text)
	if dialled == "" || strings.ContainsFunc(text, unicode.IsLetter) {
		return strings.ToLower(text)
	}
	return dialled
}

// String returns the masked address: a number as [Number.String] does, followed
// by ";ext=•" if there is an extension; a SIP URI without user and parameters;
// a raw string without its first half; "" for the zero Address.
func (a Address) String() string {
	switch a.kind {
	case Phone:
		if a.value() != "" {
			return a.number.String() + ";ext=" + hidden
		}
		return a.number.String()
	case SIP:
		return maskSIP(a.value())
	case Raw:
		return maskRaw(a.value())
	}
	return ""
}

// maskSIP hides the user, the parameters, and a host that may contain a number.
func maskSIP(uri string) string {
	scheme, rest, _ := strings.Cut(uri, ":")
	user := ""
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, rest = hidden+hidden+hidden+"@", rest[at+1:]
	}
	host, _, _ := strings.Cut(rest, ";")
	if mayHoldNumber(host) {
		host = hidden + hidden + hidden
	}
	return scheme + ":" + user + host
}

// mayHoldNumber reports whether a host has five digits in a row, or seven in all
// without being an IP address.
func mayHoldNumber(host string) bool {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return false
	}
	if _, err := netip.ParseAddrPort(host); err == nil {
		return false
	}
	run, all := 0, 0
	for _, r := range host {
		if _, ok := digitValue(r); !ok {
			run = 0
			continue
		}
		run++
		if all++; run > 4 {
			return true
		}
	}
	return all >= 7
}

// maskRaw hides at least half of the characters and shows at most four.
func maskRaw(text string) string {
	count := utf8.RuneCountInString(text)
	shown := min(4, count/2)
	for range count - shown {
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
	}
	return strings.Repeat(hidden, count-shown) + text
}

// GoString returns the masked address for %#v.
func (a Address) GoString() string { return "phonenum.Address(" + a.String() + ")" }

// Format prints the masked address for every verb.
func (a Address) Format(s fmt.State, verb rune) { formatMasked(s, verb, a.String(), a.GoString()) }

// LogValue returns the masked address.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.String()) }

// MarshalText returns the masked address. Use [Address.Reveal] to store an
// address.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// MarshalJSON returns the masked address. Use [Address.Reveal] to store an
// address.
func (a Address) MarshalJSON() ([]byte, error) { return strconv.AppendQuote(nil, a.String()), nil }
