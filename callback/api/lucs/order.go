package lucs

import (
	"cmp"
	"reflect"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// order is what a search is ordered by: an order of the store, or a key of the
// callbacks as they are written.
type order struct {
	stored callback.OrderBy
	key    func(cb *callback.Callback, d *callbackDto) sortKey // nil: the store's order
}

// sortKey orders by number and then by text.
type sortKey struct {
	n    int64
	text string
}

// parseOrder reads the name of an order, ignoring case: a member of the answer,
// Created or Updated.
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

// keyOf returns the key of a member: a number, or a text that may be absent.
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

// rank puts the priority that is served first first.
func rank(p scheduler.Priority) int64 { return int64(p.Rank()) }

// sorted is one callback of an answer that is put in order here.
type sorted struct {
	key sortKey
	dto *callbackDto
}

// compare orders by key, ties by Id; a descending order reverses both.
func (a sorted) compare(b sorted, desc bool) int {
	c := cmp.Or(cmp.Compare(a.key.n, b.key.n), strings.Compare(a.key.text, b.key.text), strings.Compare(a.dto.ID, b.dto.ID))
	if desc {
		return -c
	}
	return c
}
