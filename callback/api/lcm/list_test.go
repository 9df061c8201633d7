package lcm_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/lcm"
	"github.com/ringback-go/ringback/callback/manager"
)

func listing(pairs ...any) data {
	return data{"UserID": "ann", "FromDate": "03/03/2026", "ToDate": "04/03/2026", "StartingNoOfRecord": "1", "NoofRecords": "10"}.with(pairs...)
}

type row struct {
	RowNumber, CampaignID, ContactID, ModeID, ModeDescription, CValue string
	CallStartDate, CallEndDate, CallStartTime, CallEndTime            string
}

func (r *rig) rows(pairs ...any) []row {
	r.t.Helper()
	a := r.send("GetPersonalCallbackList", listing(pairs...))
	if a.Subtopic != "PersonalCallbackList" || a.Message.CallID != nil {
		r.t.Errorf("answered as %q, with callid %v", a.Subtopic, a.Message.CallID)
	}
	var rows []row
	if err := json.Unmarshal(a.Message.Response, &rows); err != nil {
		r.t.Fatal(err)
	}
	return rows
}

func TestListOfAgent(t *testing.T) {
	r := newRig(t, func(_ *callback.Service, _ *manager.Config, h *lcm.Config) { h.Zone = zone(t, "Asia/Singapore") })
	r.send("SetPersonalCallbackWithComments", setting().with("StartTime", "23:00", "EndDate", "04/03/2026", "EndTime", "00:30"))
	r.send("SetPersonalCallbackWithComments", setting().with("CallbackModeId", 2, "EndTime", "09:00"))
	r.send("SetPersonalCallbackWithComments", setting().with("UserID", "bob"))
	r.send("SetCallbackWithComments", setting())
	want := []row{
		{"1", "retention", "44", "2", "Office", "+6591462346", "03/03/2026", "03/03/2026", "09:00", "09:00"},
		{"2", "retention", "44", "3", "Mobile", "+6591462346", "03/03/2026", "04/03/2026", "23:00", "00:30"},
	}
	if diff := cmp.Diff(want, r.rows()); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if n := len(r.rows("UserID", "eve")); n != 0 {
		t.Errorf("another agent has %d rows", n)
	}
	for _, cb := range r.all("") {
		if cb.Customer.ModeID != "2" {
			continue
		}
		if _, err := r.manager.Cancel(t.Context(), manager.CancelRequest{ID: cb.ID, Actor: "ann"}); err != nil {
			t.Fatal(err)
		}
	}
	if rows := r.rows(); len(rows) != 1 || rows[0].RowNumber != "1" || rows[0].ModeID != "3" {
		t.Errorf("after a cancellation: %v", rows)
	}
}

func TestListDays(t *testing.T) {
	r := newRig(t, func(_ *callback.Service, _ *manager.Config, h *lcm.Config) { h.Zone = zone(t, "Asia/Singapore") })
	for _, at := range []string{"02/03/2026 23:59", "03/03/2026 00:00", "03/03/2026 23:59", "04/03/2026 00:00"} {
		date, clock, _ := strings.Cut(at, " ")
		r.send("SetPersonalCallbackWithComments", setting().with("StartDate", date, "EndDate", date, "StartTime", clock, "EndTime", clock))
	}
	var got []string
	for _, row := range r.rows("FromDate", "03/03/2026", "ToDate", "03/03/2026") {
		got = append(got, row.CallStartDate+" "+row.CallStartTime)
	}
	if diff := cmp.Diff([]string{"03/03/2026 00:00", "03/03/2026 23:59"}, got); diff != "" {
		t.Errorf("one day (-want +got):\n%s", diff)
	}
}

