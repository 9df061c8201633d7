package gms

import (
	"maps"

	"github.com/ringback-go/ringback/availability"
)

// view is what the callers of one tenant have beside its services.
type view struct {
	options      *Options // nil: none
	filterKeys   []string
	returnedKeys []string
	calendars    map[string]*availability.Calendar
}

// newView makes the view of a tenant whose services come from options; nil where
// they come from elsewhere. What the host sets wins.
func newView(config Config, options *Options) view {
	v := view{options: options, filterKeys: config.FilterKeys, returnedKeys: config.ReturnedKeys, calendars: make(map[string]*availability.Calendar)}
	if options != nil {
		maps.Copy(v.calendars, options.Calendars)
		v.filterKeys = firstOf(v.filterKeys, options.Global.FilterKeys)
		v.returnedKeys = firstOf(v.returnedKeys, options.Global.ReturnedKeys)
	}
	maps.Copy(v.calendars, config.Calendars)
	v.filterKeys = firstOf(v.filterKeys, defaultFilterKeys())
	v.returnedKeys = firstOf(v.returnedKeys, defaultReturnedKeys())
	return v
}

// viewOf returns the view of a tenant.
func (h *Handler) viewOf(tenant string) *view {
	if tenant == h.optionsTenant {
		return &h.mine
	}
	return &h.others
}

// The keys of GMS, without the one that its default names twice.
func defaultFilterKeys() []string {
	return []string{keyState, keyReason, "_request_queue_time_stat", "_request_ewt_service", "_vq"}
}

func defaultReturnedKeys() []string {
	return []string{keyDesired, keyState, keyReason, keySession}
}

func firstOf(list, otherwise []string) []string {
	if list != nil {
		return list
	}
	return otherwise
}
