package gms_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// failingSource is a ServiceSource that fails on demand.
type failingSource struct {
	callback.ServiceSource
	err error
}

func (s *failingSource) Policy(ctx context.Context, tenant, name string) (*callback.Policy, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.ServiceSource.Policy(ctx, tenant, name)
}

// Failures of a host's calendars, capacities and platform have their own codes
// and messages without numbers.
func TestServerFaults(t *testing.T) {
	services, err := callback.NewServices(desk())
	if err != nil {
		t.Fatal(err)
	}
	source := &failingSource{ServiceSource: services}
	r := newRig(t, func(s *setup) { s.options = func(c *manager.Config) { c.Services = source } })
	for _, test := range []struct {
		err     error
		code    int
		phrase  string
		message string
	}{
		{fmt.Errorf("%w: table of 0785556677 is gone", callback.ErrCapacity), 50004, "CAPACITY_ERROR", "Capacity could not be determined: table of ########## is gone."},
		{fmt.Errorf("%w: no such zone", callback.ErrCalendar), 50005, "CALENDAR_ERROR", "Opening hours could not be determined: no such zone."},
		{callback.ErrSubmitAttempts, 50006, "ORS_MAX_ATTEMPTS", "Callback  reached maximum attempts to submit to ORS reached (0)"},
		{callback.ErrConfiguration, 50020, "CONFIGURATION_ERROR", "Service is not configured."},
		{callback.ErrExecution, 50030, "EXECUTION_ERROR", "Dialer failed."},
		{errors.New("secret"), 50050, "UNEXPECTED_ERROR", "Error processing callback an internal error"},
		{context.DeadlineExceeded, 50050, "UNEXPECTED_ERROR", "Error processing callback an internal error"},
	} {
		source.err = test.err
		e := r.post(deskPath, `{"_customer_number":"`+swiss+`"}`).fault(500, test.code)
		if e.Phrase != test.phrase || e.Message != test.message {
			t.Errorf("%v: %+v", test.err, e)
		}
		if !strings.Contains(r.log.String(), fmt.Sprint("code=", test.code)) {
			t.Errorf("%v: the log has\n%s", test.err, r.log)
		}
		r.get(deskPath+"/availability").fault(500, test.code)
	}
	if strings.Contains(r.log.String(), "5556") {
		t.Errorf("the log has\n%s", r.log)
	}
	source.err = nil
}

// A callback whose service was removed can be read and cancelled, not changed.
func TestOrphan(t *testing.T) {
	r := newRig(t, nil)
	id := string(r.scheduled(swiss).ID)
	r.services.Remove("", "desk")
	r.get(deskPath + "/" + id).want(200)
	if rows := r.get("/genesys/1/service/callback?_id=" + id).rows(); len(rows) != 1 {
		t.Errorf("found %v", rows)
	}
	r.put(id, `{"note":"x"}`).fault(500, 50020)
	r.do("boss", "DELETE", deskPath+"/"+id, "").want(200)
	if err := r.services.Set("", desk()); err != nil {
		t.Fatal(err)
	}
}

// A Manager that is shutting down reports it.
func TestStopped(t *testing.T) {
	r := newRig(t, nil)
	if err := r.m.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := r.post(deskPath, `{"_customer_number":"`+swiss+`"}`).fault(500, 50050); e.Message != "Error processing callback manager is stopped" {
		t.Errorf("%+v", e)
	}
}

// A client that disconnects is not a failure.
func TestClientGone(t *testing.T) {
	r := newRig(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req := httptest.NewRequestWithContext(ctx, "POST", deskPath, strings.NewReader(`{"_customer_number":"`+swiss+`"}`))
	req.Header.Set("Content-Type", api.JSON)
	req.SetBasicAuth("boss", "boss")
	r.bare.ServeHTTP(httptest.NewRecorder(), req)
	if r.log.Len() > 0 {
		t.Errorf("the log has\n%s", r.log)
	}
}

// An export that fails after its beginning was sent is cut off, so that the
// client notices.
func TestExportCutOff(t *testing.T) {
	r := newRig(t, func(s *setup) { s.services[0].Booking.PerBucket = 2000 })
	long := strings.Repeat("x", 1200)
	var ids []callback.ID
	for i := range 1001 {
		ids = append(ids, r.must(manager.Request{
			Service: "desk", Number: fmt.Sprintf("+4178555%04d", i), Desired: monday().Add(time.Hour), Properties: callback.Values{"long": long},
		}).ID)
	}
	for _, part := range [][]callback.ID{ids[:1000], ids[1000:]} {
		if _, err := r.m.CancelAll(t.Context(), manager.CancelAllRequest{IDs: part, Actor: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	body := `{"callback_reason":"CANCELLED_BY_ADMIN","exported_properties":["_id","long"]}`
	if got := strings.Count(string(r.post("/genesys/1/admin/callback/reportcancelled", body).want(200).body), "\n"); got != 1002 {
		t.Errorf("the export has %d lines", got)
	}
	r.faults.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore, Skip: 1, Err: errors.New("disk is full")})
	req := httptest.NewRequestWithContext(t.Context(), "POST", "/genesys/1/admin/callback/reportcancelled", strings.NewReader(body))
	req.Header.Set("Content-Type", api.JSON)
	req.SetBasicAuth("boss", "boss")
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("the connection is left with %v", v)
		}
		if !strings.Contains(r.log.String(), "disk is full") {
			t.Errorf("the log has\n%s", r.log)
		}
	}()
	r.bare.ServeHTTP(httptest.NewRecorder(), req)
}
