package manager_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/scheduler"
)

func TestBadRequestsNameTheFieldAndStoreNothing(t *testing.T) {
	long := strings.Repeat("x", 2000)
	deep := any("x")
	for range 20 {
		deep = []any{deep}
	}
	for _, c := range []struct {
		field string
		req   manager.Request
	}{
		{"service", manager.Request{Service: "nowhere"}},
		{"service", manager.Request{Service: long}},
		{"key", manager.Request{Key: long}},
		{"key", manager.Request{Key: "\xff"}},
		{"agent.description", manager.Request{Agent: callback.Agent{Description: strings.Repeat("ä", 151)}}},
		{"agent.lead_score", manager.Request{Agent: callback.Agent{LeadScore: math.NaN()}}},
		{"priority", manager.Request{Priority: 99}},
		{"_callback_state", manager.Request{State: callback.Dialing}},
		{"_callback_state", manager.Request{State: 77}},
		{"_desired_time", manager.Request{Desired: time.Date(10001, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{"_desired_time", manager.Request{Desired: monday().AddDate(0, 2, 0)}},
		{"_desired_time", manager.Request{Desired: monday(), Zone: "UTC", Local: &availability.LocalTime{Year: 2026, Month: 1, Day: 12}}},
		{"_desired_time", manager.Request{Zone: "UTC", Local: &availability.LocalTime{Year: 2026, Month: 2, Day: 30}}},
		{"zone", manager.Request{Local: &availability.LocalTime{Year: 2026, Month: 1, Day: 13}}},
		{"zone", manager.Request{Zone: "Mars/Base", Local: &availability.LocalTime{Year: 2026, Month: 1, Day: 13}}},
		{"until", manager.Request{Until: monday()}},
		{"until", manager.Request{Desired: monday().Add(time.Hour), Until: monday().Add(time.Hour)}},
		{"retry.max_attempts", manager.Request{Retry: &callback.RetryLimits{}}},
		{"retry.delay", manager.Request{Retry: &callback.RetryLimits{MaxAttempts: 1, Delay: -1}}},
		{"interaction.structured_text_mime", manager.Request{Interaction: callback.Interaction{StructuredText: "u"}}},
		{"interaction.binary_content_mime", manager.Request{Interaction: callback.Interaction{BinaryContent: "u", BinaryMIME: "a/b"}}},
		{"interaction.text", manager.Request{Interaction: callback.Interaction{Text: strings.Repeat("x", 65<<10)}}},
		{"interaction.type", manager.Request{Interaction: callback.Interaction{Type: "\xff\x00"}}},
		{"interaction.desired_response_type", manager.Request{Interaction: callback.Interaction{ResponseType: "Pigeon"}}},
		{"interaction.binary_content_size", manager.Request{Interaction: callback.Interaction{BinarySize: -5}}},
		{"overrides._target", manager.Request{Overrides: map[string]string{"_target": long}}},
		{"parameters.X", manager.Request{Parameters: map[string]string{"X": long}}},
		{"properties", manager.Request{Properties: callback.Values{"": 1}}},
		{"properties.x", manager.Request{Properties: callback.Values{"x": make(chan int)}}},
		{"properties.x", manager.Request{Properties: callback.Values{"x": math.Inf(1)}}},
		{"properties.x", manager.Request{Properties: callback.Values{"x": deep}}},
		{"properties.x", manager.Request{Properties: callback.Values{"x": strings.Repeat("y", 65<<10)}}},
	} {
		t.Run(c.field, func(t *testing.T) {
			r := newRig(t, nil)
			_, err := r.try(c.req)
			wantCode(t, err, callback.ErrInvalidParameter, 40010)
			var field *callback.FieldError
			if !errors.As(err, &field) || field.Field != c.field {
				t.Errorf("error %v names %+v, want field %s", err, field, c.field)
			}
			wantNothingStored(t, r)
		})
	}
	r := newRig(t, nil)
	_, err := r.of("a\nb").try(manager.Request{})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	wantNothingStored(t, r)
}

func wantNothingStored(t *testing.T, r *rig) {
	t.Helper()
	page, err := r.store.Search(r.ctx, callback.Query{})
	if err != nil || len(page.Callbacks) != 0 {
		t.Errorf("%d callbacks are stored (%v)", len(page.Callbacks), err)
	}
	events, err := r.store.Events(r.ctx, callback.EventQuery{AllTenants: true})
	if err != nil || len(events.Events) != 0 {
		t.Errorf("%d events are stored (%v)", len(events.Events), err)
	}
	for _, kind := range []callback.PermitKind{callback.PermitNumber, callback.PermitQueued, callback.PermitBucket, callback.PermitInterval, callback.PermitParameter} {
		counters, err := r.store.Load(r.ctx, r.clock.Now(), callback.LoadRequest{Kind: kind, Service: "desk", From: math.MinInt64, To: math.MaxInt64})
		if err != nil || len(counters) != 0 {
			t.Errorf("counters %v are stored (%v)", counters, err)
		}
	}
}

func TestMandatoryKeys(t *testing.T) {
	change := func(s *callback.Service, _ *manager.Config) {
		s.SearchKeys = []string{"_customer_number", "_account"}
		s.RequiredKeys = []string{"_account"}
	}
	r := newRig(t, change)
	_, err := r.try(manager.Request{})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	r.start(manager.Request{Properties: callback.Values{"_account": "A-1"}})
}

func TestFullBucketProposesOthers(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Booking.PerBucket = 1
		s.Limits.SameNumber = callback.NoLimit
	})
	at := time.Date(2026, 1, 12, 16, 45, 0, 0, time.UTC)
	r.start(manager.Request{Desired: at})
	_, err := r.try(manager.Request{Desired: at.Add(4*time.Minute + 59*time.Second)})
	wantCode(t, err, callback.ErrFull, 40051)
	var full *callback.AvailabilityError
	if !errors.As(err, &full) {
		t.Fatalf("error is %T", err)
	}
	if !full.Bucket.Start.Equal(at) || !full.Bucket.End.Equal(at.Add(5*time.Minute)) {
		t.Errorf("bucket is %v", full.Bucket)
	}
	var got []string
	for _, slot := range full.Alternatives {
		got = append(got, slot.Start.UTC().Format("15:04"))
	}
	if diff := cmp.Diff([]string{"16:30", "16:35", "16:40", "16:50", "16:55", "17:00"}, got); diff != "" {
		t.Errorf("alternatives (-want +got):\n%s", diff)
	}
	r.start(manager.Request{Desired: at.Add(5 * time.Minute)}) // half-open: the next bucket
}

func TestClosedProposesOthers(t *testing.T) {
	hours, err := availability.NewCalendar(availability.CalendarConfig{Regular: []availability.WeeklyHours{
		{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(9, 0), Close: availability.Clock(17, 0)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Booking.Hours = hours })
	_, err = r.try(manager.Request{Desired: time.Date(2026, 1, 12, 20, 0, 0, 0, time.UTC)})
	wantCode(t, err, callback.ErrClosed, 40050)
	var closed *callback.AvailabilityError
	if !errors.As(err, &closed) || len(closed.Alternatives) != 6 {
		t.Fatalf("error %v proposes %+v", err, closed)
	}
	r.clock.Set(time.Date(2026, 1, 12, 18, 0, 0, 0, time.UTC))
	_, err = r.try(manager.Request{}) // immediate requests meet the hours, too
	wantCode(t, err, callback.ErrClosed, 40050)
}

// The worked examples of section 5.3.
func TestImmediateOrScheduled(t *testing.T) {
	for _, c := range []struct {
		buffer, ahead time.Duration
		want          callback.State
	}{
		{120 * time.Second, 180 * time.Second, callback.Scheduled},
		{120 * time.Second, 120 * time.Second, callback.Scheduled}, // equality
		{120 * time.Second, 120*time.Second - 1, callback.Queued},
		{15 * time.Second, 30 * time.Second, callback.Scheduled},
		{15 * time.Second, 14 * time.Second, callback.Queued},
		{15 * time.Second, -time.Hour, callback.Queued},
	} {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Booking.Buffer = c.buffer })
		if cb := r.start(manager.Request{Desired: monday().Add(c.ahead)}); cb.State != c.want {
			t.Errorf("buffer %v, %v ahead: %v, want %v", c.buffer, c.ahead, cb.State, c.want)
		}
	}
}

func TestForcedState(t *testing.T) {
	for _, state := range []callback.State{callback.Scheduled, callback.Queued, callback.Paused, callback.Routing, callback.Processing, callback.Completed} {
		r := newRig(t, nil)
		if cb := r.start(manager.Request{State: state, Desired: monday().Add(time.Hour)}); cb.State != state {
			t.Errorf("forced %v became %v", state, cb.State)
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.SameNumber = 1 })
	req := manager.Request{Key: "order-1", Properties: callback.Values{"a": 1, "b": []any{"c"}}, Actor: "one"}
	first := r.start(req)
	req.Actor = "two"
	if again := r.start(req); again.ID != first.ID {
		t.Errorf("the same request made %s and %s", first.ID, again.ID)
	}
	req.Properties = callback.Values{"a": 2}
	_, err := r.try(req)
	wantCode(t, err, callback.ErrKeyReuse, 40010)
	if _, err := r.m.Tenant("other").Start(r.ctx, manager.Request{Service: "desk", Number: swiss, Key: "order-1"}); callback.Code(err) != 40010 {
		t.Errorf("another tenant has no such service: %v", err)
	}
}

func TestRedialCopies(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Answered(time.Minute))
	first := r.start(manager.Request{Properties: callback.Values{
		"_kind": "a", "note": "x", "_ors_session_id": "s", "color": "red", "sum": json.Number("900719925474099303"), "rate": 1.5,
	}})
	_, err := r.try(manager.Request{CopyFrom: first.ID})
	wantCode(t, err, callback.ErrInvalidOperation, 40020) // not completed
	r.run(time.Hour)
	_, err = r.try(manager.Request{CopyFrom: "nothing"})
	wantCode(t, err, callback.ErrNotFound, 40030)
	cb, err := r.m.Start(r.ctx, manager.Request{Service: "desk", CopyFrom: first.ID, Properties: callback.Values{"color": "blue"}})
	if err != nil {
		t.Fatal(err)
	}
	if cb.CopiedFrom != first.ID || cb.Customer.Number.Key() != swiss {
		t.Errorf("copy of %q calls %v", cb.CopiedFrom, cb.Customer.Number)
	}
	if diff := cmp.Diff(callback.Values{"_kind": "a"}, cb.Properties); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(callback.Values{
		"note": "x", "color": "blue", "sum": json.Number("900719925474099303"), "rate": json.Number("1.5"),
	}, cb.UserData); diff != "" {
		t.Error(diff)
	}
}

