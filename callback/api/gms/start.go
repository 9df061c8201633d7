package gms

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms/config"
	"github.com/ringback-go/ringback/callback/api/gms/internal/redirect"
	"github.com/ringback-go/ringback/callback/api/gms/internal/token"
	"github.com/ringback-go/ringback/callback/api/internal/ownkey"
	"github.com/ringback-go/ringback/callback/manager"
)

// start creates a callback (GMS 4.1).
func (h *Handler) start(c *call) error {
	p, err := readParameters(c)
	if err != nil {
		return err
	}
	req, err := h.startRequest(c, p)
	if err != nil {
		return err
	}
	if err := h.mayStart(c, req); err != nil {
		return err
	}
	cb, err := h.manager.Tenant(c.caller.Tenant).Start(c.r.Context(), *req)
	if err != nil {
		return err
	}
	callsIn := false
	if policy, err := h.manager.Tenant(cb.Tenant).Policy(c.r.Context(), cb.Service); err == nil {
		callsIn = policy.Service().Inbound.On
	}
	return c.answer(http.StatusOK, started(req, cb, callsIn))
}

// startRequest reads the body. Members that are not parameters become
// properties or user data.
func (h *Handler) startRequest(c *call, p *parameters) (*manager.Request, error) {
	overrides, err := readOverrides(c, p)
	if err != nil {
		return nil, err
	}
	req := &manager.Request{Service: c.name, CustomerID: c.caller.Own, Actor: c.caller.Name}
	if req.Key, err = ownkey.Read(c.r.Header, c.caller.Own); err != nil {
		return nil, err
	}
	if err := h.resolve(c.caller.Tenant, req, p.values, overrides); err != nil {
		return nil, err
	}
	if state := p.text(keyState); state != "" {
		var ok bool
		if req.State, ok = forced(state); !ok {
			p.refuse(keyState, "is not a state")
		}
	}
	req.Number = p.text(keyNumber)
	if at := p.time(keyDesired); !at.IsZero() {
		req.Desired = at
	}
	req.CopyFrom = callback.ID(p.text(keyCopyFrom))
	req.Origin.InteractionID = p.text(keyOriginating)
	req.SessionID = p.peek(keySession)
	if queue := p.peek(keyQueue); queue != "" {
		req.Agent.Queue = queue
	}
	for _, option := range overwritable() {
		delete(p.values, option)
	}
	c.number, c.id = req.Number, string(req.CopyFrom)
	if p.err != nil {
		return nil, p.err
	}
	req.Properties = p.values
	if policy := h.follow(c.r.Context(), c.caller.Tenant, req); policy != nil {
		// If the service is unknown, Start returns the error.
		h.countHeaders(c, req, policy.Service())
		h.fillTemplates(c.caller.Tenant, req, policy.Service())
	}
	return req, nil
}

// overwritable are the options that a request can override.
func overwritable() []string { return []string{keyORS, keyRedirect, keyTarget} }

// readOverrides reads the options that the request overrides, from the body or
// else from the URL. Two quotation marks stand for an empty value.
func readOverrides(c *call, p *parameters) (map[string]string, error) {
	query, err := readQuery(c)
	if err != nil {
		return nil, err
	}
	overrides := make(map[string]string)
	for _, option := range overwritable() {
		if value, ok := p.values[option]; ok {
			if value != nil {
				overrides[option] = unquote(p.textOf(option, value))
			}
			continue
		}
		text, ok := single(query, option)
		if !ok {
			return nil, invalidParameter(option, "is given more than once")
		}
		if query.Has(option) {
			overrides[option] = unquote(text)
		}
	}
	return overrides, p.err
}

func unquote(text string) string {
	if text == `""` {
		return ""
	}
	return text
}

// resolve sets the service, and the options that tokens and overrides set.
func (h *Handler) resolve(tenant string, req *manager.Request, values callback.Values, overrides map[string]string) error {
	options := h.viewOf(tenant).options
	if options == nil {
		req.Overrides = overrides
		return nil
	}
	body := make(callback.Values, len(values)+len(overrides))
	for name, value := range values {
		body[name] = value
	}
	for option, value := range overrides {
		body[option] = value
	}
	r, err := options.Resolve(req.Service, body)
	if err != nil {
		return err
	}
	r.Apply(req)
	if !hasService(options, r.Service) {
		req.Overrides = overrides
	}
	return nil
}

