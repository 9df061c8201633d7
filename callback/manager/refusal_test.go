package manager_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// refusals notes the refusals that an observer is told of.
type refusals struct {
	callback.NopObserver
	mu   sync.Mutex
	list []callback.Refusal
}

func (o *refusals) Refused(_ context.Context, r callback.Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, r)
}

// take returns the refusals in one line each and forgets them.
func (o *refusals) take() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var lines []string
	for _, r := range o.list {
		lines = append(lines, fmt.Sprintf("%s %s %d %s %s", r.Operation, r.Kind, r.Code, r.Service, r.Callback))
	}
	o.list = nil
	return lines
}

// throughObserver is an observer that wraps another one.
type throughObserver struct {
	callback.NopObserver
	inner callback.Observer
}

func (o throughObserver) Unwrap() callback.Observer { return o.inner }

// refusing is a rig whose observer notes refusals.
func refusing(t *testing.T, change func(s *callback.Service, c *manager.Config)) (*rig, *refusals) {
	o := new(refusals)
	return newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Observer = throughObserver{inner: o}
		if change != nil {
			change(s, c)
		}
	}), o
}

// Each kind of refusal of a Start is told once, with its code.
func TestRefusedStartsAreTold(t *testing.T) {
	hours, err := availability.NewCalendar(availability.CalendarConfig{Regular: []availability.WeeklyHours{
		{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(9, 0), Close: availability.Clock(17, 0)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	later := manager.Request{Desired: monday().Add(2 * time.Hour)}
	for _, c := range []struct {
		name    string
		service func(s *callback.Service)
		first   []manager.Request // taken
		req     manager.Request
		want    string
	}{
		{"number", nil, nil, manager.Request{Number: "nonsense"}, "start number 40040 desk "},
		{"impossible number", nil, nil, manager.Request{Number: "+4178555"}, "start number 40040 desk "},
		{"emergency number", nil, nil, manager.Request{Number: "112"}, "start number 40040 desk "},
		{"premium number", nil, nil, manager.Request{Number: "+41900123456"}, "start number 40040 desk "},
		{"consent", func(s *callback.Service) { s.Consent = callback.ConsentPEWC }, nil, manager.Request{}, "start consent 40040 desk "},
		{"hours", func(s *callback.Service) { s.Booking.Hours = hours }, nil, manager.Request{Desired: monday().Add(12 * time.Hour)}, "start closed 40050 desk "},
		{"capacity", func(s *callback.Service) { s.Booking.PerBucket = 1 }, []manager.Request{later},
			manager.Request{Number: swiss2, Desired: later.Desired}, "start full 40051 desk "},
		{"duplicate", func(s *callback.Service) { s.Limits.SameNumber = 1 }, []manager.Request{later}, manager.Request{}, "start number_limit 40001 desk "},
		{"key of another request", nil, []manager.Request{{Key: "k"}}, manager.Request{Key: "k", Number: swiss2}, "start key_reuse 40010 desk "},
		{"queue", func(s *callback.Service) { s.Limits.Queued = 1 }, []manager.Request{{}}, manager.Request{Number: swiss2}, "start queue_limit 40002 desk "},
		{"interval", func(s *callback.Service) { s.Limits.Throttles = []callback.Throttle{{Max: 1, Every: time.Minute}} },
			[]manager.Request{{}}, manager.Request{Number: swiss2}, "start interval_limit 40003 desk "},
		{"parameter", func(s *callback.Service) { s.Limits.PerParameter = 1 }, []manager.Request{{}}, manager.Request{}, "start parameter_limit 40004 desk "},
		{"bookings of a number", func(s *callback.Service) { s.Limits.BookingsPerDay = 1 }, []manager.Request{{}}, manager.Request{}, "start booking_limit 40004 desk "},
		{"unknown service", nil, nil, manager.Request{Service: "41785556677"}, "start parameter 40010  "},
		{"redirection to an unknown service", func(s *callback.Service) { s.Redirect = "nowhere" }, nil, manager.Request{}, "start redirect 50040 desk "},
		{"form", nil, nil, manager.Request{Actor: strings.Repeat("x", 200)}, "start parameter 40010 desk "},
		{"copy of nothing", nil, nil, manager.Request{CopyFrom: "41785556677"}, "start not_found 40030 desk "},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, o := refusing(t, func(s *callback.Service, _ *manager.Config) {
				if c.service != nil {
					c.service(s)
				}
			})
			for _, req := range c.first {
				r.start(req)
			}
			if got := o.take(); len(got) > 0 {
				t.Fatalf("told of requests that were taken: %q", got)
			}
			_, err := r.try(c.req)
			o.mu.Lock()
			if len(o.list) == 1 && (!errors.Is(o.list[0].Err, errors.Unwrap(err)) && o.list[0].Err.Error() != err.Error() || strings.Contains(fmt.Sprintf("%v %+v", o.list[0], o.list[0].Err), "41785556677")) {
				t.Errorf("told %+v, returned %v", o.list[0], err)
			}
			o.mu.Unlock()
			if diff := cmp.Diff([]string{c.want}, o.take()); diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// Refusals of the other methods are told once, each item of a bulk request by itself.
func TestRefusedChangesAreTold(t *testing.T) {
	const number = callback.ID("41785556677") // what a client may take for an ID
	ended := func(r *rig) callback.ID {
		cb := r.start(manager.Request{})
		r.run(time.Hour)
		return r.wantState(cb.ID, callback.Completed).ID
	}
	for _, c := range []struct {
		name string
		do   func(r *rig) error
		want []string
	}{
		{"cancel of one that has ended", func(r *rig) error {
			_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: ended(r)})
			return err
		}, []string{"cancel operation 40020 desk cb000001"}},
		{"cancel of nothing", func(r *rig) error {
			_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: number})
			return err
		}, []string{"cancel not_found 40030  "}},
		{"reschedule to a full hour", func(r *rig) error {
			at := monday().Add(2 * time.Hour)
			r.start(manager.Request{Number: swiss2, Desired: at})
			id := r.start(manager.Request{Desired: monday().Add(3 * time.Hour)}).ID
			_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: id, Desired: at})
			return err
		}, []string{"reschedule full 40051 desk cb000002"}},
		{"reschedule of another revision", func(r *rig) error {
			id := r.start(manager.Request{Desired: monday().Add(3 * time.Hour)}).ID
			_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: id, Desired: monday().Add(4 * time.Hour), Revision: 9})
			return err
		}, []string{"reschedule conflict 40020 desk cb000001"}},
		{"update with a number that is not allowed", func(r *rig) error {
			id := r.start(manager.Request{Desired: monday().Add(3 * time.Hour)}).ID
			_, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: id, Set: callback.Values{callback.PropertyNumber: "+4178555"}})
			return err
		}, []string{"update number 40040 desk cb000001"}},
		{"answer without an offer", func(r *rig) error {
			_, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: r.start(manager.Request{}).ID, Answer: callback.AnswerAccept})
			return err
		}, []string{"answer operation 40020 desk cb000001"}},
		{"resolve of one that is resolved", func(r *rig) error {
			_, err := r.m.Resolve(r.ctx, manager.Resolution{ID: r.start(manager.Request{}).ID, Redial: true, Actor: "chief"})
			return err
		}, []string{"resolve operation 40020 desk cb000001"}},
		{"resolve by no one", func(r *rig) error {
			_, err := r.m.Resolve(r.ctx, manager.Resolution{ID: number, Redial: true})
			return err
		}, []string{"resolve parameter 40010  "}},
		{"state report of one that has ended", func(r *rig) error {
			_, err := r.m.ReportState(r.ctx, manager.StateReport{ID: ended(r), State: callback.Queued})
			return err
		}, []string{"report_state operation 40020 desk cb000001"}},
		{"report of no attempt", func(r *rig) error {
			return r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(number, 1), Stage: callback.StageRinging})
		}, []string{"report not_found 40030  "}},
		{"pause of no service", func(r *rig) error {
			_, err := r.m.Pause(r.ctx, manager.PauseRequest{Service: "41785556677", Actor: "chief"})
			return err
		}, []string{"pause parameter 40010  "}},
		{"resume of one service while all are paused", func(r *rig) error {
			if _, err := r.m.Pause(r.ctx, manager.PauseRequest{Actor: "chief"}); err != nil {
				return err
			}
			_, err := r.m.Resume(r.ctx, manager.PauseRequest{Service: "desk", Actor: "chief"})
			return err
		}, []string{"resume paused 40020 desk "}},
		{"cancellation of several", func(r *rig) error {
			_, err := r.m.CancelAll(r.ctx, manager.CancelAllRequest{IDs: []callback.ID{ended(r), number, r.start(manager.Request{}).ID}, Actor: "chief"})
			return errors.Join(err, callback.ErrNotFound)
		}, []string{"cancel_all operation 40020  cb000001", "cancel_all not_found 40030  "}},
		{"what would be cancelled", func(r *rig) error {
			_, err := r.m.CancelAll(r.ctx, manager.CancelAllRequest{IDs: []callback.ID{ended(r)}, Actor: "chief", DryRun: true})
			return errors.Join(err, callback.ErrNotFound)
		}, nil},
		{"cancellation by no one", func(r *rig) error {
			_, err := r.m.CancelAll(r.ctx, manager.CancelAllRequest{IDs: []callback.ID{"x"}})
			return err
		}, []string{"cancel_all parameter 40010  "}},
		{"erasure of nothing", func(r *rig) error {
			_, err := r.m.Forget(r.ctx, manager.ForgetRequest{IDs: []callback.ID{number}, Actor: "chief", Detail: "asked"})
			return errors.Join(err, callback.ErrNotFound)
		}, []string{"forget not_found 40030  "}},
		{"manager that is stopped", func(r *rig) error {
			if err := r.m.Shutdown(r.ctx); err != nil {
				return err
			}
			_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "x"})
			return err
		}, []string{"cancel stopped 0  "}},
		{"request that its client gave up", func(r *rig) error {
			ctx, cancel := context.WithCancel(r.ctx)
			cancel()
			_, err := r.m.Cancel(ctx, manager.CancelRequest{ID: "x"})
			return err
		}, []string{"cancel gone 0  "}},
		{"code of the host", func(r *rig) error {
			r.m.Refused(r.ctx, "portal.login", fmt.Errorf("for %s: %w", number, callback.ErrConsent))
			r.m.Refused(r.ctx, "portal.login", nil)
			return callback.ErrConsent
		}, []string{"portal.login consent 40040  "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, o := refusing(t, func(s *callback.Service, _ *manager.Config) { s.Booking.PerBucket = 1 })
			if err := c.do(r); err == nil {
				t.Fatal("was not refused")
			}
			o.mu.Lock()
			for _, told := range o.list {
				if text := fmt.Sprintf("%v %+v", told, told.Err); strings.Contains(text, string(number)) {
					t.Errorf("shows a number: %s", text)
				}
			}
			o.mu.Unlock()
			if diff := cmp.Diff(c.want, o.take()); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// A cancellation that waits for the end of a call is noted, and no refusal.
func TestPendingCancellationIsNoRefusal(t *testing.T) {
	r, o := refusing(t, nil)
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Hour))
	id := r.start(manager.Request{}).ID
	r.tick()
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: id}); !errors.Is(err, callback.ErrInFlight) {
		t.Fatal(err)
	}
	if got := o.take(); got != nil {
		t.Errorf("told %q", got)
	}
}

// refusesBadly is an observer whose Refused panics.
type refusesBadly struct{ callback.NopObserver }

func (refusesBadly) Refused(context.Context, callback.Refusal) { panic("observer down") }

func TestRefusedMayPanic(t *testing.T) {
	r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Observer = refusesBadly{} })
	if _, err := r.try(manager.Request{Number: "nonsense"}); !errors.Is(err, callback.ErrInvalidNumber) {
		t.Error(err)
	}
}