func TestRedirect(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Redirect, s.Overwritable = "other", []string{"_redirect", "_target"}
	})
	_, err := r.try(manager.Request{})
	wantCode(t, err, callback.ErrRedirect, 50040)
	other := callback.Service{Name: "other", Numbers: callback.Numbers{Country: "CH"}}
	if err := r.services.Set("", other); err != nil {
		t.Fatal(err)
	}
	if cb := r.start(manager.Request{}); cb.Service != "other" {
		t.Errorf("redirected to %q", cb.Service)
	}
	cb := r.start(manager.Request{Overrides: map[string]string{"_redirect": "", "_target": "vip"}})
	if cb.Service != "desk" || cb.Agent.Target != "vip" {
		t.Errorf("service %q, target %q", cb.Service, cb.Agent.Target)
	}
	// What the request says of the service it names is not said of the next.
	other.Overwritable = []string{"_redirect"}
	if err := r.services.Set("", other); err != nil {
		t.Fatal(err)
	}
	if cb := r.start(manager.Request{Number: swiss2, Overrides: map[string]string{"_redirect": "other"}}); cb.Service != "other" {
		t.Errorf("redirected by the request to %q", cb.Service)
	}
	other.Redirect = "desk"
	if err := r.services.Set("", other); err != nil {
		t.Fatal(err)
	}
	_, err = r.try(manager.Request{Number: swiss2})
	wantCode(t, err, callback.ErrRedirect, 50040) // a circle
}

