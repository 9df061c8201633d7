package gms_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms"
	"github.com/ringback-go/ringback/callback/manager"
)

// officeRig has a service that is open from 9:00 to 10:00 in Zurich with one
// seat per quarter of an hour; 9:30 is taken.
func officeRig(t *testing.T) *rig {
	r := newRig(t, func(s *setup) {
		s.now = utc("2026-01-12T06:00:00Z")
		b := &s.services[0].Booking
		b.Hours, b.PerBucket, b.Bucket = hours("Europe/Zurich", "9:00", "10:00"), 1, 15*time.Minute
		s.handler.Calendars = map[string]*availability.Calendar{"office": b.Hours}
	})
	r.must(manager.Request{Service: "desk", Number: swiss, Desired: utc("2026-01-12T08:30:00Z")})
	return r
}

type slot struct {
	UTC      string `json:"utcTime"`
	Local    string `json:"localTime"`
	Capacity int    `json:"capacity"`
	Total    int    `json:"total"`
}

// starts returns the starts of the slots in a response of version 2.
func (s *response) starts() []string {
	s.t.Helper()
	var body struct{ Slots []slot }
	s.want(200).into(&body)
	list := make([]string, len(body.Slots))
	for i, slot := range body.Slots {
		list[i] = slot.UTC[5:16] + " " + slot.Local[11:16] + " " + strconv.Itoa(slot.Capacity) + "/" + strconv.Itoa(slot.Total)
	}
	return list
}

