package lucs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// wantFound searches and compares the Ids, without their common prefix.
func (r *rig) wantFound(body string, want ...string) {
	r.t.Helper()
	found := r.find(body)
	for i := range found {
		found[i] = strings.TrimLeft(strings.TrimPrefix(found[i], "cb"), "0")
	}
	if !slices.Equal(found, want) {
		r.t.Errorf("%s finds %v, want %v", body, found, want)
	}
}

// Filters work alone and combined.
func TestSearchFilters(t *testing.T) {
	r := newRig(t)
	sales := lucs.ServiceID("", callback.Service{Name: "sales"})
	r.create("clerk", "DueDate", `"2026-01-13T10:00:00.000Z"`, "ExternalTaskId", `"task"`, "AppPoolId", `"pool"`, "CallerId", `"crm"`)
	r.create("clerk", "DueDate", `"2026-01-13T10:00:00.001Z"`, "Target", `"`+swiss2+`"`, "AlternativeTarget", `"`+swiss+`"`, "CallerId", `"crm"`)
	r.create("clerk", "DueDate", `"2026-01-13T10:00:01.000Z"`, "Target", `"sip:Hans@Example.COM"`, "ServiceId", `"`+sales+`"`, "AppPoolId", `"pool"`)
	r.create("clerk", "Target", `"044 668 18 00"`)

	for body, want := range map[string][]string{
		`{}`: {"4", "1", "2", "3"},
		`{"Target":null,"ServiceId":"","State":null,"Limit":null,"OrderBy":"","StartDate":null}`: {"4", "1", "2", "3"},

		`{"Target":"tel:+41785556677"}`:                                        {"1", "2"},
		`{"Target":"+41 78 555 66 77"}`:                                        {"1", "2"},
		`{"Target":"tel: +41785556677"}`:                                       {"1", "2"},
		`{"Target":"078 555 66 77"}`:                                           {"1", "2"}, // national: all services are Swiss
		`{"Target":"0446681800"}`:                                              {"4"},
		`{"Target":"078 555 66 77","ServiceId":"` + supportID + `"}`:           {"1", "2"},
		`{"Target":"sip:hans@example.com"}`:                                    {"3"},
		`{"Target":"+41785556670"}`:                                            {},
		`{"ServiceId":"` + sales + `"}`:                                        {"3"},
		`{"ServiceSip":"sip:sales@localhost"}`:                                 {"3"},
		`{"ServiceId":"` + supportID + `","ServiceSip":"sip:sales@localhost"}`: {"4", "1", "2"},
		`{"ServiceId":"11111111-1111-1111-1111-111111111111"}`:                 {},
		`{"ServiceSip":"sip:nobody@localhost"}`:                                {},
		`{"ServiceId":"00000000-0000-0000-0000-000000000000"}`:                 {"4", "1", "2", "3"},
		`{"State":"Pending"}`:                                                  {"1", "2", "3"},
		`{"State":"InQueue"}`:                                                  {"4"},
		`{"State":"Processing"}`:                                               {},
		`{"AppPoolId":"pool"}`:                                                 {"1", "3"},
		`{"AppPoolId":"Pool"}`:                                                 {},
		`{"CallerId":"crm"}`:                                                   {"1", "2"},
		`{"ExternalTaskId":"task"}`:                                            {"1"},
		`{"ExternalTaskId":"cb000001"}`:                                        {},
		`{"AppPoolId":"pool","CallerId":"crm"}`:                                {"1"},
		`{"AppPoolId":"pool","CallerId":"crm","State":"InQueue"}`:              {},

		`{"StartDate":"2026-01-13T10:00:00.001Z"}`:                                          {"2", "3"},
		`{"EndDate":"2026-01-13T10:00:00.001Z"}`:                                            {"4", "1", "2"},
		`{"StartDate":"2026-01-13T10:00:00.001Z","EndDate":"2026-01-13T10:00:00.001Z"}`:     {"2"},
		`{"StartDate":"13.01.2026 10:00:00","EndDate":"13.01.2026 10:00:00.0011Z"}`:         {"1", "2"},
		`{"StartDate":"2026-01-13T11:00:00+01:00","EndDate":"2026-01-13T11:00:00.5+01:00"}`: {"1", "2"},
		`{"StartDate":"0001-01-01T00:00:00","EndDate":"0001-01-01T00:00:00"}`:               {"4", "1", "2", "3"},
		`{"StartDate":"1900-01-01T00:00:00","EndDate":"9999-12-31T23:59:59"}`:               {"4", "1", "2", "3"},
		`{"EndDate":"1969-01-01T00:00:00"}`:                                                 {},
	} {
		r.wantFound(body, want...)
	}
	// The document's own example spells a state in two ways.
	for _, spelling := range []string{"in queue", "INQUEUE", "In Queue"} {
		got := ids(read[[]dto](t, r.undocumented("boss", "POST", "/v1.0/callbacks/search", `{"STATE":"`+spelling+`","sortorder":"DESCENDING"}`)))
		if !slices.Equal(got, []string{"cb000004"}) {
			t.Errorf("%s finds %v", spelling, got)
		}
	}
}

