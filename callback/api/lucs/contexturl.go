package lucs

import (
	"net/url"
	"strings"
	"unicode"
)

// contextURLs decides which values of ContextUrl are accepted. A client of the
// agent may open the URL, so that it must not be a program, a file or a page of
// an unexpected kind.
type contextURLs []*url.URL

// readContextURLs parses the URLs that the host lists: a scheme, such as "crm:",
// or a scheme and a host, such as "http://crm.example.com". bad is the first
// that is neither.
func readContextURLs(list []string) (known contextURLs, bad string) {
	for _, text := range list {
		u, err := url.Parse(text)
		if err != nil || u.Scheme == "" || u.Opaque != "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			return nil, text
		}
		known = append(known, u)
	}
	return known, ""
}

// accept reports whether text is an https URL, a URL that the host lists, or a
// word, which is not a URL.
func (known contextURLs) accept(text string) bool {
	if isWord(text) {
		return true
	}
	if strings.ContainsAny(text, "\"<>\\^`{|}") || strings.ContainsFunc(text, func(c rune) bool { return unicode.IsSpace(c) || !unicode.IsPrint(c) }) {
		return false
	}
	u, err := url.Parse(text)
	if err != nil || u.User != nil {
		return false
	}
	if u.Scheme == "https" && u.Hostname() != "" {
		return true
	}
	for _, k := range known {
		if u.Scheme == k.Scheme && (k.Host == "" || strings.EqualFold(u.Host, k.Host)) {
			return true
		}
	}
	return false
}

// isWord reports whether text consists of letters, digits, hyphens and
// underscores.
func isWord(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_')
	})
}
