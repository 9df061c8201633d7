package gms_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
)

const (
	cancelPath = "/genesys/1/admin/callback/cancel"
	deletePath = "/genesys/1/admin/callback/ops/delete"
)

type item struct {
	Code    int    `json:"code"`
	Phrase  string `json:"phrase"`
	Reason  string `json:"reason"`
	ID      string `json:"_id"`
	Number  string `json:"_customer_number"`
	Message string `json:"message"`
}

type bulk struct{ Success, Errors []item }

func (s *response) bulk() bulk {
	s.t.Helper()
	var b bulk
	s.want(200).into(&b)
	if !strings.Contains(string(s.body), `"success":[`) || !strings.Contains(string(s.body), `"errors":[`) {
		s.t.Errorf("a list is missing: %s", s.body)
	}
	return b
}

// Each callback is cancelled individually, with the reason in the request.
func TestCancelAll(t *testing.T) {
	r := newRig(t, func(s *setup) { s.ids = []string{"a", "b", "c"} })
	r.scheduled(swiss)
	r.start(`{"_customer_number":"` + swiss2 + `"}`)
	r.start(`{"_customer_number":"` + swiss3 + `","_callback_state":"PROCESSING"}`)
	want := bulk{
		Success: []item{{ID: "a"}, {ID: "b"}},
		Errors: []item{
			{Code: 40030, Phrase: "NOT_FOUND", ID: "gone", Message: "No such request to cancel : [gone]"},
			{Code: 40020, Phrase: "INVALID_OPERATION", ID: "c", Message: "Callback 'c' is in a call and will be cancelled when the call has ended. State=PROCESSING"},
		},
	}
	body := `{"reason":"OUTAGE","ids":["a","gone","b","c","a"],"dry_run":true}`
	if diff := cmp.Diff(want, r.do("admin", "POST", cancelPath, body).bulk()); diff != "" {
		t.Errorf("dry run (-want +got):\n%s", diff)
	}
	if cb := r.stored("a"); cb.State != callback.Scheduled {
		t.Fatalf("the dry run left it %v", cb.State)
	}
	if diff := cmp.Diff(want, r.do("admin", "POST", cancelPath, strings.Replace(body, "true", "false", 1)).bulk()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, id := range []string{"a", "b"} {
		if cb := r.stored(id); cb.State != callback.Completed || cb.Reason != "OUTAGE" {
			t.Errorf("%s is %v %v", id, cb.State, cb.Reason)
		}
	}
	got := r.post(cancelPath, "ids=a,,+b,", "Content-Type", "application/x-www-form-urlencoded").bulk()
	if len(got.Errors) != 2 || got.Errors[0].Message != "Request already cancelled or completed : [a]" {
		t.Errorf("%+v", got)
	}
	id := string(r.scheduled(swiss).ID)
	r.post(cancelPath, `{"ids":["`+id+`"]}`).bulk()
	if cb := r.stored(id); cb.Reason != callback.ReasonCancelledByAdmin {
		t.Errorf("the reason is %v", cb.Reason)
	}
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf(`"%d"`, i)
	}
	for _, body := range []string{``, `{}`, `{"ids":[]}`, `{"ids":{}}`, `{"ids":[{}]}`, `{"ids":[` + strings.Join(many, ",") + `]}`} {
		if e := r.post(cancelPath, body).fault(400, 40010); e.Properties["parameter"] != "ids" {
			t.Errorf("%.40s: %+v", body, e)
		}
	}
	r.post(cancelPath, `{"ids":["a"],"dry_run":"maybe"}`).fault(400, 40010)
}

// An erased callback is unknown to every operation.
func TestForget(t *testing.T) {
	r := newRig(t, func(s *setup) { s.ids = []string{"a", "b", "c", "d"} })
	r.scheduled(swiss)
	r.scheduled(swiss)
	r.scheduled(swiss2)
	r.start(`{"_customer_number":"` + swiss3 + `","_callback_state":"PROCESSING"}`)
	got := r.do("forget", "POST", deletePath, `{"_id":["c","gone"],"_customer_number":["078 555 66 77","`+swiss3+`"]}`).bulk()
	want := bulk{
		Success: []item{{ID: "c"}, {ID: "gone", Reason: "no callback(s) to delete"}, {ID: "a"}, {ID: "b"}},
		Errors: []item{{Code: 40020, Phrase: "INVALID_OPERATION", ID: "d",
			Message: "Callback d cannot be deleted - _callback_state=PROCESSING"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, id := range []string{"a", "b", "c"} {
		r.get(deskPath+"/"+id).fault(400, 40030)
		r.put(id, `{"note":"x"}`).fault(400, 40030)
	}
	if rows := r.get(deskPath + "?_customer_number=" + url.QueryEscape(swiss)).rows(); len(rows) > 0 {
		t.Errorf("found %v", rows)
	}
	got = r.post(deletePath, "_customer_number="+url.QueryEscape(swiss), "Content-Type", "application/x-www-form-urlencoded").bulk()
	if len(got.Success) != 1 || got.Success[0].Number != swiss || got.Success[0].Reason != "no callback(s) to delete" {
		t.Errorf("%+v", got)
	}
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf(`"%d"`, i)
	}
	for _, body := range []string{``, `{}`, `{"_id":[]}`, `{"_id":{}}`, `{"_customer_number":[[]]}`, `{"_id":[` + strings.Join(many, ",") + `]}`} {
		r.post(deletePath, body).fault(400, 40010)
	}
	if strings.Contains(r.log.String(), "5556") {
		t.Errorf("the log has\n%s", r.log)
	}
}

// A malformed number is reported individually.
func TestForgetMalformed(t *testing.T) {
	r := newRig(t, nil)
	r.scheduled(swiss)
	got := r.post(deletePath, `{"_id":["`+strings.Repeat("x", 200)+`"],"_customer_number":["`+strings.Repeat("9", 400)+`"]}`).bulk()
	if len(got.Errors) != 2 {
		t.Errorf("%+v", got)
	}
}
