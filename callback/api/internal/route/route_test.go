package route_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/route"
)

func TestFind(t *testing.T) {
	paths := []route.Path[string]{
		route.At("v1/items/first", map[string]string{http.MethodGet: "first"}),
		route.At("v1/items/{id}", map[string]string{http.MethodGet: "get", http.MethodDelete: "delete"}),
		route.At("v1/{name}/items/{id}", map[string]string{http.MethodPost: "add"}),
	}
	for _, test := range []struct {
		method, target string
		fold           bool
		op, name, id   string
		status         int
		allow          string
	}{
		{method: "GET", target: "/v1/items/7", op: "get", id: "7"},
		{method: "HEAD", target: "/v1/items/7", op: "get", id: "7"},
		{method: "DELETE", target: "/v1/items/a%2Fb%20c", op: "delete", id: "a/b c"},
		{method: "GET", target: "/v1/items/first", op: "first"},
		{method: "GET", target: "/v1/items/First", op: "get", id: "First"},
		{method: "GET", target: "/V1/ITEMS/First", fold: true, op: "first"},
		{method: "POST", target: "/v1/x/items/7", op: "add", name: "x", id: "7"},
		{method: "PUT", target: "/v1/items/7", status: 405, allow: "DELETE, GET, HEAD"},
		{method: "HEAD", target: "/v1/x/items/7", status: 405, allow: "POST"},
		{method: "GET", target: "/V1/items/7", status: 404},
		{method: "GET", target: "/v1/items", status: 404},
		{method: "GET", target: "/v1/items/", status: 404},
		{method: "GET", target: "/v1//7", status: 404},
		{method: "GET", target: "/", status: 404},
	} {
		table, w := route.Table[string]{Paths: paths, Fold: test.fold}, httptest.NewRecorder()
		op, m, err := table.Find(w, test.method, route.Split(httptest.NewRequest(test.method, test.target, nil)))
		var fault *api.Fault
		status := 0
		if errors.As(err, &fault) {
			status = fault.Status
		}
		if op != test.op || m.Part("{name}") != test.name || m.Part("{id}") != test.id || status != test.status || w.Header().Get("Allow") != test.allow {
			t.Errorf("%s %s: %q, %+v, %v, Allow %q", test.method, test.target, op, m, err, w.Header().Get("Allow"))
		}
	}
}