// The slots of a redirected service are those of the service at the end of the chain,
// where its callbacks are booked.
func TestAvailabilityIsRedirected(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Redirect = "next" })
	slots := func(service string) (availability.Slots, error) {
		return r.m.Availability(r.ctx, manager.AvailabilityRequest{Service: service, Query: availability.Query{Days: 1}})
	}
	_, err := slots("desk")
	wantCode(t, err, callback.ErrRedirect, 50040)
	last := callback.Service{Name: "last", Numbers: callback.Numbers{Country: "CH"}, Booking: callback.Booking{PerBucket: 7, Bucket: time.Hour}}
	for _, s := range []callback.Service{{Name: "next", Numbers: last.Numbers, Redirect: "last"}, last} {
		if err := r.services.Set("", s); err != nil {
			t.Fatal(err)
		}
	}
	cb := r.start(manager.Request{Desired: monday().Add(3 * time.Hour)})
	if cb.Service != "last" {
		t.Fatalf("booked at %q", cb.Service)
	}
	want, err := slots("last")
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{"desk", "next"} {
		got, err := slots(service)
		if diff := cmp.Diff(want.Slots, got.Slots); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", service, err, diff)
		}
	}
	if i := slices.IndexFunc(want.Slots, func(s availability.Slot) bool { return s.Start.Equal(cb.Desired) }); i < 0 || want.Slots[i].Left != 6 || want.Slots[i].Total != 7 {
		t.Errorf("the booked slot is %v", want.Slots)
	}
	last.Redirect = "next"
	if err := r.services.Set("", last); err != nil {
		t.Fatal(err)
	}
	_, err = slots("desk")
	wantCode(t, err, callback.ErrRedirect, 50040) // a circle
}

