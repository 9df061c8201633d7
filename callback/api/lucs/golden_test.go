package lucs_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/manager"
)

// golden returns the content of a file in testdata.
func golden(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// wantGolden indents an answer as the product's documents do and compares it
// byte for byte with a file of testdata.
func wantGolden(t *testing.T, answer []byte, name string) {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, answer, "", "  "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	if diff := cmp.Diff(golden(t, name), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// sample returns a rig in which the placeholders of the product's document are
// real values: a service and callbacks named "string", two minutes before the
// date of the sample.
func sample(t *testing.T) *rig {
	r := newRig(t, func(s *callback.Service, c *manager.Config, _ *lucs.Config) {
		s.ServiceID, s.SIP, s.Numbers.AllowImpossible = "string", "string", true
		c.NewID = func() callback.ID { return "string" }
	})
	r.clock.Set(time.Date(2019, time.June, 14, 10, 0, 0, 0, time.UTC))
	return r
}

// Request and response of the sample search. The response equals what a create
// with the same members yields. Two faults of the sample are corrected: its
// OrderBy is not a member, and its response is not due within the searched
// dates.
func TestGoldenSearch(t *testing.T) {
	r := sample(t)
	created := strings.Trim(strings.TrimSpace(golden(t, "search.response")), "[]")
	read[dto](t, r.do("clerk", "POST", "/v1.0/callbacks", created))
	r.clock.Advance(48 * time.Hour) // the time in the queue is used up

	request := golden(t, "search.request")
	if message := refused(t, r.do("boss", "POST", "/v1.0/callbacks/search", request), 400, "InvalidParameter"); !strings.HasPrefix(message, "OrderBy: ") {
		t.Errorf("the message is %q", message)
	}
	request = strings.NewReplacer(`"OrderBy": "string"`, `"OrderBy": "DueDate"`,
		`"EndDate": "2019-06-14T10:01:37.606Z"`, `"EndDate": "2019-06-14T10:02:07.455Z"`).Replace(request)
	rec := r.do("boss", "POST", "/v1.0/callbacks/search", request)
	wantGolden(t, rec.Body.Bytes(), "search.response")
	rec = r.do("boss", "POST", "/v1.0/callbacks/search", "{}")
	wantGolden(t, rec.Body.Bytes(), "search.response")
}

// The sample error; LUCS leaves the message open.
func TestGoldenError(t *testing.T) {
	r := newRig(t)
	if err := r.manager.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	rec := r.do("clerk", "POST", "/v1.0/callbacks", body())
	message := refused(t, rec, 500, "NotInitialized")
	wantGolden(t, bytes.Replace(rec.Body.Bytes(), []byte(message), []byte("string"), 1), "error.response")
}

// The example values in the description of the create: a SIP address, a tel:
// URI with a blank, an alternative target, a service by Id and by SIP address,
// and a date with and without a fraction.
func TestGoldenCreate(t *testing.T) {
	for _, name := range []string{"create-sip", "create-tel", "create-alternative"} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.clock.Set(time.Date(2019, time.June, 20, 8, 0, 0, 0, time.UTC))
			rec := r.do("clerk", "POST", "/v1.0/callbacks", golden(t, name+".request"))
			wantGolden(t, rec.Body.Bytes(), name+".response")
			if got := r.do("boss", "GET", "/v1.0/callbacks/cb000001", ""); got.Code != 200 || got.Body.String() == "" {
				t.Errorf("reading it gives %d", got.Code)
			} else {
				wantGolden(t, got.Body.Bytes(), name+".response")
			}
		})
	}
}

// The nine priorities, in the document's order.
func TestGoldenPriorities(t *testing.T) {
	r := newRig(t)
	for _, name := range []string{
		"StrictPriority", "Highest", "VeryHigh", "High", "Normal", "Low", "VeryLow", "Lowest", "NothingElse",
	} {
		if got := r.create("clerk", "Priority", `"`+name+`"`); got.Priority != name {
			t.Errorf("%s became %s", name, got.Priority)
		}
	}
	r.wantFound(`{"OrderBy":"Priority"}`, "1", "2", "3", "4", "5", "6", "7", "8", "9")
}

// The list of services has the members of the reference.
func TestGoldenServices(t *testing.T) {
	r := newRig(t)
	wantGolden(t, r.do("clerk", "GET", "/v1.0/services", "").Body.Bytes(), "services.response")
}
