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
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/manager"
)

// Config is what a Handler is made of. Manager and Authorizer are required.
type Config struct {
	Manager *manager.Manager
	// Authorizer says who makes a request. Nothing is allowed without one.
	Authorizer api.Authorizer
	// Options are the rest of a configuration that [config.Parse] read: tokens,
	// keys, headers and calendars of its services. Defaults to none; services
	// need not come from there.
	Options *config.Options
	// OptionsTenant is the tenant whose services those of Options are: they
	// count for its callers and no others. Defaults to "", the tenant of
	// [config.Options.Source].
	OptionsTenant string
	// Base is what stands before /genesys in the URLs that are written: the
	// prefix the handler is mounted under, or a scheme and a host with it.
	// Defaults to none.
	Base string
	// FilterKeys are the properties that a query by queues may filter by (GMS
	// filter-keys). Default to those of Options.Global, else to those of GMS.
	FilterKeys []string
	// ReturnedKeys are the properties that queries return beside those that are
	// always there (GMS returned-keys). Default to those of Options, else to
	// those of GMS.
	ReturnedKeys []string
	// IgnoreHeaders does not count headers among the parameters of the daily
	// limit, for services that Options does not have (GMS
	// _enable_throttle_header_parameters = false). Defaults to false.
	IgnoreHeaders bool
	// Calendars can be asked for their opening hours by name, by callers of
	// every tenant, beside those of Options. Default to none.
	Calendars map[string]*availability.Calendar
	// Logger gets what fails on the side of the server, with the callback and
	// the service; never a number. Defaults to slog.Default().
	Logger *slog.Logger
}

// Handler answers the requests of GMS clients. Make one with [New]; it is safe
// for concurrent use.
type Handler struct {
	manager       *manager.Manager
	authorizer    api.Authorizer
	optionsTenant string
	mine, others  view // of optionsTenant, and of other tenants
	base          string
	ownKeys       bool // the returned keys are the host's, not a default
	ignoreHeaders bool
	log           *slog.Logger
	paths         route.Table[operation]
	document      []byte
}

// New makes a Handler. Every fault of the configuration is reported at once; each
// is a [callback.ErrConfiguration] that names the field.
func New(c Config) (*Handler, error) {
	h := &Handler{
		manager: c.Manager, authorizer: c.Authorizer, optionsTenant: c.OptionsTenant,
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
		"Base", "is no path that begins with a slash, nor a URL")
	for name, calendar := range h.mine.calendars {
		faults.Check(calendar != nil && name != "" && name != "callback", "Calendars", "%q has no calendar, or a name that cannot be asked for", name)
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

// call is one request on its way.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	op     string
	caller *api.Caller
	name   string // the service or calendar of the path
	id     string // the callback of the path
	found  bool   // id is that of a callback
	// number is the one the request came with. It is written back to whoever
	// sent it and nowhere else.
	number string
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{w: w, r: r}
	api.Serve(w, r, h.authorizer, func() (api.Operation, error) { return h.route(c) }, func(err error) { h.refuse(c, err) })
}

// answer writes a JSON body.
func (c *call) answer(status int, body any) error {
	text, err := wire.Encode(body)
	if err != nil {
		return err
	}
	return c.write(status, text)
}

// write writes a body that is JSON already.
func (c *call) write(status int, text []byte) error {
	c.w.Header().Set("Content-Type", api.JSON)
	c.w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	c.w.WriteHeader(status)
	// That the client went away is nobody's fault here.
	_, _ = c.w.Write(text)
	return nil
}
