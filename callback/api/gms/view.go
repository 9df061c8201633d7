package gms

import (
	"maps"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback/api/gms/config"
)

// view holds the settings that apply to the callers of a tenant.
type view struct {
	options      *config.Options // nil: none
	filterKeys   []string
	returnedKeys []string
	calendars    map[string]*availability.Calendar
}

// newView returns the settings for the tenant of options, or for other tenants
// if options is nil. Config takes precedence over options.
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

// viewOf returns the settings of a tenant.
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
