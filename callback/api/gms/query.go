package gms

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// maxRows is the maximum number of callbacks in the response to a query by
// properties.
const maxRows = 1000

// byID responds with one callback (GMS 4.5).
func (h *Handler) byID(c *call) error {
	cb, err := h.reach(c)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, h.rowOf(cb, alwaysReturned(), []string{keyScheduled}))
}

// byProperties responds with the callbacks that have, or had, the properties in
// the query, ordered by desired time (GMS 4.6).
func (h *Handler) byProperties(c *call) error {
	query, err := readQuery(c)
	if err != nil {
		return err
	}
	if err := checkConditions(query); err != nil {
		return err
	}
	policies, err := h.policies(c)
	if err != nil {
		return err
	}
	q, err := readSearch(c, query, policies)
	if err != nil {
		return err
	}
	if c.name != "" && !h.handsOn(c, policies[0].Service()) {
		q.Services = []string{c.name}
	}
	var found []*callback.Callback
	for _, v := range readings(q, policies) {
		for cb, err := range h.manager.Tenant(c.caller.Tenant).Search(c.r.Context(), v.query) {
			switch {
			case err != nil:
				return err
			case c.name != "" && !h.shows(c, cb), c.name == "" && !v.of(cb):
				continue
			case len(found) == maxRows:
				return filterFault("more than " + strconv.Itoa(maxRows) + " callbacks match")
			}
			found = append(found, cb)
		}
	}
	slices.SortFunc(found, func(a, b *callback.Callback) int {
		return cmp.Or(a.Desired.Compare(b.Desired), cmp.Compare(a.ID, b.ID))
	})
	columns := h.columns(c)
	rows := make([]row, len(found))
	for i, cb := range found {
		rows[i] = columns.row(cb)
	}
	return c.answer(http.StatusOK, rows)
}

// policies returns the service in the path, or all services.
func (h *Handler) policies(c *call) ([]*callback.Policy, error) {
	if c.name == "" {
		return h.manager.Tenant(c.caller.Tenant).Policies(c.r.Context())
	}
	policy, err := h.manager.Tenant(c.caller.Tenant).Policy(c.r.Context(), c.name)
	return []*callback.Policy{policy}, err
}

// maxConditions is the maximum number of values of lookup keys, and of
// identifiers, in a query by properties. Every service parses each number.
const maxConditions = 50

// checkConditions rejects a query with too many conditions.
func checkConditions(query url.Values) error {
	lookups := 0
	for name, values := range query {
		switch name {
		case paramOperand, keyState, paramStart, paramEnd:
		case keyID:
			if len(values) > maxConditions {
				return invalidParameter(keyID, "is given more than "+strconv.Itoa(maxConditions)+" times")
			}
		default:
			lookups += len(values)
		}
	}
	if lookups > maxConditions {
		return invalidParameter("property", "is given more than "+strconv.Itoa(maxConditions)+" times")
	}
	return nil
}

// readSearch parses a query by properties.
func readSearch(c *call, query url.Values, policies []*callback.Policy) (*callback.Query, error) {
	q := &callback.Query{Tenant: c.caller.Tenant, CustomerID: c.caller.Own, Limit: maxRows}
	var keys []string
	for _, p := range policies {
		keys = append(keys, p.Service().SearchKeys...)
	}
	for _, name := range sortedNames(query) {
		if err := readCondition(q, name, query, keys); err != nil {
			return nil, err
		}
	}
	switch {
	case len(q.SearchValues) == 0 && len(q.IDs) == 0:
		return nil, invalidParameter("property", "is required; it must be a filter key")
	case len(q.IDs) > 0 && q.AnySearchValue && len(q.SearchValues) > 0:
		return nil, filterFault(paramOperand)
	case !q.DesiredTo.IsZero() && q.DesiredTo.Before(q.DesiredFrom):
		return nil, filterFault(paramEnd)
	}
	return q, nil
}

// Parameters of a query.
const (
	paramStart   = "start_time"
	paramEnd     = "end_time"
	paramOperand = "operand"
)

// readCondition parses a parameter of a query by properties.
func readCondition(q *callback.Query, name string, query url.Values, keys []string) error {
	first, ok := single(query, name)
	switch name {
	case paramOperand:
		q.AnySearchValue = strings.EqualFold(first, "OR")
		ok = ok && (q.AnySearchValue || strings.EqualFold(first, "AND"))
	case keyState:
		var f stateFilter
		if f, ok = parseState(first); ok {
			q.States, q.NotStates = f.states, f.not
		}
	case paramStart:
		q.DesiredFrom, ok = bound(first, ok)
	case paramEnd:
		q.DesiredTo, ok = bound(first, ok)
	case keyID:
		ok = true
		for _, id := range query[name] {
			if ok = ok && text.IsID(id); ok {
				q.IDs = append(q.IDs, callback.ID(id))
			}
		}
	default:
		ok = slices.Contains(keys, name)
		for _, value := range query[name] {
			if value == "" {
				return invalidParameter(clip(name), "is empty")
			}
			if !text.IsPlain(value) {
				return invalidParameter(clip(name), ruleText)
			}
			q.SearchValues = append(q.SearchValues, callback.Match{Key: name, Value: value})
		}
	}
	if !ok {
		return filterFault(name)
	}
	return nil
}

func bound(text string, ok bool) (time.Time, bool) {
	t, isTime := readTime(text)
	return t, ok && isTime
}

func sortedNames(query url.Values) []string {
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
