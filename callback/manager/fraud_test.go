package manager_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
)

// refusedAs returns the rule of a NumberError, or the error.
func refusedAs(err error) string {
	number := new(callback.NumberError)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &number):
		return number.Rule
	}
	return err.Error()
}

// TestWhatIsCheckedIsDialed writes numbers in ways that hide what is dialed.
func TestWhatIsCheckedIsDialed(t *testing.T) {
	for _, c := range []struct {
		number, rule string
		change       func(*callback.Service)
	}{
		{"sip:911;phone-context=+1@gw", "emergency", nil},
		{"sip:%39%31%31@gw", "emergency", nil},
		{"sip:112:secret@gw", "emergency", nil},
		{"sip:1-1-2@gw", "emergency", nil},
		{"sip:+112@gw", "emergency", nil},
		{"sip:117;isub=1@gw", "emergency", nil},
		{"sip:0900123456:pw@gw", "premium", nil},
		{"sip:+19005550123;isub=1@gw", "premium", nil},
		{"sip:%30900123456@gw", "premium", nil},
		{"sip:0041900123456@gw", "premium", nil},
		{"sip:+252611234567@gw", "country", nil},
		{"sip:1811@gw", "premium", nil},
		{"sip:*31%23112@gw", "impossible", nil},
		{"sip:0900123456x@gw", "impossible", nil},
		{"sip:hans@gw;maddr=evil.example", "impossible", nil},
		{"sip:anonymous@anonymous.invalid", "impossible", nil},
		{"sip:hans@evil.example", "host", nil},
		{"sip:hans@gw.evil.example", "host", nil},
		{"sip:hans@gw:22", "host", nil},
		{"sip:0785556677@evil.example", "host", nil},
		{"sip:20412041@gw", "invalid", func(s *callback.Service) { s.Numbers.AllowImpossible = false }},
		{"tel:911;phone-context=+1", "emergency", nil},
		{"tel:0900123456;phone-context=+41", "premium", nil},
		{"+112", "emergency", nil}, {"+911", "emergency", nil}, {"+41112", "emergency", nil}, {"+44 999", "emergency", nil}, {"911", "emergency", nil},
		{"*31#112", "impossible", nil}, {"**21*0900123456#", "impossible", nil}, {"#31#0785556677", "impossible", nil},
		{"0785556677,,0900", "impossible", nil}, {"0785556677p0900", "impossible", nil}, {"tel:+41785556677;postd=0900", "impossible", nil},
		// A network ignores the digits after a complete number.
		{"0900 123 456 99", "premium", nil}, {"+41 900 123 456 99", "premium", nil}, {"+252 61 123 4567 8", "country", nil}, {"00252 61 1", "country", nil},
		{"+999123", "country", nil}, {"00999123456", "impossible", nil},
		// After the prefix
		{"11", "emergency", func(s *callback.Service) { s.Numbers.Country, s.Dialing.Prefix = "US", "9" }},
		{"12", "emergency", func(s *callback.Service) { s.Dialing.Prefix = "1" }},
		{"12", "emergency", func(s *callback.Service) { s.Dialing.Prefix = "0-1" }},
		{"sip:12@gw", "emergency", func(s *callback.Service) { s.Dialing.Prefix = "1" }},
		{"123456", "premium", func(s *callback.Service) { s.Dialing.Prefix = "0900" }},
		{"900123456", "premium", func(s *callback.Service) { s.Dialing.Prefix = "+41" }},
		{"252611234567", "country", func(s *callback.Service) { s.Dialing.Prefix, s.Numbers.KeepMissingPlus = "00", true }},
		{"5556677", "exception", func(s *callback.Service) { s.Dialing.Prefix, s.Numbers.Exceptions = "+4178", patterns(t, "+4178555*") }},
		// Without a country
		{"112", "emergency", func(s *callback.Service) { s.Numbers.Country, s.Numbers.Countries = "", []string{"CH"} }},
		{"117", "emergency", func(s *callback.Service) { s.Numbers.Country, s.Numbers.Countries = "", []string{"CH"} }},
		// Taken
		{"sip:2041@gw", "", nil}, {"sip:hans@gw", "", nil}, {"sip:hans@GW.:5061;transport=tls", "", nil}, {"sip:0785556677@gw", "", nil}, {"5115", "", nil},
		{"51\u00a015", "", nil}, {"string", "", nil}, {"044 668 18 00 ext. 12", "", nil},
		{"0785556677", "", func(s *callback.Service) { s.Dialing.Prefix = "9" }},
	} {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) {
			s.Numbers = callback.Numbers{Country: "CH", AllowImpossible: true, SIPHosts: []string{"gw"}}
			if c.change != nil {
				c.change(s)
			}
		})
		_, err := r.try(manager.Request{Number: c.number})
		if got := refusedAs(err); got != c.rule {
			t.Errorf("%q is refused as %q, want %q", c.number, got, c.rule)
		}
		// The alternative target is checked by the same rules.
		_, err = r.try(manager.Request{Number: swiss2, Alternative: c.number})
		if got := refusedAs(err); got != c.rule && !(c.change != nil && got == "country") {
			t.Errorf("%q, as alternative, is refused as %q, want %q", c.number, got, c.rule)
		}
		if err != nil && callback.Code(err) != 40040 {
			t.Errorf("%q: code %d", c.number, callback.Code(err))
		}
	}
}

