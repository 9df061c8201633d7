package interaction_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/manager"
)

// overWire delivers one notification over a real connection. It returns the
// failure passed to DeadLetter, or nil if the notification was accepted.
func overWire(t *testing.T, url string, client *http.Client, change func(*interaction.NotifierConfig)) error {
	t.Helper()
	r := newRig(t, nil)
	r.start(manager.Request{})
	ctx, cancel := context.WithCancel(t.Context())
	k := &keeper{}
	var last error
	config := interaction.NotifierConfig{Manager: r.manager, URL: url, Secrets: [][]byte{secret()}, Cursor: k, Attempts: 1,
		Notify: map[interaction.Name][]string{interaction.OnQueued: nil}, SaveEvery: time.Millisecond,
		Logger: slog.New(slog.DiscardHandler)}
	if client != nil {
		config.Transport = client.Transport
	}
	config.DeadLetter = func(_ context.Context, _ interaction.Notification, err error) error {
		last = err
		return nil
	}
	if change != nil {
		change(&config)
	}
	n, err := interaction.NewNotifier(config)
	if err != nil {
		t.Fatal(err)
	}
	// The first save shows that the notification is settled.
	k.fail = func(int) error {
		cancel()
		return nil
	}
	if err := n.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return last
}

// overTLS returns a TLS server that does not log failed handshakes.
func overTLS(h http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	return server
}

func TestDeliveryOverTLS(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	server := overTLS(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = interaction.VerifySignature(r.Header, body, secret(), time.Now())
		}
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprint(r.Method, " ", r.URL, " ", err))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	if err := overWire(t, server.URL+"/hook?x=1", server.Client(), nil); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := "POST /hook?x=1 <nil>"; len(seen) != 1 || seen[0] != want {
		t.Errorf("received %q, want %q", seen, want)
	}
}

func TestEachSecretSigns(t *testing.T) {
	old, next := []byte("an old secret of 24 bytes"), []byte("a new secret of 24 bytes!")
	var errs []error
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for _, s := range [][]byte{old, next, secret()} {
			errs = append(errs, interaction.VerifySignature(r.Header, body, s, time.Now()))
		}
	}))
	defer server.Close()
	if err := overWire(t, server.URL, nil, func(c *interaction.NotifierConfig) { c.AllowHTTP, c.Secrets = true, [][]byte{next, old} }); err != nil {
		t.Fatal(err)
	}
	if len(errs) != 3 || errs[0] != nil || errs[1] != nil || !errors.Is(errs[2], interaction.ErrSignature) {
		t.Errorf("old, new and another secret: %v", errs)
	}
}

func TestRedirectsNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a redirection was followed")
	}))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := overTLS(http.RedirectHandler(elsewhere.URL, status))
		err := overWire(t, server.URL, server.Client(), nil)
		server.Close()
		var failed *interaction.DeliveryError
		if !errors.As(err, &failed) || failed.Status != status {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestFailureHidesURL(t *testing.T) {
	server := overTLS(http.NotFoundHandler())
	url := server.URL + "/secret-path?token=hunter2"
	plain := overWire(t, url, nil, nil) // the certificate is not trusted
	client := server.Client()
	server.Close()
	gone := overWire(t, url, client, nil)
	for name, err := range map[string]error{"untrusted": plain, "gone": gone} {
		var failed *interaction.DeliveryError
		if !errors.As(err, &failed) || failed.Status != 0 || errors.Unwrap(failed) == nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text := err.Error(); strings.Contains(text, "hunter") || strings.Contains(text, "secret-path") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestEndlessAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 4<<10)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	if err := overWire(t, server.URL, nil, func(c *interaction.NotifierConfig) { c.AllowHTTP = true }); err != nil {
		t.Error(err)
	}
}

type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("no transport") }

func TestTransportPanic(t *testing.T) {
	err := overWire(t, "https://example.com", &http.Client{Transport: panicking{}}, nil)
	var failed *interaction.DeliveryError
	if !errors.As(err, &failed) {
		t.Errorf("error %v", err)
	}
}

func TestNewNotifierFaults(t *testing.T) {
	_, err := interaction.NewNotifier(interaction.NotifierConfig{})
	for _, field := range []string{"Manager: is required", "Cursor: is required", "URL: is not", "Secrets: are required"} {
		if err == nil || !strings.Contains(err.Error(), field) || !errors.Is(err, callback.ErrConfiguration) {
			t.Errorf("%v does not say %q", err, field)
		}
	}
	r := newRig(t, nil)
	good := func() interaction.NotifierConfig {
		return interaction.NotifierConfig{Manager: r.manager, URL: "https://example.com/x", Secrets: [][]byte{secret()}, Cursor: &keeper{}}
	}
	if _, err := interaction.NewNotifier(good()); err != nil {
		t.Errorf("the least configuration: %v", err)
	}
	for name, spoil := range map[string]func(*interaction.NotifierConfig){
		"URL: does not begin with https":   func(c *interaction.NotifierConfig) { c.URL = "http://example.com" },
		"URL: does not begin with https: ": func(c *interaction.NotifierConfig) { c.URL, c.AllowHTTP = "ftp://example.com", true },
		"URL: is not absolute":             func(c *interaction.NotifierConfig) { c.URL = "example.com/x" },
		"URL: is not a URL":                func(c *interaction.NotifierConfig) { c.URL = "https://[::1" },
		"URL: holds credentials":           func(c *interaction.NotifierConfig) { c.URL = "https://u:p@example.com" },
		"Secrets: short":                   func(c *interaction.NotifierConfig) { c.Secrets = append(c.Secrets, make([]byte, 15)) },
		"Notify: unknown":                  func(c *interaction.NotifierConfig) { c.Notify = map[interaction.Name][]string{"_cbe_on_x": nil} },
		"Header: own":                      func(c *interaction.NotifierConfig) { c.Header = http.Header{"webhook-id": {"x"}} },
		"Timeout: short":                   func(c *interaction.NotifierConfig) { c.Timeout = time.Microsecond },
		"Timeout: long":                    func(c *interaction.NotifierConfig) { c.Timeout = time.Hour },
		"Backoff: negative":                func(c *interaction.NotifierConfig) { c.Backoff = -1 },
		"Backoff: over the most":           func(c *interaction.NotifierConfig) { c.Backoff, c.MaxBackoff = time.Minute, time.Second },
		"Attempts: negative":               func(c *interaction.NotifierConfig) { c.Attempts = -1 },
		"GiveUp: negative":                 func(c *interaction.NotifierConfig) { c.GiveUp = -1 },
		"MaxInFlight: negative":            func(c *interaction.NotifierConfig) { c.MaxInFlight = -1 },
		"MaxPending: too many":             func(c *interaction.NotifierConfig) { c.MaxPending = 100_001 },
		"SaveEvery: negative":              func(c *interaction.NotifierConfig) { c.SaveEvery = -1 },
	} {
		c := good()
		spoil(&c)
		_, err := interaction.NewNotifier(c)
		field, _, _ := strings.Cut(name, ":")
		var fault *callback.FieldError
		if !errors.As(err, &fault) || fault.Field != field || !errors.Is(err, callback.ErrConfiguration) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
