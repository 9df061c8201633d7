package gms

import (
	"maps"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback/api/gms/config"
)

// view is what the callers of one tenant have beside its services.
type view struct {
	options      *config.Options // nil: none
	filterKeys   []string
	returnedKeys []string
	calendars    map[string]*availability.Calendar
}

// newView makes the view of a tenant whose services come from options; nil where
// they come from elsewhere. What the host sets wins.
func newView(c Config, options *config.Options) view {
	v := view{options: options, filterKeys: c.FilterKeys, returnedKeys: c.ReturnedKeys, calendars: make(map[string]*availability.Calendar)}
	if options != nil {
		maps.Copy(v.calendars, options.Calendars)
		v.filterKeys = firstOf(v.filterKeys, options.Global.FilterKeys)
		v.returnedKeys = firstOf(v.returnedKeys, options.Global.ReturnedKeys)
	}
	maps.Copy(v.calendars, c.Calendars)
	defaults := config.DefaultSettings()
	v.filterKeys = firstOf(v.filterKeys, defaults.FilterKeys)
	v.returnedKeys = firstOf(v.returnedKeys, defaults.ReturnedKeys)
	return v
}

// viewOf returns the view of a tenant.
func (h *Handler) viewOf(tenant string) *view {
	if tenant == h.optionsTenant {
		return &h.mine
	}
	return &h.others
}

func firstOf(list, otherwise []string) []string {
	if list != nil {
		return list
	}
	return otherwise
}
