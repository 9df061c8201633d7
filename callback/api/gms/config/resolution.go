package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/internal/redirect"
	"github.com/ringback-go/ringback/callback/api/gms/internal/token"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

// Resolution is the result of [Options.Resolve]: the service that takes a
// request, and the options that the request sets.
type Resolution struct {
	// Service is the service that takes the request.
	Service string
	// Overrides are the options that the request overrides, _redirect and
	// _target, for [manager.Request].
	Overrides map[string]string
	// Target and Queue are _target and _urs_virtual_queue with tokens replaced;
	// empty if the request replaces none.
	Target, Queue string
	// Retry are _max_dial_attempts and _dial_retry_timeout with tokens
	// replaced; nil if the request replaces none.
	Retry *callback.RetryLimits
	// Desired is the _desired_time of the service; zero if it has none.
	Desired time.Time
}

// Apply sets the fields of a request that the request does not set itself.
func (r *Resolution) Apply(req *manager.Request) {
	req.Service = r.Service
	if len(r.Overrides) > 0 {
		merged := maps.Clone(r.Overrides)
		maps.Copy(merged, req.Overrides)
		req.Overrides = merged
	}
	if req.Agent.Target == "" {
		req.Agent.Target = r.Target
	}
	if req.Agent.Queue == "" {
		req.Agent.Queue = r.Queue
	}
	if req.Retry == nil && r.Retry != nil {
		limits := *r.Retry
		req.Retry = &limits
	}
	if req.Desired.IsZero() && req.Local == nil {
		req.Desired = r.Desired
	}
}

// Resolve applies the body of a start request to the service it names. It
// replaces tokens $name$ in the options of the service by values of the body,
// applies _redirect and _target of the body if _overwritable_options lists
// them, and follows redirections. A token without a value stays in a text; a
// redirection, number or time with such a token is ignored. Services that are
// not in the configuration are left to the Manager.
//
// The error is a [callback.FieldError] for a value that is not a string or not
// valid for the option, also for one that redirects to an unknown service or in a
// circle, and [callback.ErrRedirect] for such a redirection that is the
// configuration's alone.
func (o *Options) Resolve(service string, body callback.Values) (*Resolution, error) {
	r := &Resolution{Service: service}
	if _, ok := o.service(service); !ok {
		return r, nil
	}
	var last *callback.Service
	asked := false // a redirection is the body's
	_, err := redirect.Follow(service, func(name string) (string, error) {
		var ok bool
		if last, ok = o.service(name); !ok {
			return "", fmt.Errorf("%w: %w", callback.ErrRedirect, callback.UnknownService(name))
		}
		to, own, err := o.redirection(last, body, name == service)
		asked = asked || own
		return to, err
	})
	if asked && errors.Is(err, callback.ErrRedirect) {
		return nil, callback.NewFieldError(callback.ErrInvalidParameter, "_redirect", "leads to an unknown service, back, or on for ever")
	}
	if err != nil {
		return nil, err
	}
	r.Service = last.Name
	if last.Redirect != "" {
		// Tell the Manager that the body disables the redirection.
		r.override("_redirect", "")
	}
	return r, o.fill(r, last, body)
}

func (o *Options) service(name string) (*callback.Service, bool) {
	for i := range o.Services {
		if o.Services[i].Name == name {
			return &o.Services[i], true
		}
	}
	return nil, false
}

func (r *Resolution) override(name, value string) {
	if r.Overrides == nil {
		r.Overrides = make(map[string]string)
	}
	r.Overrides[name] = value
}

// redirection returns the service that s redirects to, and whether the body says
// so. The body can override it only for the service that the request names.
func (o *Options) redirection(s *callback.Service, body callback.Values, named bool) (to string, asked bool, err error) {
	if value, ok := body["_redirect"]; ok && named && slices.Contains(s.Overwritable, "_redirect") {
		to, err = token.Text("_redirect", value)
		return to, true, err
	}
	template, ok := o.Settings[s.Name].Templates["_redirect"]
	if !ok {
		return s.Redirect, false, nil
	}
	to, complete, err := token.Fill("_redirect", template, body)
	if err != nil || !complete {
		return "", false, err
	}
	return to, true, nil
}

// fill applies the body to the options of the service that takes the request.
func (o *Options) fill(r *Resolution, s *callback.Service, body callback.Values) error {
	settings := o.Settings[s.Name]
	r.Desired = settings.Desired
	policy := s.Dialing.Retry
	if policy.MaxAttempts == 0 {
		policy = scheduler.DefaultRetryPolicy()
	}
	retry, filled := callback.RetryLimits{MaxAttempts: policy.MaxAttempts, Delay: policy.Default.Delay}, false
	for _, name := range slices.Sorted(maps.Keys(settings.Templates)) {
		text, complete, err := token.Fill(name, settings.Templates[name], body)
		if err != nil {
			return err
		}
		var rule string
		switch {
		case text == settings.Templates[name], name == "_redirect":
		case name == "_target":
			r.Target = text
		case name == "_urs_virtual_queue":
			r.Queue = text
		case !complete:
		case name == "_desired_time":
			r.Desired, rule = parseInstant(text)
		case name == "_max_dial_attempts":
			retry.MaxAttempts, rule = parseCount(text, 1, maxAttempts)
			filled = true
		case name == "_dial_retry_timeout":
			retry.Delay, rule = parseSeconds(text, 0, maxRetryDelay)
			filled = true
		}
		if rule != "" {
			return callback.NewFieldError(callback.ErrInvalidParameter, name, rule)
		}
	}
	if filled {
		r.Retry = &retry
	}
	if value, ok := body["_target"]; ok && slices.Contains(s.Overwritable, "_target") {
		target, err := token.Text("_target", value)
		if err != nil {
			return err
		}
		r.override("_target", target)
	}
	return nil
}
