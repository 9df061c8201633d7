package gms

import (
	"net/http"

	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/route"
)

// operation is an operation of the API.
type operation struct {
	name  string
	roles []api.Role // the caller needs one of them
	// tenantWide operations cover all callbacks of the tenant and are forbidden
	// to callers restricted to a customer.
	tenantWide bool
	do         func(*Handler, *call) error
}

// methods are the operations of a path by HTTP method.
type methods = map[string]operation

// newPaths returns the paths below /genesys. The first match applies.
func newPaths() []route.Path[operation] {
	create := []api.Role{api.RoleCreate, api.RoleOperate}
	read := []api.Role{api.RoleRead, api.RoleOperate}
	plan := []api.Role{api.RoleRead, api.RoleCreate, api.RoleOperate}
	admin := []api.Role{api.RoleAdmin}
	byProperties := operation{name: opQuery, roles: read, do: (*Handler).byProperties}
	position := operation{name: opPosition, roles: read, do: (*Handler).position}
	pause := operation{name: "pause", roles: admin, tenantWide: true, do: (*Handler).pause}
	resume := operation{name: "resume", roles: admin, tenantWide: true, do: (*Handler).resume}
	return []route.Path[operation]{
		route.At("openapi.json", methods{http.MethodGet: {name: "openapi", roles: api.Roles(), do: (*Handler).openapi}}),
		route.At("1/service/callback", methods{http.MethodGet: byProperties}),
		route.At("1/service/callback/{name}", methods{
			http.MethodPost: {name: opStart, roles: create, do: (*Handler).start},
			http.MethodGet:  byProperties,
		}),
		route.At("1/service/callback/{name}/availability", methods{
			http.MethodGet: {name: "availability", roles: plan, do: (*Handler).availability1},
		}),
		route.At("1/service/callback/{name}/{id}", methods{
			http.MethodGet:    {name: "get", roles: read, do: (*Handler).byID},
			http.MethodPut:    {name: opUpdate, roles: create, do: (*Handler).update},
			http.MethodDelete: {name: opCancel, roles: create, do: (*Handler).cancel},
		}),
		route.At("2/service/callback/{name}/availability", methods{
			http.MethodGet: {name: "availability", roles: plan, do: (*Handler).availability2},
		}),
		route.At("1/service/{id}/check-queue-position", methods{http.MethodGet: position, http.MethodPost: position}),
		route.At("1/service/{id}/preview-response", methods{
			http.MethodPost: {name: opPreview, roles: create, do: (*Handler).preview},
		}),
		route.At("1/service/{name}", methods{http.MethodGet: {name: "calendar", roles: plan, do: (*Handler).calendar}}),
		route.At("1/admin/callback/queues", methods{
			http.MethodGet: {name: "queues", roles: admin, tenantWide: true, do: (*Handler).queues},
		}),
		route.At("1/admin/callback/watermarks", methods{
			http.MethodGet: {name: "watermarks", roles: admin, tenantWide: true, do: (*Handler).watermarks},
		}),
		route.At("1/admin/callback/pauses", methods{
			http.MethodGet: {name: "pauses", roles: admin, tenantWide: true, do: (*Handler).pauses},
			http.MethodPut: pause, http.MethodDelete: resume,
		}),
		route.At("1/admin/callback/pauses/{name}", methods{http.MethodPut: pause, http.MethodDelete: resume}),
		route.At("1/admin/callback/reportcancelled", methods{
			http.MethodPost: {name: "export", roles: []api.Role{api.RoleExport}, tenantWide: true, do: (*Handler).export},
		}),
		route.At("1/admin/callback/cancel", methods{
			http.MethodPost: {name: opCancelAll, roles: admin, do: (*Handler).cancelAll},
		}),
		route.At("1/admin/callback/ops/delete", methods{
			http.MethodPost: {name: opDelete, roles: []api.Role{api.RoleForget}, do: (*Handler).forget},
		}),
	}
}

// Names of operations that have their own error messages.
const (
	opStart     = "start"
	opQuery     = "query"
	opPosition  = "check-queue-position"
	opCancel    = "cancel"
	opUpdate    = "update"
	opDelete    = "delete"
	opCancelAll = "bulk cancel"
	opPreview   = "preview-response"
)

// route finds the operation of a request and sets the fields of c from the
// path.
func (h *Handler) route(c *call) (api.Operation, error) {
	parts := route.Split(c.r)
	if len(parts) > 0 && parts[0] == "genesys" {
		parts = parts[1:]
	}
	op, match, err := h.paths.Find(c.w, c.r.Method, parts)
	c.op, c.name, c.id = op.name, match.Part("{name}"), match.Part("{id}")
	return api.Operation{Roles: op.roles, Do: func(caller *api.Caller) error {
		c.caller = caller
		if op.tenantWide && caller.Own != "" {
			return api.NewFault(http.StatusForbidden, "", "is not allowed for callers restricted to a customer")
		}
		return op.do(h, c)
	}}, err
}
