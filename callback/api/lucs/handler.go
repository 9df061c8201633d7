package lucs

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/manager"
)

// Config is what a Handler is made of. Manager and Authorizer are required.
type Config struct {
	Manager *manager.Manager
	// Authorizer says who makes a request. Nothing is allowed without one.
	Authorizer api.Authorizer
	// Logger gets what fails on the side of the server; never a number.
	// Defaults to slog.Default().
	Logger *slog.Logger
	// MaxOffset is the largest Offset of a search: the callbacks before it are
	// read and thrown away. Defaults to 100,000.
	MaxOffset int
	// MaxSorted is the most callbacks that are held to put them into an order
	// that the store does not have: Offset and Limit together, or all that
	// match where there is no Limit. With a Limit there are twice as many for a
	// moment. Defaults to 10,000.
	MaxSorted int
}

// Handler answers the requests of LUCS clients. Make one with [New]; it is safe
// for concurrent use.
type Handler struct {
	manager    *manager.Manager
	authorizer api.Authorizer
	log        *slog.Logger
	maxOffset  int
	maxSorted  int
	known      known
}

// New makes a Handler. Every fault of the configuration is reported at once; each
// is a [callback.ErrConfiguration] that names the field.
func New(config Config) (*Handler, error) {
	h := &Handler{
		manager: config.Manager, authorizer: config.Authorizer, log: config.Logger,
		maxOffset: config.MaxOffset, maxSorted: config.MaxSorted,
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
	var faults []error
	check := func(ok bool, field, rule string) {
		if !ok {
			faults = append(faults, callback.NewFieldError(callback.ErrConfiguration, field, rule))
		}
	}
	check(h.manager != nil, "Manager", "is required")
	check(h.authorizer != nil, "Authorizer", "is required")
	check(h.maxOffset > 0, "MaxOffset", fmt.Sprintf("%d is negative", h.maxOffset))
	check(h.maxSorted > 0, "MaxSorted", fmt.Sprintf("%d is negative", h.maxSorted))
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return h, nil
}

// request is one that may be answered.
type request struct {
	*http.Request
	caller *api.Caller
	id     string // of the callback in the path
}

// operation is what a path and a method stand for.
type operation struct {
	name  string // for the log
	roles []api.Role
	do    func(h *Handler, w http.ResponseWriter, r *request) error
}

// ServeHTTP implements http.Handler. It panics with http.ErrAbortHandler where
// an answer fails after its beginning was sent; a server of net/http then cuts
// the connection.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	op, id, err := route(r)
	if err != nil {
		h.refuse(w, r, op.name, err)
		return
	}
	caller, err := api.Permit(w, r, h.authorizer, op.roles...)
	if err == nil {
		err = op.do(h, w, &request{Request: r, caller: caller, id: id})
	}
	if err != nil {
		h.refuse(w, r, op.name, err)
	}
}

// methodError is a method that a path does not have.
type methodError struct{ allow string }

func (e *methodError) Error() string { return "the path has no such method; it has " + e.allow }

// errNoPath is a path that is none of LUCS.
var errNoPath = api.NewFault(http.StatusNotFound, "", "there is no such path")

// route finds the operation of a request and the callback it names.
func route(r *http.Request) (op operation, id string, err error) {
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	if len(parts) < 2 || len(parts) > 4 || !strings.EqualFold(parts[0], "v1.0") {
		return operation{}, "", errNoPath
	}
	if len(parts) > 2 {
		if id, err = url.PathUnescape(parts[2]); err != nil || id == "" {
			return operation{}, "", errNoPath
		}
	}
	var get, post operation
	switch at := strings.ToLower(parts[1]); {
	case at == "callbacks" && len(parts) == 2:
		get, post = opFind(), opCreate()
	case at == "callbacks" && len(parts) == 3:
		get = opGet()
		if strings.EqualFold(id, "search") {
			post = opSearch()
		}
	case at == "callbacks" && strings.EqualFold(parts[3], "cancel"):
		post = opCancel()
	case at == "services" && len(parts) == 2:
		get = opServices()
	case at == "openapi.json" && len(parts) == 2:
		get = opDocument()
	default:
		return operation{}, "", errNoPath
	}
	switch {
	case (r.Method == http.MethodGet || r.Method == http.MethodHead) && get.do != nil:
		return get, id, nil
	case r.Method == http.MethodPost && post.do != nil:
		return post, id, nil
	}
	return operation{}, "", &methodError{allowed(get.do != nil, post.do != nil)}
}

func allowed(get, post bool) string {
	switch {
	case get && post:
		return "GET, HEAD, POST"
	case get:
		return "GET, HEAD"
	}
	return "POST"
}

func opCreate() operation {
	return operation{"create", []api.Role{api.RoleCreate, api.RoleOperate}, (*Handler).create}
}

func opCancel() operation {
	return operation{"cancel", []api.Role{api.RoleCreate, api.RoleOperate}, (*Handler).cancel}
}

func opGet() operation {
	return operation{"get", []api.Role{api.RoleRead, api.RoleOperate}, (*Handler).get}
}

func opFind() operation {
	return operation{"find", []api.Role{api.RoleRead, api.RoleOperate}, (*Handler).findByExternal}
}

func opSearch() operation {
	return operation{"search", []api.Role{api.RoleOperate, api.RoleRead}, (*Handler).search}
}

func opServices() operation {
	return operation{"services", []api.Role{api.RoleRead, api.RoleOperate, api.RoleCreate}, (*Handler).services}
}

func opDocument() operation {
	return operation{"document", api.Roles(), (*Handler).document}
}
