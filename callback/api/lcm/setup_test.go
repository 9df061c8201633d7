package lcm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/lcm"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// account is the account of LCM's sample call.
const account = "5|3|1|0|0|44|1"

// noon is the start of the test clock, a Monday; in Singapore it is 20:00.
func noon() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

// sample returns the Directory of LCM's sample call.
func sample() lcm.Directory {
	mode := func(id, description string) callback.ContactMode {
		return callback.ContactMode{ID: id, Description: description, Value: "6591462346", Callback: true, PEWC: true,
			CampaignID: "retention", ContactID: "44"}
	}
	fax := callback.ContactMode{ID: "9", Description: "Fax", Value: "6561234567", PEWC: true}
	return lcm.Directory{account: {mode("3", "Mobile"), fax, mode("2", "Office")}, "empty": nil}
}

// rig is a handler with its collaborators.
type rig struct {
	t       testing.TB
	clock   *callbacktest.Clock
	store   callback.Store
	manager *manager.Manager
	handler *lcm.Handler
	caller  api.Caller
	logged  bytes.Buffer
}

// newRig returns a handler whose Manager has the service "desk" for the tenants
// "" and "acme". change may adjust the service and both configurations.
func newRig(t testing.TB, change func(s *callback.Service, m *manager.Config, h *lcm.Config)) *rig {
	t.Helper()
	r := &rig{t: t, clock: callbacktest.NewClock(noon())}
	r.caller = api.Caller{Name: "desktop", Roles: []api.Role{api.RoleCreate, api.RoleRead}}
	services := []callback.Service{{Name: "desk", Numbers: callback.Numbers{Country: "SG"}, Limits: callback.Limits{SameNumber: callback.NoLimit}}}
	hc := lcm.Config{Service: "desk", Logger: slog.New(slog.NewTextHandler(&r.logged, nil)),
		Authorizer: api.AuthorizerFunc(func(*http.Request) (api.Caller, error) { return r.caller, nil })}
	world := managertest.New(t, managertest.Config{
		Clock: r.clock, Services: services, Tenants: map[string][]callback.Service{"acme": services},
		Options: func(c *manager.Config) {
			c.Contacts = sample()
			if change != nil {
				change(&services[0], c, &hc)
			}
		},
	})
	r.store, r.manager = world.Store, world.Manager
	var err error
	hc.Manager = r.manager
	if r.handler, err = lcm.New(hc); err != nil {
		t.Fatal(err)
	}
	return r
}

// data holds the members of a message's data.
type data map[string]any

// setting returns the data of a valid callback.
func setting() data {
	return data{"callid": "12345", "AccountNumber": account, "StartDate": "03/03/2026", "EndDate": "03/03/2026",
		"StartTime": "09:00", "EndTime": "10:30", "CallbackModeId": 3, "UserID": "ann", "AgentComments": "asked for a quote",
		"LeadScore": 7.5, "TargetAmount": 1200}
}

// with returns a copy of d with the given members replaced; nil removes a
// member.
func (d data) with(pairs ...any) data {
	out := make(data, len(d))
	for k, v := range d {
		out[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		if out[name] = pairs[i+1]; pairs[i+1] == nil {
			delete(out, name)
		}
	}
	return out
}

func message(t testing.TB, subtopic string, d data) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"channel": "LCM", "topic": "WebService", "subtopic": subtopic, "data": d})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// answer is a reply of any kind.
type answer struct {
	Channel, Topic, Subtopic string
	Message                  struct {
		CallID   *string
		Response json.RawMessage
		Error    *struct {
			ErrorType, ActualError, Message string
			Code                            int
		}
		RequestResult, IsOverlap *bool
	}
}

func decode(t testing.TB, reply []byte) answer {
	t.Helper()
	var a answer
	if err := json.Unmarshal(reply, &a); err != nil {
		t.Fatalf("reply %q: %v", reply, err)
	}
	return a
}

// send sends a message that must succeed.
func (r *rig) send(subtopic string, d data) answer {
	r.t.Helper()
	reply, err := r.handler.Handle(context.Background(), r.caller, message(r.t, subtopic, d))
	if err != nil {
		r.t.Fatalf("%s: %v", subtopic, err)
	}
	a := decode(r.t, reply)
	if a.Message.Error != nil {
		r.t.Fatalf("%s: error in %s without an error", subtopic, reply)
	}
	return a
}

// refuse sends a message that must fail.
func (r *rig) refuse(subtopic string, d data) (answer, error) {
	r.t.Helper()
	reply, err := r.handler.Handle(context.Background(), r.caller, message(r.t, subtopic, d))
	a := decode(r.t, reply)
	if err == nil || a.Message.Error == nil {
		r.t.Fatalf("%s was answered with %s, %v; want an error", subtopic, reply, err)
	}
	return a, err
}

// all returns the callbacks of a tenant.
func (r *rig) all(tenant string) []*callback.Callback {
	r.t.Helper()
	var list []*callback.Callback
	for cb, err := range r.manager.Tenant(tenant).Search(context.Background(), callback.Query{Order: callback.ByCreated}) {
		if err != nil {
			r.t.Fatal(err)
		}
		list = append(list, cb)
	}
	return list
}

// file returns a file of testdata as one line.
func file(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return slices.Clip(b.Bytes())
}
