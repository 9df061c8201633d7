package gms

import (
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/phonenum"
)

// reading is a query whose numbers are parsed by the rules of some services.
type reading struct {
	query    callback.Query
	services []string // nil: all
}

// of reports whether the service of cb parses numbers this way.
func (r *reading) of(cb *callback.Callback) bool {
	return r.services == nil || slices.Contains(r.services, cb.Service)
}

// readings returns the query once per distinct way in which the services parse
// its numbers, or unchanged if it has no numbers.
func readings(q *callback.Query, policies []*callback.Policy) []*reading {
	if !slices.ContainsFunc(q.SearchValues, isNumber) {
		return []*reading{{query: *q}}
	}
	var list []*reading
	known := make(map[string]*reading)
	for _, p := range policies {
		s := p.Service()
		lookups := slices.Clone(q.SearchValues)
		var text strings.Builder
		for i := range lookups {
			if isNumber(lookups[i]) {
				lookups[i].Value = readingOf(lookups[i].Value, s.Numbers)
				text.WriteString(lookups[i].Value + "\x00")
			}
		}
		r := known[text.String()]
		if r == nil {
			r = &reading{query: *q}
			r.query.SearchValues = lookups
			known[text.String()] = r
			list = append(list, r)
		}
		r.services = append(r.services, s.Name)
	}
	return list
}

func isNumber(m callback.Match) bool { return m.Key == keyNumber }

// readingOf returns the key under which a service stores a number. A number
// that is not valid in the service's country is stored as written.
func readingOf(raw string, n callback.Numbers) string {
	address, err := wire.ParseAddress(raw, n)
	if err == nil {
		if number, ok := address.Number(); !ok || number.Valid() {
			return address.Key()
		}
	}
	if address, err = phonenum.RawAddress(raw); err != nil {
		return raw
	}
	return address.Key()
}
