package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

var suite postgrestest.Suite

func TestMain(m *testing.M) { os.Exit(suite.Main(m)) }

// running is a server that a test talks to.
type running struct {
	t    testing.TB
	base string
	stop func() error
	log  *bytes.Buffer // complete after stop
}

// start runs a server on a free port until the test ends, or until stop.
func start(t testing.TB, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	r := &running{t: t, log: new(bytes.Buffer)}
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), in, r.log)
		_ = in.CloseWithError(io.EOF)
		ended <- err
	}()
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", r.log)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, rest, ok := strings.Cut(lines.Text(), "listening on "); ok {
			r.base, _, _ = strings.Cut(rest, ",")
		}
		if strings.Contains(lines.Text(), "/demo/clock /demo/outcomes") {
			break
		}
	}
	if r.base == "" {
		t.Fatalf("the server did not come up: %v\n%s", r.stop(), r.log)
	}
	return r
}

// do makes a request as admin, and returns the status and the body.
func (r *running) do(method, path, body string) (int, string) {
	r.t.Helper()
	return r.as("admin", "admin", method, path, body)
}

func (r *running) as(user, password, method, path, body string) (int, string) {
	r.t.Helper()
	header := http.Header{}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	return r.send(user, password, method, path, body, header)
}

// send makes a request, without credentials if user is empty.
func (r *running) send(user, password, method, path, body string, header http.Header) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.base+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header = header
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(text))
}

// must makes a request that has to succeed.
func (r *running) must(method, path, body string) string {
	r.t.Helper()
	status, text := r.do(method, path, body)
	if status != http.StatusOK {
		r.t.Fatalf("%s %s is answered with %d: %s", method, path, status, text)
	}
	return text
}

// ask starts a callback and returns its id.
func (r *running) ask(service, number, more string) string {
	r.t.Helper()
	var answer struct {
		ID string `json:"_id"`
	}
	text := r.must("POST", "/genesys/1/service/callback/"+service, fmt.Sprintf(`{"_customer_number":%q%s}`, number, more))
	if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.ID == "" {
		r.t.Fatalf("started with %s: %v", text, err)
	}
	return answer.ID
}

// state is the state and the reason of a callback.
func (r *running) state(number string) string {
	r.t.Helper()
	var rows []struct {
		State  string `json:"_callback_state"`
		Reason string `json:"_callback_reason"`
	}
	text := r.must("GET", "/genesys/1/service/callback?_customer_number=%2B"+strings.TrimPrefix(number, "+"), "")
	if err := json.Unmarshal([]byte(text), &rows); err != nil || len(rows) != 1 {
		r.t.Fatalf("found %s: %v", text, err)
	}
	return strings.TrimSpace(rows[0].State + " " + rows[0].Reason)
}

const (
	atEight = "2026-03-27T08:00:00Z"
	zurich  = "+41446681800"
	geneva  = "+41225551234"
	basel   = "+41613334455"
)

// day is a morning with all that can happen on the phone.
func day(t *testing.T, r *running) string {
	t.Helper()
	r.must("POST", "/demo/outcomes", `{"+41446681800":["BUSY","ANSWER"],"+41225551234":["SILENT","ANSWER"],"+41613334455":["UNKNOWN"]}`)
	for _, number := range []string{zurich, geneva, basel} {
		r.ask("claims", number, "")
	}
	r.ask("support", "+41319998877", "")
	r.must("POST", "/demo/clock?advance=1h", "")
	for number, want := range map[string]string{
		zurich: "COMPLETED AGENT_CONNECTED", geneva: "COMPLETED AGENT_CONNECTED", basel: "QUEUED", "+41319998877": "COMPLETED AGENT_CONNECTED",
	} {
		if got := r.state(number); got != want {
			t.Errorf("callback to %s is %s, want %s", number[:3], got, want)
		}
	}
	calls := r.must("GET", "/demo/calls", "")
	for _, want := range []string{`"outcome":"BUSY"`, `"outcome":"SILENT"`, `"outcome":"UNKNOWN"`} {
		if strings.Count(calls, want) != 1 {
			t.Errorf("%s is not there once in %s", want, calls)
		}
	}
	return calls
}

