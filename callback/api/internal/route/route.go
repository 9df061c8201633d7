// Package route finds the operation of a request by path and method.
package route

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback/api"
)

// Table lists the paths of an adapter. The first that matches counts. O is the
// adapter's type of an operation.
type Table[O any] struct {
	Paths []Path[O]
	Fold  bool // compare the fixed parts of a path ignoring case
}

// Path is a path with its operations.
type Path[O any] struct {
	parts   []string
	methods map[string]O
}

// At returns the path of a pattern such as "service/{name}", where a part in
// braces matches any text. methods are the operations by HTTP method.
func At[O any](pattern string, methods map[string]O) Path[O] {
	return Path[O]{strings.Split(pattern, "/"), methods}
}

// Match is the path of a request.
type Match struct {
	pattern []string
	parts   []string
}

// Part returns the text that the request has in the place of a part of the
// pattern, such as "{name}"; empty if the pattern has no such part.
func (m Match) Part(part string) string {
	if i := slices.Index(m.pattern, part); i >= 0 {
		return m.parts[i]
	}
	return ""
}

// Split returns the unescaped parts of a request's path; nil if one is empty or
// malformed. A slash at the end is no part.
func Split(r *http.Request) []string {
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	parts := strings.Split(path, "/")
	for i, part := range parts {
		text, err := url.PathUnescape(part)
		if err != nil || text == "" {
			return nil
		}
		parts[i] = text
	}
	return parts
}

// Find returns the operation of a path and a method, of which HEAD is GET. The
// error is an [api.Fault] with status 404 or, with the header Allow set, 405.
func (t *Table[O]) Find(w http.ResponseWriter, method string, parts []string) (op O, m Match, err error) {
	for i := range t.Paths {
		p := &t.Paths[i]
		if !t.matches(p, parts) {
			continue
		}
		if method == http.MethodHead {
			method = http.MethodGet
		}
		op, ok := p.methods[method]
		if !ok {
			return op, m, api.NotAllowed(w, p.allow())
		}
		return op, Match{p.parts, parts}, nil
	}
	return op, m, api.NewFault(http.StatusNotFound, "", "no such path")
}

func (t *Table[O]) matches(p *Path[O], parts []string) bool {
	if len(parts) != len(p.parts) {
		return false
	}
	for i, part := range p.parts {
		if part[0] != '{' && part != parts[i] && !(t.Fold && strings.EqualFold(part, parts[i])) {
			return false
		}
	}
	return true
}

func (p *Path[O]) allow() string {
	var methods []string
	for method := range p.methods {
		methods = append(methods, method)
		if method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}