func TestListPages(t *testing.T) {
	r := newRig(t, nil)
	for i := range 7 {
		r.send("SetPersonalCallbackWithComments", setting().with("StartTime", fmt.Sprintf("09:%02d", i)))
	}
	for _, test := range []struct {
		first, count any
		want         string
	}{
		{"1", "3", "1@09:00 2@09:01 3@09:02"}, {"0", "2", "1@09:00 2@09:01"}, {4, 3, "4@09:03 5@09:04 6@09:05"},
		{"7", "500", "7@09:06"}, {"8", "1", ""}, {"10000", "500", ""},
	} {
		var got []string
		for _, row := range r.rows("StartingNoOfRecord", test.first, "NoofRecords", test.count) {
			got = append(got, row.RowNumber+"@"+row.CallStartTime)
		}
		if text := strings.Join(got, " "); text != test.want {
			t.Errorf("%v records from %v: %q, want %q", test.count, test.first, text, test.want)
		}
	}
}

func TestListRemovedMode(t *testing.T) {
	d := sample()
	r := newRig(t, func(_ *callback.Service, m *manager.Config, _ *lcm.Config) { m.Contacts = d })
	r.send("SetPersonalCallbackWithComments", setting())
	delete(d, account)
	if rows := r.rows(); len(rows) != 1 || rows[0].ModeID != "3" || rows[0].ModeDescription != "" {
		t.Errorf("rows are %v", rows)
	}
}

func TestOverlap(t *testing.T) {
	r := newRig(t, nil)
	r.send("SetPersonalCallbackWithComments", setting())
	r.send("SetCallbackWithComments", setting().with("UserID", "bob", "StartTime", "15:00", "EndTime", "15:00", "callid", "2"))
	const other = "137|1|3|0|0|84|"
	for _, test := range []struct {
		name, account, user, from, to string
		want                          bool
	}{
		{"the agent's own window", other, "ann", "09:00", "10:30", true},
		{"within it", other, "ann", "09:30", "09:30", true},
		{"around it", other, "ann", "08:00", "12:00", true},
		{"its last minute", other, "ann", "10:29", "10:29", true},
		{"its end", other, "ann", "10:30", "11:00", false},
		{"up to its beginning", other, "ann", "08:00", "09:00", false},
		{"the minute before", other, "ann", "08:59", "08:59", false},
		{"another agent", other, "bob", "09:00", "10:30", false},
		{"another agent for the account", account, "bob", "09:00", "10:30", true},
		{"the account's moment", account, "eve", "15:00", "15:00", true},
		{"a window that ends with it", account, "eve", "14:00", "15:00", false},
		{"a window that begins with it", account, "eve", "15:00", "16:00", true},
		{"a callback that is not personal is not the agent's", other, "bob", "15:00", "15:00", false},
	} {
		a := r.send("ScheduledCallBackOverlap", data{"callid": "1", "AccountNumber": test.account, "UserID": test.user,
			"StartFromDate": "03/03/2026", "StartToDate": "03/03/2026", "StartFromTime": test.from, "StartToTime": test.to})
		if a.Topic != "WebService" || a.Subtopic != "ScheduledCallBackOverlapResult" || !*a.Message.RequestResult || *a.Message.IsOverlap != test.want {
			t.Errorf("%s: %+v, want %v", test.name, a, test.want)
		}
	}
}

func TestOverlapReplyTopic(t *testing.T) {
	r := newRig(t, nil)
	text := strings.Replace(string(file(t, "overlap.request.json")), "WebService", "outbound", 1)
	reply, err := r.handler.Handle(t.Context(), r.caller, []byte(text))
	want := `{"channel":"LCM","topic":"Outbound","subtopic":"ScheduledCallBackOverlap","message":{"RequestResult":true,"IsOverlap":false}}`
	if err != nil || string(reply) != want {
		t.Errorf("answered with %s, %v", reply, err)
	}
	_, err = r.handler.Handle(t.Context(), r.caller, []byte(strings.Replace(string(file(t, "get_callback_modes.request.json")), "WebService", "Outbound", 1)))
	if !errors.Is(err, callback.ErrInvalidParameter) {
		t.Errorf("GetCallBackModes on Outbound: %v", err)
	}
}

