package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms"
	"github.com/ringback-go/ringback/callback/api/gms/config"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/api/lcm"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

//go:embed demo.ini
var demoConfig []byte

// server is everything that runs.
type server struct {
	options  options
	log      *slog.Logger
	listener net.Listener
	http     *http.Server
	manager  *manager.Manager
	engine   *engine
	notifies *interaction.Notifier // nil without a subscriber
	close    func() error
}

// newServer puts everything together and listens. Nothing runs yet.
func newServer(ctx context.Context, o options, stdout, stderr io.Writer) (s *server, err error) {
	s = &server{options: o, log: slog.New(slog.NewTextHandler(stderr, nil))}
	settings, err := readConfig(o.config)
	if err != nil {
		return nil, err
	}
	for _, p := range settings.Problems {
		level := slog.LevelWarn
		if p.Severity == config.SeverityNote {
			level = slog.LevelInfo
		}
		s.log.LogAttrs(ctx, level, "configuration", slog.String("problem", p.String()))
	}
	if len(settings.Services) == 0 {
		return nil, errors.New("the configuration has no service that can be used")
	}
	for i := range settings.Services {
		// GMS has no option for the hosts that SIP addresses may have.
		settings.Services[i].Numbers.SIPHosts = []string{"luware.com"}
	}
	services, err := settings.Source()
	if err != nil {
		return nil, err
	}
	data, closeStore, err := openStore(ctx, o.store)
	if err != nil {
		return nil, err
	}
	s.close = closeStore
	defer func() {
		if err != nil {
			err = errors.Join(err, closeStore())
		}
	}()

	clock := newClock(o.clock)
	phones := newPlatform(clock)
	managed := manager.Config{
		Store: data, Services: services, Dialer: phones, Router: newDesk(), Contacts: directory(), Logger: s.log,
	}
	if clock.manual {
		managed.Store, managed.Now, managed.Synchronous = callbacktest.NewClockStore(data, clock.now), clock.now, true
		before, err := data.Events(ctx, callback.EventQuery{AllTenants: true, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(before.Events) == 0 {
			managed.NewID = counted()
		}
	}
	if s.manager, err = manager.New(managed); err != nil {
		return nil, err
	}
	s.engine = &engine{clock: clock, manager: s.manager, platform: phones, log: s.log, asked: make(map[callback.ID]int64)}

	if s.notifies, err = s.notifier(o.notify.withSecret(stdout), clock.now()); err != nil {
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", o.addr); err != nil {
		return nil, err
	}
	users, err := newAccess(s.listener.Addr())
	if err != nil {
		return nil, errors.Join(err, s.listener.Close())
	}
	mux, err := s.routes(users, settings)
	if err != nil {
		return nil, errors.Join(err, s.listener.Close())
	}
	s.http = &http.Server{
		Handler: mux, ReadHeaderTimeout: wait, ReadTimeout: 2 * wait, WriteTimeout: 6 * wait, IdleTimeout: 12 * wait,
		MaxHeaderBytes: 32 << 10,
		ErrorLog:       slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	s.greet(stdout, users, settings)
	return s, nil
}

// wait is how long a client may take to say what it wants.
const wait = 10 * time.Second

// counted makes identifiers that are the same in every run.
func counted() func() callback.ID {
	var n atomic.Uint64
	return func() callback.ID {
		return callback.ID(uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "callback %d", n.Add(1))).String())
	}
}

func readConfig(path string) (*config.Options, error) {
	text := demoConfig
	if path != "" {
		var err error
		if text, err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return config.Parse(text)
}

// routes mounts everything.
func (s *server) routes(users *access, settings *config.Options) (http.Handler, error) {
	genesys, err1 := gms.New(gms.Config{Manager: s.manager, Authorizer: users.basic, Options: settings, Logger: s.log})
	luware, err2 := lucs.New(lucs.Config{Manager: s.manager, Authorizer: users.basic, Logger: s.log})
	// Agents set the callbacks of LCM for the first service there is.
	acqueon, err3 := lcm.New(lcm.Config{
		Manager: s.manager, Authorizer: users.basic, Service: settings.Services[0].Name, ValidCall: s.engine.platform.validCall, Logger: s.log,
	})
	resource, err4 := interaction.New(interaction.Config{Manager: s.manager, Authorizer: users.basic, Logger: s.log})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/genesys/", genesys)
	mux.Handle("/v1.0/", luware)
	mux.Handle("/V1.0/", luware)
	mux.Handle("/lcm", acqueon)
	mux.Handle("/lcm/", acqueon)
	mux.Handle("/interactions/", http.StripPrefix("/interactions", resource))
	mux.HandleFunc("GET /healthz", s.health)
	(&demo{engine: s.engine, auth: users.basic, log: s.log}).register(mux)
	return mux, nil
}

// health says whether the store answers.
func (s *server) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	if _, err := s.manager.SearchPage(ctx, callback.Query{Limit: 1}); err != nil {
		s.log.LogAttrs(ctx, slog.LevelError, "unhealthy", slog.String("error", err.Error()))
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "the store does not answer"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// greet tells how to use the server.
func (s *server) greet(w io.Writer, users *access, settings *config.Options) {
	fmt.Fprintf(w, "listening on http://%s, store %s\n", s.listener.Addr(), storeKind(s.options.store))
	if s.engine.clock.manual {
		fmt.Fprintf(w, "the clock stands at %s and moves by POST /demo/clock?advance=90s\n", s.options.clock.Format(time.RFC3339))
	}
	fmt.Fprintln(w, "\nservices")
	for _, service := range settings.Services {
		fmt.Fprintf(w, "  %s\n", service.Name)
	}
	fmt.Fprintln(w, "\nusers (HTTP Basic)")
	users.print(w)
	fmt.Fprint(w, `
paths
  /genesys/1/service/callback/NAME   GMS; its document: /genesys/openapi.json
  /v1.0/callbacks                    LUCS; its document: /v1.0/openapi.json
  /lcm                               LCM messages
  /interactions/ID                   Callback Interaction
  /healthz
  /demo/clock /demo/outcomes /demo/calls
`)
}

// serve runs until ctx ends or something fails, and stops in the order in which
// nothing is lost: no new requests, no new attempts, then the calls that are up.
func (s *server) serve(ctx context.Context) error {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	failed := make(chan error, 3)
	var work sync.WaitGroup
	work.Go(func() {
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	})
	if !s.engine.clock.manual {
		work.Go(func() {
			if err := s.engine.run(working); err != nil {
				failed <- err
			}
		})
	}
	if s.notifies != nil {
		work.Go(func() {
			if err := s.notifies.Run(working); err != nil {
				failed <- err
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.log.Info("stopping")
	// Each step has a time of its own: a client that does not come to an end
	// must not cost the outcomes of calls.
	if step(ctx, s.http.Shutdown) != nil {
		err = errors.Join(err, s.http.Close())
	}
	err = errors.Join(err, step(ctx, s.manager.Shutdown))
	stop()
	work.Wait()
	s.engine.platform.hangUpAll()
	err = errors.Join(err, step(ctx, func(ctx context.Context) error {
		_, err := s.engine.report(ctx)
		return err
	}))
	return errors.Join(err, s.close())
}

// grace is how long each step of stopping may take.
const grace = 5 * time.Second

func step(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return do(ctx)
}
