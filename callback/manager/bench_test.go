package manager_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store"
)

// idle is a dialer that accepts every call and never reports about it.
type idle struct{}

func (idle) Dial(context.Context, callback.Call) (callback.Ref, error) { return "", nil }

func benchTime() time.Time { return time.Date(2026, 1, 12, 10, 0, 0, 0, time.UTC) }

// bench returns a Manager that makes every check of Start, with limits that are
// never reached.
func bench(b testing.TB, change func(*callback.Service, *manager.Config)) (*manager.Manager, *store.Memory) {
	b.Helper()
	s := store.NewMemory(store.Config{})
	const many = 1 << 40
	hours, err := availability.NewCalendar(availability.CalendarConfig{
		Zone:     "Europe/Zurich",
		Regular:  []availability.WeeklyHours{{FromDay: time.Monday, ToDay: time.Sunday, Close: availability.Clock(24, 0)}},
		Holidays: []availability.DateRule{{Month: time.December, Day: 25}},
	})
	if err != nil {
		b.Fatal(err)
	}
	exceptions, err := phonenum.ParsePatterns("+41785559*,+4190*")
	if err != nil {
		b.Fatal(err)
	}
	service := callback.Service{
		Name: "desk", Numbers: callback.Numbers{Country: "CH", Countries: []string{"CH", "DE"}, Exceptions: exceptions},
		Limits: callback.Limits{
			SameNumber: 2, Queued: many, PerParameter: many,
			Throttles: []callback.Throttle{{Max: many, Every: 5 * time.Minute}, {Max: many, Every: time.Hour}},
		},
		Booking:  callback.Booking{PerBucket: callback.NoLimit, Hours: hours},
		Queueing: callback.Queueing{Lines: callback.NoLimit},
	}
	config := manager.Config{
		Store: s, Dialer: idle{}, Now: benchTime, Node: "bench",
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if change != nil {
		change(&service, &config)
	}
	services, err := callback.NewServices(service)
	if err != nil {
		b.Fatal(err)
	}
	config.Services = services
	m, err := manager.New(config)
	if err != nil {
		b.Fatal(err)
	}
	return m, s
}

func numberOf(i int) string { return fmt.Sprintf("+4178%07d", i%10_000_000) }

// book books n callbacks over the two weeks from from.
func book(b testing.TB, m *manager.Manager, n int, from time.Time) {
	b.Helper()
	step := 14 * 24 * time.Hour / time.Duration(n)
	for i := range n {
		req := manager.Request{Service: "desk", Number: numberOf(i), Desired: from.Add(time.Duration(i) * step)}
		cb, err := m.Start(b.Context(), req)
		if err != nil || cb.State != callback.Scheduled {
			b.Fatal(err)
		}
	}
}

// uncapped lifts the limits that count all bookings of and calls to a number.
func uncapped(s *callback.Service, _ *manager.Config) {
	s.Limits.BookingsPerDay, s.Limits.AttemptsPerDay = callback.NoLimit, callback.NoLimit
}

// BenchmarkStart starts callbacks with checks of number, hours, limits and
// capacity while 100,000 are pending, with the caps on a number and without. One
// allocation is that of the number's text.
func BenchmarkStart(b *testing.B) {
	for name, change := range map[string]func(*callback.Service, *manager.Config){"capped": nil, "uncapped": uncapped} {
		for _, kind := range []string{"scheduled", "immediate"} {
			b.Run(kind+"/"+name, func(b *testing.B) {
				m, _ := bench(b, change)
				book(b, m, 100_000, benchTime().Add(time.Hour))
				req := manager.Request{Service: "desk"}
				if kind == "scheduled" {
					req.Desired = benchTime().Add(50 * time.Hour)
				}
				i := 100_000
				b.ReportAllocs()
				for b.Loop() {
					req.Number = digitsOf(i)
					i++
					if _, err := m.Start(b.Context(), req); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// digitsOf formats a number without fmt, whose cost is not that of Start.
func digitsOf(i int) string {
	digits := []byte("+41780000000")
	for j := len(digits) - 1; i > 0 && j > 4; j-- {
		digits[j] = byte('0' + i%10)
		i /= 10
	}
	return string(digits)
}

// BenchmarkPending reports the memory of one of 200,000 scheduled callbacks, with the
// caps on a number and without.
func BenchmarkPending(b *testing.B) {
	const n = 200_000
	for name, change := range map[string]func(*callback.Service, *manager.Config){"capped": nil, "uncapped": uncapped} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				m, _ := bench(b, change)
				before := heap()
				book(b, m, n, benchTime().Add(time.Hour))
				b.ReportMetric(float64(heap()-before)/n, "B/callback")
				runtime.KeepAlive(m)
			}
		})
	}
}

// BenchmarkSearch reads pages of 100 from a million pending callbacks, and
// reports the memory of one.
func BenchmarkSearch(b *testing.B) {
	m, _ := bench(b, nil)
	before := heap()
	book(b, m, 1_000_000, benchTime().Add(time.Hour))
	perRecord := float64(heap()-before) / 1_000_000
	for _, c := range []struct {
		name  string
		query func(i int) callback.Query
		want  int
	}{
		{"number", func(i int) callback.Query { return callback.Query{Number: digitsOf(i * 7919 % 1_000_000)} }, 1},
		{"lookup", func(i int) callback.Query {
			return callback.Query{SearchValues: []callback.Match{{Key: "_customer_number", Value: digitsOf(i * 7919 % 1_000_000)}}}
		}, 1},
		{"state and time", func(i int) callback.Query {
			from := benchTime().Add(time.Hour + time.Duration(i%300)*time.Hour)
			return callback.Query{States: []callback.State{callback.Scheduled}, DesiredFrom: from, DesiredTo: from.Add(time.Hour)}
		}, 100},
	} {
		b.Run(c.name, func(b *testing.B) {
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				i++
				page, err := m.SearchPage(b.Context(), c.query(i))
				if err != nil || len(page.Callbacks) != c.want {
					b.Fatalf("%d callbacks, %v", len(page.Callbacks), err)
				}
			}
			b.ReportMetric(perRecord, "B/callback")
		})
	}
	runtime.KeepAlive(m)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// BenchmarkDrain processes 100,000 callbacks that are due in the same second:
// release, queue, attempt, dialer. Each Tick does its share of them.
func BenchmarkDrain(b *testing.B) {
	const due = 100_000
	for b.Loop() {
		b.StopTimer()
		m, _ := bench(b, func(_ *callback.Service, c *manager.Config) { c.Synchronous = true })
		at := benchTime().Add(time.Hour)
		for i := range due {
			if _, err := m.Start(b.Context(), manager.Request{Service: "desk", Number: numberOf(i), Desired: at}); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		dialed := 0
		for dialed < due {
			p, err := m.Tick(b.Context(), at)
			if err != nil || p.Dialed == 0 {
				b.Fatalf("after %d dialed: %+v, %v", dialed, p, err)
			}
			dialed += p.Dialed
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/due, "ns/callback")
}

// watch records when each attempt reached the dialer.
type watch struct {
	mu   sync.Mutex
	seen map[callback.ID]time.Time
}

func (w *watch) Dial(_ context.Context, call callback.Call) (callback.Ref, error) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[call.ID] = now
	return "", nil
}

// BenchmarkDueToDial measures, in real time, the delay from the release of a
// callback until it reaches the dialer, with a million others pending.
func BenchmarkDueToDial(b *testing.B) {
	const sample, buffer = 2000, time.Second
	w := &watch{seen: make(map[callback.ID]time.Time)}
	m, _ := bench(b, func(s *callback.Service, c *manager.Config) {
		s.Booking.Buffer, s.Limits.SameNumber = buffer, callback.NoLimit
		c.Dialer, c.Now = w, time.Now
	})
	book(b, m, 1_000_000, time.Now().Add(24*time.Hour))
	runtime.GC()
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = m.Run(ctx) }()
	round := 0
	for b.Loop() {
		round++
		release := make(map[callback.ID]time.Time, sample)
		base := time.Now().Add(2 * buffer)
		var last time.Time
		for i := range sample {
			// Odd steps, so that releases fall between ticks of the clock.
			last = base.Add(time.Duration(i) * 3 * time.Millisecond / 2)
			cb, err := m.Start(ctx, manager.Request{Service: "desk", Number: numberOf(round*2*sample + i), Desired: last.Add(buffer)})
			if err != nil {
				b.Fatal(err)
			}
			release[cb.ID] = last
		}
		<-time.After(time.Until(last.Add(200 * time.Millisecond)))
		b.StopTimer()
		late := make([]time.Duration, 0, sample)
		w.mu.Lock()
		for id, at := range release {
			seen, ok := w.seen[id]
			if !ok || seen.Before(at) {
				b.Fatalf("callback was dialled: %v, early by %v", ok, at.Sub(seen))
			}
			late = append(late, seen.Sub(at))
		}
		w.mu.Unlock()
		slices.Sort(late)
		b.ReportMetric(float64(late[sample/2].Microseconds()), "p50-us")
		b.ReportMetric(float64(late[sample*99/100].Microseconds()), "p99-us")
		b.ReportMetric(float64(late[0].Microseconds()), "earliest-us")
		b.StartTimer()
	}
	stop()
	<-done
}
