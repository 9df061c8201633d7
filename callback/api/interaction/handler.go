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
	"github.com/ringback-go/ringback/callback/api/internal/safetext"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/manager"
)

// Config is what a [Handler] is made of.
type Config struct {
	// Manager has the callbacks. Required.
	Manager *manager.Manager
	// Authorizer says who asks. Required.
	Authorizer api.Authorizer
	// Base is where relative URLs of structured_text and binary_content begin.
	// Defaults to none: they are written as they were given.
	Base *url.URL
	// CreatorAppID and ServerID are written where the callback has none.
	// Default to 0 and "".
	CreatorAppID int64
	ServerID     string
	// Replaced says whether a completed callback was redialled by a copy. Only
	// the copy knows, so a host that keeps track of copies may. It must be safe
	// for concurrent use; its error is answered with status 500. Defaults to
	// "never".
	Replaced func(ctx context.Context, cb *callback.Callback) (bool, error)
	// Logger gets the failures behind answers of status 500. Defaults to
	// slog.Default().
	Logger *slog.Logger
}

// Handler serves the resource by id: GET and HEAD of "/{id}", relative to where
// it is mounted, so that
//
//	mux.Handle("/interactions/", http.StripPrefix("/interactions", handler))
//
// serves /interactions/{id}. It needs the role read for callbacks that the
// caller reaches, or operate. A callback of another tenant or customer is
// answered exactly as one that does not exist: with status 404.
//
// Errors are {"code":40030,"message":"..."}, where the code is that of GMS, or
// the status with two zeros where GMS has none; the form is inferred. It is safe
// for concurrent use.
type Handler struct {
	config Config
}

// New makes a handler and reports every fault of its configuration at once,
// each a [callback.ErrConfiguration].
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
	op := api.Operation{Roles: []api.Role{api.RoleRead, api.RoleOperate}, Do: func(caller *api.Caller) error {
		body, err := h.read(w, r, caller)
		if err == nil {
			h.write(w, http.StatusOK, body)
		}
		return err
	}}
	api.Serve(w, r, h.config.Authorizer, func() (api.Operation, error) { return op, nil }, func(err error) { h.refuse(w, r, err) })
}

func (h *Handler) read(w http.ResponseWriter, r *http.Request, caller *api.Caller) ([]byte, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil, api.NotAllowed(w, "GET, HEAD")
	}
	id := strings.TrimPrefix(r.URL.Path, "/")
	if !safetext.IsID(id) {
		return nil, errNoInteraction
	}
	cb, err := h.config.Manager.Tenant(caller.Tenant).Get(r.Context(), callback.ID(id))
	switch {
	case errors.Is(err, callback.ErrNotFound):
		return nil, errNoInteraction
	case err != nil:
		return nil, err
	case !caller.Reaches(cb):
		return nil, errNoInteraction
	}
	options, err := h.options(r.Context(), cb)
	if err != nil {
		return nil, err
	}
	return json.Marshal(FromCallback(cb, options))
}

// errNoInteraction does not repeat what was asked for.
var errNoInteraction = api.NewFault(http.StatusNotFound, "", "there is no such interaction")

// options looks up what the callback does not hold. A service that is not known
// any more is no reason not to show its callbacks.
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

// refuse answers with the error form.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusInternalServerError
	answer := struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{callback.CodeUnexpected, "the interaction could not be read"}
	var fault *api.Fault
	if errors.As(err, &fault) && fault.Status < http.StatusInternalServerError {
		status, answer.Code, answer.Message = fault.Status, fault.Status*100, fault.Error()
		if status == http.StatusNotFound {
			answer.Code = callback.Code(callback.ErrNotFound)
		}
	} else {
		wire.LogFailure(r.Context(), h.config.Logger, "reading an interaction failed", err)
	}
	body, err := json.Marshal(answer)
	if err != nil {
		body = []byte("{}")
	}
	h.write(w, status, body)
}

// write sends a body that nobody on the way may keep: it names a person.
func (h *Handler) write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", api.JSON)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
