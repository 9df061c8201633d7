package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// roomy takes as many callbacks as are asked for.
const roomy = `[service.claims]
_service = callback
_type = ors
_call_direction = USERTERMINATED
_media_type = voice
_default_country = CH
_enable_in_queue_checking = false
_throttle_ttl_1 = 0
_throttle_ttl_2 = 0
_request_time_bucket = 15
_max_request_by_time_bucket = 1000000
`

// callers are the clients of the load, each with one connection.
const callers = 16

// BenchmarkHTTP measures starts for the next day and queries of a day's
// availability over HTTP on the loopback interface, in both directions on this
// machine: 16 clients, each asking again as soon as it is answered. p50 and p99
// are of what a client waits.
func BenchmarkHTTP(b *testing.B) {
	config := filepath.Join(b.TempDir(), "roomy.ini")
	if err := os.WriteFile(config, []byte(roomy), 0o600); err != nil {
		b.Fatal(err)
	}
	day := time.Now().UTC().Add(24 * time.Hour).Format("2006-01-02T15:04:05.000Z")
	var n atomic.Int64
	operations := []struct {
		name    string
		request func(base string) (*http.Request, error)
	}{
		{"start", func(base string) (*http.Request, error) {
			body := fmt.Sprintf(`{"_customer_number":"+4144%07d","_desired_time":%q}`, 2000000+n.Add(1)%7000000, day)
			req, err := http.NewRequest("POST", base+"/genesys/1/service/callback/claims", strings.NewReader(body))
			if err == nil {
				req.Header.Set("Content-Type", "application/json")
			}
			return req, err
		}},
		{"availability", func(base string) (*http.Request, error) {
			return http.NewRequest("GET", base+"/genesys/2/service/callback/claims/availability?number-of-days=1&start="+day, nil)
		}},
	}
	for _, store := range []string{"memory", "postgres"} {
		b.Run(store, func(b *testing.B) {
			name := store
			if store == "postgres" {
				name += ":" + suite.NewDatabase(b)
			}
			r := start(b, "-config", config, "-store", name)
			for _, o := range operations {
				b.Run(o.name, func(b *testing.B) { load(b, r.base, o.request) })
			}
		})
	}
}

// load shares b.N requests among the callers.
func load(b *testing.B, base string, request func(base string) (*http.Request, error)) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	defer client.CloseIdleConnections()
	waits := make([][]time.Duration, callers)
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	b.ResetTimer()
	for i := range callers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				req, err := request(base)
				if err != nil {
					b.Error(err)
					return
				}
				req.SetBasicAuth("admin", "admin")
				begun := time.Now()
				answer, err := client.Do(req)
				if err != nil {
					b.Error(err)
					return
				}
				text, err := io.ReadAll(answer.Body)
				_ = answer.Body.Close()
				if err != nil || answer.StatusCode != http.StatusOK {
					b.Errorf("answered with %d: %s %v", answer.StatusCode, text, err)
					return
				}
				waits[i] = append(waits[i], time.Since(begun))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	sorted := slices.Concat(waits...)
	slices.Sort(sorted)
	if len(sorted) == 0 {
		return
	}
	b.ReportMetric(float64(len(sorted))/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(float64(sorted[len(sorted)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(sorted[len(sorted)*99/100].Microseconds())/1000, "p99-ms")
}
