package config

import (
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

// Resolution is what a start request makes of the service it names: where its
// redirections lead and which options it sets, by tokens or by overwriting.
type Resolution struct {
	// Service takes the request.
	Service string
	// Overrides are the options the request overwrites, for
	// [manager.Request]: _redirect and _target.
	Overrides map[string]string
	// Target and Queue are the service's _target and _urs_virtual_queue with
	// tokens filled in; empty where the request fills none.
	Target, Queue string
	// Retry are the service's _max_dial_attempts and _dial_retry_timeout with
	// tokens filled in; nil where the request fills none.
	Retry *callback.RetryLimits
	// Desired is the service's _desired_time; zero when it has none.
	Desired time.Time
}

// Apply sets in a request what the resolution says. What the request says itself
// stays: a target, a queue, a retry limit, a time.
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

// Resolve reads from the body of a start request what it makes of the service it
// names: each $name$ in a template of the service becomes the body's value of
// name (GMS tokens), _redirect and _target of the body count where
// _overwritable_options lists them, and redirections are followed. A token that
// the body does not give stays as it is in texts; a redirection, a number or a
// time with such a token is not there.
//
// A service that the configuration does not have is left to the Manager.
//
// Errors: a [callback.FieldError] for a value that is no text or not what the
// option takes, [callback.ErrRedirect] for a redirection that leads nowhere or
// back.
func (o *Options) Resolve(service string, body callback.Values) (*Resolution, error) {
	r := &Resolution{Service: service}
	if _, ok := o.service(service); !ok {
		return r, nil
	}
	var last *callback.Service
	_, err := redirect.Follow(service, func(name string) (string, error) {
		var ok bool
		if last, ok = o.service(name); !ok {
			return "", fmt.Errorf("%w: %w", callback.ErrRedirect, callback.UnknownService(name))
		}
		return o.redirection(last, body, name == service)
	})
	if err != nil {
		return nil, err
	}
	r.Service = last.Name
	if last.Redirect != "" {
		// The body switched the redirection off, which the Manager has to know.
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

// redirection returns where a service sends the request; a body may overwrite
// only that of the service it was sent to.
func (o *Options) redirection(s *callback.Service, body callback.Values, named bool) (string, error) {
	if value, ok := body["_redirect"]; ok && named && slices.Contains(s.Overwritable, "_redirect") {
		return token.Text("_redirect", value)
	}
	template, ok := o.Settings[s.Name].Templates["_redirect"]
	if !ok {
		return s.Redirect, nil
	}
	to, complete, err := token.Fill("_redirect", template, body)
	if err != nil || !complete {
		return "", err
	}
	return to, nil
}

// fill reads what the service that takes the request lets the body set.
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
