package callback_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// The defaults of a service that sets what is required and nothing else. Those of
// GMS are tested with package config.
func TestPolicyDefaults(t *testing.T) {
	p, err := callback.NewPolicy(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		t.Fatal(err)
	}
	s := p.Service()
	for name, ok := range map[string]bool{
		"Country":           s.Numbers.Country == "CH" && s.Numbers.Countries == nil,
		"MaskAfter":         s.MaskAfter == 7*24*time.Hour,
		"Retention":         s.Retention == 90*24*time.Hour,
		"Lines":             s.Queueing.Lines == 0,
		"CallsPerSecond":    s.Queueing.CallsPerSecond == callback.NoLimit,
		"AttemptsPerDay":    s.Limits.AttemptsPerDay == callback.NoLimit,
		"BookingsPerDay":    s.Limits.BookingsPerDay == 10,
		"Attempts":          slices.Equal(s.Limits.Attempts, []callback.Throttle{{Max: 15, Every: 24 * time.Hour}, {Max: 1, Every: time.Minute}}),
		"RequestAttempts":   s.Dialing.RequestAttempts == 15,
		"RequestGap":        s.Dialing.RequestGap == time.Minute,
		"Proposals":         s.Booking.Proposals == 6,
		"Bucket":            s.Booking.Bucket == 5*time.Minute,
		"PerBucket":         s.Booking.PerBucket == 100,
		"Buffer":            s.Booking.Buffer == 120*time.Second,
		"ConnectThreshold":  s.Booking.ConnectThreshold == 180*time.Second,
		"Horizon":           s.Booking.Horizon == callback.Span{Months: 1},
		"Queueing.TTL":      s.Queueing.TTL == 14400*time.Second,
		"TTL":               s.TTL == 86400*time.Second,
		"Retry.MaxAttempts": s.Dialing.Retry.MaxAttempts == 3,
		"Retry.Default":     s.Dialing.Retry.Default.Delay == 300*time.Second,
		"Inbound.Timeout":   s.Inbound.Timeout == 30*time.Second,
		"Confirm.Timeout":   s.Confirm.Timeout == 30*time.Second,
		"Preview.Timeout":   s.Preview.Timeout == 30*time.Second,
		"MaxSubmits":        s.Queueing.MaxSubmits == callback.NoLimit,
		"AgentWait":         s.Dialing.AgentWait == 3600*time.Second,
		"Throttles":         len(s.Limits.Throttles) == 0,
		"PerParameter":      s.Limits.PerParameter == callback.NoLimit,
		"Queued":            s.Limits.Queued == 1000,
		"SameNumber":        s.Limits.SameNumber == 2,
		"MaxCall":           s.Dialing.MaxCall == 3600*time.Second,
		"MediaType":         s.MediaType == "voice",
		"Weights":           s.Queueing.Weights == scheduler.DefaultWeights(),
		"SearchKeys":        len(s.SearchKeys) == 1 && s.SearchKeys[0] == "_customer_number",
	} {
		if !ok {
			t.Errorf("default of %s differs: %+v", name, s)
		}
	}
}

func TestFaultsOfCaps(t *testing.T) {
	nine := make([]callback.Throttle, 9)
	for i := range nine {
		nine[i] = callback.Throttle{Max: 1, Every: time.Duration(i+1) * time.Minute}
	}
	for _, c := range []struct {
		limits  callback.Limits
		dialing callback.DialOptions
		fault   string
	}{
		{callback.Limits{BookingsPerDay: -3}, callback.DialOptions{}, "Limits.BookingsPerDay: -3"},
		{callback.Limits{Attempts: []callback.Throttle{{Every: time.Hour}}}, callback.DialOptions{}, "Limits.Attempts[0].Max: is required"},
		{callback.Limits{Attempts: []callback.Throttle{{Max: 1}}}, callback.DialOptions{}, "Limits.Attempts[0].Every: is required"},
		{callback.Limits{Attempts: []callback.Throttle{{Max: callback.None, Every: time.Hour}}}, callback.DialOptions{}, "Limits.Attempts[0].Max: None is not allowed"},
		{callback.Limits{Attempts: []callback.Throttle{{Max: 1, Every: -time.Hour}}}, callback.DialOptions{}, "Limits.Attempts[0].Every: -1h0m0s"},
		{callback.Limits{Attempts: []callback.Throttle{{Max: 1, Every: time.Hour}, {Max: 2, Every: 60 * time.Minute}}}, callback.DialOptions{}, "Limits.Attempts[1].Every: 1h0m0s is the length"},
		{callback.Limits{Attempts: []callback.Throttle{{Max: 1, Every: 367 * 24 * time.Hour}}}, callback.DialOptions{}, "Limits.Attempts[0].Every: 8808h0m0s is above"},
		{callback.Limits{Attempts: nine}, callback.DialOptions{}, "Limits.Attempts: has 9 items"},
		{callback.Limits{}, callback.DialOptions{RequestAttempts: -1}, "Dialing.RequestAttempts: -1"},
		{callback.Limits{}, callback.DialOptions{RequestAttempts: 101}, "Dialing.RequestAttempts: 101"},
		{callback.Limits{}, callback.DialOptions{RequestGap: -time.Second}, "Dialing.RequestGap: -1s"},
		{callback.Limits{}, callback.DialOptions{RequestGap: 25 * time.Hour}, "Dialing.RequestGap: 25h0m0s"},
		{callback.Limits{Attempts: nine[:8]}, callback.DialOptions{RequestAttempts: 100, RequestGap: callback.Off}, ""},
		{callback.Limits{Attempts: []callback.Throttle{{Max: 1, Every: callback.Off}, {Max: callback.NoLimit, Every: callback.Off}}}, callback.DialOptions{}, ""},
	} {
		_, err := callback.NewPolicy(callback.Service{Name: "x", Numbers: callback.Numbers{Country: "CH"}, Limits: c.limits, Dialing: c.dialing})
		if (c.fault == "") != (err == nil) || err != nil && (!strings.Contains(err.Error(), c.fault) || !errors.Is(err, callback.ErrConfiguration)) {
			t.Errorf("%v, want %q", err, c.fault)
		}
	}
}