func TestOverlapIgnoresCompleted(t *testing.T) {
	r := newRig(t, nil)
	r.send("SetPersonalCallbackWithComments", setting())
	ask := data{"callid": "1", "AccountNumber": account, "UserID": "ann", "StartFromDate": "03/03/2026", "StartToDate": "03/03/2026",
		"StartFromTime": "09:00", "StartToTime": "10:30"}
	if !*r.send("ScheduledCallBackOverlap", ask).Message.IsOverlap {
		t.Fatal("no overlap with the callback itself")
	}
	if _, err := r.manager.Cancel(t.Context(), manager.CancelRequest{ID: r.all("")[0].ID, Actor: "ann"}); err != nil {
		t.Fatal(err)
	}
	if *r.send("ScheduledCallBackOverlap", ask).Message.IsOverlap {
		t.Error("a cancelled callback overlaps")
	}
}

func TestOverlapOldCallback(t *testing.T) {
	r := newRig(t, nil)
	r.send("SetPersonalCallbackWithComments", setting().with("EndDate", "20/03/2026"))
	ask := data{"callid": "1", "AccountNumber": "x", "UserID": "ann", "StartFromDate": "19/03/2026", "StartToDate": "19/03/2026",
		"StartFromTime": "09:00", "StartToTime": "09:00"}
	if !*r.send("ScheduledCallBackOverlap", ask).Message.IsOverlap {
		t.Error("a long window is not seen near its end")
	}
}

func TestTenants(t *testing.T) {
	r := newRig(t, func(_ *callback.Service, m *manager.Config, _ *lcm.Config) {
		other := sample()
		other[account] = other[account][:1]
		m.Contacts = lcm.Tenants{"": sample(), "acme": lcm.Directory{"theirs": other[account]}}
	})
	r.send("SetPersonalCallbackWithComments", setting())
	r.caller.Tenant = "acme"
	if rows := r.rows(); len(rows) != 0 {
		t.Errorf("another tenant lists %v", rows)
	}
	ask := data{"callid": "1", "AccountNumber": account, "UserID": "ann", "StartFromDate": "03/03/2026", "StartToDate": "03/03/2026",
		"StartFromTime": "09:00", "StartToTime": "10:30"}
	if *r.send("ScheduledCallBackOverlap", ask).Message.IsOverlap {
		t.Error("another tenant's callback overlaps")
	}
	here, _ := r.refuse("GetCallBackModes", data{"callid": "1", "AccountNumber": account})
	nowhere, _ := r.refuse("GetCallBackModes", data{"callid": "1", "AccountNumber": "no such"})
	if diff := cmp.Diff(nowhere, here); diff != "" || here.Message.Error.Message != "Invalid Account Number." {
		t.Errorf("another tenant's account is answered otherwise than none (-none +other):\n%s", diff)
	}
	if _, err := r.refuse("SetCallbackWithComments", setting()); !errors.Is(err, callback.ErrNotFound) {
		t.Errorf("setting for another tenant's account: %v", err)
	}
	// In another tenant the same message names another callback.
	r.send("SetCallbackWithComments", setting().with("AccountNumber", "theirs"))
	if a, b := len(r.all("")), len(r.all("acme")); a != 1 || b != 1 {
		t.Errorf("%d and %d callbacks, want one each", a, b)
	}
	if at := r.all("acme")[0].Desired; at.Sub(r.all("")[0].Desired) != time.Duration(0) {
		t.Errorf("desired %v", at)
	}
	r.caller.Tenant = "nobody"
	if _, err := r.refuse("GetCallBackModes", data{"callid": "1", "AccountNumber": account}); !errors.Is(err, callback.ErrNotFound) {
		t.Errorf("a tenant without a directory: %v", err)
	}
}
