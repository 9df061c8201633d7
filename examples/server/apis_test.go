package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// One callback is the same through every API: taken by an agent over LCM, found
// over GMS and LUCS, read as an interaction.
func TestAPIsShareCallbacks(t *testing.T) {
	r := start(t, "-clock", atEight)
	got := r.must("POST", "/lcm", `{"channel":"LCM","topic":"WebService","subtopic":"GetCallBackModes","data":{"callid":"12345","AccountNumber":"5|3|1|0|0|44|1"}}`)
	const want = `{"channel":"LCM","topic":"WebService","subtopic":"CallBackModes","message":{"callid":"12345","response":[` +
		`{"ModeID":"3","Description":"Mobile","ChannelType":null,"MinLength":null,"MaxLength":null,"Cvalue":"6591462346","PEWC":true,"CampaignPEWC":false},` +
		`{"ModeID":"2","Description":"Office","ChannelType":null,"MinLength":null,"MaxLength":null,"Cvalue":"6591462346","PEWC":true,"CampaignPEWC":false}]}}`
	if got != want {
		t.Errorf("the sample call is answered\n%s\nwant\n%s", got, want)
	}
	got = r.must("POST", "/lcm", `{"channel":"LCM","topic":"WebService","subtopic":"SetCallbackWithComments","data":{"callid":"12345",`+
		`"AccountNumber":"5|3|1|0|0|44|1","StartDate":"27/03/2026","EndDate":"27/03/2026","StartTime":"10:00","EndTime":"12:00",`+
		`"CallbackModeId":3,"UserID":"anna","AgentComments":"likes to talk","LeadScore":0,"TargetAmount":0}}`)
	if !strings.Contains(got, `"success":true`) {
		t.Fatalf("setting a callback is answered %s", got)
	}
	var found []struct{ ID, State, DueDate string }
	if err := json.Unmarshal([]byte(r.must("POST", "/v1.0/callbacks/search", `{"ServiceSip":"sip:claims@localhost"}`)), &found); err != nil || len(found) != 1 {
		t.Fatalf("LUCS finds %v: %v", found, err)
	}
	if found[0].State != "Pending" || found[0].DueDate != "2026-03-27T10:00:00.000Z" {
		t.Errorf("LUCS has %v", found[0])
	}
	id := found[0].ID
	row := r.must("GET", "/genesys/1/service/callback/claims/"+id, "")
	if !strings.Contains(row, `"_customer_number":"+6591462346"`) || !strings.Contains(row, `"_callback_state":"SCHEDULED"`) {
		t.Errorf("GMS has %s", row)
	}
	r.must("POST", "/demo/clock?advance=3h", "")
	var resource struct {
		Status int    `json:"callback_status"`
		Type   int    `json:"callback_type"`
		ID     string `json:"interaction_id"`
	}
	if err := json.Unmarshal([]byte(r.must("GET", "/interactions/"+id, "")), &resource); err != nil || resource.ID != id || resource.Status != 8 || resource.Type != 2 {
		t.Errorf("the interaction is %+v: %v", resource, err)
	}
	for _, path := range []string{"/genesys/openapi.json", "/v1.0/openapi.json"} {
		if text := r.must("GET", path, ""); !strings.Contains(text, `"3.1`) {
			t.Errorf("%s begins %.60s", path, text)
		}
	}
}

// A server whose store does not answer is not healthy.
func TestHealth(t *testing.T) {
	var out bytes.Buffer
	s, err := newServer(t.Context(), options{addr: "127.0.0.1:0", store: "sqlite:" + t.TempDir() + "/callbacks.db"}, &out, &out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.listener.Close() }()
	for _, want := range []int{http.StatusOK, http.StatusServiceUnavailable} {
		w := httptest.NewRecorder()
		s.http.Handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/healthz", nil))
		if w.Code != want {
			t.Errorf("answered with %d %s, want %d", w.Code, w.Body, want)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
}
