package gms

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms/config"
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
	// Options is the result of [config.Parse] for settings that are not part of
	// the services: tokens, keys, headers, calendars. Defaults to none;
	// services may come from elsewhere.
	Options *config.Options
	// OptionsTenant is the tenant of the services in Options; Options apply to
	// its callers only. Defaults to "", the tenant of [config.Options.Source].
	OptionsTenant string
	// Base is the prefix of /genesys in URLs of responses: the path the handler
	// is mounted at, optionally with scheme and host. Defaults to none.
	Base string
	// FilterKeys are the properties by which a query by queues can filter.
	// Default to those of Options.Global, or else to those of GMS. GMS:
	// filter-keys
	FilterKeys []string
	// ReturnedKeys are the properties in query responses in addition to those
	// that are always present. Default to those of Options, or else to those of
	// GMS. GMS: returned-keys
	ReturnedKeys []string
	// IgnoreHeaders excludes request headers from the parameters that the daily
	// limit counts, for services that are not in Options. GMS:
	// _enable_throttle_header_parameters
	IgnoreHeaders bool
	// Calendars are office-hours services by name, for callers of every tenant,
	// in addition to those of Options. Default to none.
	Calendars map[string]*availability.Calendar
	// Logger receives failures of the server, without phone numbers. Defaults
	// to slog.Default().
	Logger *slog.Logger
}

// Handler serves GMS clients. Create one with [New]. It is safe for concurrent
// use.
type Handler struct {
	manager       *manager.Manager
	authorizer    api.Authorizer
	origins       *api.Origins
	optionsTenant string
	mine, others  view // of optionsTenant, of other tenants
	base          string
	ownKeys       bool // ReturnedKeys was set
	ignoreHeaders bool
	log           *slog.Logger
	paths         route.Table[operation]
	turns         turns.Turns // of exports
	document      []byte
}

// New returns a Handler. The error joins a [callback.ErrConfiguration] per
// fault, each of which names the field.
func New(c Config) (*Handler, error) {
	h := &Handler{
		manager: c.Manager, authorizer: c.Authorizer, origins: c.Origins, optionsTenant: c.OptionsTenant,
		mine: newView(c, c.Options), others: newView(c, nil),
		base: strings.TrimSuffix(c.Base, "/"), ignoreHeaders: c.IgnoreHeaders, log: c.Logger,
		paths: route.Table[operation]{Paths: newPaths()}, ownKeys: c.ReturnedKeys != nil,
	}
	if h.log == nil {
		h.log = slog.Default()
	}
	faults := check.Faults{Kind: callback.ErrConfiguration}
	faults.Check(h.manager != nil, "Manager", "is required")
	faults.Check(h.authorizer != nil, "Authorizer", "is required")
	base, err := url.Parse(h.base)
	faults.Check(err == nil && base.RawQuery == "" && base.Fragment == "" && (h.base == "" || base.Host != "" || strings.HasPrefix(h.base, "/")),
		"Base", "is neither an absolute path nor a URL")
	for name, calendar := range h.mine.calendars {
		faults.Check(calendar != nil && name != "" && name != "callback", "Calendars", "%q has no calendar or an invalid name", name)
	}
	for _, key := range slices.Concat(h.mine.filterKeys, h.mine.returnedKeys) {
		faults.Check(key != "", "FilterKeys, ReturnedKeys", "have an empty key")
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	h.document = documentAt(h.base)
	return h, nil
}

// call is a request in progress.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	op     string
	caller *api.Caller
	name   string // service or calendar in the path
	id     string // callback in the path
	found  bool   // id belongs to a callback
	// number is the number in the request. It may be sent back to the client
	// but must not appear anywhere else.
	number string
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{w: w, r: r.WithContext(wire.Watch(wire.Bounded(r.Context())))}
	api.Serve(w, r, h.authorizer, h.origins, func() (api.Operation, error) { return h.route(c) }, func(err error) { h.refuse(c, err) })
}

// answer responds with a JSON body.
func (c *call) answer(status int, body any) error {
	text, err := wire.Encode(body)
	if err != nil {
		return err
	}
	return c.write(status, text)
}

// partSize is the number of bytes of a response that are sent at once.
const partSize = 64 << 10

// stream responds with the JSON that encode appends to what flush returns, in
// parts if it is large.
func (c *call) stream(encode func(flush) []byte) error {
	sent := false
	rest := encode(func(b []byte) []byte {
		if len(b) < partSize {
			return b
		}
		if !sent {
			sent = true
			c.w.Header().Set("Content-Type", api.JSON)
			c.w.WriteHeader(http.StatusOK)
		}
		_ = wire.WritePart(c.w, b) // an error means that the client has gone
		return b[:0]
	})
	if !sent {
		return c.write(http.StatusOK, rest)
	}
	_ = wire.WritePart(c.w, rest)
	wire.EndParts(c.w)
	return nil
}

// write responds with an encoded JSON body.
func (c *call) write(status int, text []byte) error {
	c.w.Header().Set("Content-Type", api.JSON)
	c.w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	c.w.WriteHeader(status)
	// An error means that the client has gone.
	_, _ = c.w.Write(text)
	return nil
}
