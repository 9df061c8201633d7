package lucs

import (
	"cmp"
	"reflect"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// order is the order of a search: one of the store, or by a key of each
// callback.
type order struct {
	stored callback.OrderBy
	key    func(cb *callback.Callback, d *callbackDto) sortKey // nil: order of the store
}

// sortKey orders by number, then by text.
type sortKey struct {
	n    int64
	text string
}

// parseOrder parses an order, ignoring case: a member of a response, Created or
// Updated.
func parseOrder(name string) (order, bool) {
	switch strings.ToLower(name) {
	case "", "duedate":
		return order{stored: callback.ByDesired}, true
	case "created":
		return order{stored: callback.ByCreated}, true
	case "updated":
		return order{stored: callback.ByUpdated}, true
	case "priority":
		return order{key: func(cb *callback.Callback, _ *callbackDto) sortKey { return sortKey{n: rank(cb.Priority)} }}, true
	case "state":
		return order{key: func(cb *callback.Callback, _ *callbackDto) sortKey { return sortKey{n: int64(stateOf(cb))} }}, true
	}
	dto := reflect.TypeFor[callbackDto]()
	for i := range dto.NumField() {
		if strings.EqualFold(cmp.Or(dto.Field(i).Tag.Get("json"), dto.Field(i).Name), name) {
			return order{key: func(_ *callback.Callback, d *callbackDto) sortKey { return keyOf(reflect.ValueOf(d).Elem().Field(i)) }}, true
		}
	}
	return order{}, false
}

// keyOf returns the key for the value of a member.
func keyOf(member reflect.Value) sortKey {
	switch v := member.Interface().(type) {
	case int64:
		return sortKey{n: v}
	case string:
		return sortKey{text: v}
	case *string:
		if v != nil {
			return sortKey{text: *v}
		}
	}
	return sortKey{}
}

// rank returns the rank of a priority; the most urgent is first.
func rank(p scheduler.Priority) int64 { return int64(p.Rank()) }

// sorted is a callback that is sorted in memory.
type sorted struct {
	key sortKey
	dto *callbackDto
}

// compare orders by key, then by Id. desc reverses both.
func (a sorted) compare(b sorted, desc bool) int {
	c := cmp.Or(cmp.Compare(a.key.n, b.key.n), strings.Compare(a.key.text, b.key.text), strings.Compare(a.dto.ID, b.dto.ID))
	if desc {
		return -c
	}
	return c
}
