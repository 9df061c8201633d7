package lucs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// New reports all faults of a configuration at once.
func TestNewFaults(t *testing.T) {
	_, err := lucs.New(lucs.Config{MaxOffset: -1, MaxSorted: -1})
	if !errors.Is(err, callback.ErrConfiguration) {
		t.Fatalf("error is %v", err)
	}
	for _, field := range []string{"Manager", "Authorizer", "MaxOffset", "MaxSorted"} {
		if !strings.Contains(err.Error(), field+": ") {
			t.Errorf("%q does not name %s", err, field)
		}
	}
}

// A body that is too large, malformed or of another type is refused before the
// Manager is called.
func TestBodies(t *testing.T) {
	r := newRig(t)
	r.create("clerk", "DueDate", `"2026-01-13T10:00:00Z"`)
	for _, path := range []string{"/v1.0/callbacks", "/v1.0/callbacks/search", "/v1.0/callbacks/cb000001/cancel"} {
		before := r.faults.Count(callbacktest.AnyMethod)
		large := `{"x":"` + strings.Repeat("x", api.MaxBody) + `"}`
		refused(t, r.do("boss", "POST", path, large), 413, "TooLarge")
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "json", ";"} {
			req := httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(body()))
			req.SetBasicAuth("boss", "boss")
			req.Header.Set("Content-Type", kind)
			rec := httptest.NewRecorder()
			r.handler.ServeHTTP(rec, req)
			refused(t, rec, 415, "UnsupportedMediaType")
		}
		for name, malformed := range map[string]string{
			"no JSON": "Target=x", "cut": `{"Target":`, "two": "{}{}", "not UTF-8": "{\"Target\":\"\xff\"}", "an array": "[{}]",
			"deep": strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), "twice": `{"Target":"1","Target":"2"}`,
		} {
			message := refused(t, r.do("boss", "POST", path, malformed), 400, "InvalidParameter")
			if message == "" {
				t.Errorf("%s: no message", name)
			}
		}
		if r.faults.Count(callbacktest.AnyMethod) != before {
			t.Errorf("%s: the store was asked", path)
		}
	}
	// Parameters of the type are ignored.
	for _, kind := range []string{"application/json; charset=UTF-8", "Application/JSON"} {
		req := httptest.NewRequestWithContext(t.Context(), "POST", "/v1.0/callbacks/search", strings.NewReader("{}"))
		req.SetBasicAuth("boss", "boss")
		req.Header.Set("Content-Type", kind)
		rec := httptest.NewRecorder()
		r.plain.ServeHTTP(rec, req)
		read[[]dto](t, rec)
	}
}

// A stopped Manager maps to the code for "not initialized".
func TestStopped(t *testing.T) {
	r := newRig(t)
	id := r.create("clerk").ID
	if err := r.manager.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	rec := r.do("clerk", "POST", "/v1.0/callbacks", body())
	if got, want := rec.Body.String(), `{"Error":{"Code":"NotInitialized","Message":"manager is stopped"}}`; rec.Code != 500 || got != want {
		t.Errorf("answered %d %s, want %s", rec.Code, got, want)
	}
	refused(t, r.do("clerk", "POST", "/v1.0/callbacks/"+id+"/cancel", ""), 500, "NotInitialized")
	if got := r.get(id); got.ID != id {
		t.Error("what is stored cannot be read any more")
	}
}

