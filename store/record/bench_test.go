package record_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/record"
)

// scheduled returns a callback as Start makes it, without properties.
func scheduled(t testing.TB) *callback.Callback {
	nine := time.Date(2026, 3, 2, 9, 0, 0, 123_456_000, time.UTC)
	ten := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	number := address(t, "+41785556677")
	return &callback.Callback{
		Tenant: "acme", ID: "018f2b8c-0000-7000-8000-000000000001", Service: "sales", Revision: 1, State: callback.Scheduled,
		Customer: callback.Customer{Number: number}, Origin: callback.Origin{Creator: "web", CallerID: "crm"},
		SearchValues: []callback.SearchValue{{Key: "_customer_number", Value: number.Key()}},
		Desired:      ten, Created: nine, Updated: nine, ReleaseAt: ten, Bucket: ten, ExpiresAt: ten.Add(24 * time.Hour), NextAt: ten,
		Held: []callback.Held{
			{Key: callback.PermitKey{Kind: callback.PermitBucket, Service: "sales", Slot: ten.Unix()}, N: 1},
			{Key: callback.PermitKey{Kind: callback.PermitNumber, Service: "sales", Subject: number.Key()}, N: 1},
		},
		Idempotency: callback.Idempotency{Key: "key-1", Hash: "5d41402abc4b2a76b9719d911017c592"},
	}
}

// withValues adds the properties of a request.
func withValues(c *callback.Callback) *callback.Callback {
	c.Properties = callback.Values{"_customer_number": "+41785556677", "_media_type": "voice"}
	c.UserData = callback.Values{"lang": "de", "score": 5.0}
	return c
}

func accepted() *callback.Event {
	at := time.Date(2026, 3, 2, 9, 0, 0, 123_456_000, time.UTC)
	return &callback.Event{
		Tenant: "acme", Callback: "018f2b8c-0000-7000-8000-000000000001", Service: "sales", Seq: 1, At: at,
		Type: callback.EventAccepted, To: callback.Scheduled, Next: at.Add(time.Hour), Actor: "web",
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	b, c, e := make([]byte, 0, 4096), filled[callback.Callback](t), filled[callback.Event](t)
	// An address that is not a number does not allocate either: it keeps its
	// text.
	c.Properties, c.UserData = nil, nil
	for name, appendTo := range map[string]func([]byte) ([]byte, error){
		"callback": func(b []byte) ([]byte, error) { return record.AppendCallback(b, c) },
		"event":    func(b []byte) ([]byte, error) { return record.AppendEvent(b, e) },
	} {
		n := testing.AllocsPerRun(100, func() {
			if _, err := appendTo(b); err != nil {
				t.Error(err)
			}
		})
		if n != 0 {
			t.Errorf("appending the %s allocates %v times", name, n)
		}
	}
}

func benchmarkAppend[T any](b *testing.B, f form[T], v *T) {
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		var err error
		if buf, err = f.encode(buf[:0], v); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(buf)), "B/record")
}

func benchmarkDecode[T any](b *testing.B, f form[T], v *T) {
	b.ReportAllocs()
	buf, read := f.bytes(b, v), new(T)
	for b.Loop() {
		if err := f.decode(buf, read); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(buf)), "B/record")
}

func BenchmarkAppendCallback(b *testing.B) {
	b.Run("scheduled", func(b *testing.B) { benchmarkAppend(b, callbacks(), scheduled(b)) })
	b.Run("with values", func(b *testing.B) { benchmarkAppend(b, callbacks(), withValues(scheduled(b))) })
	b.Run("filled", func(b *testing.B) { benchmarkAppend(b, callbacks(), filled[callback.Callback](b)) })
}

func BenchmarkDecodeCallback(b *testing.B) {
	b.Run("scheduled", func(b *testing.B) { benchmarkDecode(b, callbacks(), scheduled(b)) })
	b.Run("with values", func(b *testing.B) { benchmarkDecode(b, callbacks(), withValues(scheduled(b))) })
	b.Run("filled", func(b *testing.B) { benchmarkDecode(b, callbacks(), filled[callback.Callback](b)) })
}

func BenchmarkAppendEvent(b *testing.B) { benchmarkAppend(b, events(), accepted()) }

func BenchmarkDecodeEvent(b *testing.B) { benchmarkDecode(b, events(), accepted()) }
