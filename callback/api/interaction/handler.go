package interaction

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/check"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/callback/manager"
)

// Config configures a [Handler].
type Config struct {
	// Manager holds the callbacks. Required.
	Manager *manager.Manager
	// Authorizer identifies the caller. Required.
	Authorizer api.Authorizer
	// Origins are the origins whose pages may use the API from a browser.
	// Defaults to none.
	Origins *api.Origins
	// Base resolves relative URLs in structured_text and binary_content.
	// Defaults to nil: URLs stay relative.
	Base *url.URL
	// CreatorAppID and ServerID are used if the callback sets none. Default to
	// 0 and "".
	CreatorAppID int64
	ServerID     string
	// Replaced reports whether a completed callback was redialled by a copy,
	// which only the copy records. It must be safe for concurrent use. If it
	// fails, the answer has status 500. Defaults to always false.
	Replaced func(ctx context.Context, cb *callback.Callback) (bool, error)
	// Logger receives the causes of answers with status 500. Defaults to
	// slog.Default().
	Logger *slog.Logger
}

// Handler serves interactions by id: GET and HEAD of "/{id}", relative to its
// mount point. For example
//
//	mux.Handle("/interactions/", http.StripPrefix("/interactions", handler))
//
// serves /interactions/{id}. The caller needs the role read or operate. A
// callback that is outside the caller's tenant or customer yields the same 404
// as one that does not exist.
//
// Error bodies have the form {"code":40030,"message":"..."} (inferred). The
// code is that of GMS, or the status times 100 where GMS has none. A Handler is
// safe for concurrent use.
type Handler struct {
	config Config
}

// New returns a handler. It reports all faults of the configuration at once,
// each as a [callback.ErrConfiguration].
func New(config Config) (*Handler, error) {
	faults := check.Faults{Kind: callback.ErrConfiguration}
	faults.Check(config.Manager != nil, "Manager", "is required")
	faults.Check(config.Authorizer != nil, "Authorizer", "is required")
	faults.Check(config.CreatorAppID >= 0, "CreatorAppID", "is negative")
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	return &Handler{config: config}, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(wire.Watch(wire.Bounded(r.Context())))
	m := h.config.Manager
	op := api.Operation{Roles: []api.Role{api.RoleRead, api.RoleOperate}, Do: func(caller *api.Caller) error {
		m = m.Tenant(caller.Tenant)
		body, err := h.read(w, r, caller)
		if err == nil {
			h.write(w, http.StatusOK, body)
		}
		return err
	}}
	api.Serve(w, r, h.config.Authorizer, h.config.Origins, func() (api.Operation, error) { return op, nil }, func(err error) { h.refuse(w, r, m, err) })
}

func (h *Handler) read(w http.ResponseWriter, r *http.Request, caller *api.Caller) ([]byte, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil, api.NotAllowed(w, "GET, HEAD")
	}
	id := strings.Trim(r.URL.Path, "/")
	if !text.IsID(id) {
		return nil, callback.ErrNotFound
	}
	cb, err := h.config.Manager.Tenant(caller.Tenant).Get(r.Context(), callback.ID(id))
	if err == nil {
		err = caller.Reach(cb)
	}
	if err != nil {
		return nil, err
	}
	options, err := h.options(r.Context(), cb)
	if err != nil {
		return nil, err
	}
	return json.Marshal(FromCallback(cb, options))
}

// errNoInteraction does not echo the requested id.
var errNoInteraction = api.NewFault(http.StatusNotFound, "", "no such interaction")

// options collects what the callback does not contain. A removed service is not
// an error: its callbacks remain readable.
func (h *Handler) options(ctx context.Context, cb *callback.Callback) (Options, error) {
	o := Options{Base: h.config.Base, CreatorAppID: h.config.CreatorAppID, ServerID: h.config.ServerID}
	policy, err := h.config.Manager.Tenant(cb.Tenant).Policy(ctx, cb.Service)
	if err != nil && !errors.Is(err, callback.ErrInvalidParameter) {
		return o, err
	}
	o.Policy = policy
	if h.config.Replaced != nil && cb.State == callback.Completed {
		o.Replaced, err = h.config.Replaced(ctx, cb)
		return o, err
	}
	return o, nil
}

// refuse writes an error answer. m acts for the caller's tenant, if it is known.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, m *manager.Manager, err error) {
	wire.Refused(r.Context(), m, "interaction.read", err)
	status := http.StatusInternalServerError
	answer := struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{callback.CodeUnexpected, "the interaction could not be read"}
	var fault *api.Fault
	if errors.Is(err, callback.ErrNotFound) {
		err = errNoInteraction
	}
	if errors.As(err, &fault) && fault.Status < http.StatusInternalServerError {
		status, answer.Code, answer.Message = fault.Status, fault.Status*100, fault.Error()
		if status == http.StatusNotFound {
			answer.Code = callback.Code(callback.ErrNotFound)
		}
	} else {
		wire.LogFailure(r.Context(), h.config.Logger, "interaction request failed", err)
	}
	body, err := json.Marshal(answer)
	if err != nil {
		body = []byte("{}")
	}
	h.write(w, status, body)
}

// write writes a JSON body.
func (h *Handler) write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", api.JSON)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
