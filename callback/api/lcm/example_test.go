package lcm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/lcm"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// agents returns a handler for the agents of a contact centre in Singapore,
// with a stopped clock.
func agents() (*lcm.Handler, api.Caller) {
	now := func() time.Time { return time.Date(2026, time.March, 2, 1, 0, 0, 0, time.UTC) }
	directory := lcm.Directory{"5|3|1|0|0|44|1": {
		{ID: "3", Description: "Mobile", Value: "6591462346", Callback: true, PEWC: true, CampaignID: "retention", ContactID: "44"},
	}}
	services, err := callback.NewServices(callback.Service{Name: "outbound", Numbers: callback.Numbers{Country: "SG"}})
	if err != nil {
		panic(err)
	}
	m, err := manager.New(manager.Config{
		Store: store.NewMemory(store.Config{}), Services: services, Dialer: callbacktest.NewDialer(now), Contacts: directory,
		Now: now, NewID: callbacktest.IDs("cb"), Node: "node-1",
	})
	if err != nil {
		panic(err)
	}
	users, err := api.NewBasic("", api.User{Name: "desktop", Password: "secret", Roles: []api.Role{api.RoleCreate, api.RoleRead}})
	if err != nil {
		panic(err)
	}
	h, err := lcm.New(lcm.Config{Manager: m, Authorizer: users, Service: "outbound", Zone: time.FixedZone("SGT", 8*60*60)})
	if err != nil {
		panic(err)
	}
	return h, api.Caller{Name: "desktop", Roles: []api.Role{api.RoleCreate, api.RoleRead}}
}

const setPersonal = `{"channel":"LCM","topic":"WebService","subtopic":"SetPersonalCallbackWithComments","source":"desktop","data":{
	"callid":"12345","AccountNumber":"5|3|1|0|0|44|1","CallbackModeID":3,"UserID":"ann",
	"StartDate":"03/03/2026","StartTime":"09:00","EndDate":"03/03/2026","EndTime":"10:30",
	"AgentComments":"asked for a quote","LeadScore":7,"TargetAmount":1200}}`

// A host with a message bus passes each message to Handle and sends the reply.
func ExampleHandler_Handle() {
	h, caller := agents()
	reply, err := h.Handle(context.Background(), caller, []byte(`{"channel":"LCM","topic":"WebService","subtopic":"GetCallBackModes",
		"data":{"callid":"12345","AccountNumber":"5|3|1|0|0|44|1"}}`))
	fmt.Printf("%s\n%v\n", reply, err)
	// Output:
	// {"channel":"LCM","topic":"WebService","subtopic":"CallBackModes","message":{"callid":"12345","response":[{"ModeID":"3","Description":"Mobile","ChannelType":null,"MinLength":null,"MaxLength":null,"Cvalue":"6591462346","PEWC":true,"CampaignPEWC":false}]}}
	// <nil>
}

// An agent sets a callback that only this agent makes, and lists it.
func ExampleHandler_Handle_personal() {
	h, caller := agents()
	for _, message := range []string{
		setPersonal,
		`{"channel":"LCM","topic":"WebService","subtopic":"GetPersonalCallbackList","data":{
			"UserID":"ann","FromDate":"03/03/2026","ToDate":"03/03/2026","StartingNoOfRecord":"1","NoofRecords":"10"}}`,
		`{"channel":"LCM","topic":"WebService","subtopic":"ScheduledCallBackOverlap","data":{"callid":"12345",
			"AccountNumber":"137|1|3|0|0|84|","UserID":"ann","StartFromDate":"03/03/2026","StartToDate":"03/03/2026",
			"StartFromTime":"10:00","StartToTime":"11:00"}}`,
	} {
		reply, err := h.Handle(context.Background(), caller, []byte(message))
		if err != nil {
			fmt.Println(err)
			return
		}
		var shown struct{ Message json.RawMessage }
		if err := json.Unmarshal(reply, &shown); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", shown.Message)
	}
	// Output:
	// {"callid":"12345","response":{"success":true}}
	// {"response":[{"RowNumber":"1","CampaignID":"retention","ContactID":"44","ModeID":"3","ModeDescription":"Mobile","CValue":"+6591462346","CallStartDate":"03/03/2026","CallEndDate":"03/03/2026","CallStartTime":"09:00","CallEndTime":"10:30"}]}
	// {"RequestResult":true,"IsOverlap":true}
}

// A refused message has both a reply and an error for the host.
func ExampleHandler_Handle_refused() {
	h, caller := agents()
	reply, err := h.Handle(context.Background(), caller, []byte(strings.Replace(setPersonal, `"12345"`, `""`, 1)))
	fmt.Printf("%s\n%v\n", reply, err)
	// Output:
	// {"channel":"LCM","topic":"WebService","subtopic":"SetPersonalCallbackWithCommentsResult","message":{"callid":"","response":{"success":false},"error":{"ErrorType":"WS_Error","ActualError":"Callid is empty","Message":"Invalid Call ID.","Code":40010}}}
	// callid is empty or not valid
}

// Without a message bus, a message is the body of a POST.
func ExampleHandler_ServeHTTP() {
	h, _ := agents()
	mux := http.NewServeMux()
	mux.Handle("/lcm", h)
	r := httptest.NewRequest(http.MethodPost, "/lcm", strings.NewReader(setPersonal))
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth("desktop", "secret")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output:
	// 200 {"channel":"LCM","topic":"WebService","subtopic":"SetPersonalCallbackWithCommentsResult","message":{"callid":"12345","response":{"success":true}}}
}

// New reports all faults of a configuration at once.
func ExampleNew() {
	_, err := lcm.New(lcm.Config{})
	fmt.Println(err)
	// Output:
	// Manager: is required
	// Authorizer: is required
	// Service: and ServiceOf: exactly one is required
}

// A Directory in memory returns the modes of its accounts.
func ExampleDirectory_Modes() {
	d := lcm.Directory{"137|1": {{ID: "2", Description: "Office", Value: "6561234567", Callback: true}}}
	modes, err := d.Modes(context.Background(), "", "137|1")
	fmt.Println(modes[0].ID, modes[0].Description, err)
	_, err = d.Modes(context.Background(), "", "138|1")
	fmt.Println(err)
	// Output:
	// 2 Office <nil>
	// account: callback not found
}

// Tenants keeps a Directory per tenant.
func ExampleTenants_Modes() {
	t := lcm.Tenants{"acme": lcm.Directory{"137|1": {{ID: "2", Description: "Office", Value: "6561234567", Callback: true}}}}
	modes, err := t.Modes(context.Background(), "acme", "137|1")
	fmt.Println(len(modes), err)
	_, err = t.Modes(context.Background(), "globex", "137|1")
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// tenant: callback not found
}
