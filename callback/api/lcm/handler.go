package lcm

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/check"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/callback/manager"
)

// Config configures a [Handler]. Manager, Authorizer, and either Service or
// ServiceOf are required.
type Config struct {
	// Manager keeps the callbacks. Its Config.Contacts is the directory of
	// accounts and modes.
	Manager *manager.Manager
	// Authorizer identifies callers of ServeHTTP.
	Authorizer api.Authorizer
	// Origins are the origins whose pages may use the API from a browser.
	// Defaults to none.
	Origins *api.Origins
	// Service is the service of all callbacks.
	Service string
	// ServiceOf returns the service for an account and the campaign of its
	// contact mode. An empty name, or an error that is a
	// [callback.ErrInvalidParameter], rejects the callback. It must be safe for
	// concurrent use.
	ServiceOf func(ctx context.Context, tenant, account, campaign string) (string, error)
	// Zone is the time zone of dates and times in messages. Defaults to UTC.
	Zone *time.Location
	// ValidCall reports whether a non-empty call id exists. An error is
	// answered with status 500. It must be safe for concurrent use. By default
	// all ids are valid.
	ValidCall func(ctx context.Context, tenant, callID string) (bool, error)
	// Logger receives failures of the server, without phone numbers. Defaults
	// to slog.Default().
	Logger *slog.Logger
}

// Handler answers LCM messages. Create one with [New]. It is safe for
// concurrent use.
type Handler struct{ config Config }

// New returns a Handler. The error joins a [callback.ErrConfiguration] per
// fault.
func New(config Config) (*Handler, error) {
	faults := check.Faults{Kind: callback.ErrConfiguration}
	faults.Check(config.Manager != nil, "Manager", "is required")
	faults.Check(config.Authorizer != nil, "Authorizer", "is required")
	faults.Check((config.Service == "") != (config.ServiceOf == nil), "Service", "and ServiceOf: exactly one is required")
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if config.Zone == nil {
		config.Zone = time.UTC
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	return &Handler{config: config}, nil
}

// ServeHTTP accepts a message as the JSON body of a POST, on any path. The
// status is 200 or, for errors, 400, 401, 403, 404 for an unknown account, 405,
// 409 if the callback cannot be set, 413, 415, 429 or 500.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := api.Operation{Roles: []api.Role{api.RoleCreate, api.RoleRead, api.RoleOperate}, Do: func(caller *api.Caller) error {
		if r.Method != http.MethodPost {
			return api.NotAllowed(w, http.MethodPost)
		}
		body, _, err := api.ReadBody(w, r, api.JSON)
		if err != nil {
			return err
		}
		reply, err := h.Handle(r.Context(), *caller, body)
		h.write(w, err, reply)
		return nil
	}}
	api.Serve(w, r, h.config.Authorizer, h.config.Origins, func() (api.Operation, error) { return op, nil }, func(err error) {
		wire.Refused(r.Context(), h.config.Manager, "lcm.none", err)
		if h.explain(err).status >= http.StatusInternalServerError {
			h.log(r.Context(), "", err)
		}
		h.write(w, err, h.refusal(err))
	})
}

// write sends a reply with the status of its error.
func (h *Handler) write(w http.ResponseWriter, err error, reply []byte) {
	status := http.StatusOK
	if err != nil {
		status = h.explain(err).status
	}
	w.Header().Set("Content-Type", api.JSON)
	w.WriteHeader(status)
	_, _ = w.Write(reply)
}

// Handle returns the reply to a message of a caller. If the reply is an error,
// Handle also returns the error. Nothing was changed in that case, unless it is
// a [callback.ErrOutcomeUnknown]; the message can be repeated. A store that does not
// answer is such an error after two seconds at most.
func (h *Handler) Handle(ctx context.Context, caller api.Caller, message []byte) (reply []byte, err error) {
	ctx = wire.Watch(wire.Bounded(ctx))
	var op operation
	reply, err = h.handle(ctx, caller, message, &op)
	wire.Refused(ctx, h.config.Manager.Tenant(caller.Tenant), "lcm."+cmp.Or(op.name, "none"), err)
	return reply, err
}

// handle is Handle. It sets found as soon as it is known.
func (h *Handler) handle(ctx context.Context, caller api.Caller, message []byte, found *operation) (reply []byte, err error) {
	env, err := read(message)
	if err != nil {
		return h.refusal(err), err
	}
	op, ok := find(env)
	*found = op
	if !ok {
		err := callback.NewFieldError(callback.ErrInvalidParameter, "subtopic", "is unknown for the topic")
		return h.refusal(err), err
	}
	c := &call{handler: h, caller: caller, operation: op, data: env.data, source: env.source}
	answer, err := c.do(ctx)
	if err == nil {
		if reply, err = op.reply(env, answer); err == nil {
			return reply, nil
		}
	}
	told := h.explain(err)
	if told.status >= http.StatusInternalServerError {
		h.log(ctx, op.name, err)
	}
	reply, failed := op.reply(env, op.failed(c.callID, told))
	if failed != nil {
		return h.refusal(failed), failed
	}
	return reply, err
}

func (h *Handler) log(ctx context.Context, operation string, err error) {
	wire.LogFailure(ctx, h.config.Logger, "LCM message failed", err, slog.String("subtopic", operation))
}

// call is a message in progress.
type call struct {
	handler   *Handler
	caller    api.Caller
	operation operation
	data      members
	source    string
	callID    string // set by readCall
}

func (c *call) do(ctx context.Context) (any, error) {
	if err := c.permit(); err != nil {
		return nil, err
	}
	if c.operation.ofCall {
		if err := c.readCall(ctx); err != nil {
			return nil, err
		}
	}
	return c.operation.do(c, ctx)
}

// permit checks the role of the caller.
func (c *call) permit() error {
	switch {
	case c.caller.Name == "":
		return api.ErrUnauthenticated
	case c.caller.Own != "", !slices.ContainsFunc(c.operation.roles, c.caller.Has):
		return api.ErrForbidden
	}
	return nil
}

// readCall reads and checks the id of the agent's call.
func (c *call) readCall(ctx context.Context) error {
	value := c.data.Take("callid")
	id, ok := value.(string)
	if !ok && value != nil {
		return &callError{actual: "callid: is not a string"}
	}
	id = strings.TrimSpace(id)
	if id == "" {
		return &callError{actual: "Callid is empty"}
	}
	c.callID = id
	wrong := &callError{actual: "Invalid Call ID:" + id}
	if text.Rule(id, maxName) != "" {
		return wrong
	}
	if c.handler.config.ValidCall == nil {
		return nil
	}
	valid, err := c.handler.config.ValidCall(ctx, c.caller.Tenant, id)
	if err == nil && !valid {
		return wrong
	}
	return err
}