// A failure behind the handler yields 500 and a log entry; neither the answer
// nor the log contains personal data.
func TestServerErrors(t *testing.T) {
	secret := errors.New("row (+41785556677, 'Anna') is locked")
	for _, op := range operations() {
		if op.name == "services" || op.name == "document" {
			continue // these do not read the store
		}
		t.Run(op.name, func(t *testing.T) {
			r := newRig(t)
			r.create("boss", "ExternalTaskId", `"task"`, "DueDate", `"2026-01-13T10:00:00Z"`)
			r.faults.Inject(callbacktest.Fault{Method: callbacktest.AnyMethod, Kind: callbacktest.FailBefore, Err: secret, Times: -1})
			t.Cleanup(r.faults.Heal)
			rec := r.do("boss", op.method, op.path, op.body)
			refused(t, rec, 500, "InternalError")
			if strings.Contains(rec.Body.String(), "Anna") {
				t.Error("the answer tells what failed")
			}
			log := r.log.String()
			if !strings.Contains(log, "is locked") || !strings.Contains(log, "operation="+op.name) || strings.Contains(log, "5556677") {
				t.Errorf("the log is %q", log)
			}
		})
	}
	t.Run("services", func(t *testing.T) {
		r := newRig(t, func(_ *callback.Service, c *manager.Config, _ *lucs.Config) { c.Services = unlisted{} })
		refused(t, r.do("boss", "GET", "/v1.0/services", ""), 500, "Configuration")
		refused(t, r.do("boss", "POST", "/v1.0/callbacks", body()), 500, "Configuration")
	})
	t.Run("broken source", func(t *testing.T) {
		var source *flaky
		r := newRig(t, func(_ *callback.Service, c *manager.Config, _ *lucs.Config) {
			source = new(flaky)
			c.Services = source
		})
		source.Services = r.services
		r.create("clerk", "ExternalTaskId", `"task"`, "DueDate", `"2026-01-13T10:00:00Z"`)
		source.broken = true
		for _, op := range operations() {
			if op.name == "document" {
				continue
			}
			refused(t, r.do("boss", op.method, op.path, op.body), 500, "InternalError")
		}
		for _, search := range []string{`{"Target":"0785556677"}`, `{"ServiceId":"` + supportID + `"}`, `{"ServiceSip":"sip:x"}`, `{"OrderBy":"Id"}`} {
			refused(t, r.do("boss", "POST", "/v1.0/callbacks/search", search), 500, "InternalError")
		}
		// The first lookup, by the handler, succeeds; the second, by the
		// Manager, fails.
		source.after = 2
		refused(t, r.do("boss", "POST", "/v1.0/callbacks", body("ExternalTaskId", `"done"`)), 500, "OutcomeUnknown")
		source.broken = false
		if got := r.get("task"); got.State == "Terminated" {
			t.Errorf("what could not be cancelled is %s", got.State)
		}
		if got := r.get("done"); got.State != "InQueue" {
			t.Errorf("it is %s", got.State)
		}
	})
	t.Run("outcome unknown", func(t *testing.T) {
		r := newRig(t)
		r.faults.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter})
		refused(t, r.do("boss", "POST", "/v1.0/callbacks", body()), 500, "OutcomeUnknown")
	})
	t.Run("the client disconnected", func(t *testing.T) {
		r := newRig(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		req := httptest.NewRequestWithContext(ctx, "POST", "/v1.0/callbacks/search", strings.NewReader("{}"))
		req.SetBasicAuth("boss", "boss")
		r.plain.ServeHTTP(httptest.NewRecorder(), req)
		if r.log.Len() > 0 {
			t.Errorf("the log is %q", r.log)
		}
	})
}

// unlisted is a ServiceSource without a Services method.
type unlisted struct{}

func (unlisted) Policy(_ context.Context, _, name string) (*callback.Policy, error) {
	return nil, callback.UnknownService(name)
}

// flaky is a ServiceSource that fails at once or after a number of lookups.
type flaky struct {
	*callback.Services
	broken bool
	after  int
}

var errBroken = errors.New("source is broken")

func (f *flaky) Policy(ctx context.Context, tenant, name string) (*callback.Policy, error) {
	if f.after--; f.broken && f.after < 0 {
		return nil, errBroken
	}
	return f.Services.Policy(ctx, tenant, name)
}

func (f *flaky) Names(ctx context.Context, tenant string) ([]string, error) {
	if f.broken && f.after <= 0 {
		return nil, errBroken
	}
	return f.Services.Names(ctx, tenant)
}

