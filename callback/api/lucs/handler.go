package lucs

import (
	"log/slog"
	"net/http"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/check"
	"github.com/ringback-go/ringback/callback/api/internal/route"
	"github.com/ringback-go/ringback/callback/api/internal/turns"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/manager"
)

// Config configures a [Handler]. Manager and Authorizer are required.
type Config struct {
	Manager *manager.Manager
	// Authorizer identifies callers.
	Authorizer api.Authorizer
	// Origins are the origins whose pages may use the API from a browser.
	// Defaults to none.
	Origins *api.Origins
	// Logger receives failures of the server, without phone numbers. Defaults
	// to slog.Default().
	Logger *slog.Logger
	// MaxOffset is the maximum Offset of a search; the callbacks before it are
	// read and discarded. Defaults to 100,000.
	MaxOffset int
	// MaxSorted is the maximum number of callbacks to sort in memory, for
	// orders that the store does not have: Offset plus Limit, or all results if
	// there is no Limit. With a Limit up to twice as many are held temporarily,
	// and up to ten times as many may match. Defaults to 10,000.
	MaxSorted int
	// ContextURLs are the URLs that ContextUrl may be in addition to https URLs:
	// a scheme, such as "crm:", or a scheme and a host, such as
	// "http://crm.example.com". Default to none.
	ContextURLs []string
}

// Handler serves LUCS clients. Create one with [New]. It is safe for concurrent
// use.
type Handler struct {
	manager    *manager.Manager
	authorizer api.Authorizer
	origins    *api.Origins
	log        *slog.Logger
	maxOffset  int
	maxSorted  int
	contexts   contextURLs
	paths      route.Table[operation]
	known      known
	turns      turns.Turns
}

// New returns a Handler. The error joins a [callback.ErrConfiguration] per
// fault, each of which names the field.
func New(config Config) (*Handler, error) {
	h := &Handler{
		manager: config.Manager, authorizer: config.Authorizer, origins: config.Origins, log: config.Logger,
		maxOffset: config.MaxOffset, maxSorted: config.MaxSorted,
		paths: route.Table[operation]{Paths: paths(), Fold: true},
	}
	if h.log == nil {
		h.log = slog.Default()
	}
	if h.maxOffset == 0 {
		h.maxOffset = 100_000
	}
	if h.maxSorted == 0 {
		h.maxSorted = 10_000
	}
	faults := check.Faults{Kind: callback.ErrConfiguration}
	var bad string
	h.contexts, bad = readContextURLs(config.ContextURLs)
	faults.Check(len(h.contexts) == len(config.ContextURLs), "ContextURLs", "%q is neither a scheme nor a scheme and a host", bad)
	faults.Check(h.manager != nil, "Manager", "is required")
	faults.Check(h.authorizer != nil, "Authorizer", "is required")
	faults.Check(h.maxOffset > 0, "MaxOffset", "%d is negative", h.maxOffset)
	faults.Check(h.maxSorted > 0, "MaxSorted", "%d is negative", h.maxSorted)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return h, nil
}

// request is an authorized request.
type request struct {
	*http.Request
	caller *api.Caller
	id     string // callback in the path
}

// operation is an operation of the API.
type operation struct {
	name  string // for the log
	roles []api.Role
	do    func(h *Handler, w http.ResponseWriter, r *request) error
}

// ServeHTTP implements http.Handler. It panics with http.ErrAbortHandler if an
// error occurs after a response has begun; the net/http server then closes the
// connection.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(wire.Watch(wire.Bounded(r.Context())))
	var op operation
	m := h.manager
	api.Serve(w, r, h.authorizer, h.origins, func() (api.Operation, error) {
		parts := route.Split(r)
		var err error
		op, _, err = h.paths.Find(w, r.Method, parts)
		return api.Operation{Roles: op.roles, Do: func(caller *api.Caller) error {
			m = m.Tenant(caller.Tenant)
			found := &request{Request: r, caller: caller}
			if len(parts) > 2 {
				found.id = parts[2]
			}
			return op.do(h, w, found)
		}}, err
	}, func(err error) { h.refuse(w, r, m, op.name, err) })
}

// paths returns the paths with their operations.
func paths() []route.Path[operation] {
	write := []api.Role{api.RoleCreate, api.RoleOperate}
	read := []api.Role{api.RoleRead, api.RoleOperate}
	get := operation{"get", read, (*Handler).get}
	type methods = map[string]operation
	return []route.Path[operation]{
		route.At("v1.0/callbacks", methods{
			http.MethodGet:  {"find", read, (*Handler).findByExternal},
			http.MethodPost: {"create", write, (*Handler).create},
		}),
		route.At("v1.0/callbacks/search", methods{http.MethodGet: get, http.MethodPost: {"search", read, (*Handler).search}}),
		route.At("v1.0/callbacks/{id}", methods{http.MethodGet: get}),
		route.At("v1.0/callbacks/{id}/cancel", methods{http.MethodPost: {"cancel", write, (*Handler).cancel}}),
		route.At("v1.0/services", methods{
			http.MethodGet: {"services", []api.Role{api.RoleRead, api.RoleOperate, api.RoleCreate}, (*Handler).services},
		}),
		route.At("v1.0/openapi.json", methods{http.MethodGet: {"document", api.Roles(), (*Handler).document}}),
	}
}
