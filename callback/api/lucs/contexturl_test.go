package lucs_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/manager"
)

// ContextUrl takes https, what the host lists, and words that are no URL.
func TestContextURL(t *testing.T) {
	try := func(list []string, accepted, refusedTexts []string) {
		r := newRig(t, func(_ *callback.Service, _ *manager.Config, l *lucs.Config) { l.ContextURLs = list })
		post := func(text string) string {
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			return body("ContextUrl", string(quoted))
		}
		for _, text := range accepted {
			if d := read[dto](t, r.do("clerk", "POST", "/v1.0/callbacks", post(text))); d.ContextURL == nil || *d.ContextURL != text {
				t.Errorf("%q became %v", text, d.ContextURL)
			}
		}
		for _, text := range refusedTexts {
			message := refused(t, r.do("clerk", "POST", "/v1.0/callbacks", post(text)), 400, "InvalidParameter")
			if !strings.HasPrefix(message, "ContextUrl: ") || strings.Contains(message, text) {
				t.Errorf("%q: the message is %q", text, message)
			}
		}
	}
	try(nil, []string{
		"https://crm.example.com/case/7?a=b#c", "HTTPS://crm.example.com", "https://crm.example.com:8443/x", "https://crm.example.com/%20ä", "string", "case-7_b",
	}, []string{
		"http://crm.example.com", "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "\u00a0javascript:alert(1)",
		"data:text/html,x", "vbscript:x", "file:///etc/passwd", `\\server\share`, "//evil.example", "/path", "www.evil.example", "crm:7", "tel:+41785556677",
		"https:", "https://", "https:///x", "https:evil.example", `https:\\evil.example`, "https://bank.example@evil.example", "https://u:p@evil.example",
		"https://a/\"><script>", "https://a b", "https://a/ b", "https://a/\u202egpj", "ht\u200btps://a", "ms-word:ofe|u|https://a",
	})
	try([]string{"crm:", "http://crm.example.com"}, []string{
		"crm:7", "crm://case/7", "http://crm.example.com/case/7", "http://CRM.example.com", "https://other.example",
	}, []string{"http://other.example", "http://crm.example.com@evil.example", "http://crm.example.com:81", "http://crm.example.com.evil.example", "javascript:crm:"})
}

// New refuses entries of ContextURLs that are more than a scheme and a host.
func TestContextURLsFaults(t *testing.T) {
	for _, entry := range []string{"", "crm", "http://a/path", "http://u@a", "crm:7", "http://a?b", "%zz", "//a"} {
		_, err := lucs.New(lucs.Config{ContextURLs: []string{"https://ok.example", entry}})
		if !errors.Is(err, callback.ErrConfiguration) || !strings.Contains(err.Error(), "ContextURLs") {
			t.Errorf("%q: %v", entry, err)
		}
	}
}