func hasService(options *config.Options, name string) bool {
	return slices.ContainsFunc(options.Services, func(s callback.Service) bool { return s.Name == name })
}

// mayStart checks what the caller needs further permission for: forcing a
// state, which bypasses limits, and copying a callback it cannot see. It clears
// a forced state that the Manager would choose anyway.
func (h *Handler) mayStart(c *call, req *manager.Request) error {
	if req.State != 0 && !c.caller.Has(api.RoleOperate) {
		natural, err := h.isNatural(c, req)
		if err != nil {
			return err
		}
		if !natural {
			return api.NewFault(http.StatusForbidden, keyState, "needs the role "+api.RoleOperate.String()+", unless it is the initial state")
		}
		req.State = 0
	}
	if req.CopyFrom == "" || c.caller.Own == "" {
		return nil
	}
	_, err := h.reach(c)
	return err
}

// isNatural reports whether the state that a request forces is the one it would
// have anyway: QUEUED for now, SCHEDULED for a time beyond the buffer.
func (h *Handler) isNatural(c *call, req *manager.Request) (bool, error) {
	if req.State != callback.Queued && req.State != callback.Scheduled {
		return false, nil
	}
	now, err := h.manager.Now(c.r.Context())
	if err != nil {
		return false, err
	}
	if req.State == callback.Queued {
		return !req.Desired.After(now), nil
	}
	var buffer time.Duration
	if policy := h.follow(c.r.Context(), c.caller.Tenant, req); policy != nil {
		buffer = max(policy.Service().Booking.Buffer, 0)
	}
	return !req.Desired.IsZero() && !req.Desired.Before(now.Add(buffer)), nil
}

// countHeaders adds the headers that the daily limit of the service counts.
func (h *Handler) countHeaders(c *call, req *manager.Request, s callback.Service) {
	if !h.countsHeaders(c.caller.Tenant, s.Name) {
		return
	}
	for _, name := range s.Limits.Parameters {
		if value := c.r.Header.Get(name); value != "" {
			if req.Parameters == nil {
				req.Parameters = make(map[string]string)
			}
			req.Parameters[name] = value
		}
	}
}

// countsHeaders reports whether the daily limit of a service counts headers.
func (h *Handler) countsHeaders(tenant, service string) bool {
	if options := h.viewOf(tenant).options; options != nil {
		if s, ok := options.Settings[service]; ok {
			return s.ThrottleHeaders
		}
	}
	return !h.ignoreHeaders
}

// follow returns the service that the request is redirected to, nil if there is
// none.
func (h *Handler) follow(ctx context.Context, tenant string, req *manager.Request) *callback.Policy {
	var policy *callback.Policy
	_, err := redirect.Follow(req.Service, func(name string) (to string, err error) {
		if policy, err = h.manager.Tenant(tenant).Policy(ctx, name); err != nil {
			return "", err
		}
		s := policy.Service()
		if value, ok := req.Overrides[keyRedirect]; ok && name == req.Service && slices.Contains(s.Overwritable, keyRedirect) {
			return value, nil
		}
		return s.Redirect, nil
	})
	if err != nil {
		return nil
	}
	return policy
}

// fillTemplates replaces tokens in the target and the queue of a service that
// is not in Options.
func (h *Handler) fillTemplates(tenant string, req *manager.Request, s callback.Service) {
	if options := h.viewOf(tenant).options; options != nil && hasService(options, s.Name) {
		return
	}
	fill := func(option, template string, into *string) {
		if *into != "" || !strings.Contains(template, "$") {
			return
		}
		if text, _, err := token.Fill(option, template, req.Properties); err == nil && text != template {
			*into = text
		}
	}
	fill(keyTarget, s.Queueing.Target, &req.Agent.Target)
	fill(keyQueue, s.Queueing.VirtualQueue, &req.Agent.Queue)
}
