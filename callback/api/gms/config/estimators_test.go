package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/config"
	"github.com/ringback-go/ringback/scheduler"
)

// wait is an estimator of a fixed wait. It cannot be compared.
func wait(d time.Duration) scheduler.Estimator {
	return scheduler.EstimatorFunc(func(int, time.Time) (time.Duration, bool) { return d, true })
}

// A service gets the estimator that its option names: the service for the expected
// wait, or else the statistic.
func TestEstimators(t *testing.T) {
	const stat, ewt, other = "ExpectedWaitTime;Queue;8999@SIP_Server;Environment", "ewt-service", "gone"
	estimators := config.Estimators{stat: wait(time.Minute), ewt: wait(2 * time.Minute), "none": nil, "": wait(time.Hour)}
	for _, test := range []struct {
		name, options string
		want          time.Duration // 0: no estimator
		fault         string
	}{
		{"statistic", "_request_queue_time_stat=" + stat, time.Minute, ""},
		{"service", "_request_ewt_service=" + ewt, 2 * time.Minute, ""},
		{"both", "_request_queue_time_stat=" + stat + "\n_request_ewt_service=" + ewt, 2 * time.Minute, ""},
		{"the service is not there", "_request_queue_time_stat=" + stat + "\n_request_ewt_service=" + other, time.Minute, ""},
		{"neither", "_ttl=60", 0, ""},
		{"no such statistic", "_request_queue_time_stat=" + stat + "x", 0, `service "x": _request_queue_time_stat: names no estimator`},
		{"no such service", "_request_ewt_service=" + other, 0, `service "x": _request_ewt_service: names no estimator`},
		{"nil", "_request_ewt_service=none", 0, `service "x": _request_ewt_service: names no estimator`},
	} {
		o := readOptions(t, "[service.x]\n_service=callback\n_call_direction=USERTERMINATED\n"+test.options)
		err := o.Estimate(estimators)
		if test.fault == "" && err != nil || test.fault != "" && (!errors.Is(err, callback.ErrConfiguration) || err.Error() != test.fault) {
			t.Errorf("%s: error %v", test.name, err)
		}
		var got time.Duration
		if e := o.Services[0].Booking.Estimator; e != nil {
			got, _ = e.Estimate(1, time.Time{})
		}
		if got != test.want {
			t.Errorf("%s: the wait is %v, want %v", test.name, got, test.want)
		}
	}
}

// A faulty service does not keep others from their estimator, and an estimator of the
// host stays.
func TestEstimatorsOfSeveralServices(t *testing.T) {
	var text strings.Builder
	for _, name := range []string{"a", "b", "c"} {
		text.WriteString("[service." + name + "]\n_service=callback\n_call_direction=USERTERMINATED\n_request_ewt_service=" + name + "\n")
	}
	o := readOptions(t, text.String())
	o.Services[2].Booking.Estimator = wait(time.Hour)
	if err := o.Estimate(config.Estimators{"b": wait(time.Minute), "c": wait(time.Minute)}); callback.Code(err) != 50020 {
		t.Errorf("error %v", err)
	}
	for i, want := range []time.Duration{0, time.Minute, time.Hour} {
		e := o.Services[i].Booking.Estimator
		if want == 0 {
			if e != nil {
				t.Errorf("service %d has an estimator", i)
			}
			continue
		}
		if got, _ := e.Estimate(1, time.Time{}); got != want {
			t.Errorf("service %d waits %v, want %v", i, got, want)
		}
	}
}

func ExampleOptions_Estimate() {
	options, err := config.Parse([]byte(`
[service.sales]
_service = callback
_request_queue_time_stat = ExpectedWaitTime;Queue;8999@SIP_Server;Environment
`))
	if err != nil {
		panic(err)
	}
	estimator := scheduler.EstimatorFunc(func(position int, _ time.Time) (time.Duration, bool) {
		return time.Duration(position) * time.Minute, true
	})
	err = options.Estimate(config.Estimators{"ExpectedWaitTime;Queue;8999@SIP_Server;Environment": estimator})
	if err != nil {
		panic(err)
	}
	wait, _ := options.Services[0].Booking.Estimator.Estimate(3, time.Now())
	fmt.Println(wait)
	// Output: 3m0s
}
