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
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

// gmsDefaults returns a service with the defaults that the GMS documents state.
func gmsDefaults(name string) callback.Service {
	const s = time.Second
	keys := []string{"_customer_number"}
	return callback.Service{
		Name: name, Numbers: callback.Numbers{Country: "US", Countries: []string{phonenum.Anywhere}}, MediaType: "voice", SearchKeys: keys, RequiredKeys: keys,
		Limits: callback.Limits{
			SameNumber: 2, Queued: 1000, Throttles: []callback.Throttle{{Max: 500, Every: 300 * s}, {Max: 1000, Every: 3600 * s}}, PerParameter: 6,
			BookingsPerDay: callback.NoLimit,
		},
		Booking: callback.Booking{
			Bucket: 5 * time.Minute, PerBucket: 100, Buffer: 120 * s, ConnectThreshold: 180 * s, Horizon: callback.Span{Months: 1},
		},
		Queueing: callback.Queueing{TTL: 14400 * s, MaxSubmits: 3},
		Dialing: callback.DialOptions{
			Retry: scheduler.DefaultRetryPolicy(), PlaceTimeout: 32 * s, AgentWait: 3600 * s, MaxCall: 3600 * s,
		},
		Preview: callback.Preview{Timeout: 30 * s, ReasonKey: "ReasonCode"},
		Inbound: callback.Inbound{Timeout: 30 * s}, Confirm: callback.Confirm{Timeout: 30 * s},
		TTL: 86400 * s, Retention: 86400 * s, MaskAfter: callback.Off,
	}
}