// TestTollFraud books numbers of the prefixes that fraud uses with a service that
// names nothing but its country.
func TestTollFraud(t *testing.T) {
	prefixes := map[string][]string{ // refused unless named
		"CH": {"+252", "+881 6", "+882 1", "+883 5", "+870 7", "+878 10", "+979 1", "+808", "+53", "+371", "+960", "+1 876", "+1 473", "+44 70", "+44 7624", "+675", "+216", "+232", "+41 878"},
		"GB": {"+44 70", "+44 76", "+252", "+1 900", "+881 6", "+44 9"},
		"US": {"+1 900", "+1 876", "+1 809", "+1 500", "+252", "+881 6"},
	}
	for country, list := range prefixes {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) {
			s.Numbers = callback.Numbers{Country: country}
			s.Limits.SameNumber = callback.NoLimit
		})
		random := rand.New(rand.NewPCG(1, 2))
		for _, prefix := range list {
			for range 100 {
				number := fmt.Sprintf("%s%09d", prefix, random.IntN(1e9))
				number = number[:min(len(number), len(prefix)+6+random.IntN(4))]
				if cb, err := r.try(manager.Request{Number: number}); err == nil {
					t.Errorf("%s: %s is taken as %s", country, number, cb.Customer.Number.Reveal())
				}
			}
		}
	}
}