// The same requests have the same course, whatever keeps the callbacks.
func TestSameDayOnEveryStore(t *testing.T) {
	want := day(t, start(t, "-clock", atEight))
	for _, store := range []string{
		"memory",
		"sqlite:" + filepath.Join(t.TempDir(), "callbacks.db"),
		"postgres:" + suite.NewDatabase(t),
	} {
		if got := day(t, start(t, "-clock", atEight, "-store", store)); got != want {
			t.Errorf("on %s the calls are\n%s\nwant\n%s", storeKind(store), got, want)
		}
	}
}

// What was accepted is there when a server that was stopped in the midst of its
// calls comes back.
func TestStopLosesNothing(t *testing.T) {
	store := "sqlite:" + filepath.Join(t.TempDir(), "callbacks.db")
	first := start(t, "-store", store)
	numbers := []string{zurich, geneva, basel, "+41319998877"}
	for _, number := range numbers {
		first.ask("support", number, "")
	}
	for !strings.Contains(first.must("GET", "/demo/calls", ""), zurich) {
		// Polled until the first call is up.
	}
	// A client that never finishes its request does not hold up others.
	slow, err := net.Dial("tcp", strings.TrimPrefix(first.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close() }()
	if _, err := fmt.Fprint(slow, "POST /genesys/1/service/callback/support HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n"+
		"Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(slow).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("the slow client is told %q: %v", line, err)
	}
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	if log := first.log.String(); strings.Contains(log, "ERROR") {
		t.Errorf("stopping went wrong:\n%s", log)
	}
	again := start(t, "-store", store)
	for _, number := range numbers {
		// Calls that were up have ended, and their outcomes are known.
		if state := again.state(number); state != "QUEUED" && !strings.HasPrefix(state, "COMPLETED") {
			t.Errorf("callback to %s is %s", number[:3], state)
		}
	}
}

// What happens while the clock moves is not lost with the client that moved it.
func TestAdvanceOutlivesItsClient(t *testing.T) {
	r := start(t, "-clock", atEight)
	for i := range 30 {
		r.ask("support", fmt.Sprintf("+4144668%04d", 1800+i), "")
	}
	for cut := 1; cut <= 1<<10; cut *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(cut)*100*time.Microsecond)
		req, err := http.NewRequestWithContext(ctx, "POST", r.base+"/demo/clock?advance=1m", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("admin", "admin")
		if answer, err := http.DefaultClient.Do(req); err == nil {
			_ = answer.Body.Close()
		}
		cancel()
	}
	r.must("POST", "/demo/clock?advance=1h", "")
	if text := r.must("GET", "/genesys/1/admin/callback/watermarks", ""); !strings.Contains(text, `"total":0`) {
		t.Errorf("callbacks that never end: %s", text)
	}
}

