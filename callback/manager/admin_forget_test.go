package manager_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

func (r *rig) forget(req manager.ForgetRequest) manager.BulkResult {
	r.t.Helper()
	if req.Actor == "" {
		req.Actor = "ann"
	}
	result, err := r.m.Forget(r.ctx, req)
	if err != nil {
		r.t.Fatalf("Forget: %v", err)
	}
	return result
}

// counters lists every counter of a tenant as "kind/service/name/subject=n".
func counters(t *testing.T, s callback.Store, now time.Time, tenant string, services ...string) (all []string) {
	t.Helper()
	for _, kind := range []callback.PermitKind{
		callback.PermitNumber, callback.PermitQueued, callback.PermitBucket, callback.PermitLine, callback.PermitCall, callback.PermitAccess,
		callback.PermitInterval, callback.PermitParameter, callback.PermitRate, callback.PermitAttempt,
	} {
		for _, service := range append(services, "") {
			list, err := s.Load(t.Context(), now, callback.LoadRequest{Tenant: tenant, Kind: kind, Service: service, From: -1 << 62, To: 1 << 62})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range list {
				all = append(all, fmt.Sprintf("%s/%s/%s/%s=%d", kind, service, c.Key.Name, c.Key.Subject, c.Used))
			}
		}
	}
	return all
}

