package phonenum

import (
	"strconv"
	"strings"
)

// canonicalSIP checks what follows the scheme of a SIP URI (RFC 3261, section
// 19.1) and returns the URI with its host in lower case, or the rule that it
// breaks. It refuses URIs with headers, because they would let the sender add
// header fields to the host's requests.
func canonicalSIP(scheme, rest string) (uri, rule string) {
	for i := range len(rest) {
		if c := rest[i]; c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return "", "sip uri has a character that must be escaped"
		}
	}
	user, location := "", rest
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, location = rest[:at], rest[at+1:]
		if user == "" || strings.HasPrefix(user, ":") {
			return "", "sip uri has no user in front of the @"
		}
		if strings.Contains(user, "@") {
			return "", "sip uri has more than one @"
		}
		if !validEscapes(user) {
			return "", "sip uri has an invalid escape"
		}
		user += "@"
	}
	if strings.Contains(location, "?") {
		return "", "sip uri has headers"
	}
	host, params, found := strings.Cut(location, ";")
	if !validHostPort(host) {
		return "", "sip uri has no valid host"
	}
	if found && (params == "" || !validEscapes(params)) {
		return "", "sip uri has invalid parameters"
	}
	uri = scheme + ":" + user + strings.ToLower(host)
	if found {
		uri += ";" + params
	}
	return uri, ""
}

// validEscapes reports whether two hexadecimal digits follow every %.
func validEscapes(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] == '%' {
			if i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2]) {
				return false
			}
			i += 2
		}
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// validHostPort reports whether text is a host name, an IPv4 address or an IPv6
// address in brackets, each with an optional port.
func validHostPort(text string) bool {
	host, port, found := text, "", false
	if end := strings.IndexByte(text, ']'); strings.HasPrefix(text, "[") {
		if end < 0 {
			return false
		}
		host = text[:end+1]
		if text[end+1:] != "" {
			if port, found = strings.CutPrefix(text[end+1:], ":"); !found {
				return false
			}
		}
	} else {
		host, port, found = strings.Cut(text, ":")
	}
	if found {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 || port[0] == '0' {
			return false
		}
	}
	if strings.HasPrefix(host, "[") {
		inside := host[1 : len(host)-1]
		return strings.Contains(inside, ":") && strings.Trim(strings.ToLower(inside), "0123456789abcdef:.") == ""
	}
	if host == "" || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !isLetter(c) && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}
