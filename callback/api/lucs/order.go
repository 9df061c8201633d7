package lucs

import (
	"cmp"
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

func byText(of func(d *callbackDto) string) func(*callback.Callback, *callbackDto) sortKey {
	return func(_ *callback.Callback, d *callbackDto) sortKey { return sortKey{text: of(d)} }
}

func byOptional(of func(d *callbackDto) *string) func(*callback.Callback, *callbackDto) sortKey {
	return func(_ *callback.Callback, d *callbackDto) sortKey {
		if text := of(d); text != nil {
			return sortKey{text: *text}
		}
		return sortKey{}
	}
}

func byNumber(of func(d *callbackDto) int64) func(*callback.Callback, *callbackDto) sortKey {
	return func(_ *callback.Callback, d *callbackDto) sortKey { return sortKey{n: of(d)} }
}

// parseOrder reads the name of an order in any case.
func parseOrder(name string) (order, bool) {
	stored := func(by callback.OrderBy) (order, bool) { return order{stored: by}, true }
	keyed := func(key func(*callback.Callback, *callbackDto) sortKey) (order, bool) { return order{key: key}, true }
	switch strings.ToLower(name) {
	case "", "duedate":
		return stored(callback.ByDesired)
	case "created":
		return stored(callback.ByCreated)
	case "updated":
		return stored(callback.ByUpdated)
	case "target":
		return keyed(byOptional(func(d *callbackDto) *string { return d.Target }))
	case "alternativetarget":
		return keyed(byOptional(func(d *callbackDto) *string { return d.AlternativeTarget }))
	case "maxretries":
		return keyed(byNumber(func(d *callbackDto) int64 { return d.MaxRetries }))
	case "secondsbetweenretries":
		return keyed(byNumber(func(d *callbackDto) int64 { return d.SecondsBetweenRetries }))
	case "serviceid":
		return keyed(byText(func(d *callbackDto) string { return d.ServiceID }))
	case "servicesip":
		return keyed(byText(func(d *callbackDto) string { return d.ServiceSip }))
	case "incomingservicesipuri":
		return keyed(byOptional(func(d *callbackDto) *string { return d.IncomingServiceSipURI }))
	case "priority":
		return keyed(func(cb *callback.Callback, _ *callbackDto) sortKey { return sortKey{n: rank(cb.Priority)} })
	case "contexturl":
		return keyed(byOptional(func(d *callbackDto) *string { return d.ContextURL }))
	case "supervisor":
		return keyed(byOptional(func(d *callbackDto) *string { return d.Supervisor }))
	case "description":
		return keyed(byOptional(func(d *callbackDto) *string { return d.Description }))
	case "externaltaskid":
		return keyed(byOptional(func(d *callbackDto) *string { return d.ExternalTaskID }))
	case "callerid":
		return keyed(byOptional(func(d *callbackDto) *string { return d.CallerID }))
	case "id":
		return keyed(byText(func(d *callbackDto) string { return d.ID }))
	case "creator":
		return keyed(byText(func(d *callbackDto) string { return d.Creator }))
	case "leftinqueuetimeinseconds":
		return keyed(byNumber(func(d *callbackDto) int64 { return d.LeftInQueueTimeInSeconds }))
	case "apppoolid":
		return keyed(byOptional(func(d *callbackDto) *string { return d.AppPoolID }))
	case "initiatingsessionid":
		return keyed(byOptional(func(d *callbackDto) *string { return d.InitiatingSessionID }))
	case "initiator":
		return keyed(byText(func(d *callbackDto) string { return d.Initiator }))
	case "state":
		return keyed(func(cb *callback.Callback, _ *callbackDto) sortKey { return sortKey{n: int64(stateOf(cb))} })
	case "retrytype":
		return keyed(byText(func(d *callbackDto) string { return d.RetryType }))
	case "retrycount":
		return keyed(byNumber(func(d *callbackDto) int64 { return d.RetryCount }))
	}
	return order{}, false
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
