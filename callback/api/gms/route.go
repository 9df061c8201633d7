package gms

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback/api"
)

// operation is what a path and a method stand for.
type operation struct {
	name  string
	roles []api.Role // one of them is needed
	// tenantWide: the answer is about all callbacks of a tenant, which is
	// nothing for a caller bound to one customer.
	tenantWide bool
	do         func(*Handler, *call) error
}

// route is a path with the operations of its methods. Parts in braces stand for
// any text.
type route struct {
	parts   []string
	methods methods
}

// methods are the operations of a path by HTTP method.
type methods map[string]operation

// newRoutes lists the paths below /genesys. The first that matches counts.
func newRoutes() []route {
	create := []api.Role{api.RoleCreate, api.RoleOperate}
	read := []api.Role{api.RoleRead, api.RoleOperate}
	plan := []api.Role{api.RoleRead, api.RoleCreate, api.RoleOperate}
	operate, admin := []api.Role{api.RoleOperate}, []api.Role{api.RoleAdmin}
	byProperties := operation{name: opQuery, roles: read, do: (*Handler).byProperties}
	position := operation{name: opPosition, roles: read, do: (*Handler).position}
	return []route{
		at("openapi.json", methods{http.MethodGet: {name: "openapi", roles: api.Roles(), do: (*Handler).openapi}}),
		at("1/service/callback", methods{http.MethodGet: byProperties}),
		at("1/service/callback/{name}", methods{
			http.MethodPost: {name: opStart, roles: create, do: (*Handler).start},
			http.MethodGet:  byProperties,
		}),
		at("1/service/callback/{name}/availability", methods{
			http.MethodGet: {name: "availability", roles: plan, do: (*Handler).availability1},
		}),
		at("1/service/callback/{name}/{id}", methods{
			http.MethodGet:    {name: "get", roles: read, do: (*Handler).byID},
			http.MethodPut:    {name: opUpdate, roles: create, do: (*Handler).update},
			http.MethodDelete: {name: opCancel, roles: create, do: (*Handler).cancel},
		}),
		at("2/service/callback/{name}/availability", methods{
			http.MethodGet: {name: "availability", roles: plan, do: (*Handler).availability2},
		}),
		at("1/service/{id}/check-queue-position", methods{http.MethodGet: position, http.MethodPost: position}),
		at("1/service/{id}/preview-response", methods{
			http.MethodPost: {name: opPreview, roles: operate, do: (*Handler).preview},
		}),
		at("1/service/{name}", methods{http.MethodGet: {name: "calendar", roles: plan, do: (*Handler).calendar}}),
		at("1/admin/callback/queues", methods{
			http.MethodGet: {name: "queues", roles: admin, tenantWide: true, do: (*Handler).queues},
		}),
		at("1/admin/callback/watermarks", methods{
			http.MethodGet: {name: "watermarks", roles: admin, tenantWide: true, do: (*Handler).watermarks},
		}),
		at("1/admin/callback/reportcancelled", methods{
			http.MethodPost: {name: "export", roles: []api.Role{api.RoleExport}, tenantWide: true, do: (*Handler).export},
		}),
		at("1/admin/callback/cancel", methods{
			http.MethodPost: {name: opCancelAll, roles: admin, do: (*Handler).cancelAll},
		}),
		at("1/admin/callback/ops/delete", methods{
			http.MethodPost: {name: opDelete, roles: []api.Role{api.RoleForget}, do: (*Handler).forget},
		}),
	}
}

// Names of operations whose refusals have words of their own.
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

// at makes a route of a path.
func at(path string, m methods) route { return route{parts: strings.Split(path, "/"), methods: m} }

// route finds the operation of a request and reads what its path names.
func (h *Handler) route(c *call) (operation, error) {
	parts := strings.Split(strings.TrimPrefix(c.r.URL.EscapedPath(), "/"), "/")
	if parts[0] == "genesys" {
		parts = parts[1:]
	}
	for i, part := range parts {
		text, err := url.PathUnescape(part)
		if err != nil || text == "" {
			return operation{}, errNoPath()
		}
		parts[i] = text
	}
	i := slices.IndexFunc(h.routes, func(r route) bool { return r.matches(parts) })
	if i < 0 {
		return operation{}, errNoPath()
	}
	found := &h.routes[i]
	method := c.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	op, ok := found.methods[method]
	if !ok {
		c.w.Header().Set("Allow", found.allow())
		return operation{}, &fault{status: http.StatusMethodNotAllowed, code: codeMethod, message: "The path has no such method: it has " + found.allow() + "."}
	}
	for i, part := range found.parts {
		switch part {
		case "{name}":
			c.name = parts[i]
		case "{id}":
			c.id = parts[i]
		}
	}
	return op, nil
}

func errNoPath() error {
	return &fault{status: http.StatusNotFound, code: codePath, message: "There is no such path."}
}

func (r *route) matches(parts []string) bool {
	if len(parts) != len(r.parts) {
		return false
	}
	for i, part := range r.parts {
		if part[0] != '{' && part != parts[i] {
			return false
		}
	}
	return true
}

func (r *route) allow() string {
	var methods []string
	for method := range r.methods {
		methods = append(methods, method)
		if method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}
