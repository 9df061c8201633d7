package lcm_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
)

// For any message there is one reply. The reply is an envelope and carries an
// error exactly when Handle returns one, and a refusal is a client error that
// sets nothing.
func FuzzHandle(f *testing.F) {
	f.Add(file(f, "get_callback_modes.request.json"))
	f.Add(file(f, "overlap.request.json"))
	f.Add(message(f, "SetCallbackWithComments", setting()))
	f.Add(message(f, "SetPersonalCallbackWithComments", setting().with("EndTime", "09:00")))
	f.Add(message(f, "GetPersonalCallbackList", listing()))
	f.Add([]byte(`{"channel":"LCM","topic":"Outbound","subtopic":"ScheduledCallBackOverlap","source":"x","data":null}`))
	f.Add([]byte(`{"channel":"LCM","CHANNEL":"x"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := newRig(t, nil)
		r.caller.Roles = api.Roles()
		reply, err := r.handler.Handle(t.Context(), r.caller, text)
		var env struct {
			Channel, Topic, Subtopic string
			Message                  struct{ Error *json.RawMessage }
		}
		if failed := json.Unmarshal(reply, &env); failed != nil || env.Channel != "LCM" || env.Topic == "" || env.Subtopic == "" {
			t.Fatalf("reply is %q", reply)
		}
		if (err != nil) != (env.Message.Error != nil) {
			t.Fatalf("error %v with the reply %s", err, reply)
		}
		if code := callback.Code(err); code >= 50000 {
			t.Fatalf("the sender's message failed with %d: %v", code, err)
		}
		set := err == nil && strings.HasPrefix(env.Subtopic, "Set")
		if n := len(r.all("")); n > 1 || (n == 1) != set {
			t.Fatalf("%d callbacks after %s, %v", n, reply, err)
		}
		again, repeated := r.handler.Handle(t.Context(), r.caller, text)
		if !slices.Equal(reply, again) && !strings.Contains(string(reply), "IsOverlap") || (err == nil) != (repeated == nil) {
			t.Fatalf("answered with %s, %v and then with %s, %v", reply, err, again, repeated)
		}
		if errors.Is(err, callback.ErrOutcomeUnknown) {
			t.Fatal(err)
		}
	})
}
