package lucs_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/lucs"
)

// addRequests seeds the corpus with the requests of testdata and some faulty
// ones.
func addRequests(f *testing.F) {
	f.Helper()
	names, err := filepath.Glob("testdata/*.request.json")
	if err != nil || len(names) == 0 {
		f.Fatal("no requests", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, seed := range []string{
		"", "{}", "null", "[]", `{"Target":1}`, `{"target":"x","TARGET":"y"}`, `{"Limit":1e3}`, `{"Offset":-0}`, `{"MaxRetries":1.0}`,
		`{"ServiceId":"00000000-0000-0000-0000-000000000000"}`, `{"OrderBy":"Priority","SortOrder":"descending"}`,
		`{"StartDate":"9999-12-31T23:59:59-23:59","EndDate":"01.01.0001 00:00:00"}`, `{"\u0000":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Add([]byte(body()))
}

// wantFault requires err to be an api.Fault with status 400.
func wantFault(t *testing.T, err error) {
	t.Helper()
	var fault *api.Fault
	if !errors.As(err, &fault) || fault.Status != http.StatusBadRequest || !errors.Is(err, callback.ErrInvalidParameter) || fault.Rule == "" {
		t.Fatalf("refused with %v", err)
	}
	if status, code, _ := lucs.RefusalOf(err); status != 400 || code != lucs.CodeInvalidParameter {
		t.Fatalf("%v is answered %d %s", err, status, code)
	}
}

// Any body is either parsed within the limits or refused.
func FuzzCreate(f *testing.F) {
	addRequests(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := lucs.ReadCreate(body)
		if err != nil {
			wantFault(t, err)
			return
		}
		switch r := req.Retry; {
		case !json.Valid(body):
			t.Fatal("what is no JSON was read")
		case req.Number == "" || !req.Priority.Valid():
			t.Fatal("what is required is missing")
		case r == nil || r.MaxAttempts < 1 || r.MaxAttempts > 100 || r.Delay < 0 || r.Delay.Hours() > 720:
			t.Fatalf("retries are %+v", r)
		case !req.Desired.IsZero() && (req.Desired.Year() < 1 || req.Desired.Nanosecond()%1e6 != 0):
			t.Fatalf("desired is %v", req.Desired)
		case req.CustomerID != "" || req.State != 0 || req.CopyFrom != "" || req.Overrides != nil:
			t.Fatal("a body says what is not for it to say")
		}
	})
}

// Any search is either parsed within the limits or refused.
func FuzzSearch(f *testing.F) {
	addRequests(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		q, limit, offset, err := lucs.ReadSearch(body)
		if err != nil {
			wantFault(t, err)
			return
		}
		switch {
		case !json.Valid(body):
			t.Fatal("what is no JSON was read")
		case limit < 0 || offset < 0:
			t.Fatalf("limit %d, offset %d", limit, offset)
		case !q.DesiredTo.IsZero() && q.DesiredTo.Before(q.DesiredFrom):
			t.Fatalf("from %v to %v", q.DesiredFrom, q.DesiredTo)
		case q.Tenant != "" || q.AllTenants || q.CustomerID != "":
			t.Fatal("a body says what is not for it to say")
		case slices.ContainsFunc([]string{q.AppPool, q.ExternalID, q.CallerID}, func(s string) bool { return len(s) > 128 || strings.ContainsRune(s, 0) }):
			t.Fatal("a name is too long")
		}
	})
}

// Any request gets an answer in the form of LUCS, and never a 5xx status.
func FuzzHandler(f *testing.F) {
	for _, target := range []string{
		"/v1.0/callbacks", "/v1.0/callbacks/search", "/v1.0/callbacks/cb000001", "/v1.0/callbacks/cb000001/cancel", "/v1.0/services",
		"/v1.0/callbacks?externalTaskId=task", "/v1.0/callbacks/%00", "/v1.0/callbacks/%zz", "//", "/v1.0/callbacks/%2e%2e/cancel?;",
	} {
		f.Add(true, target, []byte(body("ExternalTaskId", `"task"`)))
		f.Add(false, target, []byte{})
	}
	r := newRig(f)
	f.Fuzz(func(t *testing.T, post bool, target string, body []byte) {
		method := http.MethodGet
		if post {
			method = http.MethodPost
		}
		req, err := http.NewRequestWithContext(t.Context(), method, "http://host"+target, strings.NewReader(string(body)))
		if err != nil {
			return // net/http refuses it, too
		}
		req.SetBasicAuth("boss", "boss")
		rec := httptest.NewRecorder()
		r.plain.ServeHTTP(rec, req)
		if rec.Code == 200 {
			if !json.Valid(rec.Body.Bytes()) {
				t.Fatalf("the answer is %q", rec.Body)
			}
			return
		}
		var answer struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || answer.Error.Code == "" || answer.Error.Message == "" {
			t.Fatalf("answered %d %q: %v", rec.Code, rec.Body, err)
		}
		if rec.Code >= 500 {
			t.Fatalf("answered %d %q", rec.Code, rec.Body)
		}
	})
}