// A national number is parsed as the named service does, or, without one, as
// all services of the tenant agree on.
func TestSearchNationalNumber(t *testing.T) {
	r := newRig(t)
	r.create("clerk", "Target", `"044 668 18 00"`)
	if err := r.services.Set("", callback.Service{Name: "berlin", Numbers: callback.Numbers{Country: "DE"}}); err != nil {
		t.Fatal(err)
	}
	r.wantFound(`{"Target":"044 668 18 01"}`)
	r.wantFound(`{"Target":"0446681800","ServiceSip":"`+supportSIP+`"}`, "1")
	r.create("clerk", "ServiceId", "", "ServiceSip", `"sip:berlin@localhost"`, "Target", `"030 901820"`)
	r.wantFound(`{"Target":"030 901821"}`)
	r.wantFound(`{"Target":"030/901820","ServiceSip":"sip:berlin@localhost"}`, "2")
	r.wantFound(`{"Target":"030/901820"}`)
	r.wantFound(`{"Target":"0446681800"}`) // the country is ambiguous
	r.wantFound(`{"Target":"+41446681800"}`, "1")
}

// A search for the date in an answer finds the callback, although dates have
// milliseconds and times have nanoseconds.
func TestSearchOwnDate(t *testing.T) {
	r := newRig(t)
	r.clock.Advance(123456789)
	due := r.create("clerk").DueDate
	if due != "2026-01-12T10:00:00.123Z" {
		t.Fatalf("due at %s", due)
	}
	r.wantFound(`{"StartDate":"`+due+`","EndDate":"`+due+`"}`, "1")
}

// Limit and Offset select pages of one order; a Limit of 0 means none.
func TestSearchPaging(t *testing.T) {
	r := newRig(t)
	for i := range 7 {
		r.create("clerk", "DueDate", fmt.Sprintf(`"2026-01-13T10:0%d:00Z"`, i), "ExternalTaskId", fmt.Sprintf(`"x%d"`, 7-i))
	}
	for _, order := range []string{"DueDate", "Created", "Updated", "Id"} {
		by := `"OrderBy":"` + order + `",`
		r.wantFound(`{`+by+`"Limit":0,"Offset":0}`, "1", "2", "3", "4", "5", "6", "7")
		r.wantFound(`{`+by+`"Limit":3}`, "1", "2", "3")
		r.wantFound(`{`+by+`"Limit":3,"Offset":3}`, "4", "5", "6")
		r.wantFound(`{`+by+`"Limit":3,"Offset":6}`, "7")
		r.wantFound(`{` + by + `"Limit":3,"Offset":7}`)
		r.wantFound(`{`+by+`"Offset":5}`, "6", "7")
		r.wantFound(`{`+by+`"SortOrder":"Descending","Limit":2,"Offset":1}`, "6", "5")
		r.wantFound(`{`+by+`"SortOrder":"Ascending","Limit":1000}`, "1", "2", "3", "4", "5", "6", "7")
	}
	r.wantFound(`{"OrderBy":"ExternalTaskId","Limit":3,"Offset":1}`, "6", "5", "4")
}

