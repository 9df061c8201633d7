package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ringback-go/ringback/callback/api"
)

func origins(t *testing.T, cors bool, trusted ...string) *api.Origins {
	t.Helper()
	o, err := api.NewOrigins(cors, trusted...)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Requests that may change something are refused if their headers tell of
// another origin that is not trusted.
func TestOriginsCheck(t *testing.T) {
	trusting := origins(t, false, "https://desk.example.com", "http://localhost:3000")
	for _, c := range []struct {
		header          []string
		nobody, trusted bool // accepted by an Origins that trusts nobody, by the one above
	}{
		{nil, true, true},
		{[]string{"Sec-Fetch-Site", "same-origin", "Origin", "https://api.example.com"}, true, true},
		{[]string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, true, true}, // of a page without referrers
		{[]string{"Sec-Fetch-Site", "none"}, true, true},
		{[]string{"Origin", "https://api.example.com"}, true, true},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://desk.example.com"}, false, true},
		{[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://desk.example.com"}, false, true},
		{[]string{"Origin", "http://localhost:3000"}, false, true},
		{[]string{"Sec-Fetch-Site", "cross-site"}, false, false},
		{[]string{"Sec-Fetch-Site", "same-site"}, false, false},
		{[]string{"Sec-Fetch-Site", "Same-Origin"}, false, false},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, false, false},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://api.example.com"}, false, false},
		{[]string{"Origin", "https://evil.example"}, false, false},
		{[]string{"Origin", "null"}, false, false},
		{[]string{"Origin", "https://api.example.com.evil.example"}, false, false},
		{[]string{"Origin", "https://api.example.com:8443"}, false, false},
		{[]string{"Origin", "http://desk.example.com"}, false, false},
		{[]string{"Origin", "https://desk.example.com/"}, false, false},
		{[]string{"Origin", "%zz"}, false, false},
		{[]string{"Origin", "https://api.example.com", "Origin", "https://evil.example"}, false, false},
		{[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "cross-site"}, false, false},
	} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "TRACE", "post", "QUERY"} {
			r := httptest.NewRequest(method, "https://api.example.com/x", nil)
			for i := 0; i < len(c.header); i += 2 {
				r.Header.Add(c.header[i], c.header[i+1])
			}
			for o, ok := range map[*api.Origins]bool{nil: c.nobody, trusting: c.trusted} {
				if err := o.Check(r); ok != (err == nil) {
					t.Errorf("%s %v, trusting %v: %v", method, c.header, o != nil, err)
				} else if err != nil {
					wantFault(t, err, 403, "the request comes from a page of another origin")
				}
			}
		}
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			r := httptest.NewRequest(method, "https://api.example.com/x", nil)
			for i := 0; i < len(c.header); i += 2 {
				r.Header.Add(c.header[i], c.header[i+1])
			}
			if err := trusting.Check(r); err != nil {
				t.Errorf("%s %v: %v", method, c.header, err)
			}
		}
	}
	// Without Host, "null" would be the host of the server.
	r := httptest.NewRequest("POST", "/x", nil)
	r.Host = ""
	r.Header.Set("Origin", "null")
	wantFault(t, (*api.Origins)(nil).Check(r), 403, "the request comes from a page of another origin")
}

func TestNewOriginsFaults(t *testing.T) {
	for _, origin := range []string{
		"", "*", "null", "desk.example.com", "https://", "https://*", "https://*.example.com", "https://desk.example.com/", "https://desk.example.com/a",
		"https://desk.example.com?a", "https://u@desk.example.com", "HTTPS://desk.example.com", "https://Desk.example.com", "ftp://desk.example.com",
		" https://desk.example.com", "https://a https://b", "https://:80", "%zz",
	} {
		if o, err := api.NewOrigins(true, "https://ok.example", origin); err == nil || o != nil {
			t.Errorf("%q is accepted", origin)
		}
	}
}

// CORS is off by default. If it is on, trusted origins alone get its headers,
// and their preflight requests need no credentials and run nothing.
func TestCORS(t *testing.T) {
	const desk = "https://desk.example.com"
	for _, c := range []struct {
		name, method, origin string
		origins              *api.Origins
		status               int
		allow                string
		calls                int
	}{
		{"off", "GET", desk, nil, 200, "", 1},
		{"off, trusted", "GET", desk, origins(t, false, desk), 200, "", 1},
		{"off, preflight", "OPTIONS", desk, origins(t, false, desk), 405, "", 0},
		{"on", "GET", desk, origins(t, true, desk), 200, desk, 1},
		{"on, change", "POST", desk, origins(t, true, desk), 200, desk, 1},
		{"on, preflight", "OPTIONS", desk, origins(t, true, desk), 204, desk, 0},
		{"on, other", "GET", "https://evil.example", origins(t, true, desk), 200, "", 1},
		{"on, change by other", "POST", "https://evil.example", origins(t, true, desk), 403, "", 0},
		{"on, preflight of other", "OPTIONS", "https://evil.example", origins(t, true, desk), 405, "", 0},
		{"on, null", "OPTIONS", "null", origins(t, true, desk), 405, "", 0},
		{"on, no origin", "GET", "", origins(t, true, desk), 200, "", 1},
		{"on, trusts nobody", "GET", desk, origins(t, true), 200, "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := 0
			all := api.AuthorizerFunc(func(*http.Request) (api.Caller, error) { return api.Caller{Name: "x", Roles: api.Roles()}, nil })
			w, r := httptest.NewRecorder(), httptest.NewRequest(c.method, "https://api.example.com/x", nil)
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			r.Header.Set("Access-Control-Request-Method", "POST")
			api.Serve(w, r, all, c.origins, func() (api.Operation, error) {
				op := api.Operation{Roles: api.Roles(), Do: func(*api.Caller) error { calls++; return nil }}
				if c.method == "OPTIONS" {
					return op, api.NotAllowed(w, "GET, POST")
				}
				return op, nil
			}, func(err error) {
				w.WriteHeader(wantFault(t, err, c.status, err.Error()).Status)
			})
			h := w.Header()
			if w.Code != c.status || h.Get("Access-Control-Allow-Origin") != c.allow || calls != c.calls {
				t.Errorf("status %d, allowed %q, %d calls", w.Code, h.Get("Access-Control-Allow-Origin"), calls)
			}
			if (h.Get("Access-Control-Allow-Credentials") == "true") != (c.allow != "") {
				t.Errorf("header %v", h)
			}
			if c.status == 204 && (h.Get("Access-Control-Allow-Methods") == "" || h.Get("Access-Control-Allow-Headers") == "") {
				t.Errorf("the preflight answer has %v", h)
			}
			if on := c.name[:2] == "on"; on != (h.Get("Vary") == "Origin") {
				t.Errorf("Vary is %q", h.Get("Vary"))
			}
		})
	}
}
