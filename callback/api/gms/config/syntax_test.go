package config_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
)

func TestSpans(t *testing.T) {
	for text, want := range map[string]callback.Span{
		"1y": {Years: 1}, "120M": {Months: 120}, "521w": {Days: 3647}, "3652d": {Days: 3652}, "24h": {Clock: 24 * time.Hour}, "1m": {Clock: time.Minute},
		"121M": {}, "522w": {}, "3653d": {}, "87649h": {}, "5258881m": {}, "1D": {}, "1": {}, "d": {}, "-1d": {}, "1.5h": {},
		"9223372036854775807h": {}, "99999999999999999999y": {},
	} {
		o := optionsOf(t, "_reject_future_desired_time="+text)
		bad := want.IsZero()
		if bad {
			if len(o.Services) > 0 {
				t.Errorf("%s: the service is used", text)
			}
		} else if got := serviceOf(t, o, "x").Booking.Horizon; got != want {
			t.Errorf("%s is %+v, want %+v", text, got, want)
		}
		if told := len(linesOf(o.Problems)) == 1; told != bad {
			t.Errorf("%s: problems %v", text, linesOf(o.Problems))
		}
	}
}