// OrderBy takes every member of a callback. Ties are broken by Id, and a
// descending order reverses both.
func TestSearchOrders(t *testing.T) {
	r := newRig(t)
	sales := lucs.ServiceID("", callback.Service{Name: "sales"})
	r.create("clerk", "Target", `"`+swiss2+`"`, "MaxRetries", "10", "SecondsBetweenRetries", "100", "Priority", `"NothingElse"`,
		"DueDate", `"2026-01-13T12:00:00Z"`, "ExternalTaskId", `"b"`, "Creator", `"WfActivity"`, "RetryType", `"Z"`,
		"AlternativeTarget", `"`+swiss2+`"`, "IncomingServiceSipUri", `"sip:b@x.example"`, "ContextUrl", `"b"`, "Description", `"b"`,
		"CallerId", `"b"`, "AppPoolId", `"b"`, "InitiatingSessionId", `"b"`, "Supervisor", `"b"`)
	r.clock.Advance(time.Second)
	r.create("clerk", "MaxRetries", "9", "SecondsBetweenRetries", "20", "Priority", `"StrictPriority"`, "ExternalTaskId", `"a"`,
		"DueDate", `"2026-01-13T11:00:00Z"`,
		"AlternativeTarget", `"`+swiss+`"`, "IncomingServiceSipUri", `"sip:a@x.example"`, "ContextUrl", `"a"`, "Description", `"a"`,
		"CallerId", `"a"`, "AppPoolId", `"a"`, "InitiatingSessionId", `"a"`, "Supervisor", `"a"`, "Initiator", `"A"`)
	r.clock.Advance(time.Second)
	r.create("clerk", "ServiceId", `"`+sales+`"`, "Priority", `"Normal"`)
	if _, err := r.manager.Update(t.Context(), manager.UpdateRequest{ID: "cb000001", Set: callback.Values{"_x": "1"}}); err != nil {
		t.Fatal(err)
	}
	for order, want := range map[string][]string{
		"DueDate": {"3", "2", "1"}, "Created": {"1", "2", "3"}, "Updated": {"2", "1", "3"}, "Id": {"1", "2", "3"},
		"Target": {"2", "3", "1"}, "AlternativeTarget": {"3", "2", "1"}, "MaxRetries": {"3", "2", "1"},
		"SecondsBetweenRetries": {"2", "3", "1"}, "ServiceSip": {"3", "1", "2"},
		"IncomingServiceSipUri": {"3", "2", "1"}, "Priority": {"2", "3", "1"}, "ContextUrl": {"3", "2", "1"},
		"Supervisor": {"3", "2", "1"}, "Description": {"3", "2", "1"}, "ExternalTaskId": {"3", "2", "1"},
		"CallerId": {"3", "2", "1"}, "Creator": {"3", "2", "1"}, "LeftInQueueTimeInSeconds": {"1", "2", "3"},
		"AppPoolId": {"3", "2", "1"}, "InitiatingSessionId": {"3", "2", "1"}, "Initiator": {"2", "3", "1"},
		"State": {"1", "2", "3"}, "RetryType": {"2", "3", "1"}, "RetryCount": {"1", "2", "3"},
		"ServiceId": {"1", "2", "3"},
	} {
		if order == "ServiceId" && sales < supportID {
			want = []string{"3", "1", "2"}
		}
		r.wantFound(`{"OrderBy":"`+order+`"}`, want...)
		slices.Reverse(want)
		r.wantFound(`{"OrderBy":"`+order+`","SortOrder":"Descending"}`, want...)
	}
	for _, d := range read[[]dto](t, r.undocumented("boss", "POST", "/v1.0/callbacks/search", `{"orderBy":"EXTERNALTASKID","limit":1}`)) {
		if d.ID != "cb000003" {
			t.Errorf("an order in capitals begins with %s", d.ID)
		}
	}
}

// A search with an unknown or faulty member is refused before the store is
// read.
func TestSearchRefused(t *testing.T) {
	r := newRig(t, func(_ *callback.Service, _ *manager.Config, l *lucs.Config) { l.MaxOffset, l.MaxSorted = 50, 20 })
	for body, member := range map[string]string{
		`{"OrderBy":"string"}`:                   "OrderBy",
		`{"OrderBy":"DueDate "}`:                 "OrderBy",
		`{"OrderBy":1}`:                          "OrderBy",
		`{"SortOrder":"Up"}`:                     "SortOrder",
		`{"State":"Done"}`:                       "State",
		`{"State":0}`:                            "State",
		`{"Limit":-1}`:                           "Limit",
		`{"Limit":2147483648}`:                   "Limit",
		`{"Limit":"5"}`:                          "Limit",
		`{"Offset":-1}`:                          "Offset",
		`{"Offset":51}`:                          "Offset",
		`{"OrderBy":"Id","Limit":15,"Offset":6}`: "OrderBy",
		`{"StartDate":"2026-13-01T00:00:00Z"}`:   "StartDate",
		`{"EndDate":"soon"}`:                     "EndDate",
		`{"EndDate":5}`:                          "EndDate",
		`{"StartDate":"2026-01-02T00:00:00Z","EndDate":"2026-01-01T00:00:00Z"}`: "EndDate",
		`{"Target":["tel:117"]}`:                                "Target",
		`{"Target":"` + strings.Repeat("1", 1025) + `"}`:        "Target",
		`{"ServiceId":5}`:                                       "ServiceId",
		`{"ExternalTaskId":"a\u0000"}`:                          "ExternalTaskId",
		`{"ExternalTaskId":"` + strings.Repeat("x", 129) + `"}`: "ExternalTaskId",
		`{"CallerId":"` + strings.Repeat("x", 129) + `"}`:       "CallerId",
		`{"AppPoolId":"` + strings.Repeat("x", 129) + `"}`:      "AppPoolId",
		`{"Sate":"Pending"}`:                                    "a member is not one of Target",
		`{"Id":"cb000001"}`:                                     "a member is not one of Target",
		`[]`:                                                    "is a JSON",
		`null`:                                                  "the body is not a JSON object",
		``:                                                      "the body is not complete JSON",
		`{"Target":"tel:117"`:                                   "the body is not",
		`{"Target":"a","Target":"b"}`:                           "Target: is given more than once",
	} {
		before := r.faults.Count(callbacktest.AnyMethod)
		message := refused(t, r.do("boss", "POST", "/v1.0/callbacks/search", body, "Content-Type", "application/json"), 400, "InvalidParameter")
		if !strings.HasPrefix(message, member) {
			t.Errorf("%s: the message is %q", body, message)
		}
		if r.faults.Count(callbacktest.AnyMethod) != before {
			t.Errorf("%s: the store was asked", body)
		}
	}
	r.wantFound(`{"Offset":50,"Limit":2147483647}`)
	r.wantFound(`{"OrderBy":"Id","Limit":15,"Offset":5}`)
	read[[]dto](t, r.undocumented("boss", "POST", "/v1.0/callbacks/search", `{"Id":null,"Unknown":null}`))
}

