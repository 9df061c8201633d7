package manager_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

type refusedNumber struct {
	country, prefix, number string
	change                  func(*callback.Numbers)
}

func wantRefused(t *testing.T, loose bool, list []refusedNumber, want string) {
	t.Helper()
	for _, c := range list {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) {
			s.Numbers = callback.Numbers{Country: c.country, AllowImpossible: loose, KeepMissingPlus: c.prefix != "", SIPHosts: []string{"gw"}}
			if c.change != nil {
				c.change(&s.Numbers)
			}
			s.Dialing.Prefix = c.prefix
		})
		cb, err := r.try(manager.Request{Number: c.number})
		if err != nil {
			continue
		}
		r.run(10 * time.Minute)
		var dialed []string
		for _, d := range r.dialer.Dials() {
			dialed = append(dialed, d.To.Reveal())
		}
		t.Errorf("%s prefix %q: %q is taken as %q and dialed %q, want refused (%s)", c.country, c.prefix, c.number, cb.Customer.Number.Reveal(), dialed, want)
	}
}

// An emergency number is refused behind an international or a national prefix, too.
func TestEmergencyInOtherSpellings(t *testing.T) {
	wantRefused(t, true, []refusedNumber{{country: "CH", number: "+41117"}, {country: "CH", number: "0041117"}, {country: "CH", number: "00 41 144"}, {country: "CH", number: "tel:0041117"},
		{country: "CH", number: "sip:0041112@gw"}, {country: "CH", number: "+41 (0)112"}, {country: "CH", number: "sip:+410117@gw"}, {country: "CH", number: "tel:0117;phone-context=+41"},
		{country: "GB", number: "0044999"}, {country: "GB", number: "+44(0)999"}, {country: "DE", number: "0049110"}, {country: "US", number: "0111911"}, {country: "US", number: "1 911"}, {country: "US", number: "+1 1911"}}, "emergency")
}

// The same for lines of an exchange, which need no permission to be impossible.
func TestEmergencyBySIP(t *testing.T) {
	wantRefused(t, false, []refusedNumber{{country: "FR", number: "sip:003317@gw"}, {country: "FR", number: "sip:003315@gw"}, {country: "US", number: "sip:1911@gw"}, {country: "CH", number: "sip:0117@gw"}}, "emergency")
}

// The rules are asked of the digits behind the prefix, where the exchange may keep some of it.
func TestRulesBehindPrefix(t *testing.T) {
	wantRefused(t, true, []refusedNumber{{country: "CH", prefix: "1", number: "811"}, {country: "CH", prefix: "18", number: "11"}, {country: "CH", prefix: "1", number: "sip:811@gw"}}, "premium: 1811 is")
	wantRefused(t, true, []refusedNumber{{country: "CH", prefix: "00", number: "252611"}, {country: "CH", prefix: "00", number: "8816123"}}, "country: 00252611 is")
	wantRefused(t, true, []refusedNumber{{country: "CH", prefix: "00", number: "41117"}}, "emergency")
	wantRefused(t, true, []refusedNumber{{country: "CH", prefix: "+4186", number: "1234567", change: func(n *callback.Numbers) { n.Exceptions = patterns(t, "+4186*") }}}, "exception: +41861234567 is")
}

// A text without digits is a name, and nothing in which a dialer could see a host, several destinations or a variable.
func TestNamesAreNoAddresses(t *testing.T) {
	var list []refusedNumber
	for _, n := range []string{"hans@evil.example", `"Hans" <sip:hans@evil.example>`, "<sip:hans@evil.example>", "sip：hans@evil.example", "SIP/hans@evil", "sofia/external/hans@evil.example",
		"Local/x@ctx&Local/y@ctx", "${EXEC}", "h323:hans@evil.example", "anonymous@anonymous.invalid"} {
		list = append(list, refusedNumber{country: "CH", number: n})
	}
	wantRefused(t, true, list, "host or impossible")
}

// Characters that stand for numbers and are no decimal digits are refused.
func TestCharactersForNumbers(t *testing.T) {
	var list []refusedNumber
	for _, n := range []string{"¹¹⁷", "①①⑦", "⁰⁹⁰⁰¹²³⁴⁵⁶", "₁₁₇", "⑴⑴⑺", "፩፩፯"} {
		list = append(list, refusedNumber{country: "CH", number: n})
	}
	wantRefused(t, true, list, "emergency, premium or impossible")
}

// A line of the exchange is counted as one, however it is written.
func TestLineHasOneSubject(t *testing.T) {
	r := busyRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Numbers = callback.Numbers{Country: "CH", AllowImpossible: true, SIPHosts: []string{"gw"}}
		s.Limits.SameNumber = 1
	})
	r.dialer.OnCall(func(callback.Call) (callbacktest.Step, bool) { return callbacktest.Busy(), true })
	greedy, taken := &callback.RetryLimits{MaxAttempts: 100}, 0
	for _, n := range []string{"2041", "sip:2041@gw", "sip:2041@gw:5061"} {
		if _, err := r.try(manager.Request{Number: n, Retry: greedy}); err == nil {
			taken++
		}
	}
	r.run(23 * time.Hour)
	if n := len(r.dialer.Dials()); taken > 1 || n > 15 {
		t.Errorf("%d callbacks wait for one line, which was called %d times", taken, n)
	}
}

// What could never be dialed is refused at once.
func TestBadPhoneContext(t *testing.T) {
	for _, n := range []string{"tel:446681800;phone-context=+4 1", "tel:612345678;phone-context=+25 2", "tel:0446681800;phone-context=x y"} {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Numbers = callback.Numbers{Country: "CH"} })
		cb, err := r.try(manager.Request{Number: n})
		if err != nil {
			continue // as it should
		}
		r.run(10 * time.Minute)
		if len(r.dialer.Dials()) == 0 {
			t.Errorf("%q is accepted as %q, then %v without a call", n, cb.Customer.Number.Reveal(), r.get(cb.ID).Reason)
		}
	}
}

// The user of a SIP address is a name without control characters.
func TestUserOfSIPAddress(t *testing.T) {
	wantRefused(t, false, []refusedNumber{{country: "CH", number: "sip:hans%00@gw"}, {country: "CH", number: "sip:hans%0D%0AVia@gw"}, {country: "CH", number: "sip:hans%20@gw"}, {country: "CH", number: "sip:tel%3A117@gw"}}, "impossible")
}

// Valid numbers in many forms are not taken for emergency numbers.
func TestValidNumbersAreNoEmergency(t *testing.T) {
	for country, numbers := range map[string][]string{
		"CH": {"044 668 18 00", "+41 44 668 18 00", "0041 44 668 18 00", "079 117 11 18", "+41 79 112 11 44"},
		"DE": {"030 11234567", "+49 (0)30 11012345", "0049 89 112 1122", "0151 11211234"},
		"GB": {"020 7999 1122", "+44 (0)20 7999 9991", "07911 123456"},
		"US": {"(201) 911-1234", "+1 212 911 9110", "1-415-911-2345"},
		"FR": {"01 12 34 56 78", "+33 1 17 11 22 33", "06 15 17 18 11"},
		"IT": {"06 112 1234", "+39 02 118 1234", "347 112 1180"},
	} {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) {
			s.Numbers = callback.Numbers{Country: country, Countries: []string{"*"}}
			s.Limits.SameNumber = callback.NoLimit
		})
		for _, n := range numbers {
			if _, err := r.try(manager.Request{Number: n}); err != nil {
				t.Errorf("%s %q: %v", country, n, err)
			}
		}
	}
}
