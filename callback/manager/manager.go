package manager

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/engine"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// Manager accepts callbacks, stores them, has them dialed and reports their
// results. Make one with [New]; all methods are safe for concurrent use. Any
// number of Managers may share a store: none of them is the leader.
//
// Methods that take a request return without dialing. [Manager.Run] does the
// work, or the host does it by calling [Manager.Tick].
type Manager struct {
	engine *engine.Engine
	served *servedPaces
	tenant string
}

// Tenant returns a view of the Manager whose methods act for the named tenant;
// m itself acts for the empty one. The view shares everything with m, so it
// costs nothing to make and Run, Tick and Shutdown of either work for all
// tenants. A host with one tenant needs no view.
func (m *Manager) Tenant(name string) *Manager {
	view := *m
	view.tenant = name
	return &view
}

// New checks the configuration, reports every fault at once, and returns a
// Manager that has not begun to work: call Run, or Tick. It attaches the Manager to
// a dialer that is a [callback.ReportingDialer].
//
// Errors: [callback.FieldError] for each fault, joined, and for a dialer that cannot
// be attached, such as one that has another Manager ([callback.ErrAttached]).
// [callback.ErrConfiguration] matches them.
func New(config Config) (*Manager, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	e := engine.New(engine.Config(config))
	logDefaults(config, e.Rules.Lookup)
	if _, own := config.Dialer.(callback.BlockingDialer); !own && e.Blocking() {
		config.Logger.LogAttrs(context.Background(), slog.LevelWarn, "the dialer is bypassed: it wraps a callback.BlockingDialer and has no DialAndWait, so its Dial is never called",
			slog.String("dialer", fmt.Sprintf("%T", config.Dialer)), slog.String("node", config.Node))
	}
	m := &Manager{engine: e, served: new(servedPaces)}
	if err := m.attach(config.Dialer); err != nil {
		return nil, err
	}
	return m, nil
}

// attach gives the Manager to a dialer that reports to it.
func (m *Manager) attach(dialer callback.Dialer) error {
	reporting, ok := unwrap.As[callback.ReportingDialer](dialer)
	if !ok {
		return nil
	}
	err := guard.Call("dialer", func() error { return reporting.Attach(m) })
	if err == nil {
		return nil
	}
	return &callback.FieldError{Field: "Dialer", Rule: "cannot be attached: " + text.RedactError(err), Fact: callback.ErrConfiguration, Cause: err}
}

// logDefaults tells an operator once which defaults may surprise.
func logDefaults(config Config, lookup bool) {
	var attrs []slog.Attr
	if config.Router == nil {
		attrs = append(attrs, slog.String("router", fmt.Sprintf("none: each service has %d lines unless Queueing.Lines says otherwise", decide.DefaultLines)))
	}
	if !lookup {
		attrs = append(attrs, slog.String("lookup", "the dialer cannot look up attempts: a call whose end is unknown waits for an operator"))
	}
	if len(attrs) > 0 {
		attrs = append(attrs, slog.String("node", config.Node))
		config.Logger.LogAttrs(context.Background(), slog.LevelInfo, "defaults in force", attrs...)
	}
}

// Start takes a callback for now or for a later time and returns it as it was
// stored. It checks, in this order: the request's own form, the service and its
// redirections, the contact mode and the consent, the number, the time against
// hours and horizon, and then, in the one write that also stores the callback,
// the limits of GMS section 6 and the seats of the time bucket.
//
// A request with Account and ModeID and no number takes the number of that mode
// of the contact directory. A number that is given wins, and the mode is only
// noted; a service that requires consent requires that of the mode either way.
// A repeated request does not ask the directory again.
//
// Errors: [callback.FieldError] for what is wrong with the request, [callback.NumberError],
// [callback.ModeError] for a contact mode that cannot be used and [callback.ContactError] for a
// directory that fails, [callback.LimitError], [callback.AvailabilityError] with alternatives,
// [callback.ErrNotFound] for an unknown account or callback to copy, also one that is
// forgotten while it is copied, and [callback.StateError] for
// a callback to copy that is not completed, [callback.ErrConfiguration] where a directory
// is needed and there is none, [callback.ErrRedirect], [callback.ErrKeyReuse], [callback.ErrStopped].
// Nothing is stored then.
// [callback.ErrOutcomeUnknown]: it may be stored; repeat it with the same Key.
func (m *Manager) Start(ctx context.Context, req Request) (*callback.Callback, error) {
	return m.engine.Start(ctx, m.tenant, decide.StartInput(req))
}

// Run does the Manager's work until ctx ends or Shutdown is called: it ticks
// when something is due, when it is woken, and at least every Config.Poll. A
// store that fails is tried again at the next poll.
//
// When ctx ends, Run begins no more work, waits for the calls of the dialer that
// have begun, and returns nil; requests to the Manager are still answered. If
// some have not returned within Config.ShutdownTimeout, it shuts the Manager
// down and returns Shutdown's error. The context of [callback.Dialer] carries
// the values of ctx.
//
// Errors: [callback.ErrStopped] if Shutdown was called before, and those of [Manager.Shutdown]. Errors of the
// store are logged.
func (m *Manager) Run(ctx context.Context) error { return m.engine.Run(ctx) }

// Shutdown stops the Manager: Run returns, methods that change something, except Report, return
// [callback.ErrStopped], and calls of the dialer that have begun are waited for, so that
// their answers are not lost. When ctx ends first, their contexts are cancelled
// and the error says how many have not returned; their callbacks become
// unresolved and are looked up, by this or another node, when their time runs
// out. Calls that customers are on are never hung up.
//
// Errors: the context's, with the number of dialer calls that have not
// returned.
func (m *Manager) Shutdown(ctx context.Context) error { return m.engine.Shutdown(ctx) }

// Tick does everything that is due at now: releases, time-outs, recovery,
// look-ups, and attempts as far as agents, lines and rates allow. Unless
// Config.Synchronous is set, dialers are called on goroutines that may go on
// after Tick has returned.
//
// now should be what Config.Now, or the store's clock, tells at the moment: the
// reports of dialers are stamped with that.
//
// One Tick runs at a time; a second call waits. It returns early, with the
// context's error, when ctx ends: what it had claimed and not written comes
// back when the leases run out.
//
// Errors: the context's and the store's.
func (m *Manager) Tick(ctx context.Context, now time.Time) (callback.Progress, error) {
	return m.engine.Tick(ctx, now)
}

// Wake makes a running Manager look for work now instead of when it next
// planned to. It never blocks. Hosts call it when an agent becomes free.
func (m *Manager) Wake() { m.engine.Wake() }
