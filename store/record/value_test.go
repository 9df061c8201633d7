package record_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store/record"
)

func TestTimes(t *testing.T) {
	lastMicro := time.UnixMicro(math.MaxInt64)
	firstMicro := time.UnixMicro(math.MinInt64)
	tests := []struct {
		name     string
		at, want time.Time
	}{
		{"none", time.Time{}, time.Time{}},
		{"none in another zone", time.Time{}.In(time.FixedZone("", 3600)), time.Time{}},
		{"a nanosecond after none", time.Time{}.Add(1), time.Time{}},
		{"a microsecond after none", time.Time{}.Add(time.Microsecond), time.Time{}.Add(time.Microsecond)},
		{"a nanosecond before none", time.Time{}.Add(-1), time.Time{}.Add(-time.Microsecond)},
		{"Unix epoch", time.Unix(0, 0), time.Unix(0, 0).UTC()},
		{"just after the epoch", time.Unix(0, 1999), time.Unix(0, 1000).UTC()},
		{"just before the epoch", time.Unix(0, -1), time.Unix(0, -1000).UTC()},
		{"cut off, not rounded", time.Date(2026, 3, 29, 1, 59, 59, 999_999_999, time.UTC), time.Date(2026, 3, 29, 1, 59, 59, 999_999_000, time.UTC)},
		{"another zone", time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("", 3600)), time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)},
		{"year 9999", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
		{"the last", lastMicro.Add(999), lastMicro.UTC()},
		{"the first", firstMicro, firstMicro.UTC()},
	}
	for _, tt := range tests {
		got := callbacks().again(t, &callback.Callback{Desired: tt.at})
		if got.Desired != tt.want {
			t.Errorf("%s: %#v, want %#v", tt.name, got.Desired, tt.want)
		}
		if e := events().again(t, &callback.Event{At: tt.at}); e.At != tt.want {
			t.Errorf("%s of an event: %#v, want %#v", tt.name, e.At, tt.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, text := range []string{
		"", "+41785556677", "+41785556677;ext=12", "+12", "+1234;ext=01234567890123456789", "+49123456789012345678", "+390612345678",
		"sip:hans@example.com", "sips:a%20b@[::1]:5061;transport=tls", "5115", "*31#", "Empfang Süd", "+999999", "tel:+41785556677", "sip:",
		strings.Repeat("7", phonenum.MaxRaw),
	} {
		a := address(t, text)
		if a.Reveal() != text {
			t.Fatalf("%q is no revealed address", text)
		}
		want := &callback.Callback{Customer: callback.Customer{Number: a, Alternative: a}}
		if got := callbacks().again(t, want); got.Customer != want.Customer {
			t.Errorf("%q comes back as %q and %q", text, got.Customer.Number.Reveal(), got.Customer.Alternative.Reveal())
		}
	}
}

func TestNilAndEmptyStayApart(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, want := range []*callback.Callback{
		{},
		{Properties: callback.Values{}},
		{UserData: callback.Values{}},
		{Properties: callback.Values{"": nil}, UserData: callback.Values{"a": map[string]any{}, "b": []any{}}},
		{SearchValues: []callback.SearchValue{}},
		{Held: []callback.Held{}},
		{Attempts: []callback.Attempt{}},
		{SearchValues: make([]callback.SearchValue, 1), Held: make([]callback.Held, 2), Attempts: make([]callback.Attempt, 3)},
		{SearchValues: make([]callback.SearchValue, 1<<16)},
		{Retry: &callback.RetryLimits{}},
		{Offer: &callback.Offer{}},
		{Reservation: &callback.Reservation{}},
		{Interaction: &callback.Interaction{}},
		// Lengths of one, two and three bytes, nested.
		{Detail: long[:127], Local: long[:128], Attempts: []callback.Attempt{
			{Outcome: callback.Outcome{Raw: long[:122]}}, {Outcome: callback.Outcome{Raw: long[:124]}},
			{Outcome: callback.Outcome{Raw: long[:125]}}, {Outcome: callback.Outcome{Raw: long[:126]}},
			{Outcome: callback.Outcome{Raw: strings.Repeat(long, 60)}}, {Outcome: callback.Outcome{Raw: long}},
		}},
		{Interaction: &callback.Interaction{Text: strings.Repeat(long, 10_000)}},
	} {
		if d := diff(want, callbacks().again(t, want)); d != "" {
			t.Errorf("callback differs (-want +got):\n%s", d)
		}
	}
}

func TestNumbersAtTheirBounds(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 63, 64, -64, -65, math.MaxInt64, math.MinInt64} {
		want := &callback.Callback{
			Submits: int(n), Held: []callback.Held{{Key: callback.PermitKey{Slot: n}, N: n}},
			Retry:    &callback.RetryLimits{MaxAttempts: int(n), Delay: time.Duration(n)},
			Attempts: []callback.Attempt{{Epoch: n, Stage: 255, Outcome: callback.Outcome{Result: 255, SIP: int(n), Talk: time.Duration(n)}}},
		}
		if d := diff(want, callbacks().again(t, want)); d != "" {
			t.Errorf("%d differs (-want +got):\n%s", n, d)
		}
	}
	for _, f := range []float64{0, 0.1, -1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, math.SmallestNonzeroFloat64} {
		want := &callback.Callback{Agent: callback.Agent{LeadScore: f}}
		if d := diff(want, callbacks().again(t, want)); d != "" {
			t.Errorf("%v differs (-want +got):\n%s", f, d)
		}
	}
}

// Values follow the rules of encoding/json.
func TestValues(t *testing.T) {
	got := callbacks().again(t, &callback.Callback{Properties: callback.Values{
		"int": 7, "float": 0.5, "text": "a<b>\u2028ü\x00", "bytes": []byte{1, 2}, "list": []int{1}, "map": map[string]int{"a": 1},
		"none": nil, "yes": true, "at": time.Unix(0, 0).UTC(), "": "no key",
	}})
	want := callback.Values{
		"int": json.Number("7"), "float": json.Number("0.5"), "text": "a<b>\u2028ü\x00", "bytes": "AQI=", "list": []any{json.Number("1")}, "map": map[string]any{"a": json.Number("1")},
		"none": nil, "yes": true, "at": "1970-01-01T00:00:00Z", "": "no key",
	}
	if d := diff(want, got.Properties); d != "" {
		t.Errorf("properties differ (-want +got):\n%s", d)
	}
}

func TestAppendRefuses(t *testing.T) {
	tooLate := time.UnixMicro(math.MaxInt64).Add(time.Microsecond)
	tooEarly := time.UnixMicro(math.MinInt64).Add(-time.Nanosecond)
	far := "does not fit into microseconds since 1970"
	loop := map[string]any{}
	loop["secret"] = loop
	tests := []struct {
		c           callback.Callback
		field, rule string
	}{
		{callback.Callback{Desired: tooLate}, "Desired", far},
		{callback.Callback{Desired: tooEarly}, "Desired", far},
		{callback.Callback{EndedAt: time.Unix(math.MaxInt64, 0)}, "EndedAt", far},
		{callback.Callback{EndedAt: time.Unix(math.MinInt64, 0)}, "EndedAt", far},
		{callback.Callback{Attempts: []callback.Attempt{{}, {Placed: tooLate}}}, "Attempts.Placed", far},
		{callback.Callback{Offer: &callback.Offer{Until: tooLate}}, "Offer.Until", far},
		{callback.Callback{Until: tooLate, Bucket: tooLate}, "Until", far},
		{callback.Callback{Properties: callback.Values{"a": math.NaN()}}, "Properties", "has a value that JSON cannot express"},
		{callback.Callback{UserData: callback.Values{"a": make(chan int)}}, "UserData", "has a value that JSON cannot express"},
		{callback.Callback{UserData: loop}, "UserData", "has a value that JSON cannot express"},
		{callback.Callback{SearchValues: make([]callback.SearchValue, 1<<16+1)}, "Lookups", "has 65537 items, more than 65536"},
		{callback.Callback{Held: make([]callback.Held, 1<<16+1)}, "Held", "has 65537 items, more than 65536"},
		{callback.Callback{Attempts: make([]callback.Attempt, 1<<16+1)}, "Attempts", "has 65537 items, more than 65536"},
	}
	for _, tt := range tests {
		b, err := record.AppendCallback(nil, &tt.c)
		invalid, ok := errors.AsType[*callback.FieldError](err)
		if b != nil || !ok || invalid.Field != tt.field || invalid.Rule != tt.rule || !errors.Is(err, callback.ErrInvalidParameter) {
			t.Errorf("%s: %v, %v", tt.field, b, err)
		}
	}
	for _, e := range []callback.Event{{At: tooLate}, {Next: tooEarly}} {
		if b, err := record.AppendEvent(nil, &e); b != nil || !errors.Is(err, callback.ErrInvalidParameter) {
			t.Errorf("event: %v, %v", b, err)
		}
	}
}