func TestCountriesNameNumbers(t *testing.T) {
	for _, c := range []struct {
		countries []string
		premium   bool
		number    string
		rule      string
	}{
		{nil, false, "+41446681800", ""},
		{nil, false, "+442079460123", "country"},
		{[]string{"GB"}, false, "+442079460123", ""},
		{[]string{"GB"}, false, "+41446681800", ""},
		{[]string{"gb"}, false, "+442079460123", ""},
		{[]string{"GB"}, false, "+447012345678", "country"},
		{[]string{"+4470"}, false, "+447012345678", ""},
		{[]string{"GB"}, false, "+447640123456", "country"},
		{[]string{"GB"}, false, "+441534456789", "country"}, // Jersey
		{[]string{phonenum.Anywhere}, false, "+442079460123", ""},
		{[]string{phonenum.Anywhere}, false, "+252612345678", ""},
		{[]string{phonenum.Anywhere}, false, "+80012345678", ""},
		{[]string{phonenum.Anywhere}, false, "+881612345678", "country"},
		{[]string{phonenum.Anywhere}, false, "+870773111632", "country"},
		{[]string{phonenum.Anywhere}, false, "+447012345678", "country"},
		{[]string{"+881"}, false, "+881612345678", ""},
		{[]string{"+8817"}, false, "+881612345678", "country"},
		{nil, true, "0900123456", ""},
		{nil, true, "+19002530000", "country"},
		{[]string{phonenum.Anywhere}, true, "+19002530000", "country"},
		{[]string{"US"}, true, "+19002530000", ""},
		{[]string{"US"}, false, "+19002530000", "premium"},
		{nil, true, "+979123456789", "country"},
		{[]string{"+979"}, true, "+979123456789", ""},
	} {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) {
			s.Numbers = callback.Numbers{Country: "CH", Countries: c.countries, AllowPremium: c.premium}
		})
		_, err := r.try(manager.Request{Number: c.number})
		if got := refusedAs(err); got != c.rule {
			t.Errorf("countries %q: %s is refused as %q, want %q", c.countries, c.number, got, c.rule)
		}
	}
	for _, bad := range []string{"", "+", "+0", "+44a", "ZZ", "**", "44", "+1234567890123456"} {
		_, err := callback.NewPolicy(callback.Service{Name: "x", Numbers: callback.Numbers{Country: "CH", Countries: []string{bad}}})
		if !errors.Is(err, callback.ErrConfiguration) {
			t.Errorf("country %q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "a b", "x@y", "sip:x", "h;maddr=x", "-x"} {
		_, err := callback.NewPolicy(callback.Service{Name: "x", Numbers: callback.Numbers{Country: "CH", SIPHosts: []string{bad}}})
		if !errors.Is(err, callback.ErrConfiguration) {
			t.Errorf("host %q: %v", bad, err)
		}
	}
}

// spelling returns one of many ways to write +41 78 555 66 77.
func spelling(random *rand.Rand) string {
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	separated := func(digits string) string {
		var b strings.Builder
		for _, d := range digits {
			b.WriteRune(d)
			if random.IntN(3) == 0 {
				b.WriteString(pick(" ", "-", ".", "  "))
			}
		}
		return strings.TrimRight(b.String(), " -.")
	}
	number := pick("+41", "0041", "0", "+41") + separated("785556677")
	if random.IntN(4) == 0 {
		wide := []string{"０", "１", "２", "３", "４", "５", "６", "７", "８", "９"}
		for i, w := range wide {
			if random.IntN(2) == 0 {
				number = strings.ReplaceAll(number, fmt.Sprint(i), w)
			}
		}
		return number
	}
	switch random.IntN(4) {
	case 0:
		return pick("tel:", "TEL:", "tel: ") + number + pick("", ";isub=1", ";x=y")
	case 1:
		plain := strings.NewReplacer(" ", "", "-", pick("-", "", "."), "+", pick("+", "%2B", "%2b")).Replace(number)
		for i := range 10 {
			if random.IntN(6) == 0 && !strings.Contains(plain, "%") {
				plain = strings.ReplaceAll(plain, fmt.Sprint(i), fmt.Sprintf("%%3%d", i))
				break
			}
		}
		return pick("sip:", "sips:", "SIP:") + plain + pick("", ":pw", ";isub=7", ";phone-context=x.example") + "@" + pick("gw.example", "GW.example", "gw.example:5060", "pbx.example") + pick("", ";transport=tcp", ";user=phone")
	case 2:
		return number + pick(" ext. 1", ";ext=12", " x7")
	}
	return pick("", " ", "(", "Tel. ") + number
}

// TestOneSubjectForAllSpellings counts 10,000 spellings of one line: the duplicate
// check, the one-call permit and the caps see one number.
func TestOneSubjectForAllSpellings(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Numbers = callback.Numbers{Country: "CH", SIPHosts: []string{"gw.example", "pbx.example"}, AllowImpossible: true}
		s.Limits.SameNumber, s.Limits.BookingsPerDay = 1, callback.NoLimit
		s.Limits.PerParameter = 1_000_000
	})
	if err := r.services.Set("", callback.Service{Name: "open", Numbers: callback.Numbers{Country: "CH", SIPHosts: []string{"gw.example", "pbx.example"}, AllowImpossible: true},
		Queueing: callback.Queueing{Lines: callback.NoLimit}, Limits: callback.Limits{SameNumber: callback.NoLimit, Queued: callback.NoLimit, BookingsPerDay: callback.NoLimit, PerParameter: 1_000_000}}); err != nil {
		t.Fatal(err)
	}
	r.start(manager.Request{})
	random := rand.New(rand.NewPCG(7, 7))
	seen := make(map[string]bool)
	for len(seen) < 10_000 {
		number := spelling(random)
		if seen[number] {
			continue
		}
		seen[number] = true
		req := manager.Request{Number: number}
		if random.IntN(2) == 0 {
			req = manager.Request{Number: fmt.Sprintf("+4144668%04d", random.IntN(10_000)), Alternative: number}
		}
		if !strings.Contains(strings.ToLower(number), "x") || strings.HasPrefix(strings.ToLower(number), "sip") || strings.HasPrefix(strings.ToLower(number), "tel") {
			if _, err := r.try(req); !errors.Is(err, callback.ErrNumberLimit) {
				t.Fatalf("%q is not the number that waits: %v", number, err)
			}
		}
		if len(seen)%50 == 0 {
			req.Service = "open"
			if _, err := r.try(req); err != nil {
				t.Fatalf("%q: %v", number, err)
			}
		}
	}
	r.dialer.On("*", callbacktest.Answered(10*time.Minute))
	r.tick()
	r.tick()
	if n := len(r.dialer.Live()); n != 1 {
		t.Errorf("%d calls are up to one number", n)
	}
	for _, c := range counters(t, r.store, r.clock.Now(), "", "open", "desk") {
		kind, subject, _ := strings.Cut(c, "/")
		if (kind == "call" || kind == "parameter") && !strings.Contains(subject, "/"+swiss+"=") {
			t.Errorf("counted as %s", c)
		}
	}
}