// An order that the store does not support is refused when too many callbacks
// match, unless Limit bounds the number to hold.
func TestSearchSortedBound(t *testing.T) {
	r := newRig(t, func(_ *callback.Service, _ *manager.Config, l *lucs.Config) { l.MaxSorted = 5 })
	for i := range 20 {
		r.create("clerk", "ExternalTaskId", fmt.Sprintf(`"%02d"`, (i*7)%20), "CallerId", fmt.Sprintf(`"%d"`, i%5))
	}
	refused(t, r.do("boss", "POST", "/v1.0/callbacks/search", `{"OrderBy":"ExternalTaskId"}`), 400, "InvalidParameter")
	r.wantFound(`{"OrderBy":"ExternalTaskId","Limit":3,"Offset":2}`, "7", "10", "13") // 02, 03 and 04
	r.wantFound(`{"OrderBy":"ExternalTaskId","SortOrder":"Descending","Limit":2}`, "18", "15")
	r.wantFound(`{"OrderBy":"ExternalTaskId","CallerId":"1"}`, "7", "2", "17", "12")
	r.create("clerk", "CallerId", `"1"`)
	if got := len(r.find(`{"OrderBy":"ExternalTaskId","CallerId":"1"}`)); got != 5 {
		t.Errorf("%d were found, want 5", got)
	}
}

// The search reads more callbacks than one page of the store, with and without
// a filter that the store does not support.
func TestSearchManyPages(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config, _ *lucs.Config) {
		s.Limits = callback.Limits{SameNumber: callback.NoLimit, BookingsPerDay: callback.NoLimit, Queued: 1e6, Parameters: []string{}}
	})
	const n = 2345
	for i := range n {
		_, err := r.manager.Start(t.Context(), manager.Request{Service: "support", Number: "+41785556677",
			Origin: callback.Origin{ExternalID: fmt.Sprint(i)}})
		if err != nil {
			t.Fatal(err)
		}
	}
	all := r.find(`{}`)
	if len(all) != n || !slices.IsSorted(all) {
		t.Fatalf("%d found, in order: %v", len(all), slices.IsSorted(all))
	}
	if diff := cmp.Diff(all[1990:2020], r.find(`{"Offset":1990,"Limit":30}`)); diff != "" {
		t.Errorf("a page over the pages of the store (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(all[2000:], r.find(`{"Offset":2000,"State":"InQueue"}`)); diff != "" {
		t.Errorf("the end (-want +got):\n%s", diff)
	}
	slices.Reverse(all)
	if diff := cmp.Diff(all[:1500], r.find(`{"OrderBy":"Created","SortOrder":"Descending","Limit":1500}`)); diff != "" {
		t.Errorf("descending (-want +got):\n%s", diff)
	}
	if got := r.find(`{"State":"Pending"}`); len(got) != 0 {
		t.Errorf("%d are Pending", len(got))
	}
	// The first bytes are sent before the last page is read.
	before := r.faults.Count(callbacktest.AnyMethod)
	first := &firstWrite{ResponseRecorder: httptest.NewRecorder(), at: func() int { return r.faults.Count(callbacktest.AnyMethod) - before }}
	req := httptest.NewRequestWithContext(t.Context(), "POST", "/v1.0/callbacks/search", strings.NewReader(`{}`))
	req.SetBasicAuth("boss", "boss")
	req.Header.Set("Content-Type", "application/json")
	r.plain.ServeHTTP(first, req)
	if first.reads == 0 || first.reads > 1 {
		t.Errorf("the first bytes left after %d reads of the store", first.reads)
	}
}

// firstWrite records the number of store reads at the first Write.
type firstWrite struct {
	*httptest.ResponseRecorder
	at    func() int
	reads int
}

func (w *firstWrite) Write(p []byte) (int, error) {
	if w.reads == 0 {
		w.reads = w.at()
	}
	return w.ResponseRecorder.Write(p)
}

var _ http.ResponseWriter = (*firstWrite)(nil)
