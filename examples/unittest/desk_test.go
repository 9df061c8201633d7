package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"
	_ "time/tzdata" // so that the tests run on machines without zone data

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// berlin loads the zone of the office under test.
func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := availability.LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// world is everything a test of a Desk needs. Nothing in it runs by itself:
// time passes in until, and only there.
type world struct {
	t       *testing.T
	clock   *callbacktest.Clock
	dialer  *callbacktest.Dialer
	manager *manager.Manager
	events  *callbacktest.Recorder
	store   *store.Memory
	desk    *Desk
}

// anne is a customer. The number is kept free for films and books.
const anne = "+493023125401"

func newWorld(t *testing.T, now time.Time) *world {
	t.Helper()
	hours, err := availability.NewCalendar(availability.CalendarConfig{
		Zone: "Europe/Berlin",
		Regular: []availability.WeeklyHours{
			{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(9, 0), Close: availability.Clock(17, 0)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	services, err := callback.NewServices(callback.Service{
		Name:    "office",
		Numbers: callback.Numbers{Country: "DE"},
		Booking: callback.Booking{Hours: hours, PerBucket: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, clock: callbacktest.NewClock(now), store: store.NewMemory(store.Config{})}
	w.dialer = callbacktest.NewDialer(w.clock.Now)
	w.events = callbacktest.NewRecorder(w.store, "")
	w.manager, err = manager.New(manager.Config{
		Store: w.store, Services: services, Dialer: w.dialer,
		Now: w.clock.Now, NewID: callbacktest.IDs("cb-"),
		Synchronous: true, // the dialer is called by Tick: the same order in every run
		Logger:      slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.desk = NewDesk(w.manager, "office", berlin(t))
	t.Cleanup(func() {
		callbacktest.VerifyAudit(t, w.store)
		callbacktest.RequireNoDoubles(t, w.dialer)
	})
	return w
}

// ask is a customer's wish, which must be answered.
func (w *world) ask(key, number string, at time.Time) Answer {
	w.t.Helper()
	answer, err := w.desk.CallBack(w.t.Context(), key, number, at)
	if err != nil {
		w.t.Fatalf("CallBack: %v", err)
	}
	return answer
}

// after lets time pass, with all that happens in it.
func (w *world) after(d time.Duration) {
	w.t.Helper()
	to := w.clock.Now().Add(d)
	if _, err := callbacktest.Drive(w.t.Context(), w.manager, w.clock, w.dialer, to); err != nil {
		w.t.Fatalf("driving: %v", err)
	}
	w.clock.Set(to)
}

func (w *world) wantText(got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("the customer hears %q, want %q", got, want)
	}
}

func (w *world) wantStatus(want string) {
	w.t.Helper()
	got, err := w.desk.Status(w.t.Context(), anne)
	if err != nil {
		w.t.Fatalf("Status: %v", err)
	}
	w.wantText(got, want)
}

// friday is a Friday in Berlin, in summer time.
func friday(t *testing.T, hour, minute int) time.Time {
	return time.Date(2026, time.June, 12, hour, minute, 0, 0, berlin(t))
}

func TestFridayFiveMinutesToFive(t *testing.T) {
	w := newWorld(t, friday(t, 16, 55).Add(30*time.Second))

	now := w.ask("anne-1", anne, time.Time{})
	w.wantText(now.Text, "We call you back in a moment.")

	later := w.ask("anne-2", anne, friday(t, 17, 5))
	w.wantText(later.Text, "We are closed then. How about Monday 09:00 or Monday 09:05 or Monday 09:10?")

	booked := w.ask("anne-3", anne, later.Choices[0])
	w.wantText(booked.Text, "We call you on Monday 09:00.")
	w.events.RequireScheduled(t, booked.ID, later.Choices[0])

	w.after(3 * 24 * time.Hour)
	w.events.RequireCompleted(t, now.ID, callback.ReasonAgentConnected)
	w.events.RequireCompleted(t, booked.ID, callback.ReasonAgentConnected)
	calls := w.dialer.Calls()
	if len(calls) != 2 {
		t.Fatalf("%d calls were made, want 2", len(calls))
	}
	if got := calls[0].Started; !got.Equal(friday(t, 16, 55).Add(30 * time.Second)) {
		t.Errorf("the first call was made at %v", got)
	}
	// Released two minutes before its time, and not made before the desk opens.
	if got, want := calls[1].Started, later.Choices[0]; !got.Equal(want) {
		t.Errorf("the second call was made at %v, want %v", got, want)
	}
}

func TestBusyTwiceThenAnswered(t *testing.T) {
	w := newWorld(t, friday(t, 10, 0))
	w.dialer.On(anne, callbacktest.Busy(), callbacktest.Busy(), callbacktest.Answered(3*time.Minute))

	answer := w.ask("anne-1", anne, time.Time{})
	w.wantStatus("You are next.")
	w.after(time.Minute)
	w.wantStatus("We have tried 1 times and try again.")
	w.after(5 * time.Minute)
	w.wantStatus("We have tried 2 times and try again.")
	w.after(10 * time.Minute)
	w.wantStatus("We have spoken.")

	w.events.RequireCompleted(t, answer.ID, callback.ReasonAgentConnected)
	w.events.RequireHistory(t, answer.ID,
		callback.EventAccepted,
		callback.EventDialing, callback.EventPlaced, callback.EventAttemptEnded, callback.EventReady,
		callback.EventDialing, callback.EventPlaced, callback.EventAttemptEnded, callback.EventReady,
		callback.EventDialing, callback.EventPlaced, callback.EventProgress, callback.EventProgress, callback.EventProgress,
		callback.EventProgress, callback.EventCompleted,
	)
}

func TestNeverReached(t *testing.T) {
	w := newWorld(t, friday(t, 10, 0))
	w.dialer.On(anne, callbacktest.NoAnswer())

	answer := w.ask("anne-1", anne, time.Time{})
	w.after(time.Hour)
	w.wantStatus("We could not reach you.")
	cb := w.events.RequireCompleted(t, answer.ID, callback.ReasonCallToCustomer)
	if got := len(cb.Attempts); got != 3 {
		t.Errorf("%d attempts were made, want the 3 of the default policy", got)
	}
}

// It is not known whether the phone rang: it is dialed again only after an agent
// reports that it did not.
func TestPlatformFallsSilent(t *testing.T) {
	w := newWorld(t, friday(t, 10, 0))
	w.dialer.On(anne, callbacktest.Answered(time.Minute).With(callbacktest.Mute, callbacktest.Forgotten))

	answer := w.ask("anne-1", anne, time.Time{})
	w.after(time.Hour)
	w.events.RequireState(t, answer.ID, callback.Unresolved)
	if n := len(w.dialer.Calls()); n != 1 {
		t.Errorf("the customer was called %d times, want once", n)
	}
}

func TestWhatTheCustomerHears(t *testing.T) {
	nine := friday(t, 9, 0)
	for _, tt := range []struct {
		name   string
		before int // how many others want the same time
		number string
		at     time.Time
		want   string
	}{
		{"at a free time", 0, anne, nine.Add(30 * time.Minute), "We call you on Friday 09:30."},
		{"at a full time", 1, anne, nine.Add(30 * time.Minute),
			"Everybody is busy then. How about Friday 09:15 or Friday 09:20 or Friday 09:25?"},
		{"a number that cannot be", 0, "12345", time.Time{}, "We cannot call this number."},
		{"an emergency number", 0, "112", time.Time{}, "We cannot call this number."},
		{"a premium number", 0, "+44 909 879 0123", time.Time{}, "We cannot call this number."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, nine)
			if tt.before > 0 {
				w.ask("somebody", "+493023125402", tt.at)
			}
			w.wantText(w.ask("anne-1", tt.number, tt.at).Text, tt.want)
		})
	}
}

func TestAskingTwice(t *testing.T) {
	w := newWorld(t, friday(t, 10, 0))
	w.wantStatus("You have not asked for a callback.")
	at := friday(t, 11, 0)
	first := w.ask("anne-1", anne, at)
	w.wantStatus("We call you on Friday 11:00.")
	if again := w.ask("anne-1", anne, at); again.ID != first.ID {
		t.Errorf("the button pressed twice made callbacks %s and %s", first.ID, again.ID)
	}
	w.ask("anne-2", anne, at.Add(5*time.Minute))
	w.wantText(w.ask("anne-3", anne, at.Add(10*time.Minute)).Text, "We have noted your wish already.")
}

// broken answers like a Manager whose store is away. For what a host does with
// an error it needs no engine.
type broken struct{ err error }

func (b broken) Start(context.Context, manager.Request) (*callback.Callback, error) {
	return nil, b.err
}

func (b broken) SearchPage(context.Context, callback.Query) (callback.Page, error) {
	return callback.Page{}, b.err
}

func TestErrorsOfTheStoreArePassedOn(t *testing.T) {
	desk := NewDesk(broken{callback.ErrOutcomeUnknown}, "office", time.UTC)
	if answer, err := desk.CallBack(t.Context(), "k", anne, time.Time{}); !errors.Is(err, callback.ErrOutcomeUnknown) {
		t.Errorf("CallBack = %q, %v, want the store's error", answer.Text, err)
	}
	if text, err := desk.Status(t.Context(), anne); !errors.Is(err, callback.ErrOutcomeUnknown) {
		t.Errorf("Status = %q, %v, want the store's error", text, err)
	}
}

// A refusal need not come with proposals.
func TestClosedWithoutProposals(t *testing.T) {
	desk := NewDesk(broken{&callback.AvailabilityError{Service: "office"}}, "office", time.UTC)
	answer, err := desk.CallBack(t.Context(), "k", anne, time.Time{})
	if err != nil || answer.Text != "We are closed then." {
		t.Errorf("CallBack = %q, %v", answer.Text, err)
	}
}
