package gms_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms"
	"github.com/ringback-go/ringback/callback/manager"
)

// While an export of a tenant is answered, others of the tenant wait and are
// then refused. Other tenants do not wait.
func TestExportsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.log.Reset()
		done, err := r.bare.(*gms.Handler).Hold(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		const path, body = "/genesys/1/admin/callback/reportcancelled", `{"callback_reason":"CANCELLED"}`
		begin := time.Now()
		res := r.do("export", "POST", path, body)
		if e := res.fault(429, 42900); e.Phrase != "TOO_MANY_REQUESTS" || res.header.Get("Retry-After") == "" || time.Since(begin) != 10*time.Second {
			t.Errorf("after %v: %+v", time.Since(begin), e)
		}
		r.do("other", "POST", path, body).want(204)
		done()
		r.do("export", "POST", path, body).want(204)
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("the rest waited until %v", took)
		}
		if r.log.Len() > 0 {
			t.Errorf("the log has\n%s", r.log)
		}
	})
}

// parts counts the parts in which a response is written.
type parts struct {
	*httptest.ResponseRecorder
	largest, n int
}

func (p *parts) Write(b []byte) (int, error) {
	p.n, p.largest = p.n+1, max(p.largest, len(b))
	return p.ResponseRecorder.Write(b)
}

// A long list of slots is sent in parts, which together are what a short one is.
func TestAvailabilityStreams(t *testing.T) {
	r := newRig(t, func(s *setup) {
		b := &s.services[0].Booking
		b.Hours, b.PerBucket, b.Bucket = hours("UTC", "0:00", "24:00"), 3, 5*time.Minute
	})
	for _, version := range []string{"1", "2"} {
		req := r.request("boss", "GET", "/genesys/"+version+"/service/callback/desk/availability?number-of-days=30", "")
		w := &parts{ResponseRecorder: httptest.NewRecorder()}
		r.bare.ServeHTTP(w, req)
		if w.Code != http.StatusOK || w.n < 3 || w.largest > 65<<10 {
			t.Errorf("version %s: status %d in %d parts of at most %d bytes", version, w.Code, w.n, w.largest)
		}
		whole := w.Body.Bytes()
		if n := bytes.Count(whole, []byte("Z\"")); n < 8000 || !bytes.HasPrefix(whole, []byte("{")) || !bytes.HasSuffix(whole, []byte("}")) {
			t.Errorf("version %s: %d slots in %d bytes", version, n, len(whole))
		}
		if bytes.Contains(whole, []byte("}{")) || bytes.Contains(whole, []byte(",,")) || bytes.Contains(whole, []byte("{,")) {
			t.Errorf("version %s: the parts do not fit", version)
		}
	}
}

// No slot after the horizon is listed: a booking there is refused.
func TestAvailabilityEndsAtTheHorizon(t *testing.T) {
	r := newRig(t, func(s *setup) {
		b := &s.services[0].Booking
		b.Hours, b.PerBucket, b.Bucket, b.Horizon = hours("UTC", "0:00", "24:00"), 3, 30*time.Minute, callback.Span{Days: 2}
	})
	last := monday().AddDate(0, 0, 2).Format("2006-01-02T15:04:05.000Z")
	for _, query := range []string{"number-of-days=31", "end=2026-02-10T00:00:00.000Z", "start=2026-01-14T09:45:00.000Z&number-of-days=5", "start=2026-01-14T09:59:00.000Z&end=2026-01-20T00:00:00.000Z"} {
		body := string(r.get(deskPath + "/availability?" + query).want(200).body)
		if !strings.HasSuffix(body, `"`+last+`":3}`) {
			t.Errorf("%s ends with %s", query, body[max(0, len(body)-60):])
		}
	}
	for _, query := range []string{"start=2026-01-14T10:30:00.000Z", "start=2026-02-01T00:00:00.000Z&number-of-days=9", "start=2026-01-15T00:00:00.000Z&end=2026-01-15T00:00:00.000Z"} {
		if body := string(r.get(deskPath + "/availability?" + query).want(200).body); body != "{}" {
			t.Errorf("%s lists %s", query, body)
		}
	}
	body := string(r.get("/genesys/2/service/callback/desk/availability?timezone=Asia/Tokyo&start=2026-02-01T00:00:00.000Z").want(200).body)
	if body != `{"slots":[],"durationMin":30,"timezone":"Asia/Tokyo"}` {
		t.Errorf("version 2 answers %s", body)
	}
	r.must(manager.Request{Service: "desk", Number: swiss, Desired: monday().AddDate(0, 0, 2)})
	if _, err := r.m.Start(t.Context(), manager.Request{Service: "desk", Number: swiss, Desired: monday().AddDate(0, 0, 2).Add(30 * time.Minute)}); callback.Code(err) != 40010 {
		t.Errorf("a booking after the horizon: %v", err)
	}
}