// leftovers looks for texts in all that a store has of a tenant: records,
// events, counters.
func leftovers(t *testing.T, s callback.Store, now time.Time, tenant string, texts ...string) (found []string) {
	t.Helper()
	var out strings.Builder
	for q := (callback.Query{Tenant: tenant, Limit: 1000}); ; {
		page, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, cb := range page.Callbacks {
			fmt.Fprintln(&out, cb.ID, cb.Customer.Number.Reveal(), cb.Customer.Alternative.Reveal(), cb.Customer.ID, map[string]any(cb.Properties), map[string]any(cb.UserData), cb.Idempotency.Key)
			for _, l := range cb.SearchValues {
				fmt.Fprintln(&out, cb.ID, l.Key, l.Value)
			}
			for _, h := range cb.Held {
				fmt.Fprintln(&out, cb.ID, h.Key.Kind, h.Key.Subject)
			}
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	feed, err := s.Events(t.Context(), callback.EventQuery{Tenant: tenant, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range feed.Events {
		fmt.Fprintf(&out, "event %+v\n", e)
	}
	for _, c := range counters(t, s, now, tenant, "desk", "sales", "idle", "spa") {
		fmt.Fprintln(&out, "counter", c)
	}
	for line := range strings.Lines(out.String()) {
		for _, text := range texts {
			if strings.Contains(line, text) {
				found = append(found, strings.TrimSpace(line))
			}
		}
	}
	return found
}

func TestForgetByID(t *testing.T) {
	r, _ := flightRig(t)
	r.dialer.On(swiss3, callbacktest.Lost(nil).With(callbacktest.Forgotten))
	r.start(manager.Request{Number: swiss3}) // 6, unresolved
	r.tick()
	r.wantState("cb000006", callback.Unresolved)
	theirs := r.of("acme").start(manager.Request{Desired: monday().Add(time.Hour)}).ID // 7
	ids := append(everyID(), "cb000006", "cb000001", "", theirs, "cb000009")
	want := []string{
		"cb000005 ok 1", "cb000004 in flight 1", "cb000009 not found 0", "cb000003 in flight 1", "cb000002 state 1", "cb000001 ok 1",
		"cb000006 in flight 1", " invalid 0", "cb000007 not found 0",
	}
	result := r.forget(manager.ForgetRequest{IDs: ids, Detail: "DSR-42"})
	if diff := cmp.Diff(want, fates(result)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var state *callback.StateError
	if !errors.As(result.Items[4].Err, &state) || state.State != callback.Paused || state.ID != "cb000002" {
		t.Errorf("%#v", result.Items[4].Err)
	}
	wantCode(t, result.Items[4].Err, callback.ErrInvalidOperation, 40020)
	for _, id := range []callback.ID{"cb000001", "cb000005"} {
		if _, err := r.m.Get(r.ctx, id); !errors.Is(err, callback.ErrNotFound) {
			t.Errorf("%s is still there: %v", id, err)
		}
		history, err := r.m.History(r.ctx, id)
		if err != nil || len(history) != 1 || history[0].Type != callback.EventErased || history[0].Actor != "ann" || history[0].Detail != "DSR-42" {
			t.Errorf("history of %s: %+v, %v", id, history, err)
		}
	}
	for _, id := range []callback.ID{"cb000002", "cb000003", "cb000004", "cb000006"} {
		r.get(id)
	}
	if cb, err := r.m.Tenant("acme").Get(r.ctx, theirs); err != nil || cb.State != callback.Scheduled {
		t.Errorf("theirs: %v, %v", cb, err)
	}
	if diff := cmp.Diff([]string{"cb000001 not found 0"}, fates(r.forget(manager.ForgetRequest{IDs: ids[5:6]}))); diff != "" {
		t.Errorf("again (-want +got):\n%s", diff)
	}
}

// A person with everything a callback can have of them is gone without a trace,
// and nothing late writes any of it back.
func TestForgetLeavesNothing(t *testing.T) {
	var logged bytes.Buffer
	r, _ := officeRig(t, func(s *callback.Service, c *manager.Config) {
		s.SearchKeys = []string{"_customer_number", "_account", "mail"}
		s.Limits = callback.Limits{Parameters: []string{"_customer_number", "_account", "X-Device", "shoe"}, PerParameter: 1, AttemptsPerDay: 1}
		c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	r.dialer.On("+41785556670", callbacktest.Answered(time.Minute))
	req := manager.Request{
		Number: "078 555 66 77", Alternative: "+41785556670", Key: "once", CustomerID: "C-77",
		Properties: callback.Values{"_account": "A-77", "mail": "eve@example.com", "shoe": "size-77"},
		Parameters: map[string]string{"X-Device": "device-77"},
	}
	cb := r.start(req)
	if _, err := r.try(manager.Request{Number: swiss3, Parameters: map[string]string{"X-Device": "device-77"}}); !errors.Is(err, callback.ErrParameterLimit) {
		t.Fatalf("the limits are not in force: %v", err)
	}
	if _, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"_customer_number": "078 555 66 78", "mail": "eva@example.com", "shoe": "size-78"}}); err != nil {
		t.Fatal(err)
	}
	r.run(time.Hour)
	cb = r.wantReason(cb.ID, callback.ReasonAgentConnected)
	texts := []string{"55566", "556677", "556678", "A-77", "example.com", "size-77", "size-78", "device-77", "C-77", "once"}
	if found := leftovers(t, r.store, r.clock.Now(), "", texts...); len(found) < 15 {
		t.Fatalf("the test looks in the wrong place: %q", found)
	}
	if diff := cmp.Diff([]string{"cb000001 ok 1"}, fates(r.forget(manager.ForgetRequest{IDs: []callback.ID{cb.ID}}))); diff != "" {
		t.Fatal(diff)
	}
	if found := leftovers(t, r.store, r.clock.Now(), "", texts...); found != nil {
		t.Errorf("left over: %q", found)
	}
	late := callback.Report{Key: cb.Attempts[0].Key, Outcome: &callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known}}
	if err := r.m.Report(r.ctx, late); !errors.Is(err, callback.ErrNotFound) {
		t.Errorf("a late report: %v", err)
	}
	late.Outcome, late.Stage = nil, callback.StageBridged
	if err := r.m.Report(r.ctx, late); !errors.Is(err, callback.ErrNotFound) {
		t.Errorf("late progress: %v", err)
	}
	_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: monday().Add(5 * time.Hour)})
	if !errors.Is(err, callback.ErrNotFound) {
		t.Errorf("rescheduled: %v", err)
	}
	if _, err = r.try(manager.Request{CopyFrom: cb.ID}); !errors.Is(err, callback.ErrNotFound) {
		t.Errorf("copied: %v", err)
	}
	if found := leftovers(t, r.store, r.clock.Now(), "", texts...); found != nil {
		t.Errorf("came back: %q", found)
	}
	squeezed := strings.NewReplacer(" ", "", "-", "").Replace(logged.String())
	if strings.Contains(squeezed, "5556677") || strings.Contains(squeezed, "5556678") || strings.Contains(squeezed, "5556670") {
		t.Errorf("logged: %s", logged.String())
	}
	// They may come back as anybody may who comes for the first time.
	if again := r.start(req); again.ID == cb.ID || again.State != callback.Queued {
		t.Errorf("%v", again)
	}
	r.run(time.Hour)
}

func TestForgetBadInput(t *testing.T) {
	r, _ := officeRig(t, nil)
	id := r.start(manager.Request{Desired: monday().Add(time.Hour)}).ID
	ids := []callback.ID{id}
	for name, req := range map[string]manager.ForgetRequest{
		"no actor":    {IDs: ids},
		"long actor":  {IDs: ids, Actor: string(make([]byte, 129))},
		"long detail": {IDs: ids, Actor: "ann", Detail: string(make([]byte, 1025))},
		"nothing":     {Actor: "ann"},
		"too many":    {Actor: "ann", IDs: make([]callback.ID, 600), Numbers: make([]string, 401)},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := r.m.Forget(r.ctx, req)
			wantCode(t, err, callback.ErrInvalidParameter, 40010)
			var field *callback.FieldError
			if !errors.As(err, &field) || len(result.Items) != 0 {
				t.Errorf("%#v, %v", err, result)
			}
		})
	}
	// What is wrong with one item is that item's.
	result := r.forget(manager.ForgetRequest{IDs: []callback.ID{"", "a\x00b"}, Numbers: []string{"", "a\nb", strings.Repeat("1", 1025), strings.Repeat("1", 129), swiss}})
	want := []string{" invalid 0", "a\x00b invalid 0", " invalid 0", " invalid 0", " invalid 0", " _customer_number: impossible number 0", "cb000001 ok 1"}
	if diff := cmp.Diff(want, fates(result)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantCode(t, result.Items[5].Err, callback.ErrInvalidNumber, 40040)
}

