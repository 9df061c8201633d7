package postgres

import (
	"strconv"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// where collects conditions. Their texts are constants; what a caller gives
// becomes a parameter.
type where struct {
	conditions []string
	args       []any
	// partial: the database does not check every condition of the query.
	partial bool
	// named: an exact value narrows to few rows.
	named bool
}

// add adds a condition in which ? stands for the argument.
func (w *where) add(condition string, arg any) {
	w.conditions = append(w.conditions, strings.ReplaceAll(condition, "?", w.arg(arg)))
}

func (w *where) arg(arg any) string {
	w.args = append(w.args, arg)
	return "$" + strconv.Itoa(len(w.args))
}

func (w *where) String() string { return strings.Join(w.conditions, " AND ") }

// whereOf narrows to what may match a query.
func whereOf(q *callback.Query) *where {
	w := &where{conditions: []string{"desired IS NOT NULL"}}
	if !q.AllTenants {
		w.add("tenant = ?", q.Tenant)
	}
	w.lists(q)
	w.names(q)
	w.times("desired", q.DesiredFrom, q.DesiredTo)
	w.times("created", q.CreatedFrom, q.CreatedTo)
	w.times("ended", q.EndedFrom, q.EndedTo)
	if p := q.QueuedBefore; p != nil {
		w.add("queued_at <= ?", place(p.QueuedAt))
		w.partial = true
	}
	w.lookups(q)
	if len(q.Properties) > 0 || q.CallerID != "" || q.AppPool != "" || q.Personal != "" {
		w.partial = true
	}
	return w
}

func (w *where) lists(q *callback.Query) {
	if len(q.IDs) > 0 {
		w.ids(q)
	}
	if len(q.Services) > 0 {
		w.add("service = ANY (?)", q.Services)
	}
	if len(q.States) > 0 {
		w.add("state = ANY (?)", each(q.States, func(s callback.State) int16 { return int16(s) }))
	}
	if len(q.NotStates) > 0 {
		w.add("state <> ALL (?)", each(q.NotStates, func(s callback.State) int16 { return int16(s) }))
	}
	if len(q.Reasons) > 0 {
		w.add("coalesce(reason, '') = ANY (?)", each(q.Reasons, func(r callback.Reason) string { return string(r) }))
	}
	if len(q.Priorities) > 0 {
		priorities := make([]int16, len(q.Priorities))
		for i, p := range q.Priorities {
			priorities[i] = int16(p)
		}
		w.add("priority = ANY (?)", priorities)
	}
}

// ids selects IDs. Those of all tenants may have any key and are compared row by
// row, unless all of them are keys.
func (w *where) ids(q *callback.Query) {
	keys := each(q.IDs, func(id callback.ID) [16]byte { return keyOf(q.Tenant, string(id)) })
	if !q.AllTenants {
		w.named = true
		w.add("k = ANY (?)", keys)
		return
	}
	w.add(idText+" = ANY (?)", each(q.IDs, func(id callback.ID) string { return string(id) }))
}

func (w *where) names(q *callback.Query) {
	if q.Number != "" {
		w.named, w.partial = true, true
		w.conditions = append(w.conditions, "(number = "+w.arg(q.Number)+" OR lookups @> "+w.arg([]int64{lookupHash(alternativeKey, q.Number)})+")")
	}
	for _, n := range []struct{ key, value string }{{customerKey, q.CustomerID}, {externalKey, q.ExternalID}} {
		if n.value != "" {
			w.named, w.partial = true, true
			w.add("lookups @> ?", []int64{lookupHash(n.key, n.value)})
		}
	}
}

// times adds inclusive bounds. A time that is not set is within none.
func (w *where) times(column string, from, to time.Time) {
	if from.IsZero() && to.IsZero() {
		return
	}
	w.conditions = append(w.conditions, column+" > '-infinity'")
	if !from.IsZero() {
		// The table truncates to the microsecond what is compared.
		w.add(column+" >= ?", notBefore(from))
	}
	if !to.IsZero() {
		w.add(column+" <= ?", to)
	}
}

func (w *where) lookups(q *callback.Query) {
	if len(q.SearchValues) == 0 {
		return
	}
	hashes := make([]int64, len(q.SearchValues))
	for i, m := range q.SearchValues {
		hashes[i] = lookupHash(m.Key, m.Value)
	}
	w.named, w.partial = true, true
	if q.AnySearchValue {
		w.add("lookups && ?", hashes)
	} else {
		w.add("lookups @> ?", hashes)
	}
}