// A store that has callbacks already gets new ones.
func TestAgainOnTheSameStore(t *testing.T) {
	store := "sqlite:" + filepath.Join(t.TempDir(), "callbacks.db")
	for _, number := range []string{zurich, geneva} {
		r := start(t, "-clock", atEight, "-store", store)
		r.ask("claims", number, "")
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAccess(t *testing.T) {
	r := start(t, "-clock", atEight)
	for _, tt := range []struct {
		user, password, method, path, body string
		want                               int
	}{
		{"", "", "GET", "/healthz", "", 200},
		{"", "", "GET", "/demo/calls", "", 401},
		{"admin", "wrong", "GET", "/demo/calls", "", 401},
		{"app", "app", "GET", "/demo/calls", "", 403},
		{"app", "app", "POST", "/demo/clock?advance=1s", "", 403},
		{"admin", "admin", "POST", "/demo/clock?advance=-1s", "", 400},
		{"admin", "admin", "POST", "/demo/clock", "", 400},
		{"admin", "admin", "POST", "/demo/clock?advance=9000h", "", 400},
		{"admin", "admin", "POST", "/demo/outcomes", `{"+41446681800":["NONSENSE"]}`, 400},
		{"admin", "admin", "POST", "/demo/outcomes", `{"0446681800":["BUSY"]}`, 400},
		{"admin", "admin", "POST", "/demo/outcomes", `{"+41446681800":["BUSY"],"+41 44 668 18 00":["BUSY"]}`, 400},
		{"admin", "admin", "POST", "/demo/outcomes", `[]`, 400},
		{"", "", "POST", "/genesys/1/service/callback/claims", `{"_customer_number":"+41446681800"}`, 401},
		{"app", "app", "GET", "/genesys/1/admin/callback/watermarks", "", 403},
		{"", "", "POST", "/v1.0/callbacks/search", "{}", 401},
		{"", "", "POST", "/lcm", "{}", 401},
		{"", "", "GET", "/interactions/1", "", 401},
		{"app", "app", "POST", "/genesys/1/service/callback/claims", `{"_customer_number":"+41446681800"}`, 200},
	} {
		if got, text := r.as(tt.user, tt.password, tt.method, tt.path, tt.body); got != tt.want {
			t.Errorf("%s %s as %q is answered with %d, want %d: %s", tt.method, tt.path, tt.user, got, tt.want, text)
		}
	}
	if status, text := start(t).do("POST", "/demo/clock?advance=1s", ""); status != http.StatusConflict {
		t.Errorf("the time of day was moved: %d %s", status, text)
	}
}

// Only where this machine alone can connect is the password known.
func TestPasswordsElsewhere(t *testing.T) {
	for _, tt := range []struct {
		ip    net.IP
		known bool
	}{{net.IPv4(127, 0, 0, 1), true}, {net.IPv6loopback, true}, {net.IPv4zero, false}, {net.IPv6unspecified, false}, {net.IPv4(192, 0, 2, 1), false}} {
		a, err := newAccess(&net.TCPAddr{IP: tt.ip, Port: 80})
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), "GET", "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("admin", "admin")
		if _, err := a.basic.Authorize(req); (err == nil) != tt.known {
			t.Errorf("admin/admin on %s: %v", tt.ip, err)
		}
		var printed bytes.Buffer
		a.print(&printed)
		if !strings.Contains(printed.String(), a.users[0].Password) {
			t.Errorf("the credentials are not shown: %s", &printed)
		}
	}
}

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{
		{"-store", "nonsense"}, {"-store", "sqlite:"}, {"-store", "postgres://127.0.0.1:1/none?connect_timeout=1"}, {"-clock", "yesterday"},
		{"-config", "/nonexistent"}, {"-addr", "nonsense"}, {"more"}, {"-unknown"},
		{"-notify", "ftp://x"}, {"-notify", "https://x", "-notify-secret", "short"}, {"-notify-cursor", "x"}, {"-notify-secret", "0123456789abcdef"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		if err := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), io.Discard, io.Discard); err == nil {
			t.Errorf("%v was taken", args)
		}
		cancel()
	}
}

// Another configuration brings other services, and its problems are told.
func TestConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.ini")
	text := "[service.orders]\n_service = callback\n_type = ors\n_default_country = DE\n_target_ = 2\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "-config", path, "-clock", atEight)
	r.ask("orders", "+493023125000", "")
	if status, _ := r.do("POST", "/genesys/1/service/callback/claims", `{"_customer_number":"+493023125000"}`); status != http.StatusBadRequest {
		t.Errorf("a service of the other configuration is answered with %d", status)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.log.String(), "_target_") {
		t.Errorf("the log does not name the misspelt option:\n%s", r.log)
	}
}