// Who is forgotten must not be named by the event that remains.
func TestForgetKeepsNumbersOutOfTheEvent(t *testing.T) {
	r, _ := officeRig(t, nil)
	cb := r.start(manager.Request{Desired: monday().Add(time.Hour), Alternative: "sip:Eve@example.com"})
	ids := []callback.ID{cb.ID}
	for _, req := range []manager.ForgetRequest{
		{IDs: ids, Detail: "asked for by +41 78 555 66 77"},
		{IDs: ids, Detail: "078/555-66-77 called"},
		{IDs: ids, Detail: "mail of EVE@example.com"},
		{IDs: ids, Actor: "0785556677"},
	} {
		result := r.forget(req)
		if got := fates(result); len(got) != 1 || got[0] != "cb000001 invalid 1" {
			t.Errorf("%q: %q", req.Detail, got)
		}
		wantCode(t, result.Items[0].Err, callback.ErrInvalidParameter, 40010)
	}
	// Nor by the events of others in the same request.
	other := r.start(manager.Request{Number: swiss2, Desired: monday().Add(time.Hour)})
	for _, req := range []manager.ForgetRequest{
		{Numbers: []string{swiss}, Detail: swiss, Actor: "ann"},
		{IDs: []callback.ID{other.ID}, Numbers: []string{"078 555 66 77"}, Detail: "asked for by +41785556677", Actor: "ann"},
		{IDs: []callback.ID{other.ID}, Numbers: []string{"+41 78 5556677"}, Actor: "0785556677"},
	} {
		result, err := r.m.Forget(r.ctx, req)
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
		if len(result.Items) != 0 {
			t.Errorf("%q: %v", req.Detail, result)
		}
		r.wantState(cb.ID, callback.Scheduled)
		r.wantState(other.ID, callback.Scheduled)
	}
	if got := fates(r.forget(manager.ForgetRequest{IDs: ids, Detail: "request 66778 of 2026-01-12"})); got[0] != "cb000001 ok 1" {
		t.Errorf("%q", got)
	}
}

func TestForgetAfterShutdown(t *testing.T) {
	r, _ := officeRig(t, nil)
	id := r.start(manager.Request{Desired: monday().Add(time.Hour)}).ID
	if err := r.m.Shutdown(r.ctx); err != nil {
		t.Fatal(err)
	}
	result, err := r.m.Forget(context.Background(), manager.ForgetRequest{IDs: []callback.ID{id}, Numbers: []string{swiss}, Actor: "ann"})
	if !errors.Is(err, callback.ErrStopped) || len(result.Items) != 0 {
		t.Errorf("%v, %v", result, err)
	}
	r.wantState(id, callback.Scheduled)
}