func TestPolicyReportsAllFaultsAtOnce(t *testing.T) {
	bad := callback.Service{
		Name: "x\ny", TTL: time.Second, Retention: time.Hour, MaskAfter: -time.Hour, Reminder: -1, Overwritable: []string{"_x"},
		RequiredKeys: []string{"_account"},
		Numbers:      callback.Numbers{Country: "ZZ", Countries: []string{"QQ"}},
		Booking:      callback.Booking{Bucket: 7 * time.Minute, Past: -1, Proposals: 101, PerBucket: availability.MaxSeats + 1, ConnectThreshold: time.Second, Horizon: callback.Span{Days: -1}},
		Queueing:     callback.Queueing{TTL: time.Millisecond, CallsPerSecond: -3, MaxSubmits: callback.None, Lines: -7, CannotDial: time.Hour, Weights: scheduler.Weights{1}},
		Dialing:      callback.DialOptions{PlaceTimeout: time.Hour, RingTimeout: 1, AgentWait: 1, MaxCall: 1, Grace: time.Hour},
		Preview:      callback.Preview{On: true, Timeout: 1, Rejects: -1, ViaRoutePoint: true},
		Inbound:      callback.Inbound{On: true, Timeout: 1},
		Confirm:      callback.Confirm{Timeout: 1},
		Limits:       callback.Limits{AttemptsPerDay: -3, SameNumber: -9, Queued: -4, PerParameter: -5, Throttles: []callback.Throttle{{}, {Max: -9, Every: -time.Second}}},
	}
	_, err := callback.NewPolicy(bad)
	if !errors.Is(err, callback.ErrConfiguration) || callback.Code(err) != 50020 {
		t.Fatalf("error is %v", err)
	}
	for _, field := range []string{
		"Name:", "TTL:", "Retention:", "MaskAfter: -1h0m0s is negative", "Booking.PerBucket:", "Queueing.Lines: -7", "Limits.Queued: -4", "Limits.PerParameter: -5",
		"Limits.Throttles[0].Max: is required", "Limits.Throttles[0].Every: is required", "Limits.Throttles[1].Max: -9", "Limits.Throttles[1].Every: -1s", "Reminder:", "Overwritable:", "RequiredKeys:", "Numbers.Country:", "Numbers.Countries:",
		"Booking:", "Booking.Past:", "Booking.Proposals:", "Booking.ConnectThreshold:", "Booking.Horizon:",
		"Queueing.TTL:", "Queueing.CallsPerSecond:", "Queueing.MaxSubmits:", "Queueing.CannotDial:", "Queueing.Weights:",
		"Dialing.PlaceTimeout:", "Dialing.RingTimeout:", "Dialing.AgentWait:", "Dialing.MaxCall:", "Dialing.Grace:",
		"Preview.Timeout:", "Preview.Rejects:", "Preview.ViaRoutePoint:", "Preview.On:",
		"Inbound.AccessNumbers:", "Inbound.Timeout:", "Confirm.Timeout:", "Limits.AttemptsPerDay:", "Limits.SameNumber: -9",
	} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("the error does not name %s\n%v", field, err)
		}
	}
	bad = callback.Service{Name: "x", Booking: callback.Booking{Buffer: -2, ConnectThreshold: -3}}
	_, err = callback.NewPolicy(bad)
	for _, fault := range []string{"Numbers.Country: is required unless Numbers.Countries is set", "Booking.Buffer: -2ns", "Booking.ConnectThreshold: -3ns"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("the error does not say %q\n%v", fault, err)
		}
	}
	services, err := callback.NewServices(bad, callback.Service{})
	if services != nil || err == nil || strings.Count(err.Error(), "service ") < 2 {
		t.Errorf("NewServices: %v", err)
	}
	for line := range strings.Lines(err.Error()) {
		if !strings.HasPrefix(line, `service "x": `) && !strings.HasPrefix(line, `service "": `) {
			t.Errorf("a fault does not name its service: %s", line)
		}
	}
}
