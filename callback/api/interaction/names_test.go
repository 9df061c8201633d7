package interaction_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// told returns the notification names of a callback's events without their
// common prefix.
func (r *rig) told(id callback.ID) []string {
	r.t.Helper()
	history, err := r.manager.History(context.Background(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for _, e := range history {
		for _, name := range interaction.NamesOf(e) {
			names = append(names, string(name)[len("_cbe_on_"):])
		}
	}
	return names
}

func TestNamesOfLife(t *testing.T) {
	const dial = "target_found dial_init "
	taken := "callback_queued callback_submitted service_create "
	for _, test := range []struct {
		name string
		live func(r *rig) callback.ID
		want string
	}{
		{"success", func(r *rig) callback.ID {
			r.dialer.On(swiss, callbacktest.Answered(time.Minute))
			id := r.start(manager.Request{}).ID
			r.run(10 * time.Minute)
			return id
		}, taken + dial + "dial_done customer_queued callback_status_updated route_to_agent callback_status_updated callback_status_updated service_exit"},
		{"busy and given up", func(r *rig) callback.ID {
			r.dialer.On(swiss, callbacktest.Busy(), callbacktest.NoAnswer())
			id := r.start(manager.Request{Retry: &callback.RetryLimits{MaxAttempts: 2, Delay: time.Minute}}).ID
			r.run(time.Hour)
			return id
		}, taken + dial + "dial_done " + dial + "dial_done callback_processing_failed service_exit"},
		{"never placed", func(r *rig) callback.ID {
			r.dialer.On(swiss, callbacktest.Refused(), callbacktest.Refused(), callbacktest.Refused())
			id := r.start(manager.Request{}).ID
			r.run(time.Hour)
			return id
		}, taken + dial + "dial_done " + dial + "dial_done " + dial + "dial_done callback_submit_failed service_exit"},
		{"abandoned", func(r *rig) callback.ID {
			r.dialer.On(swiss, callbacktest.Abandoned(time.Minute))
			id := r.start(manager.Request{}).ID
			r.run(time.Hour)
			return id
		}, taken + dial + "dial_done customer_queued callback_status_updated callback_processing_failed service_exit"},
		{"booked, reminded, released", func(r *rig) callback.ID {
			r.dialer.On(swiss, callbacktest.Answered(time.Minute))
			id := r.start(manager.Request{Desired: monday().Add(time.Hour)}).ID
			r.run(time.Hour - 2*time.Minute - time.Second)
			return id
		}, "callback_scheduled callback_reminder"},
		{"moved and cancelled", func(r *rig) callback.ID {
			id := r.start(manager.Request{Desired: monday().Add(time.Hour)}).ID
			if _, err := r.manager.Reschedule(context.Background(), manager.RescheduleRequest{ID: id, Desired: monday().Add(2 * time.Hour)}); err != nil {
				r.t.Fatal(err)
			}
			r.cancel(id)
			return id
		}, "callback_scheduled callback_rescheduled callback_cancelled"},
		{"moved to now, changed and cancelled for a reason of its own", func(r *rig) callback.ID {
			id := r.start(manager.Request{Desired: monday().Add(time.Hour)}).ID
			if _, err := r.manager.Reschedule(context.Background(), manager.RescheduleRequest{ID: id, Desired: monday()}); err != nil {
				r.t.Fatal(err)
			}
			if _, err := r.manager.Update(context.Background(), manager.UpdateRequest{ID: id, Set: callback.Values{"a": "b"}}); err != nil {
				r.t.Fatal(err)
			}
			if _, err := r.manager.Cancel(context.Background(), manager.CancelRequest{ID: id, Reason: "CAMPAIGN_OVER"}); err != nil {
				r.t.Fatal(err)
			}
			return id
		}, "callback_scheduled callback_rescheduled callback_submitted service_create callback_status_updated callback_cancelled service_exit"},
		{"led from outside", func(r *rig) callback.ID {
			id := r.start(manager.Request{}).ID
			for _, s := range []callback.State{callback.Routing, callback.Processing, callback.Completed} {
				if _, err := r.manager.ReportState(context.Background(), manager.StateReport{ID: id, State: s, Reason: callback.ReasonAgentConnected}); err != nil {
					r.t.Fatal(err)
				}
			}
			return id
		}, taken + "callback_status_updated callback_status_updated callback_status_updated service_exit"},
		{"too late", func(r *rig) callback.ID {
			id := r.start(manager.Request{State: callback.Paused}).ID
			r.run(25 * time.Hour)
			return id
		}, taken + "callback_processing_failed service_exit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Reminder = 5 * time.Minute })
			got := ""
			for i, name := range r.told(test.live(r)) {
				if i > 0 {
					got += " "
				}
				got += name
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNamesOfEvents(t *testing.T) {
	const answered, updated, done = "_cbe_on_customer_queued", "_cbe_on_callback_status_updated", "_cbe_on_dial_done"
	for _, test := range []struct {
		event callback.Event
		want  []interaction.Name
	}{
		{callback.Event{Type: callback.EventOffered, From: callback.Queued, To: callback.Offered}, []interaction.Name{"_cbe_on_target_found"}},
		{callback.Event{Type: callback.EventDialing, From: callback.Offered, To: callback.Dialing, Attempt: 1}, []interaction.Name{"_cbe_on_dial_init"}},
		{callback.Event{Type: callback.EventOfferEnded, From: callback.Offered, To: callback.Queued}, nil},
		{callback.Event{Type: callback.EventReady, From: callback.Queued, To: callback.Queued}, nil},
		{callback.Event{Type: callback.EventRequeued, From: callback.Queued, To: callback.Queued}, nil},
		{callback.Event{Type: callback.EventPlaced, From: callback.Dialing, To: callback.Dialing, Attempt: 1}, nil},
		{callback.Event{Type: callback.EventProgress, From: callback.Dialing, To: callback.Dialing, Attempt: 1}, nil},
		{callback.Event{Type: callback.EventProgress, From: callback.Unresolved, To: callback.Routing, Attempt: 1}, []interaction.Name{done, answered, updated}},
		{callback.Event{Type: callback.EventProgress, From: callback.Offered, To: callback.Routing}, []interaction.Name{answered, updated}},
		{callback.Event{Type: callback.EventUnresolved, From: callback.Dialing, To: callback.Unresolved, Attempt: 1}, nil},
		{callback.Event{Type: callback.EventUnresolved, From: callback.Routing, To: callback.Unresolved, Attempt: 1}, []interaction.Name{updated}},
		{callback.Event{Type: callback.EventLookedUp, From: callback.Unresolved, To: callback.Unresolved, Attempt: 1}, nil},
		{callback.Event{Type: callback.EventAttemptEnded, From: callback.Unresolved, To: callback.Queued, Attempt: 1}, []interaction.Name{done}},
		{callback.Event{Type: callback.EventAttemptEnded, From: callback.Routing, To: callback.Queued, Attempt: 1}, []interaction.Name{updated}},
		{callback.Event{Type: callback.EventErased}, nil},
		{callback.Event{Type: callback.EventErased, From: callback.Completed}, nil},
		{callback.Event{Type: "something new", From: callback.Queued, To: callback.Paused}, []interaction.Name{updated}},
		{callback.Event{Type: "something new", From: callback.Paused, To: callback.Queued}, []interaction.Name{updated}},
		{callback.Event{Type: callback.EventCompleted, To: callback.Completed, Reason: callback.ReasonMediaType}, []interaction.Name{"_cbe_on_callback_processing_failed"}},
		{callback.Event{Type: callback.EventCompleted, From: callback.Queued, To: callback.Completed, Reason: "AGENT_PREVIEW_CANCEL_AFTER_2REJECTS"},
			[]interaction.Name{"_cbe_on_callback_processing_failed", "_cbe_on_service_exit"}},
	} {
		if diff := cmp.Diff(test.want, interaction.NamesOf(test.event)); diff != "" {
			t.Errorf("%s, %v to %v (-want +got):\n%s", test.event.Type, test.event.From, test.event.To, diff)
		}
	}
}

func TestNames(t *testing.T) {
	names := interaction.Names()
	if len(names) != 16 {
		t.Errorf("%d names, want 16", len(names))
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) || len(name) < len("_cbe_on_x") || fmt.Sprint(name)[:8] != "_cbe_on_" {
			t.Errorf("name %q", name)
		}
	}
}
