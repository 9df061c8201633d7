package openapitest

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback/api/internal/exchange"
)

// adapter is a package with an OpenAPI document.
type adapter struct {
	name, dir, file string
	faults          string // the schema of an error
	// unreached lists responses that the tests of the package cannot produce,
	// with the reason.
	unreached map[string]string
}

func adapters() []adapter {
	return []adapter{
		{name: "gms", dir: "../../gms", file: "openapi.json", faults: "Error"},
		{name: "lucs", dir: "../../lucs", file: "openapi.json", faults: "ErrorDto"},
	}
}

func TestResponses(t *testing.T) {
	for _, f := range adapters() {
		t.Run(f.name, func(t *testing.T) {
			d, err := load(t.Context(), f.dir+"/"+f.file, f.faults)
			if err != nil {
				t.Fatal(err)
			}
			exchanges := record(t, f)
			if len(exchanges) == 0 {
				t.Fatal("the tests of the package recorded nothing")
			}
			for _, e := range exchanges {
				if err := d.check(t.Context(), e); err != nil {
					t.Errorf("%s: %s %s: %d\n%s\n%v", e.Test, e.Method, e.Target, e.Status, e.Body, err)
				}
			}
			for _, key := range d.unseen() {
				if f.unreached[key] == "" {
					t.Errorf("no test has seen %s", key)
				}
			}
			for key := range f.unreached {
				if d.seen[key] {
					t.Errorf("%s is seen and listed as not to be reached", key)
				}
			}
			t.Logf("%d exchanges", len(exchanges))
		})
	}
}

// record runs the tests of a package and returns their exchanges.
func record(t *testing.T, f adapter) []exchange.Exchange {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-vet=off", ".")
	cmd.Dir = f.dir
	cmd.Env = append(slices.Clip(os.Environ()), exchange.Variable+"="+dir, "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the tests of %s: %v\n%s", f.name, err, out)
	}
	exchanges, err := exchange.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return exchanges
}

// TestSpoiledResponses modifies valid exchanges in ways that check must detect.
func TestSpoiledResponses(t *testing.T) {
	f := adapters()[0]
	d, err := load(t.Context(), f.dir+"/"+f.file, f.faults)
	if err != nil {
		t.Fatal(err)
	}
	good := exchange.Exchange{
		Method: "POST", Target: "/genesys/1/service/callback/desk", Status: 200,
		RequestHeader: map[string][]string{"Content-Type": {"application/json"}}, RequestBody: []byte(`{"_customer_number":"5115"}`),
		Header: map[string][]string{"Content-Type": {"application/json"}}, Body: []byte(`{"_id":"1"}`),
	}
	if err := d.check(t.Context(), good); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	spoil := map[string]func(e *exchange.Exchange){
		"status":     func(e *exchange.Exchange) { e.Status = 418 },
		"type":       func(e *exchange.Exchange) { e.Body = []byte(`{"_id":1}`) },
		"missing":    func(e *exchange.Exchange) { e.Body = []byte(`{}`) },
		"additional": func(e *exchange.Exchange) { e.Body = []byte(`{"_id":"1","id":"1"}`) },
		"not JSON":   func(e *exchange.Exchange) { e.Body = []byte(`{"_id":`) },
		"empty":      func(e *exchange.Exchange) { e.Body = nil },
		"media type": func(e *exchange.Exchange) { e.Header = map[string][]string{"Content-Type": {"text/plain"}} },
		"request":    func(e *exchange.Exchange) { e.RequestBody = []byte(`{"_callback_state":"SLEEPING"}`) },
		"path":       func(e *exchange.Exchange) { e.Target = "/genesys/1/nothing" },
		"error": func(e *exchange.Exchange) {
			e.Status, e.Body = 400, bytes.ReplaceAll([]byte(`{"code":"40010"}`), []byte(" "), nil)
		},
	}
	for name, f := range spoil {
		e := good
		f(&e)
		if err := d.check(t.Context(), e); err == nil {
			t.Errorf("%s: was not noticed", name)
		} else if strings.Contains(err.Error(), "panic") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
