package gms_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A caller with the role create answers the question for confirmation of his own
// callback, and no preview of an agent.
func TestConfirmOwnCallback(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].Confirm = callback.Confirm{On: true, Strict: true, Timeout: time.Minute}
		s.services[0].Preview = callback.Preview{On: true, Rejects: 1, Timeout: time.Minute}
		s.options = func(c *manager.Config) { c.Router = callbacktest.NewRouter(5) }
		basic, err := api.NewBasic("", append(users(), api.User{Name: "carl", Password: "carl", Roles: []api.Role{api.RoleCreate}, Own: "c1"})...)
		if err != nil {
			t.Fatal(err)
		}
		s.handler.Authorizer = basic
	})
	begin := func(number string) (id string, answer func(user, action string) *response) {
		var started struct {
			ID string `json:"_id"`
		}
		r.do("carl", "POST", deskPath, `{"_customer_number":"`+number+`"}`).want(200).into(&started)
		r.tick()
		return started.ID, func(user, action string) *response {
			t.Helper()
			return r.do(user, "POST", "/genesys/1/service/"+started.ID+"/preview-response", `{"_action":"`+action+`"}`)
		}
	}
	id, answer := begin(swiss)
	if cb := r.stored(id); cb.Offer == nil || cb.Offer.Kind != callback.OfferConfirm {
		t.Fatalf("it is %v", cb.State)
	}
	answer("ben", "accept").fault(400, 40030) // another customer
	answer("read", "accept").fault(403, 40300)
	answer("carl", "reject").fault(400, 40020) // only agents reject
	answer("carl", "accept").want(200)
	r.tick()
	if cb := r.stored(id); cb.Offer == nil || cb.Offer.Kind != callback.OfferPreview {
		t.Fatalf("it is %v", cb.State)
	}
	for _, action := range []string{"accept", "reject", "cancel"} {
		answer("carl", action).fault(400, 40020)
	}
	answer("operate", "accept").want(200)
	id, answer = begin(swiss2)
	answer("carl", "cancel").want(200)
	if cb := r.stored(id); cb.Reason != callback.ReasonNoConfirm {
		t.Errorf("it is %v %v", cb.State, cb.Reason)
	}
}
