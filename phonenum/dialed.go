package phonenum

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Anywhere stands for every region in a list of regions.
const Anywhere = "*"

// ParseDialed parses what [ParseAddress] does and returns what a dialer will
// dial, so that a host can check it:
//
//   - A valid number is an address of kind Phone.
//   - A text without digits is an address of kind Raw.
//   - Other digits are a dial string as [RawAddress] returns it, which has ASCII
//     digits, the separators "-./()[]" and spaces, and a plus sign only in front.
//   - A SIP URI has no password and no needless escapes. A user that begins like
//     a number is one, and has no separators and no parameters.
//
// It refuses service codes (with * or #), digits to dial after the answer (after
// a comma, a semicolon, p or w, or in a postd parameter), SIP URIs with a
// parameter other than transport, user and lr, and hosts under .invalid, which
// stand for hidden identities. The error is an [AddressError].
func ParseDialed(raw, defaultRegion string) (Address, error) {
	if len(raw) > MaxInput {
		return Address{}, &AddressError{"input", &ParseError{TooLong}}
	}
	text := strings.TrimSpace(raw)
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme = strings.ToLower(strings.TrimSpace(scheme)); scheme {
	case "sip", "sips":
		return dialedSIP(scheme, rest)
	case "tel":
		return dialedTel(rest, defaultRegion)
	}
	return dialedNumber(text, defaultRegion)
}

// dialedNumber parses a number as people write it.
func dialedNumber(text, defaultRegion string) (Address, error) {
	if rule := afterNumber(text); rule != "" {
		return Address{}, &AddressError{rule, nil}
	}
	n, ext, err := ParseExtension(text, defaultRegion)
	if err == nil && n.Valid() {
		return AddressOf(n, ext), nil
	}
	if !strings.ContainsFunc(text, func(r rune) bool { return isDigit(r) || isPlus(r) }) {
		if strings.ContainsFunc(text, func(r rune) bool { return !isNameRune(r) }) {
			return Address{}, &AddressError{"input is neither a number nor a name", err}
		}
		return RawAddress(text)
	}
	dial, ok := dialString(text)
	if !ok {
		return Address{}, &AddressError{"input has a character that cannot be dialed", err}
	}
	return RawAddress(dial)
}

// isNameRune reports whether r may be in a text that is dialed as a name. Dialers
// give a meaning to other characters: addresses of hosts, several destinations,
// variables. Characters that are numbers in a script without digits are dialed by
// some.
func isNameRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || strings.ContainsRune(" -_.'", r)
}

// dialedTel parses what follows the scheme of a telephone URI.
func dialedTel(text, defaultRegion string) (Address, error) {
	subscriber, params, _ := strings.Cut(text, ";")
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "postd":
			return Address{}, &AddressError{"tel uri has digits to dial after the answer", nil}
		case "phone-context":
			if !validContext(value) {
				return Address{}, &AddressError{"tel uri has a phone-context that is not valid", nil}
			}
		}
	}
	if rule := afterNumber(subscriber); rule != "" {
		return Address{}, &AddressError{rule, nil}
	}
	a, err := parseTel(text, defaultRegion)
	if n, ok := a.Number(); err == nil && ok && n.Valid() {
		return a, nil
	}
	number := strings.TrimSpace(subscriber)
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(name), "phone-context") && validContext(value) && value[0] == '+' && !strings.HasPrefix(number, "+") {
			number = value + number
		}
	}
	dial, ok := dialString(number)
	if !ok {
		return Address{}, &AddressError{"tel uri has a character that cannot be dialed", err}
	}
	return RawAddress(dial)
}

// afterNumber returns the rule that a number breaks which contains a service
// code, or digits to dial after the answer.
func afterNumber(text string) string {
	letters, last, pause := 0, false, false // last: after a digit; pause: after a digit and p or w
	waits := false
	for i, r := range text {
		switch {
		case strings.ContainsRune("*#＊＃⁎∗﹡﹟⌗♯", r):
			return "input has a service code"
		case strings.ContainsRune(",，﹐、", r):
			return "input has digits to dial after the answer"
		case (r == ';' || r == '；' || r == '﹔') && !hasParameter(text[i:]):
			return "input has digits to dial after the answer"
		}
		if r < utf8.RuneSelf && isLetter(byte(r)) {
			letters++
		}
		switch {
		case isDigit(r):
			waits = waits || pause
			last, pause = true, false
		case last && strings.ContainsRune("pPwW", r):
			last, pause = false, true
		case unicode.IsLetter(r):
			last, pause = false, false
		}
	}
	// Three letters or more spell a number.
	if waits && letters < 3 {
		return "input has digits to dial after the answer"
	}
	return ""
}

