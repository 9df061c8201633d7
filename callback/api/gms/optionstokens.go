package gms

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback"
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
	s, ok := o.service(service)
	if !ok {
		return r, nil
	}
	seen := []string{service}
	for {
		to, err := o.redirection(s, body, len(seen) == 1)
		if err != nil {
			return nil, err
		}
		if to == "" {
			break
		}
		next, ok := o.service(to)
		switch {
		case !ok:
			return nil, fmt.Errorf("%w: %w", callback.ErrRedirect, callback.UnknownService(to))
		case slices.Contains(seen, to) || len(seen) > maxRedirections:
			return nil, fmt.Errorf("%w: %w", callback.ErrRedirect,
				callback.NewFieldError(callback.ErrConfiguration, "_redirect", "leads back or on for ever"))
		}
		s, seen = next, append(seen, to)
	}
	r.Service = s.Name
	if s.Redirect != "" {
		// The body switched the redirection off, which the Manager has to know.
		r.override("_redirect", "")
	}
	return r, o.fill(r, s, body)
}

// maxRedirections is how long a chain of redirections may be; the Manager has the
// same bound.
const maxRedirections = 8

func (o *Options) service(name string) (*callback.Service, bool) {
	for i := range o.Services {
		if o.Services[i].Name == name {
			return &o.Services[i], true
		}
	}
	return nil, false
}

func (r *Resolution) override(option, value string) {
	if r.Overrides == nil {
		r.Overrides = make(map[string]string)
	}
	r.Overrides[option] = value
}

// redirection returns where a service sends the request; a body may overwrite
// only that of the service it was sent to.
func (o *Options) redirection(s *callback.Service, body callback.Values, named bool) (string, error) {
	if value, ok := body["_redirect"]; ok && named && slices.Contains(s.Overwritable, "_redirect") {
		return tokenText("_redirect", value)
	}
	template, ok := o.Settings[s.Name].Templates["_redirect"]
	if !ok {
		return s.Redirect, nil
	}
	to, complete, err := fillTokens("_redirect", template, body)
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
	for _, option := range slices.Sorted(maps.Keys(settings.Templates)) {
		text, complete, err := fillTokens(option, settings.Templates[option], body)
		if err != nil {
			return err
		}
		var rule string
		switch {
		case text == settings.Templates[option], option == "_redirect":
		case option == "_target":
			r.Target = text
		case option == "_urs_virtual_queue":
			r.Queue = text
		case !complete:
		case option == "_desired_time":
			r.Desired, rule = parseInstant(text)
		case option == "_max_dial_attempts":
			retry.MaxAttempts, rule = parseCount(text, 1, maxAttempts)
			filled = true
		case option == "_dial_retry_timeout":
			retry.Delay, rule = parseSeconds(text, 0, maxRetryDelay)
			filled = true
		}
		if rule != "" {
			return callback.NewFieldError(callback.ErrInvalidParameter, option, rule)
		}
	}
	if filled {
		r.Retry = &retry
	}
	if value, ok := body["_target"]; ok && slices.Contains(s.Overwritable, "_target") {
		target, err := tokenText("_target", value)
		if err != nil {
			return err
		}
		r.override("_target", target)
	}
	return nil
}

// tokenText returns the text of a body's value: an empty one is one too.
func tokenText(name string, value any) (string, error) {
	text, ok := value.(string)
	if !ok {
		text, ok = callback.TextOf(value)
	}
	switch {
	case !ok:
		return "", callback.NewFieldError(callback.ErrInvalidParameter, name, "is no text")
	case len(text) > maxFilled:
		return "", callback.NewFieldError(callback.ErrInvalidParameter, name, "has more than "+strconv.Itoa(maxFilled)+" bytes")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, isControl):
		return "", callback.NewFieldError(callback.ErrInvalidParameter, name, "has control characters or is not UTF-8")
	}
	return text, nil
}

// maxFilled bounds an option with its tokens filled in, in bytes: what a Request
// takes.
const maxFilled = 1024

// fillTokens replaces each $name$ for which the body has a value. What a value
// holds is not looked at again. It tells whether no token is left.
func fillTokens(option, template string, body callback.Values) (text string, complete bool, err error) {
	var b strings.Builder
	complete = true
	for rest := template; rest != ""; {
		before, name, after, ok := cutToken(rest)
		b.WriteString(before)
		rest = after
		if !ok {
			break
		}
		value, ok := body[name]
		if !ok {
			complete = false
			b.WriteString("$" + name + "$")
			continue
		}
		if value, err = tokenText(name, value); err != nil {
			return "", false, err
		}
		if b.WriteString(value.(string)); b.Len() > maxFilled {
			return "", false, callback.NewFieldError(callback.ErrInvalidParameter, option,
				"has more than "+strconv.Itoa(maxFilled)+" bytes with its tokens filled in")
		}
	}
	if b.Len() > maxFilled {
		return "", false, callback.NewFieldError(callback.ErrInvalidParameter, option,
			"has more than "+strconv.Itoa(maxFilled)+" bytes with its tokens filled in")
	}
	return b.String(), complete, nil
}

// cutToken finds the first token: $name$ where name consists of letters, digits,
// underscores, dashes and dots.
func cutToken(text string) (before, name, after string, ok bool) {
	for i := 0; i < len(text); i++ {
		if text[i] != '$' {
			continue
		}
		end := strings.IndexByte(text[i+1:], '$')
		if end < 0 {
			break
		}
		name = text[i+1 : i+1+end]
		if isOptionName(name) {
			return text[:i], name, text[i+end+2:], true
		}
		// The closing sign may open a token that is one: "5$ $x$".
		i += end
	}
	return text, "", "", false
}

// tokensIn returns the names of the tokens in a text.
func tokensIn(text string) []string {
	var names []string
	for {
		_, name, after, ok := cutToken(text)
		if !ok {
			return names
		}
		names = append(names, name)
		text = after
	}
}
