package config_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/config"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// The scenarios that GMS' templates make, by the options in which they differ.
func TestTemplates(t *testing.T) {
	const originated = "_call_direction=USERORIGINATED\n_resource_group=+41446681800\n"
	const terminated = "_call_direction=USERTERMINATED\n"
	const agree = "_wait_for_agent=true\n_wait_for_user_confirm=true\n"
	const now = "_wait_for_agent=false\n_wait_for_user_confirm=false\n"
	access := []string{"+41446681800"}
	for _, c := range []struct {
		name, lines string
		want        callback.Service
	}{
		{"user originated immediate", originated + now, callback.Service{
			Inbound: callback.Inbound{Direction: callback.UserOriginated, NoWait: true, AccessNumbers: access}}},
		{"user originated delayed", originated + agree, callback.Service{
			Inbound: callback.Inbound{Direction: callback.UserOriginated, AccessNumbers: access}, Confirm: callback.Confirm{On: true}}},
		{"user terminated immediate", terminated + now, callback.Service{}},
		{"user terminated delayed", terminated + agree, callback.Service{Confirm: callback.Confirm{On: true}}},
		{"user terminated delayed, agent preview", terminated + "_wait_for_agent=true\n_wait_for_user_confirm=false\n_agent_preview=true\n_userterminated_first_connect_party=AGENT",
			callback.Service{Preview: callback.Preview{On: true}, Dialing: callback.DialOptions{First: callback.AgentFirst}}},
		{"chat that customers are called into", terminated + "_media_type=chat", callback.Service{MediaType: "chat"}},
		{"ivr classic", terminated + "_wait_for_agent=true\n_urs_virtual_queue=VQ\n_target=Billing@S.GA", callback.Service{
			Queueing: callback.Queueing{VirtualQueue: "VQ", Target: "Billing@S.GA"}}},
		{"preview and disposition", terminated + "_agent_preview=true\n_enable_disposition_dialog=true\n_agent_preview_allow_reject=2",
			callback.Service{Preview: callback.Preview{On: true, Rejects: 2}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := readOptions(t, "[service.x]\n_service=callback\n_type=ors\n"+c.lines)
			got := serviceOf(t, o, "x")
			c.want.Name, c.want.SearchKeys, c.want.RequiredKeys = "x", got.SearchKeys, got.RequiredKeys
			if diff := cmp.Diff(c.want, got, comparingOptions()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	o := readOptions(t, "[service.x]\n_service=callback\n_call_direction=USERORIGINATED\n_media_type=chat")
	wantProblems(t, o, `line 4: error: [service.x] _media_type "chat" lets customers begin a chat, for which a chat server would be needed: the service is left out`)
}

// manage makes a Manager of a configuration, at a quarter past nine on a Monday
// in London.
func manage(t *testing.T, o *config.Options) (*manager.Manager, time.Time) {
	t.Helper()
	services, err := o.Source()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 9, 15, 0, 0, time.UTC)
	clock := callbacktest.NewClock(now)
	m, err := manager.New(manager.Config{
		Store: store.NewMemory(), Services: services, Dialer: callbacktest.NewDialer(clock.Now), Now: clock.Now, NewID: callbacktest.IDs("cb"),
		Synchronous: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return m, now
}

// A Manager keeps to what a configuration says: hours, seats, exceptions, limits,
// tokens and redirections.
func TestManagerOfConfiguration(t *testing.T) {
	o := readOptions(t, `
[patterns]
STAFF = +4420794600??
[service.desk]
_service = callback
_call_direction = USERTERMINATED
_default_country = GB
_business_hours_service = office
_capacity_service = seats
_exceptions = STAFF
_request_time_bucket = 30
_target = Billing@$stat$.GA
_urs_virtual_queue = VQ
_max_dial_attempts = $tries$
_enable_in_queue_checking = false
_throttle_request_parameters_limit = 100
_max_queued_callbacks_per_service = 2
[service.front]
_service = callback
_call_direction = USERTERMINATED
_default_country = GB
_redirect = $desk$
[service.office]
_service = office-hours
_timezone = Europe/London
_bh_regular1 = Mon-Fri 9:00-17:00
[service.seats]
_service = capacity
_timezone = Europe/London
_capacity_1 = {"1":{"1000":1,"1100":0}}
`)
	m, now := manage(t, o)
	start := func(service, number string, desired time.Time, body callback.Values) (*callback.Callback, error) {
		t.Helper()
		r, err := o.Resolve(service, body)
		if err != nil {
			return nil, err
		}
		req := manager.Request{Number: number, Desired: desired, Properties: body}
		r.Apply(&req)
		return m.Start(context.Background(), req)
	}
	code := func(what string, want int, err error) {
		t.Helper()
		if got := callback.Code(err); got != want {
			t.Errorf("%s: code %d, want %d: %v", what, got, want, err)
		}
	}
	const number = "+442079460101"
	ten := now.Truncate(time.Hour).Add(time.Hour)

	cb, err := start("front", number, ten, callback.Values{"desk": "desk", "stat": "S1", "tries": "5"})
	code("the first seat", 0, err)
	if err != nil {
		t.FailNow()
	}
	if cb.Service != "desk" || cb.Agent.Target != "Billing@S1.GA" || cb.Agent.Queue != "VQ" || cb.Retry == nil || cb.Retry.MaxAttempts != 5 {
		t.Errorf("service %s, agent %+v, retry %+v", cb.Service, cb.Agent, cb.Retry)
	}
	_, err = start("desk", number, ten.Add(time.Minute), nil)
	code("the bucket is full", 40051, err)
	_, err = start("desk", number, ten.Add(30*time.Minute), nil)
	code("the next bucket", 0, err)
	_, err = start("desk", number, ten.Add(time.Hour), nil)
	code("an hour without seats", 40051, err)
	_, err = start("desk", number, ten.Add(10*time.Hour), nil)
	code("closed", 40050, err)
	_, err = start("desk", "+442079460042", time.Time{}, nil)
	code("an exception", 40040, err)
	for range 2 {
		_, err = start("desk", number, time.Time{}, nil)
		code("immediate", 0, err)
	}
	_, err = start("desk", number, time.Time{}, nil)
	code("the queue is full", 40002, err)
	_, err = start("front", number, time.Time{}, callback.Values{"desk": "nowhere"})
	code("redirected nowhere", 50040, err)
	cb, err = start("front", number, time.Time{}, nil)
	code("not redirected", 0, err)
	if err == nil && cb.Service != "front" {
		t.Errorf("taken by %s", cb.Service)
	}
}

// Zero refuses where GMS says so, although zero values of fields are defaults.
func TestZeroLimitsRefuse(t *testing.T) {
	for line, want := range map[string]int{
		"_max_queued_callbacks_per_service=0":                    40002,
		"_throttle_callbacks_per_service_1=0":                    40003,
		"_throttle_callbacks_per_service_2=0":                    40003,
		"_throttle_request_parameters_limit=0":                   40004,
		"_throttle_ttl_1=0\n_throttle_callbacks_per_service_1=0": 0,
	} {
		m, _ := manage(t, optionsOf(t, line))
		_, err := m.Start(context.Background(), manager.Request{Service: "x", Number: "+442079460101"})
		if got := callback.Code(err); got != want {
			t.Errorf("%s: code %d, want %d: %v", strings.ReplaceAll(line, "\n", ", "), got, want, err)
		}
	}
}
