package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Origins decides about requests that a browser sends for a page of another
// origin: such a page can use the cookies and passwords that the browser has
// for the server. A request that may change something is answered with status
// 403 if the headers Sec-Fetch-Site or Origin tell that it comes from another
// origin, as [http.CrossOriginProtection] does, unless that origin is trusted.
// Clients that are not browsers send neither header and are not affected.
//
// The nil *Origins trusts no origin and answers no CORS request. An Origins is
// safe for concurrent use.
type Origins struct {
	protection http.CrossOriginProtection
	trusted    []string
	cors       bool
}

// NewOrigins returns an Origins that trusts origins such as
// "https://desk.example.com" or "http://localhost:3000". With cors, pages of
// these origins may also read answers: Origins then answers their CORS
// requests, also those with credentials. The error names the origin that is
// malformed: a wildcard, "null", a path, or a name that is not in lower case as
// browsers send it.
func NewOrigins(cors bool, trusted ...string) (*Origins, error) {
	o := &Origins{cors: cors, trusted: slices.Clone(trusted)}
	for _, origin := range trusted {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Scheme+"://"+u.Host != origin || u.Hostname() == "" ||
			strings.ContainsAny(origin, "*ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			return nil, fmt.Errorf("origin %q is not in the form https://host or https://host:port", origin)
		}
		if err := o.protection.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// Check returns a [*Fault] with status 403 if r may change something and comes
// from a page of another origin that is not trusted.
func (o *Origins) Check(r *http.Request) error {
	if o == nil {
		o = new(Origins)
	}
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	if !safe && !plainOrigin(r) || o.protection.Check(r) != nil {
		return NewFault(http.StatusForbidden, "", "the request comes from a page of another origin")
	}
	return nil
}

// plainOrigin rejects headers that no browser sends and of which
// [http.CrossOriginProtection] sees only a part: several values, and an origin
// without a host together with a request without a host.
func plainOrigin(r *http.Request) bool {
	return len(r.Header.Values("Origin")) <= 1 && len(r.Header.Values("Sec-Fetch-Site")) <= 1 &&
		(r.Host != "" || r.Header.Get("Origin") == "")
}

// answer sets the CORS headers for a trusted origin and reports whether r was a
// preflight request, which is then answered.
func (o *Origins) answer(w http.ResponseWriter, r *http.Request) (done bool) {
	if o == nil || !o.cors {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !slices.Contains(o.trusted, origin) || !plainOrigin(r) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		h.Set("Access-Control-Expose-Headers", "Content-Disposition, Retry-After")
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