func TestAvailabilityParameters(t *testing.T) {
	r := officeRig(t)
	today := []string{"01-12T08:00 09:00 1/1", "01-12T08:15 09:15 1/1", "01-12T08:45 09:45 1/1"}
	tomorrow := []string{"01-13T08:00 09:00 1/1", "01-13T08:15 09:15 1/1", "01-13T08:30 09:30 1/1", "01-13T08:45 09:45 1/1"}
	ms := func(text string) string { return strconv.FormatInt(utc(text).UnixMilli(), 10) }
	for query, want := range map[string][]string{
		"":                   today,
		"start=&end=":        today,
		"number-of-days=1":   today,
		"number-of-days=2":   append(append([]string{}, today...), tomorrow...),
		"max-time-slots=2":   today[:2],
		"report-busy=true":   {today[0], today[1], "01-12T08:30 09:30 0/1", today[2]},
		"report-busy=false":  today,
		"timezone=UTC":       {"01-12T08:00 08:00 1/1", "01-12T08:15 08:15 1/1", "01-12T08:45 08:45 1/1"},
		"timezone=Asia/Dili": {"01-12T08:00 17:00 1/1", "01-12T08:15 17:15 1/1", "01-12T08:45 17:45 1/1"},
		"report-busy=true&max-time-slots=2&start=2026-01-12T08:15:00.000Z": {today[1], "01-12T08:30 09:30 0/1", today[2]},
		"start=2026-01-12T08:15:00.000Z":                                   today[1:],
		"start=2026-01-12T08:20:00.000Z":                                   today[1:], // the bucket that contains it
		"timestamp=2026-01-12T08:15:00.000Z":                               today[1:],
		"start=2026-01-12T09:15:00.000%2B0100":                             today[1:],
		"start=2026-01-12T09:15:00&timezone=Europe/Zurich":                 today[1:],
		"start=2026-01-12T08:15:00":                                        today[1:],
		"start-ms=" + ms("2026-01-12T08:15:00Z"):                           today[1:],
		"end=2026-01-12T08:15:00.000Z":                                     today[:1],
		"end=2026-01-12T08:16:00.000Z":                                     today[:2],
		"end-ms=" + ms("2026-01-12T08:15:00Z"):                             today[:1],
		"start=2026-01-12T08:15:00.000Z&end=2026-01-12T08:15:00.000Z":      today[1:2],
		"start=2026-01-11T08:00:00.000Z":                                   {},
		"start=2026-01-13T08:00:00.000Z":                                   tomorrow,
	} {
		if diff := cmp.Diff(want, r.get("/genesys/2/service/callback/desk/availability?"+query).starts()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	var body map[string]any
	r.get("/genesys/2/service/callback/desk/availability").want(200).into(&body)
	if body["durationMin"] != 15.0 || body["timezone"] != "Europe/Zurich" {
		t.Errorf("%v", body)
	}
	for query, want := range map[string]string{
		"":                                   `{"2026-01-12T08:00:00.000Z":1,"2026-01-12T08:15:00.000Z":1,"2026-01-12T08:45:00.000Z":1}`,
		"timestamp=2026-01-12T08:40:00.000Z": `{"2026-01-12T08:45:00.000Z":1}`,
		"max-time-slots=1":                   `{"2026-01-12T08:00:00.000Z":1}`,
		"start=2026-01-12T09:00:00.000Z":     `{}`,
	} {
		if got := string(r.get("/genesys/1/service/callback/desk/availability?" + query).want(200).body); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestAvailabilityFaults(t *testing.T) {
	r := officeRig(t)
	for query, parameter := range map[string]string{
		"start=soon": "start", "end=13.1.2026": "end", "start-ms=x": "start-ms", "end-ms=1.5": "end-ms",
		"number-of-days=0": "number-of-days", "number-of-days=-1": "number-of-days", "number-of-days=x": "number-of-days",
		"max-time-slots=0": "max-time-slots", "timezone=Mars/Olympus": "timezone", "timezone=Local": "timezone", "report-busy=yes": "report-busy",
		"start=2026-01-12T08:00:00.000Z&start-ms=0": "start-ms", "end=2026-01-12T08:00:00.000Z&end-ms=0": "end-ms",
		"end=2026-01-12T08:00:00.000Z&number-of-days=1": "number-of-days", "end-ms=1768296600000&number-of-days=1": "number-of-days",
		"start=2026-01-12T08:00:00.000Z&timestamp=2026-01-12T08:00:00.000Z": "timestamp",
		"start=2026-01-12T08:00:00.000Z&start=2026-01-12T08:00:00.000Z":     "start",
		"end=2026-01-11T08:00:00.000Z":                                      "end",
		// Beyond the limit, rejected before anything is computed.
		"number-of-days=32": "number-of-days", "number-of-days=999999999": "number-of-days", "end=9999-12-31T00:00:00.000Z": "end",
		"end-ms=9223372036854775807": "end-ms", "start-ms=-9223372036854775808": "start",
		"sort=desc": "sort",
	} {
		e := r.get("/genesys/2/service/callback/desk/availability?"+query).fault(400, 40010)
		if e.Properties["parameter"] != parameter {
			t.Errorf("%s: %+v", query, e)
		}
	}
	for _, query := range []string{"timezone=UTC", "report-busy=true", "start-ms=0", "end-ms=0"} {
		r.get("/genesys/1/service/callback/desk/availability?"+query).fault(400, 40010)
	}
	r.get("/genesys/1/service/callback/none/availability").fault(400, 40010)
	r.get("/genesys/2/service/callback/none/availability").fault(400, 40010)
	r.get("/genesys/2/service/callback/desk/availability?%zz").fault(400, 40010)
}

func TestParseQuery(t *testing.T) {
	for _, test := range []struct {
		parameter  string
		parameters map[string]string
	}{
		{"start", map[string]string{"start": "yesterday"}},
		{"start", map[string]string{"start": "2026-02-30T00:00:00Z"}},
		{"timestamp", map[string]string{"timestamp": "x"}},
		{"timestamp", map[string]string{"start": "2026-01-01T00:00:00Z", "timestamp": "2026-01-01T00:00:00Z"}},
		{"start-ms", map[string]string{"start-ms": "1e9"}},
		{"start-ms", map[string]string{"start": "2026-01-01T00:00:00Z", "start-ms": "0"}},
		{"end", map[string]string{"end": "0"}},
		{"end-ms", map[string]string{"end-ms": "9999999999999999999999"}},
		{"end-ms", map[string]string{"end": "2026-01-01T00:00:00Z", "end-ms": "5"}},
		{"number-of-days", map[string]string{"end": "2026-01-01T00:00:00Z", "number-of-days": "1"}},
		{"number-of-days", map[string]string{"end-ms": "5", "number-of-days": "1"}},
		{"number-of-days", map[string]string{"number-of-days": "0"}},
		{"number-of-days", map[string]string{"number-of-days": "-1"}},
		{"max-time-slots", map[string]string{"max-time-slots": "many"}},
		{"timezone", map[string]string{"timezone": "Local"}},
		{"timezone", map[string]string{"timezone": "Eastern Standard Time"}},
		{"report-busy", map[string]string{"report-busy": "yes"}},
	} {
		_, err := gms.ParseQuery(parameters(test.parameters))
		var bad *callback.FieldError
		if !errors.As(err, &bad) || bad.Field != test.parameter || !errors.Is(err, callback.ErrInvalidParameter) {
			t.Errorf("%v: %v, want an error about %s", test.parameters, err, test.parameter)
		}
	}
	q, err := gms.ParseQuery(parameters(map[string]string{
		"start": "2026-03-29T02:30:00.250", "end": "2026-10-25T02:30:00.250", "timezone": "Europe/Berlin",
		"report-busy": "true", "number-of-days": "", "max-time-slots": "7",
	}))
	if err != nil || !q.Start.Equal(utc("2026-03-29T01:00:00Z")) || !q.End.Equal(utc("2026-10-25T00:30:00.250Z")) ||
		!q.ReportBusy || q.MaxSlots != 7 || q.Zone != "Europe/Berlin" {
		t.Errorf("%+v: %v", q, err)
	}
	q, err = gms.ParseQuery(parameters(map[string]string{"start-ms": "1700000000000", "end": "2023-11-15T00:00:00+01:00"}))
	if err != nil || !q.Start.Equal(time.UnixMilli(1700000000000)) || !q.End.Equal(utc("2023-11-14T23:00:00Z")) {
		t.Errorf("%+v: %v", q, err)
	}
	if q, err = gms.ParseQuery(parameters(map[string]string{"start": "2026-06-01T09:00"})); err != nil || !q.Start.Equal(utc("2026-06-01T09:00:00Z")) {
		t.Errorf("without a zone: %+v, %v", q, err)
	}
}

// A calendar is queried by the name of its office-hours service.
func TestCalendar(t *testing.T) {
	r := officeRig(t)
	for query, want := range map[string]string{
		"":                               `{"periods":[],"error":null}`,
		"start=2026-01-12T08:30:00.000Z": `{"periods":[{"start":"2026-01-12T08:30:00.000Z","end":"2026-01-12T08:30:00.000Z"}],"error":null}`,
		"number-of-days=2": `{"periods":[{"start":"2026-01-12T08:00:00.000Z","end":"2026-01-12T09:00:00.000Z"},` +
			`{"start":"2026-01-13T08:00:00.000Z","end":"2026-01-13T09:00:00.000Z"}],"error":null}`,
		"start=2026-01-12T08:30:00.000Z&end=2026-01-13T08:10:00.000Z": `{"periods":[{"start":"2026-01-12T08:30:00.000Z","end":"2026-01-12T09:00:00.000Z"},` +
			`{"start":"2026-01-13T08:00:00.000Z","end":"2026-01-13T08:10:00.000Z"}],"error":null}`,
	} {
		if got := string(r.get("/genesys/1/service/office?" + query).want(200).body); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for query, parameter := range map[string]string{
		"number-of-days=401": "number-of-days", "end=2028-01-13T08:10:00.000Z": "end", "start=x": "start", "report-busy=true": "report-busy",
		"end=2026-01-11T08:10:00.000Z": "end", "end=" + url.QueryEscape("2026-01-12T08:00:00.000Z") + "&number-of-days=1": "number-of-days",
	} {
		if e := r.get("/genesys/1/service/office?"+query).fault(400, 40010); e.Properties["parameter"] != parameter {
			t.Errorf("%s: %+v", query, e)
		}
	}
	if e := r.get("/genesys/1/service/desk").fault(400, 40010); e.Properties["parameter"] != "service" {
		t.Errorf("%+v", e)
	}
}

// The encoders of slots agree with encoding/json, including nights with clock
// changes.
func TestSlotsMatchEncodingJSON(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.now = utc("2026-03-20T00:00:00Z")
		b := &s.services[0].Booking
		b.Hours, b.PerBucket, b.Bucket, b.Horizon = hours("Europe/Zurich", "0:00", "24:00"), 1, 10*time.Minute, callback.Span{Years: 1}
	})
	r.must(manager.Request{Service: "desk", Number: swiss, Desired: utc("2026-03-29T01:00:00Z")})
	r.must(manager.Request{Service: "desk", Number: swiss, Desired: utc("2026-10-25T00:30:00Z")})
	for _, start := range []string{"2026-03-28T12:00:00.000Z", "2026-10-24T12:00:00.000Z", "2026-12-31T12:00:00.000Z", "2026-04-01T00:00:00.000Z"} {
		for _, zone := range []string{"", "Europe/Zurich", "America/St_Johns", "Asia/Kathmandu", "UTC"} {
			for _, busy := range []bool{false, true} {
				q := availability.Query{Start: utc(start), Days: 2, Zone: zone, ReportBusy: busy}
				slots, err := r.m.Availability(t.Context(), manager.AvailabilityRequest{Service: "desk", Query: q})
				if err != nil {
					t.Fatal(err)
				}
				want, err := json.Marshal(v2Of(slots))
				if err != nil {
					t.Fatal(err)
				}
				query := "?number-of-days=2&start=" + start + "&timezone=" + zone + "&report-busy=" + strconv.FormatBool(busy)
				if diff := cmp.Diff(string(want), string(r.get("/genesys/2/service/callback/desk/availability"+query).want(200).body)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", query, diff)
				}
				if want, err = json.Marshal(v1Slots(slots.Slots)); err != nil {
					t.Fatal(err)
				}
				query = "?number-of-days=2&start=" + start
				if diff := cmp.Diff(string(want), string(r.get(deskPath+"/availability"+query).want(200).body)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", query, diff)
				}
			}
		}
	}
}
