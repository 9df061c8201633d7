package callbacktest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
)

// BenchmarkDialer measures one answered call from Dial to its last report,
// with as many others up.
func BenchmarkDialer(b *testing.B) {
	for _, up := range []int{0, 1000, 100_000} {
		b.Run(fmt.Sprintf("up=%d", up), func(b *testing.B) {
			clock, d, _ := world()
			d.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute))
			d.OnCallback("up", callbacktest.Answered(10*365*24*time.Hour).With(callbacktest.FinalOnly))
			c := call(b, "up", 1)
			for n := range up {
				c.Key = callback.NewAttemptKey("up", n+1)
				if _, err := d.Dial(b.Context(), c); err != nil {
					b.Fatal(err)
				}
			}
			c.ID = "cb"
			n, reports := 0, new(counter)
			for b.Loop() {
				n++
				c.Key, c.Attempt = callback.NewAttemptKey("cb", n), n
				if _, err := d.Dial(b.Context(), c); err != nil {
					b.Fatal(err)
				}
				if _, err := d.Advance(b.Context(), clock.Advance(2*time.Minute), reports); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(reports.n)/float64(n), "reports/op")
		})
	}
}