// The scenarios of the templates of GMS, by the options in which they differ.
func TestTemplates(t *testing.T) {
	const originated = "_call_direction=USERORIGINATED\n_resource_group=+41446681800\n"
	const terminated = "_call_direction=USERTERMINATED\n"
	const agree = "_wait_for_agent=true\n_wait_for_user_confirm=true\n"
	const now = "_wait_for_agent=false\n_wait_for_user_confirm=false\n"
	access := []string{"+41446681800"}
	for _, c := range []struct {
		name, lines string
		want        func(s *callback.Service) // what differs from the defaults
	}{
		{"user originated immediate", originated + now, func(s *callback.Service) {
			s.Inbound.On, s.Inbound.NoWait, s.Inbound.AccessNumbers = true, true, access
		}},
		{"user originated delayed", originated + agree, func(s *callback.Service) {
			s.Inbound.On, s.Inbound.AccessNumbers, s.Confirm.On = true, access, true
		}},
		{"user terminated immediate", terminated + now, func(*callback.Service) {}},
		{"user terminated delayed", terminated + agree, func(s *callback.Service) { s.Confirm.On = true }},
		{"user terminated delayed, agent preview", terminated + "_wait_for_agent=true\n_wait_for_user_confirm=false\n_agent_preview=true\n_userterminated_first_connect_party=AGENT",
			func(s *callback.Service) { s.Preview.On, s.Dialing.AgentFirst = true, true }},
		{"chat that customers are called into", terminated + "_media_type=chat", func(s *callback.Service) { s.MediaType = "chat" }},
		{"ivr classic", terminated + "_wait_for_agent=true\n_urs_virtual_queue=VQ\n_target=Billing@S.GA", func(s *callback.Service) {
			s.Queueing.VirtualQueue, s.Queueing.Target = "VQ", "Billing@S.GA"
		}},
		{"preview and disposition", terminated + "_agent_preview=true\n_enable_disposition_dialog=true\n_agent_preview_allow_reject=2",
			func(s *callback.Service) { s.Preview.On, s.Preview.Rejects = true, 2 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := gmsDefaults("x")
			c.want(&want)
			got := serviceOf(t, readOptions(t, "[service.x]\n_service=callback\n_type=ors\n"+c.lines), "x")
			if diff := cmp.Diff(want, got, comparingOptions()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	o := readOptions(t, "[service.x]\n_service=callback\n_call_direction=USERORIGINATED\n_media_type=chat")
	wantProblems(t, o, `line 4: error: [service.x] _media_type "chat" needs a chat server if customers begin the chat: the service is left out`)
}

// manage returns a Manager with a configuration, on a Monday at 9:15 in London.
func manage(t *testing.T, o *config.Options) (*manager.Manager, time.Time) {
	t.Helper()
	services, err := o.Source()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 9, 15, 0, 0, time.UTC)
	clock := callbacktest.NewClock(now)
	m, err := manager.New(manager.Config{
		Store: store.NewMemory(store.Config{}), Services: services, Dialer: callbacktest.NewDialer(clock.Now), Now: clock.Now, NewID: callbacktest.IDs("cb"),
		Synchronous: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return m, now
}

// A Manager applies a configuration: hours, seats, exceptions, limits, tokens
// and redirections.
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
	code("redirected nowhere", 40010, err)
	cb, err = start("front", number, time.Time{}, nil)
	code("not redirected", 0, err)
	if err == nil && cb.Service != "front" {
		t.Errorf("taken by %s", cb.Service)
	}
}

// A limit of 0 rejects requests as in GMS, although the zero value of fields is
// the default.
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

// If both names of an option are present, the newer applies.
func TestOptionAliases(t *testing.T) {
	o := optionsOf(t, "_throttle_customer_number_limit=3", "_throttle_request_parameters_limit=4", "_ttl=x")
	wantProblems(t, o,
		"line 4: warning: [service.x] _throttle_customer_number_limit is another name of _throttle_request_parameters_limit, which applies",
		`line 6: warning: [service.x] _ttl "x" is not a whole number of seconds: the default applies: 86400`)
	if n := serviceOf(t, o, "x").Limits.PerParameter; n != 4 {
		t.Errorf("%d a day", n)
	}
	if got := o.Settings["x"].Options["_throttle_request_parameters_limit"]; got != "4" {
		t.Errorf("the text is %q", got)
	}
	o = readOptions(t, "[callback]\nmax_queued_callbacks_per_service=7\n[service.x]\n_service=callback\n_call_direction=USERTERMINATED")
	if n := serviceOf(t, o, "x").Limits.Queued; n != 7 || o.Settings["x"].Options["_max_queued_callbacks_per_service"] != "7" {
		t.Errorf("%d queued, %v", n, o.Settings["x"].Options)
	}
}

// The value of the service applies, then that of [callback], then the default.
// An empty value is absent, and an unusable one is skipped.
func TestOptionLevels(t *testing.T) {
	for _, c := range []struct {
		global, own string
		want        time.Duration
		problems    []string
	}{
		{"", "", 24 * time.Hour, nil},
		{"_ttl=100", "", 100 * time.Second, nil},
		{"_ttl=100", "_ttl=", 100 * time.Second, nil},
		{"_ttl=100", "_ttl=200", 200 * time.Second, nil},
		{"_ttl=", "_ttl=200", 200 * time.Second, nil},
		{"_ttl=100", "_ttl=x", 100 * time.Second, []string{`line 6: warning: [service.x] _ttl "x" is not a whole number of seconds: the value of [callback] applies`}},
		{"_ttl=x", "_ttl=y", 24 * time.Hour, []string{
			`line 2: warning: [callback] _ttl "x" is not a whole number of seconds: the default applies: 86400`,
			`line 6: warning: [service.x] _ttl "y" is not a whole number of seconds: the default applies: 86400`,
		}},
		{"_ttl=1", "", time.Minute, []string{`line 2: warning: [callback] _ttl "1" is not between 60 and 34560000 seconds: 60 is used`}},
	} {
		o := readOptions(t, "[callback]\n"+c.global+"\n[service.x]\n_service=callback\n_call_direction=USERTERMINATED\n"+c.own)
		if got := serviceOf(t, o, "x").TTL; got != c.want {
			t.Errorf("%q over %q is %v, want %v", c.own, c.global, got, c.want)
		}
		wantProblems(t, o, c.problems...)
	}
}