// When an answer fails after its first bytes were sent, the handler aborts the
// connection, so that the client does not take the part for the whole.
func TestCutAnswer(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config, _ *lucs.Config) {
		s.Limits = callback.Limits{SameNumber: callback.NoLimit, BookingsPerDay: callback.NoLimit, Queued: 1e6, Parameters: []string{}}
	})
	for range 1500 {
		if _, err := r.manager.Start(t.Context(), manager.Request{Service: "support", Number: "+41785556677"}); err != nil {
			t.Fatal(err)
		}
	}
	r.faults.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore, Skip: 1})
	server := httptest.NewServer(r.plain)
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/v1.0/callbacks/search", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("boss", "boss")
	req.Header.Set("Content-Type", "application/json")
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err == nil {
		t.Errorf("an answer of %d bytes seems whole", len(got))
	}
	// A failure before the first byte yields an error answer.
	r.faults.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore})
	refused(t, r.do("boss", "POST", "/v1.0/callbacks/search", "{}"), 500, "InternalError")
}

// deaf is a ResponseWriter whose Write always fails.
type deaf struct{ *httptest.ResponseRecorder }

func (deaf) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// A client that disconnects causes neither a log entry nor a panic.
func TestClientDisconnects(t *testing.T) {
	r := newRig(t)
	r.create("clerk")
	for _, op := range operations() {
		req := httptest.NewRequestWithContext(t.Context(), op.method, strings.Replace(op.path, "=task", "=cb000001", 1), strings.NewReader(op.body))
		req.SetBasicAuth("boss", "boss")
		r.plain.ServeHTTP(deaf{httptest.NewRecorder()}, req)
	}
	if r.log.Len() > 0 {
		t.Errorf("the log is %q", r.log)
	}
}

// Each domain error maps to one status and one code.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{callback.ErrStopped, 500, lucs.CodeNotInitialized},
		{fmt.Errorf("wrapped: %w", callback.ErrStopped), 500, lucs.CodeNotInitialized},
		{callback.ErrNotFound, 404, lucs.CodeNotFound},
		{callback.ErrConflict, 409, lucs.CodeConflict},
		{callback.ErrKeyReuse, 409, lucs.CodeKeyReused},
		{callback.ErrOutcomeUnknown, 500, lucs.CodeOutcomeUnknown},
		{callback.ErrNumberLimit, 429, lucs.CodeNumberLimit},
		{callback.ErrQueueLimit, 429, lucs.CodeQueueLimit},
		{callback.ErrIntervalLimit, 429, lucs.CodeIntervalLimit},
		{callback.ErrParameterLimit, 429, lucs.CodeParameterLimit},
		{callback.ErrInvalidParameter, 400, lucs.CodeInvalidParameter},
		{callback.ErrInvalidNumber, 400, lucs.CodeInvalidNumber},
		{callback.ErrClosed, 400, lucs.CodeClosed},
		{callback.ErrFull, 400, lucs.CodeNoCapacity},
		{callback.ErrConfiguration, 500, lucs.CodeConfiguration},
		{fmt.Errorf("%w: %w", callback.ErrRedirect, callback.ErrInvalidParameter), 500, lucs.CodeConfiguration},
		{callback.ErrExecution, 500, lucs.CodeInternalError},
		{errors.New("anything else"), 500, lucs.CodeInternalError},
		{context.DeadlineExceeded, 500, lucs.CodeInternalError},
		{&callback.StateError{State: callback.Completed, Operation: "cancel"}, 404, lucs.CodeAlreadyTerminated},
		{&callback.StateError{State: callback.Dialing, Operation: "cancel"}, 409, lucs.CodeCallInProgress},
		{&callback.StateError{State: callback.Unresolved, Operation: "cancel"}, 409, lucs.CodeCallInProgress},
		{api.NewFault(http.StatusUnsupportedMediaType, "", "x"), 415, lucs.CodeUnsupportedMediaType},
		{api.NewFault(http.StatusUnauthorized, "", "x"), 401, lucs.CodeUnauthorized},
	} {
		if status, code, message := lucs.RefusalOf(c.err); status != c.status || code != c.code || message == "" {
			t.Errorf("%v is answered %d %s %q, want %d %s", c.err, status, code, message, c.status, c.code)
		}
	}
}

// Answers carry no-store, nosniff and their Content-Type.
func TestHeaders(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/v1.0/services", "/v1.0/nothing", "/v1.0/callbacks/x"} {
		h := r.do("boss", "GET", path, "").Header()
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: the headers are %v", path, h)
		}
	}
}
