package lucs_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/manager"
)

// While a large search of a tenant is answered, others of the tenant wait and
// are then refused. Small ones and other tenants do not wait.
func TestLargeSearchesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		done, err := r.plain.(*lucs.Handler).Hold(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		large := []string{`{}`, `{"OrderBy":"Id","Limit":1}`, `{"Limit":1000,"Offset":1}`, `{"State":"Pending","Limit":1}`, `{"Limit":0}`}
		for _, search := range large {
			begin := time.Now()
			rec := r.do("boss", "POST", "/v1.0/callbacks/search", search)
			refused(t, rec, 429, "Busy")
			if took := time.Since(begin); took != 10*time.Second || rec.Header().Get("Retry-After") == "" {
				t.Errorf("%s: refused after %v, %v", search, took, rec.Header())
			}
		}
		begin := time.Now()
		r.wantFound(`{"Limit":1000}`)
		r.wantFound(`{"Limit":10,"Offset":990}`)
		read[[]dto](t, r.do("other", "POST", "/v1.0/callbacks/search", "{}"))
		if took := time.Since(begin); took != 0 {
			t.Errorf("small searches and other tenants waited for %v", took)
		}
		go func() {
			time.Sleep(3 * time.Second)
			done()
		}()
		for _, search := range large {
			r.wantFound(search)
		}
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("the first took %v", took)
		}
	})
}

// A turn ends also when the client goes in the middle of a response.
func TestTurnEndsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, unlimited)
		many(t, r, 1200)
		for range 2 {
			req := httptest.NewRequestWithContext(t.Context(), "POST", "/v1.0/callbacks/search", strings.NewReader("{}"))
			req.SetBasicAuth("boss", "boss")
			req.Header.Set("Content-Type", "application/json")
			r.plain.ServeHTTP(deaf{httptest.NewRecorder()}, req)
		}
		begin := time.Now()
		r.find("{}")
		if took := time.Since(begin); took != 0 {
			t.Errorf("the next search waited for %v", took)
		}
	})
}

func many(t testing.TB, r *rig, n int) {
	t.Helper()
	for i := range n {
		_, err := r.manager.Start(t.Context(), manager.Request{Service: "support", Number: "+41785556677",
			Origin: callback.Origin{ExternalID: fmt.Sprint(i)}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// An order that the store does not have reads a bounded number of callbacks,
// whatever the Limit.
func TestSortedReadsAreBounded(t *testing.T) {
	r := newRig(t, unlimited, func(_ *callback.Service, _ *manager.Config, l *lucs.Config) { l.MaxSorted = 10 })
	many(t, r, 100)
	for _, order := range []string{"Target", "Id", "State", "Priority", "RetryCount"} {
		if got := r.find(`{"OrderBy":"` + order + `","Limit":3}`); len(got) != 3 {
			t.Errorf("%s: found %v", order, got)
		}
	}
	many(t, r, 1)
	for _, order := range []string{"Target", "Id", "State", "Priority", "RetryCount"} {
		message := refused(t, r.do("boss", "POST", "/v1.0/callbacks/search", `{"OrderBy":"`+order+`","Limit":3}`), 400, "InvalidParameter")
		if !strings.Contains(message, "more than 100 callbacks") {
			t.Errorf("%s: %s", order, message)
		}
	}
	if got := r.find(`{"OrderBy":"Created","Limit":3}`); len(got) != 3 {
		t.Errorf("an order of the store: found %v", got)
	}
}

// A response of any size takes constant memory, and is sent to the end although
// it takes longer than the WriteTimeout of the server.
func TestStreamOutlastsWriteTimeout(t *testing.T) {
	r := newRig(t, unlimited)
	const n = 8000
	many(t, r, n)
	slow := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		// The time before the response, as reading a slow store takes it.
		r.plain.ServeHTTP(&pausing{ResponseWriter: w}, req)
	})
	server := httptest.NewUnstartedServer(slow)
	server.Config.WriteTimeout = 20 * time.Millisecond
	server.Start()
	defer server.Close()
	for range 2 { // the second on the same connection
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
		got, err := io.ReadAll(resp.Body)
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if err != nil || bytes.Count(got, []byte(`"Id"`)) != n {
			t.Errorf("the response has %d bytes, %v", len(got), err)
		}
	}
}

// pausing waits for the scheduler before each part, until the time-out of the
// test has passed.
type pausing struct {
	http.ResponseWriter
	begin time.Time
}

// Unwrap returns the writer for http.ResponseController.
func (p *pausing) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *pausing) Write(part []byte) (int, error) {
	if p.begin.IsZero() {
		p.begin = time.Now()
	}
	for time.Since(p.begin) < 40*time.Millisecond {
		runtime.Gosched()
	}
	return p.ResponseWriter.Write(part)
}