// A redirection of the request that leads nowhere is a fault of the request; one of
// the configuration is a failure, also where a request led to it.
func TestRedirectOfTheRequest(t *testing.T) {
	open := []string{"_redirect"}
	country := callback.Numbers{Country: "CH"}
	r := wrap(t, managertest.New(t, managertest.Config{Services: []callback.Service{
		{Name: "desk", Numbers: country, Overwritable: open},
		{Name: "back", Numbers: country, Redirect: "desk"},
		{Name: "lost", Numbers: country, Redirect: "gone"},
		{Name: "one", Numbers: country, Redirect: "two"},
		{Name: "two", Numbers: country, Redirect: "one"},
		{Name: "locked", Numbers: country},
	}}))
	for to, want := range map[string]int{
		"gone": 40010, "desk": 40010, "back": 40010, "DESK": 40010, strings.Repeat(" ", 1) + "desk": 40010, "*": 40010, "+41785556677": 40010, strings.Repeat("x", 1024): 40010,
		"x\x00": 40010, "\xff": 40010, strings.Repeat("x", 1025): 40010,
		"lost": 50040, "one": 50040, "locked": 0, "": 0,
	} {
		_, err := r.try(manager.Request{Overrides: map[string]string{"_redirect": to}})
		if got := callback.Code(err); got != want {
			t.Errorf("%.40q: code %d, want %d: %v", to, got, want, err)
		}
		if want == 40010 && callback.HTTPStatus(err) != 400 {
			t.Errorf("%.40q: status %d, want 400", to, callback.HTTPStatus(err))
		}
	}
	// What a service does not let requests override is not looked at.
	if _, err := r.try(manager.Request{Service: "locked", Number: swiss2, Overrides: map[string]string{"_redirect": "gone"}}); err != nil {
		t.Error(err)
	}
}

