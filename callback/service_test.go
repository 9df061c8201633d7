package callback_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// The defaults of the reference, section 1.
func TestPolicyDefaults(t *testing.T) {
	p, err := callback.NewPolicy(callback.Service{Name: "desk"})
	if err != nil {
		t.Fatal(err)
	}
	s := p.Service()
	for name, ok := range map[string]bool{
		"_default_country":                 s.Numbers.Country == "US",
		"_request_time_bucket":             s.Booking.Bucket == 5*time.Minute,
		"_max_request_by_time_bucket":      s.Booking.PerBucket == 100,
		"_request_execution_time_buffer":   s.Booking.Buffer == 120*time.Second,
		"_desired_connect_time_threshold":  s.Booking.ConnectThreshold == 180*time.Second,
		"_reject_future_desired_time":      s.Booking.Horizon == callback.Span{Months: 1},
		"_urs_queued_ttl":                  s.Queueing.TTL == 14400*time.Second,
		"_ttl":                             s.TTL == 86400*time.Second,
		"_max_dial_attempts":               s.Dialing.Retry.MaxAttempts == 3,
		"_dial_retry_timeout":              s.Dialing.Retry.Default.Delay == 300*time.Second,
		"_booking_expiration_timeout":      s.Inbound.Timeout == 30*time.Second,
		"_user_confirm_timeout":            s.Confirm.Timeout == 30*time.Second,
		"_agent_preview_timeout":           s.Preview.Timeout == 30*time.Second,
		"_max_ors_submit_attempts":         s.Queueing.MaxSubmits == 3,
		"_max_time_to_wait_for_agent":      s.Dialing.AgentWait == 3600*time.Second,
		"_throttle_1":                      s.Limits.First == callback.Throttle{Max: 500, Every: 300 * time.Second},
		"_throttle_2":                      s.Limits.Second == callback.Throttle{Max: 1000, Every: 3600 * time.Second},
		"_throttle_parameters_limit":       s.Limits.PerParameter == 6,
		"_max_queued":                      s.Limits.Queued == 1000,
		"_max_time_to_wait_for_ixn_delete": s.Dialing.MaxCall == 3600*time.Second,
		"_media_type":                      s.MediaType == "voice",
		"weights":                          s.Queueing.Weights == scheduler.DefaultWeights(),
		"_customer_lookup_keys":            len(s.SearchKeys) == 1 && s.SearchKeys[0] == "_customer_number",
	} {
		if !ok {
			t.Errorf("default of %s differs: %+v", name, s)
		}
	}
}

func TestPolicyReportsAllFaultsAtOnce(t *testing.T) {
	bad := callback.Service{
		Name: "x\ny", TTL: time.Second, Retention: time.Hour, Reminder: -1, Overwritable: []string{"_x"},
		RequiredKeys: []string{"_account"},
		Numbers:      callback.Numbers{Country: "ZZ", Countries: []string{"QQ"}},
		Booking:      callback.Booking{Bucket: 7 * time.Minute, Past: -1, Proposals: 101, ConnectThreshold: time.Second, Horizon: callback.Span{Days: -1}},
		Queueing:     callback.Queueing{TTL: time.Millisecond, CallsPerSecond: -1, MaxSubmits: -1, CannotDial: time.Hour, Weights: scheduler.Weights{1}},
		Dialing:      callback.DialOptions{PlaceTimeout: time.Hour, RingTimeout: 1, AgentWait: 1, MaxCall: 1, Grace: time.Hour},
		Preview:      callback.Preview{On: true, Timeout: 1, Rejects: -1, ViaRoutePoint: true},
		Inbound:      callback.Inbound{Direction: callback.UserOriginated, Timeout: 1},
		Confirm:      callback.Confirm{Timeout: 1},
		Limits:       callback.Limits{AttemptsPerDay: -1, SameNumber: 9},
	}
	_, err := callback.NewPolicy(bad)
	if !errors.Is(err, callback.ErrConfiguration) || callback.Code(err) != 50020 {
		t.Fatalf("error is %v", err)
	}
	for _, field := range []string{
		"Name:", "TTL:", "Retention:", "Reminder:", "Overwritable:", "RequiredKeys:", "Numbers.Country:", "Numbers.Countries:",
		"Booking:", "Booking.Past:", "Booking.Proposals:", "Booking.ConnectThreshold:", "Booking.Horizon:",
		"Queueing.TTL:", "Queueing.CallsPerSecond:", "Queueing.MaxSubmits:", "Queueing.CannotDial:", "Queueing.Weights:",
		"Dialing.PlaceTimeout:", "Dialing.RingTimeout:", "Dialing.AgentWait:", "Dialing.MaxCall:", "Dialing.Grace:",
		"Preview.Timeout:", "Preview.Rejects:", "Preview.ViaRoutePoint:", "Preview.On:",
		"Inbound.AccessNumbers:", "Inbound.Timeout:", "Confirm.Timeout:", "Limits.AttemptsPerDay:", "Limits.SameNumber:",
	} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("the error does not name %s\n%v", field, err)
		}
	}
	services, err := callback.NewServices(bad, callback.Service{})
	if services != nil || err == nil || strings.Count(err.Error(), "service ") < 2 {
		t.Errorf("NewServices: %v", err)
	}
}