// hasParameter reports whether text begins with a parameter that a number may
// have.
func hasParameter(text string) bool {
	for _, name := range []string{";ext=", contextParam, isdnParam} {
		if _, ok := cutFold(text, name); ok {
			return true
		}
	}
	return false
}

// dialString returns text with ASCII digits, plain separators and, only in
// front, a plus sign. It returns false if there is anything else, or no digit.
func dialString(text string) (string, bool) {
	var b strings.Builder
	digits := 0
	for _, r := range strings.TrimSpace(text) {
		d, ok := digitValue(r)
		switch {
		case ok:
			b.WriteByte('0' + d)
			digits++
		case isPlus(r) && strings.Trim(b.String(), "([ ") == "":
			b.WriteByte('+')
		case unicode.Is(unicode.Cf, r): // soft hyphens, zero widths, directions
		case unicode.IsSpace(r) && r > ' ', r == ' ':
			b.WriteByte(' ')
		case unicode.Is(unicode.Pd, r), r == '\u2212', r == '\u30fc':
			b.WriteByte('-')
		case r < utf8.RuneSelf && strings.ContainsRune("./()[]", r):
			b.WriteRune(r)
		default:
			return "", false
		}
	}
	dial := strings.TrimSpace(b.String())
	return dial, digits > 0 && len(dial) <= MaxRaw
}

// dialedSIP parses what follows the scheme of a SIP URI.
func dialedSIP(scheme, rest string) (Address, error) {
	uri, rule := canonicalSIP(scheme, rest)
	if rule != "" {
		return Address{}, &AddressError{rule, nil}
	}
	user, location := "", uri[len(scheme)+1:]
	if at := strings.LastIndexByte(location, '@'); at >= 0 {
		user, location = location[:at], location[at+1:]
	}
	host, params, _ := strings.Cut(location, ";")
	if name := hostName(host); name == "invalid" || strings.HasSuffix(name, ".invalid") {
		return Address{}, &AddressError{"sip uri hides the identity", nil}
	}
	for param := range strings.SplitSeq(params, ";") {
		switch name, _, _ := strings.Cut(strings.ToLower(unescape(param)), "="); name {
		case "", "transport", "user", "lr":
		default:
			return Address{}, &AddressError{"sip uri has a parameter that is not allowed", nil}
		}
	}
	user, _, _ = strings.Cut(user, ":")
	if user, rule = sipUser(unescape(user)); rule != "" {
		return Address{}, &AddressError{rule, nil}
	}
	plain := scheme + ":"
	if user != "" {
		plain += user + "@"
	}
	return newAddress(SIP, Number{}, plain+location), nil
}

// sipUser returns the user part of a SIP URI, given without escapes, as it is
// dialed.
func sipUser(user string) (string, string) {
	if !utf8.ValidString(user) {
		return "", "sip uri has a user that is not valid UTF-8"
	}
	number, params, _ := strings.Cut(user, ";")
	first := strings.IndexFunc(number, func(r rune) bool { return unicode.IsLetter(r) || isDigit(r) })
	letters := strings.ContainsFunc(number, unicode.IsLetter)
	r, _ := utf8.DecodeRuneInString(number[max(first, 0):])
	switch {
	case user == "":
		return "", ""
	case letters && !isDigit(r) && !isPlus(firstRune(number)) && !strings.ContainsAny(number[:1], "*#"):
		if strings.TrimSpace(user) != user || strings.ContainsFunc(user, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(`:@<>"`, r) }) {
			return "", "sip uri has a user with a character that no name has"
		}
		return escapeUser(user), ""
	}
	var context string
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		switch strings.ToLower(name) {
		case "", "isub", "phone-context", "user", "npdi", "rn", "cic":
			if strings.EqualFold(name, "phone-context") && strings.HasPrefix(value, "+") {
				context = value
			}
		default:
			return "", "sip uri has a number with a parameter that is not allowed"
		}
	}
	var b strings.Builder
	if context != "" && !strings.HasPrefix(number, "+") {
		number = context + number
	}
	for _, r := range number {
		d, ok := digitValue(r)
		switch {
		case ok:
			b.WriteByte('0' + d)
		case isPlus(r) && b.Len() == 0:
			b.WriteByte('+')
		case strings.ContainsRune("-.() ", r):
		default:
			return "", "sip uri has a user that begins like a number and is none"
		}
	}
	if strings.Trim(b.String(), "+") == "" {
		return "", "sip uri has a user without letters and digits"
	}
	return b.String(), ""
}

