package interaction_test

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

func TestStatusMapping(t *testing.T) {
	type shown struct {
		Callback interaction.CallbackStatus
		Status   interaction.Status
	}
	pending, inProcess, stopped := interaction.StatusPending, interaction.StatusInProcess, interaction.StatusStopped
	ended := func(r callback.Reason) callback.Callback {
		return callback.Callback{State: callback.Completed, Reason: r}
	}
	offered := func(k callback.OfferKind) callback.Callback {
		return callback.Callback{State: callback.Offered, Offer: &callback.Offer{Kind: k}}
	}
	for _, test := range []struct {
		cb   callback.Callback
		want shown
	}{
		{callback.Callback{State: callback.Scheduled}, shown{2, pending}},
		{callback.Callback{State: callback.Queued}, shown{3, pending}},
		{callback.Callback{State: callback.Paused}, shown{10, pending}},
		{offered(callback.OfferPreview), shown{5, pending}},
		{offered(callback.OfferConfirm), shown{4, pending}},
		{offered(callback.OfferBooking), shown{4, pending}},
		{callback.Callback{State: callback.Dialing}, shown{4, inProcess}},
		{callback.Callback{State: callback.Routing}, shown{4, inProcess}},
		{callback.Callback{State: callback.Processing}, shown{5, inProcess}},
		{callback.Callback{State: callback.Unresolved}, shown{0, inProcess}},
		{ended(callback.ReasonAgentConnected), shown{8, stopped}},
		{ended(callback.ReasonMachineConnected), shown{9, stopped}},
		{ended(callback.ReasonCancelled), shown{9, stopped}},
		{ended(callback.ReasonCancelledByAdmin), shown{9, stopped}},
		{ended(callback.ReasonAbandonedInQueue), shown{9, stopped}},
		{ended(callback.ReasonNotAvailable), shown{9, stopped}},
		{ended("CAMPAIGN_OVER"), shown{9, stopped}},
		{ended(callback.ReasonPreviewCancel), shown{7, stopped}},
		{ended("AGENT_PREVIEW_CANCEL_AFTER_3REJECTS"), shown{6, stopped}},
		{ended(callback.ReasonTimeout), shown{14, stopped}},
		{ended(callback.ReasonSubmitFailed), shown{11, stopped}},
		{ended(callback.ReasonCallToCustomer), shown{11, stopped}},
		{ended(callback.ReasonUserUnreachable), shown{11, stopped}},
		{ended(callback.ReasonNoConfirm), shown{11, stopped}},
		{ended(callback.ReasonTargetNotFound), shown{11, stopped}},
	} {
		i := interaction.FromCallback(&test.cb, interaction.Options{})
		if got := (shown{i.CallbackStatus, i.Status}); got != test.want {
			t.Errorf("%v %s is %v, want %v", test.cb.State, test.cb.Reason, got, test.want)
		}
		i = interaction.FromCallback(&test.cb, interaction.Options{Replaced: true})
		if over := test.cb.State == callback.Completed; (i.CallbackStatus == interaction.CallbackReplaced) != over {
			t.Errorf("%v %s, replaced, is %v", test.cb.State, test.cb.Reason, i.CallbackStatus)
		}
	}
}

func TestFromCallbackRequestFields(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{
		Number: "sip:ann@example.com", CustomerID: "C-17", Account: "A-1", Desired: monday().Add(4*time.Hour + 30*time.Minute),
		Until: monday().Add(6 * time.Hour), Origin: callback.Origin{ExternalID: "T-9", InteractionID: "call-1"},
		Interaction: callback.Interaction{Type: "Inbound", SubType: "complaint", MediaType: "callback", ThreadID: "thread-1", OwnerID: 101,
			CreatorAppID: 7, CategoryID: "billing", Subject: "Invoice 4711", Text: "please call me", StructuredText: "t?a=1",
			StructuredMIME: "text/html; charset=utf-8", BinaryContent: "https://files.example.com/b", BinaryMIME: "image/png", BinarySize: 2048,
			TimeShift: 60, NoChildren: true, DN: "7001", Location: "SIP_Switch"},
		Properties: callback.Values{"topic": "invoice", "nested": map[string]any{"a": []any{"b", nil, true}}, "_private": "x"},
	})
	base, err := url.Parse("https://example.com/")
	if err != nil {
		t.Fatal(err)
	}
	got := interaction.FromCallback(cb, interaction.Options{Base: base, ServerID: "ringback-1", CreatorAppID: 99})
	want := full()
	want.CallbackStatus, want.CustomerNumber, want.Attempts, want.CallResult = interaction.CallbackTimer, "sip:ann@example.com", 0, nil
	want.StartDate, want.EndDate, want.StoppedReason, want.BinaryContent = monday(), time.Time{}, "", "https://files.example.com/b"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("interaction (-want +got):\n%s", diff)
	}
}

