package gms_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback/api/gms"
)

// v1Slots and v2Slots encode the two formats of slots with encoding/json.
type v1Slots []availability.Slot

func (v v1Slots) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, s := range v {
		if s.Left == 0 {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(gms.WriteTime(s.Start)) + ":" + strconv.Itoa(s.Left))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

type v2Slots struct {
	Slots       []slot `json:"slots"`
	DurationMin int    `json:"durationMin"`
	Timezone    string `json:"timezone"`
}

func v2Of(s availability.Slots) v2Slots {
	v := v2Slots{Slots: make([]slot, len(s.Slots)), DurationMin: int(s.Bucket / time.Minute), Timezone: s.Zone}
	for i, one := range s.Slots {
		v.Slots[i] = slot{gms.WriteTime(one.Start), one.Start.In(s.Location).Format("2006-01-02T15:04:05.000"), one.Left, one.Total}
	}
	return v
}

func planner(t *testing.T, zone, opens, closes string, seats int) *availability.Planner {
	t.Helper()
	p, err := availability.NewPlanner(availability.PlannerConfig{Calendar: hours(zone, opens, closes), Capacity: availability.Flat(seats)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func parameters(pairs map[string]string) url.Values {
	query := make(url.Values)
	for name, value := range pairs {
		query.Set(name, value)
	}
	return query
}

// The two samples below are those of the availability requests of GMS.

func TestSampleVersion1(t *testing.T) {
	// A start without an end: 2014-12-03T15:00Z. No agent is free from 15:20 to
	// 15:30, and the office closes at 16:00.
	p := planner(t, "UTC", "9:00", "16:00", 5)
	load := availability.LoadMap{
		utc("2014-12-03T15:20:00Z").Unix(): 5,
		utc("2014-12-03T15:25:00Z").Unix(): 9,
		utc("2014-12-03T15:55:00Z").Unix(): 2,
	}
	q, err := gms.ParseQuery(parameters(map[string]string{"start": "2014-12-03T15:00:00.000Z"}))
	if err != nil {
		t.Fatal(err)
	}
	slots, err := p.Slots(q, load, utc("2014-12-03T14:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	body := gms.JSONV1(slots.Slots)
	want := `{"2014-12-03T15:00:00.000Z":5,"2014-12-03T15:05:00.000Z":5,"2014-12-03T15:10:00.000Z":5,` +
		`"2014-12-03T15:15:00.000Z":5,"2014-12-03T15:30:00.000Z":5,"2014-12-03T15:35:00.000Z":5,` +
		`"2014-12-03T15:40:00.000Z":5,"2014-12-03T15:45:00.000Z":5,"2014-12-03T15:50:00.000Z":5,"2014-12-03T15:55:00.000Z":3}`
	if string(body) != want {
		t.Errorf("version 1 answer:\n%s\nwant\n%s", body, want)
	}
}

func TestSampleVersion2(t *testing.T) {
	p := planner(t, "America/Los_Angeles", "6:00", "18:00", 100)
	q, err := gms.ParseQuery(parameters(map[string]string{
		"start": "2016-04-13T09:00:00.000", "end": "2016-04-13T16:00:00.000", "timezone": "America/Toronto", "max-time-slots": "3",
	}))
	if err != nil {
		t.Fatal(err)
	}
	load := availability.LoadMap{
		utc("2016-04-13T13:00:00Z").Unix(): 58,
		utc("2016-04-13T13:05:00Z").Unix(): 33,
		utc("2016-04-13T13:10:00Z").Unix(): 9,
	}
	slots, err := p.Slots(q, load, utc("2016-04-13T12:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	body := gms.JSONV2(slots)
	want := `{"slots":[{"utcTime":"2016-04-13T13:00:00.000Z","localTime":"2016-04-13T09:00:00.000","capacity":42,"total":100},` +
		`{"utcTime":"2016-04-13T13:05:00.000Z","localTime":"2016-04-13T09:05:00.000","capacity":67,"total":100},` +
		`{"utcTime":"2016-04-13T13:10:00.000Z","localTime":"2016-04-13T09:10:00.000","capacity":91,"total":100}],` +
		`"durationMin":5,"timezone":"America/Toronto"}`
	if string(body) != want {
		t.Errorf("version 2 answer:\n%s\nwant\n%s", body, want)
	}
	if p.Calendar().Location().String() != "America/Los_Angeles" {
		t.Errorf("the calendar's zone is now %s", p.Calendar().Location())
	}
}

// Version 1 leaves out full slots; a response without slots is an empty object
// or list.
func TestNoSlots(t *testing.T) {
	if body := gms.JSONV1([]availability.Slot{{Start: monday(), Total: 2}}); string(body) != "{}" {
		t.Errorf("version 1: %s", body)
	}
	want := `{"slots":[],"durationMin":0,"timezone":"UTC"}`
	if body := gms.JSONV2(availability.Slots{Zone: "UTC", Location: time.UTC}); string(body) != want {
		t.Errorf("version 2: %s, want %s", body, want)
	}
	if reference, err := json.Marshal(v2Of(availability.Slots{Zone: "UTC", Location: time.UTC})); err != nil || string(reference) != want {
		t.Errorf("the reference is %s, %v", reference, err)
	}
}