// TestSwitchboard: people with extensions of their own wait side by side and are
// called one after the other.
func TestSwitchboard(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Limits.SameNumber, s.Limits.BookingsPerDay = 1, callback.NoLimit
	})
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	for i := range 50 {
		r.start(manager.Request{Number: fmt.Sprintf("044 668 18 00 ext. %d", 100+i)})
	}
	if _, err := r.try(manager.Request{Number: "+41446681800;ext=100"}); !errors.Is(err, callback.ErrNumberLimit) {
		t.Errorf("the same extension: %v", err)
	}
	r.tick()
	if n := len(r.dialer.Live()); n != 1 {
		t.Errorf("%d calls are up to one switchboard", n)
	}
}

// TestAlternativeIsCounted: the limit counts whom the dialer calls, also after an
// update.
func TestAlternativeIsCounted(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.SameNumber = 1 })
	taken := 0
	for i := range 40 {
		if _, err := r.try(manager.Request{Number: fmt.Sprintf("+4144668%04d", i), Alternative: swiss, Desired: monday().Add(time.Hour)}); err == nil {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("%d of 40 wait for one number", taken)
	}
	other := r.start(manager.Request{Number: swiss2, Desired: monday().Add(time.Hour)})
	for _, number := range []string{swiss, "sip:0785556677@example.com", "0041 78 555 66 77", "tel:+41-78-555-66-77"} {
		_, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: other.ID, Set: callback.Values{callback.PropertyNumber: number}})
		if !errors.Is(err, callback.ErrNumberLimit) {
			t.Errorf("updated to %s: %v", number, err)
		}
	}
	// The number of the one that has an alternative is free.
	r.start(manager.Request{Number: "+41446680000", Desired: monday().Add(time.Hour)})
}

// TestRulesAreAskedBeforeAnAttempt changes the configuration after a callback was
// accepted.
func TestRulesAreAskedBeforeAnAttempt(t *testing.T) {
	for name, change := range map[string]func(*callback.Service){
		"exception": func(s *callback.Service) { s.Numbers.Exceptions = patterns(t, "+1212*") },
		"country":   func(s *callback.Service) { s.Numbers.Countries = nil },
		"other":     func(s *callback.Service) { s.Numbers.Countries = []string{"GB"} },
		"nothing":   func(*callback.Service) {},
	} {
		for _, preview := range []bool{false, true} {
			base := callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH", Countries: []string{"US"}}}
			base.Preview.On = preview
			r := newRig(t, func(s *callback.Service, _ *manager.Config) { *s = base })
			cb := r.start(manager.Request{Number: "+1 212 555 0123", Desired: monday().Add(time.Hour)})
			change(&base)
			if err := r.services.Set("", base); err != nil {
				t.Fatal(err)
			}
			r.run(2 * time.Hour)
			got := r.get(cb.ID)
			if name == "nothing" {
				if !preview && len(got.Attempts) == 0 {
					t.Errorf("%s: no attempt: %v", name, got)
				}
				continue
			}
			if got.Reason != callback.ReasonCallToCustomer || len(got.Attempts) != 0 || len(r.dialer.Calls()) != 0 {
				t.Errorf("%s, preview %v: %v, %d attempts", name, preview, got, len(got.Attempts))
			}
			if strings.Contains(got.Detail, "0123") {
				t.Errorf("%s: the detail shows the number: %s", name, got.Detail)
			}
		}
	}
}

// TestConsentIsAskedBeforeAnAttempt withdraws a consent after the callback was
// accepted.
func TestConsentIsAskedBeforeAnAttempt(t *testing.T) {
	down := errors.New("the directory is down")
	for name, change := range map[string]func(d *directory){
		"withdrawn":   func(d *directory) { d.accounts[account][0].PEWC = false },
		"mode gone":   func(d *directory) { d.accounts[account] = d.accounts[account][1:9] },
		"unknown":     func(d *directory) { delete(d.accounts, account) },
		"not known":   func(d *directory) { d.fail = func() error { return down } },
		"it panics":   func(d *directory) { d.fail = func() error { panic("directory") } },
		"still there": func(*directory) {},
	} {
		d := sample()
		r := newContactRig(t, d, callback.ConsentPEWC)
		cb, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Account: account, ModeID: "3", Desired: monday().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		change(d)
		r.run(2 * time.Hour)
		calls, got := len(r.dialer.Calls()), r.get(cb.ID)
		switch name {
		case "still there":
			if calls == 0 {
				t.Errorf("%s: no call: %v", name, got)
			}
			continue
		case "not known", "it panics":
			if got.State == callback.Completed {
				t.Errorf("%s: %v", name, got)
			}
			d.fail = nil
			r.run(10 * time.Minute)
			if len(r.dialer.Calls()) == 0 {
				t.Errorf("%s: no call after the directory came back: %v", name, r.get(cb.ID))
			}
		default:
			if got.Reason != callback.ReasonCancelled {
				t.Errorf("%s: %v", name, got)
			}
		}
		if calls != 0 {
			t.Errorf("%s: %d calls", name, calls)
		}
	}
}
