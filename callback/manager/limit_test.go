package manager_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// numbered starts n immediate or scheduled requests of different numbers and
// returns how many were accepted.
func (r *rig) numbered(n int, desired time.Time) int {
	accepted := 0
	for i := range n {
		_, err := r.try(manager.Request{Number: "+4178555" + string('0'+rune(i/10)) + string('0'+rune(i%10)) + "11", Desired: desired})
		if err == nil {
			accepted++
		}
	}
	return accepted
}

// NoLimit, None, a number and the default of each limit on requests.
func TestLimitsOfRequests(t *testing.T) {
	soon, later := time.Time{}, monday().Add(time.Hour)
	for _, c := range []struct {
		name    string
		change  func(s *callback.Service)
		desired time.Time
		n, want int
	}{
		{"Queued, no limit", func(s *callback.Service) { s.Limits.Queued = callback.NoLimit }, soon, 20, 20},
		{"Queued, none", func(s *callback.Service) { s.Limits.Queued = callback.None }, soon, 3, 0},
		{"Queued, none, scheduled", func(s *callback.Service) { s.Limits.Queued = callback.None }, later, 3, 3},
		{"Queued, a number", func(s *callback.Service) { s.Limits.Queued = 4 }, soon, 20, 4},
		{"PerParameter, none", func(s *callback.Service) { s.Limits.PerParameter = callback.None }, soon, 3, 0},
		{"PerParameter, a number", func(s *callback.Service) { s.Limits.PerParameter = 1 }, soon, 3, 3},
		{"PerBucket, no limit", func(s *callback.Service) { s.Booking.PerBucket = callback.NoLimit }, later, 20, 20},
		{"PerBucket, none", func(s *callback.Service) { s.Booking.PerBucket = callback.None }, later, 3, 0},
		{"PerBucket, a number", func(s *callback.Service) { s.Booking.PerBucket = 2 }, later, 3, 2},
		{"Throttles, none", func(s *callback.Service) {
			s.Limits.Throttles = []callback.Throttle{{Max: callback.None, Every: time.Hour}}
		}, soon, 3, 0},
		{"Throttles, no limit", func(s *callback.Service) {
			s.Limits.Throttles = []callback.Throttle{{Max: callback.NoLimit, Every: time.Hour}}
		}, soon, 3, 3},
		{"Throttles, off", func(s *callback.Service) {
			s.Limits.Throttles = []callback.Throttle{{Max: callback.None, Every: callback.Off}}
		}, soon, 3, 3},
		{"Throttles, three", func(s *callback.Service) {
			s.Limits.Throttles = []callback.Throttle{{Max: 9, Every: time.Minute}, {Max: 7, Every: time.Hour}, {Max: 5, Every: 24 * time.Hour}}
		}, soon, 12, 5},
		{"defaults", func(*callback.Service) {}, soon, 20, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, func(s *callback.Service, _ *manager.Config) { c.change(s) })
			if got := r.numbered(c.n, c.desired); got != c.want {
				t.Errorf("%d of %d were accepted, want %d", got, c.n, c.want)
			}
		})
	}
}

// NoLimit, None, a number and the default of the limit on callbacks of one number.
func TestLimitOfOneNumber(t *testing.T) {
	for limit, want := range map[callback.Limit]int{callback.NoLimit: 20, callback.None: 0, 0: 2, 1: 1, 3: 3} {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) {
			s.Limits.SameNumber, s.Limits.BookingsPerDay = limit, callback.NoLimit
		})
		accepted := 0
		for range 20 {
			_, err := r.try(manager.Request{})
			var refused *callback.LimitError
			switch {
			case err == nil:
				accepted++
			case !errors.As(err, &refused) || !errors.Is(err, callback.ErrNumberLimit) || refused.Max != int64(want):
				t.Errorf("%v: the error is %v", limit, err)
			}
		}
		if accepted != want {
			t.Errorf("%v: %d callbacks were accepted, want %d", limit, accepted, want)
		}
	}
}

// NoLimit, None and a number of each limit on calls.
func TestLimitsOfCalls(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(s *callback.Service)
		want   int // calls that were placed for 15 callbacks within a second
	}{
		{"Lines, default", func(*callback.Service) {}, 10},
		{"Lines, no limit", func(s *callback.Service) { s.Queueing.Lines = callback.NoLimit }, 15},
		{"Lines, none", func(s *callback.Service) { s.Queueing.Lines = callback.None }, 0},
		{"CallsPerSecond, none", func(s *callback.Service) { s.Queueing.CallsPerSecond = callback.None }, 0},
		{"CallsPerSecond, a number", func(s *callback.Service) { s.Queueing.CallsPerSecond = 3 }, 3},
		{"CallsPerSecond, no limit", func(s *callback.Service) {
			s.Queueing.CallsPerSecond, s.Queueing.Lines = callback.NoLimit, callback.NoLimit
		}, 15},
		{"AttemptsPerDay, none", func(s *callback.Service) { s.Limits.AttemptsPerDay = callback.None }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, func(s *callback.Service, _ *manager.Config) { c.change(s) })
			r.dialer.On("*", callbacktest.Answered(time.Hour))
			r.numbered(15, time.Time{})
			p := r.tick()
			if p.Dialed != c.want {
				t.Errorf("%d calls, want %d", p.Dialed, c.want)
			}
			if c.want == 0 && !p.NextAt.IsZero() && !p.NextAt.After(r.clock.Now()) {
				t.Errorf("the next tick is due at once: %v", p.NextAt)
			}
		})
	}
}

func TestProposalsLimit(t *testing.T) {
	for limit, want := range map[callback.Limit]int{callback.None: 0, callback.NoLimit: 100, 2: 2, 0: 6} {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Booking.PerBucket, s.Booking.Proposals = 1, limit })
		r.start(manager.Request{Desired: monday().Add(time.Hour)})
		_, err := r.try(manager.Request{Number: swiss2, Desired: monday().Add(time.Hour)})
		var full *callback.AvailabilityError
		if !errors.As(err, &full) || len(full.Alternatives) != want {
			t.Errorf("%v: %d alternatives, want %d: %v", limit, len(full.Alternatives), want, err)
		}
	}
}

func TestMaxSubmitsLimit(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.MaxSubmits = callback.NoLimit })
	var script []callbacktest.Step
	for range 5 {
		script = append(script, callbacktest.Refused())
	}
	r.dialer.On("*", append(script, callbacktest.Answered(time.Minute))...)
	cb := r.start(manager.Request{})
	r.run(3 * time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}

// Without a country only numbers in international form are read.
func TestCountriesWithoutCountry(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Numbers = callback.Numbers{Countries: []string{"CH", "DE"}}
	})
	r.start(manager.Request{Number: "+41 78 555 66 77"})
	r.start(manager.Request{Number: "41785556678"}) // the missing plus is added
	for _, number := range []string{"078 555 66 79", "+12025550123"} {
		if _, err := r.try(manager.Request{Number: number}); !errors.Is(err, callback.ErrInvalidNumber) {
			t.Errorf("error is %v", err)
		}
	}
}

func TestLimitText(t *testing.T) {
	for limit, want := range map[callback.Limit]string{callback.NoLimit: "no limit", callback.None: "none", 0: "0", 7: "7"} {
		if got := limit.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if callback.Limit(-3).Valid() || !callback.None.Valid() || callback.NoLimit.Max() != -1 || callback.None.Max() != 0 || callback.Limit(5).Max() != 5 {
		t.Error("Valid or Max is wrong")
	}
}