func TestFromCallbackDefaults(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{Account: "A-1"})
	got := interaction.FromCallback(cb, interaction.Options{})
	want := interaction.Interaction{
		CallbackStatus: interaction.CallbackQueued, ResponseType: interaction.Voice, StartTime: monday(), EndTime: monday().Add(24 * time.Hour),
		CustomerNumber: swiss, CallbackType: interaction.TypeASAP, CustomerID: "A-1", ID: "cb000001", Status: interaction.StatusPending,
		EntityType: interaction.EntityCallback, Type: "Outbound", MediaType: "voice", StartDate: monday(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("interaction (-want +got):\n%s", diff)
	}
	policy, err := callback.NewPolicy(callback.Service{Name: "chat", Numbers: callback.Numbers{Country: "US"}, MediaType: "chat",
		Inbound: callback.Inbound{On: true, AccessNumbers: []string{"+41800000001"}}})
	if err != nil {
		t.Fatal(err)
	}
	got = interaction.FromCallback(cb, interaction.Options{Policy: policy, CreatorAppID: 99})
	if got.MediaType != "chat" || got.Type != "Inbound" || got.CreatorAppID != 99 {
		t.Errorf("media type %q, type %q, application %d", got.MediaType, got.Type, got.CreatorAppID)
	}
}

func TestTimeShift(t *testing.T) {
	r := newRig(t, nil)
	for zone, want := range map[string]int{"Europe/Zurich": 60, "America/St_Johns": -210, "UTC": 0} {
		cb := r.start(manager.Request{Zone: zone, Local: localTime(t, "2026-01-13T12:00:00")})
		if got := interaction.FromCallback(cb, interaction.Options{}).TimeShift; got == nil || *got != want {
			t.Errorf("%s: timeshift %v, want %d", zone, got, want)
		}
	}
}

func TestAttempts(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Refused(), callbacktest.Busy(), callbacktest.Answered(2*time.Minute))
	cb := r.start(manager.Request{})
	check := func(when string, attempts int, result int) {
		t.Helper()
		i := interaction.FromCallback(r.get(cb.ID), interaction.Options{})
		got := -1
		if i.CallResult != nil {
			got = int(*i.CallResult)
		}
		if i.Attempts != attempts || got != result {
			t.Errorf("%s: %d attempts, call_result %d; want %d and %d", when, i.Attempts, got, attempts, result)
		}
	}
	check("before any", 0, -1)
	r.run(time.Second)
	check("not placed", 0, int(callback.ResultSystemError))
	r.run(2 * time.Minute)
	check("busy", 1, int(callback.ResultBusy))
	for r.get(cb.ID).State != callback.Processing {
		r.run(time.Second)
	}
	check("talking", 2, -1)
	r.run(10 * time.Minute)
	last := r.get(cb.ID)
	check("over", 2, int(last.Current().Outcome.Result))
	i := interaction.FromCallback(last, interaction.Options{})
	if i.StoppedReason != "AGENT_CONNECTED" || !i.EndDate.Equal(last.EndedAt) || i.CallbackStatus != interaction.CallbackProcessed {
		t.Errorf("over: %q, %v, %v", i.StoppedReason, i.EndDate, i.CallbackStatus)
	}
}

func TestCopyParent(t *testing.T) {
	r := newRig(t, nil)
	source := r.start(manager.Request{})
	r.cancel(source.ID)
	cb := r.start(manager.Request{CopyFrom: source.ID})
	if got := interaction.FromCallback(cb, interaction.Options{}).ParentID; got != string(source.ID) {
		t.Errorf("parent_id is %q, want %q", got, source.ID)
	}
}

func TestFromCallbackIsValid(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Numbers.AllowImpossible = true })
	for name, req := range map[string]manager.Request{
		"no URL":               {Interaction: callback.Interaction{StructuredText: "http://[::1", StructuredMIME: "text/html"}},
		"no media type":        {Interaction: callback.Interaction{StructuredText: "t", StructuredMIME: "no type"}},
		"companions alone":     {Interaction: callback.Interaction{StructuredMIME: "text/html", BinaryMIME: "image/png", BinarySize: 5}},
		"no URL of content":    {Interaction: callback.Interaction{BinaryContent: ":", BinaryMIME: "image/png", BinarySize: 5}},
		"negative ids":         {Interaction: callback.Interaction{OwnerID: -1, CreatorAppID: -5}},
		"shift of a week":      {Interaction: callback.Interaction{TimeShift: 10080}},
		"a number of its own":  {Number: "5115"},
		"the end of all times": {Until: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
	} {
		i := interaction.FromCallback(r.start(req), interaction.Options{})
		if err := i.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var read interaction.Interaction
		if err := json.Unmarshal(encode(t, i), &read); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(i, read); diff != "" {
			t.Errorf("%s (-made +read):\n%s", name, diff)
		}
	}
}