func TestMediaType(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.MediaType = "smoke" })
	cb := r.start(manager.Request{})
	r.wantReason(cb.ID, callback.ReasonMediaType)
}

func TestLocalTimeInAGap(t *testing.T) {
	r := newRig(t, nil)
	r.clock.Set(time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC))
	cb := r.start(manager.Request{Zone: "Europe/Berlin", Local: &availability.LocalTime{Year: 2026, Month: 3, Day: 29, Hour: 2, Minute: 30}})
	if want := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC); !cb.Desired.Equal(want) {
		t.Errorf("02:30 does not exist that night: booked for %v, want %v", cb.Desired, want)
	}
}

func TestHoursOptions(t *testing.T) {
	hours, err := availability.NewCalendar(availability.CalendarConfig{Regular: []availability.WeeklyHours{
		{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(14, 0), Close: availability.Clock(17, 0)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Booking.Hours, s.Booking.IgnoreHoursNow = hours, true })
	r.start(manager.Request{}) // closed now, and taken all the same
	_, err = r.try(manager.Request{Desired: monday().Add(time.Hour)})
	wantCode(t, err, callback.ErrClosed, 40050)
}

// Capacity that recurs by a cron specification decides about seats.
func TestCapacityByRecurringWindows(t *testing.T) {
	lunch, err := scheduler.ParseRecurrence("0 12 * * MON-FRI", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	capacity, err := availability.NewRecurring("UTC", 0, []availability.Window{{Recurrence: lunch, Duration: time.Hour, Capacity: 1}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Booking.Capacity, s.Booking.Bucket = capacity, 30*time.Minute
		s.Limits.SameNumber = callback.NoLimit
	})
	_, err = r.try(manager.Request{Desired: monday().Add(time.Hour)})
	wantCode(t, err, callback.ErrFull, 40051)
	noon := monday().Add(2 * time.Hour)
	r.start(manager.Request{Desired: noon})
	_, err = r.try(manager.Request{Desired: noon})
	wantCode(t, err, callback.ErrFull, 40051)
	r.start(manager.Request{Desired: noon.Add(30 * time.Minute)})
	slots, err := r.m.Availability(r.ctx, manager.AvailabilityRequest{Service: "desk", Query: availability.Query{Days: 2}})
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, s := range slots.Slots {
		open = append(open, s.Start.UTC().Format("Mon 15:04"))
	}
	if diff := cmp.Diff([]string{"Tue 12:00", "Tue 12:30"}, open); diff != "" {
		t.Errorf("open slots (-want +got):\n%s", diff)
	}
}

// The estimate is for the place behind all that wait.
func TestEstimateIsAskedForThePosition(t *testing.T) {
	asked := 0
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Paused = true
		s.Booking.Estimator = scheduler.EstimatorFunc(func(position int, _ time.Time) (time.Duration, bool) {
			asked = position
			return 0, false
		})
	})
	r.start(manager.Request{})
	r.start(manager.Request{Number: swiss2})
	r.start(manager.Request{Number: swiss3, Desired: monday().Add(time.Hour)})
	if asked != 3 {
		t.Errorf("asked for position %d, want 3", asked)
	}
}

func TestOneKeyManyTimes(t *testing.T) {
	r := newRig(t, nil)
	ids := make(chan callback.ID, 50)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			cb, err := r.try(manager.Request{Key: "same"})
			if err != nil {
				t.Errorf("Start: %v", err)
				return
			}
			ids <- cb.ID
		})
	}
	wg.Wait()
	close(ids)
	first := <-ids
	for id := range ids {
		if id != first {
			t.Errorf("one key made %s and %s", first, id)
		}
	}
}
