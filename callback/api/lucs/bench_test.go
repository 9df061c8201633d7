package lucs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/manager"
)

// unlimited raises the service's capacity to what a benchmark creates.
func unlimited(s *callback.Service, _ *manager.Config, l *lucs.Config) {
	s.Limits = callback.Limits{SameNumber: callback.NoLimit, BookingsPerDay: callback.NoLimit, Queued: 1e9, Parameters: []string{}}
	l.Authorizer = api.AuthorizerFunc(func(*http.Request) (api.Caller, error) {
		return api.Caller{Name: "bench", Roles: []api.Role{api.RoleOperate}}, nil
	})
}

// sink is a ResponseWriter that discards the body.
type sink struct {
	header http.Header
	status int
	bytes  int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { s.bytes += len(p); return len(p), nil }

func (s *sink) serve(b *testing.B, h http.Handler, path, body string) {
	*s = sink{header: make(http.Header)}
	r := httptest.NewRequestWithContext(b.Context(), "POST", path, strings.NewReader(body))
	h.ServeHTTP(s, r)
	if s.status != 200 {
		b.Fatalf("answered %d", s.status)
	}
}

// The difference between the two sub-benchmarks is the cost of the handler over
// Manager.Start.
func BenchmarkCreate(b *testing.B) {
	b.Run("Manager.Start", func(b *testing.B) {
		r := newRig(b, unlimited)
		b.ReportAllocs()
		for b.Loop() {
			_, err := r.manager.Start(b.Context(), manager.Request{Service: "support", Number: swiss, Actor: "bench",
				Retry: &callback.RetryLimits{MaxAttempts: 4, Delay: 60e9}})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, services := range []int{1, 1000} {
		b.Run(fmt.Sprintf("handler with %d services", services), func(b *testing.B) {
			r := newRig(b, unlimited)
			for i := range services {
				if err := r.services.Set("", callback.Service{Name: fmt.Sprintf("a%d", i), Numbers: callback.Numbers{Country: "US"}}); err != nil {
					b.Fatal(err)
				}
			}
			var client sink
			b.ReportAllocs()
			for b.Loop() {
				client.serve(b, r.plain, "/v1.0/callbacks", body())
			}
		})
	}
}

// A search streams its answer, so memory must not grow with the answer beyond
// the pages of the store.
func BenchmarkSearch(b *testing.B) {
	r := newRig(b, unlimited)
	for range 10_000 {
		if _, err := r.manager.Start(b.Context(), manager.Request{Service: "support", Number: swiss}); err != nil {
			b.Fatal(err)
		}
	}
	for name, body := range map[string]string{
		"all 10000": `{}`, "page of 100": `{"Limit":100}`, "page of 100 at 5000": `{"Limit":100,"Offset":5000}`,
		"page of 100 by priority": `{"OrderBy":"Priority","Limit":100}`,
	} {
		b.Run(name, func(b *testing.B) {
			var client sink
			b.ReportAllocs()
			for b.Loop() {
				client.serve(b, r.plain, "/v1.0/callbacks/search", body)
			}
			b.SetBytes(int64(client.bytes))
		})
	}
}