func firstRune(text string) rune {
	r, _ := utf8.DecodeRuneInString(text)
	return r
}

// hostName returns the name of a host with an optional port.
func hostName(host string) string {
	if !strings.HasPrefix(host, "[") {
		host, _, _ = strings.Cut(host, ":")
	} else if end := strings.IndexByte(host, ']'); end >= 0 {
		host = host[:end+1]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// unescape replaces the escapes of a SIP URI, which are valid.
func unescape(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			b.WriteByte(text[i])
			continue
		}
		b.WriteByte(hexValue(text[i+1])<<4 | hexValue(text[i+2]))
		i += 2
	}
	return b.String()
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&0xdf - 'A' + 10
}

// escapeUser escapes the characters that the user part of a SIP URI cannot
// contain.
func escapeUser(user string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(user) {
		c := user[i]
		if isLetter(c) || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()&=+$,;?/", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// Dialed returns the digits that are dialed to reach the address, with a plus
// sign in front if it is in international form: the number in E.164 form without
// its extension, the digits of a raw dial string, or the user part of a SIP URI
// that is a number. It returns false for any other SIP URI, and for a raw string
// that has no digits, or other characters than a dial string has. It reveals the digits.
func (a Address) Dialed() (digits string, ok bool) {
	switch a.kind {
	case Phone:
		return a.number.E164(), true
	case SIP:
		_, user, _ := strings.Cut(a.value(), ":")
		at := strings.LastIndexByte(user, '@')
		if at < 0 {
			return "", false
		}
		user, _, _ = strings.Cut(user[:at], ":")
		user = strings.Map(dropVisual, user)
		plus := strings.HasPrefix(user, "+")
		user = strings.TrimPrefix(user, "+")
		if user == "" || strings.Trim(user, "0123456789") != "" {
			return "", false
		}
		if plus {
			user = "+" + user
		}
		return user, true
	case Raw:
		if _, ok := dialString(a.value()); ok {
			return rawKey(a.value()), true
		}
	}
	return "", false
}

// Host returns the host of a SIP URI in lower case, with its port if it has one,
// or "" for an address of another kind.
func (a Address) Host() string {
	if a.kind != SIP {
		return ""
	}
	_, rest, _ := strings.Cut(a.value(), ":")
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	host, _, _ := strings.Cut(rest, ";")
	return host
}

// ConnectsToEmergency reports whether the national digits of a number that is
// not valid may reach an emergency service in a region of its country code: +1
// 911 does. A valid number does not.
func (n Number) ConnectsToEmergency() bool {
	c := codeOf(n.code)
	if c == nil || n.IsZero() || n.Valid() {
		return false
	}
	var buf [maxScan]byte
	return c.reachesEmergency(digitValues(string(n.appendNational(nil)), &buf))
}

// DialsEmergency reports whether dialing digits in a region may reach an emergency
// service: in the region or, behind an international prefix or a plus sign, in a
// country; with or without a national prefix. Like [ConnectsToEmergency] it returns
// true for some complete telephone numbers, and it ignores what no number has.
func DialsEmergency(digits, region string) bool {
	var buf [maxScan]byte
	values := digitValues(digits, &buf)
	p := planOf(region)
	abroad := values
	if !strings.HasPrefix(digits, "+") {
		if p == nil {
			return false
		}
		if p.reachesEmergency(values) {
			return true
		}
		var ok bool
		if abroad, ok = p.stripAbroad(values); !ok {
			return false
		}
	}
	c, national := splitCode(abroad)
	return c != nil && c.reachesEmergency(national)
}

// digitValues returns the values of the first ASCII digits of a text, in buf.
func digitValues(text string, buf *[maxScan]byte) []byte {
	values := buf[:0]
	for i := range len(text) {
		if d := text[i] - '0'; d <= 9 && len(values) < maxScan {
			values = append(values, d)
		}
	}
	return values
}

// reachesEmergency reports whether national digits may reach an emergency service
// in a region of the country code.
func (c *code) reachesEmergency(national []byte) bool {
	for i := range int(c.count) {
		if c.plan(i).reachesEmergency(national) {
			return true
		}
	}
	return false
}

// reachesEmergency reports whether national digits may reach an emergency service,
// also behind a national prefix.
func (p *plan) reachesEmergency(national []byte) bool {
	if p.connectsToEmergency(national) {
		return true
	}
	var g groups
	end, ok := matchPrefix(p.prefix, national, &g)
	return ok && end > 0 && p.connectsToEmergency(national[end:])
}
