package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback/api/interaction"
)

// The subscriber that -notify names is told what becomes of a callback, signed with
// the secret of the flags.
func TestNotifications(t *testing.T) {
	const secret = "0123456789abcdef"
	told := make(chan string, 100)
	subscriber := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = interaction.VerifySignature(r.Header, body, []byte(secret), time.Now())
		}
		var n struct {
			Event  string
			Params map[string]any
		}
		if err == nil {
			err = json.Unmarshal(body, &n)
		}
		told <- fmt.Sprint(n.Event, " ", n.Params["_service_id"], " ", err)
	}))
	defer subscriber.Close()
	wants := func(id string, events ...string) {
		t.Helper()
		for _, event := range events {
			select {
			case got := <-told:
				if got != event+" "+id+" <nil>" {
					t.Errorf("told of %s, want %s", got, event)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("not told of %s", event)
			}
		}
	}
	dir := t.TempDir()
	flags := []string{
		"-clock", atEight, "-store", "sqlite:" + filepath.Join(dir, "callbacks.db"),
		"-notify", subscriber.URL, "-notify-secret", secret, "-notify-cursor", filepath.Join(dir, "cursor"),
	}
	r := start(t, flags...)
	id := r.ask("claims", "+41785556677", `,"_desired_time":"2026-03-27T10:00:00.000Z"`)
	wants(id, "_cbe_on_callback_scheduled")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	// After a restart it goes on where it was.
	r = start(t, flags...)
	r.must("DELETE", "/genesys/1/service/callback/claims/"+id, "")
	wants(id, "_cbe_on_callback_cancelled")
}

// An unknown call is "Invalid Call ID." in every message that names one.
func TestUnknownCall(t *testing.T) {
	r := start(t, "-clock", atEight)
	const account = `"AccountNumber":"5|3|1|0|0|44|1"`
	const set = account + `,"StartDate":"27/03/2026","EndDate":"27/03/2026","StartTime":"10:00","EndTime":"12:00","CallbackModeId":3,"UserID":"anna","AgentComments":"x","LeadScore":0,"TargetAmount":0`
	for subtopic, data := range map[string]string{
		"GetCallBackModes": account, "SetCallbackWithComments": set, "SetPersonalCallbackWithComments": set,
		"ScheduledCallBackOverlap": account + `,"StartFromDate":"27/03/2026","StartToDate":"27/03/2026","StartFromTime":"12:00","StartToTime":"13:00","UserID":"ann"`,
	} {
		for _, id := range []string{"54321", "123456", "", " "} {
			_, got := r.do("POST", "/lcm", `{"channel":"LCM","topic":"WebService","subtopic":"`+subtopic+`","data":{"callid":"`+id+`",`+data+`}}`)
			var answer struct {
				Message struct {
					Error struct{ Message, ActualError string }
				}
			}
			if err := json.Unmarshal([]byte(got), &answer); err != nil || answer.Message.Error.Message != "Invalid Call ID." {
				t.Errorf("%s of call %q: %s", subtopic, id, got)
			}
		}
	}
	// A call that is up is known by its callback.
	r.must("POST", "/demo/outcomes", `{"+41785556677":["ANSWER"]}`)
	id := r.ask("claims", "+41785556677", "")
	r.must("POST", "/demo/clock?advance=15s", "")
	_, got := r.do("POST", "/lcm", `{"channel":"LCM","topic":"WebService","subtopic":"GetCallBackModes","data":{"callid":"`+id+`",`+account+`}}`)
	if !strings.Contains(got, `"ModeID":"3"`) {
		t.Errorf("the call that is up is answered %s", got)
	}
}
