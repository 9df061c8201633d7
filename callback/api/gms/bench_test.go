package gms_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// benchHandler returns a handler on a memory store, with limits that benchmarks
// do not reach.
func benchHandler(b *testing.B) (http.Handler, *manager.Manager) {
	b.Helper()
	clock := callbacktest.NewClock(monday())
	services, err := callback.NewServices(callback.Service{
		Name: "desk", Numbers: callback.Numbers{Country: "CH"},
		Limits:  callback.Limits{SameNumber: callback.NoLimit, BookingsPerDay: callback.NoLimit},
		Booking: callback.Booking{PerBucket: availability.MaxSeats, Hours: hours("Europe/Zurich", "8:00", "18:00")},
	})
	if err != nil {
		b.Fatal(err)
	}
	m, err := manager.New(manager.Config{
		Store: store.NewMemory(store.Config{}), Services: services, Dialer: callbacktest.NewDialer(clock.Now), Now: clock.Now,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		b.Fatal(err)
	}
	users, err := api.NewBasic("", api.User{Name: "boss", Password: "boss", Roles: api.Roles()})
	if err != nil {
		b.Fatal(err)
	}
	h, err := gms.New(gms.Config{Manager: m, Authorizer: users})
	if err != nil {
		b.Fatal(err)
	}
	return h, m
}

const benchBody = `{"_customer_number":"%s","_desired_time":"2026-01-13T10:30:00.000Z","usr_customer_name":"Bob Markel","usr_reason":"billing question"}`

func benchNumber(i int) string { return fmt.Sprintf("+4178%07d", i%10_000_000) }

// BenchmarkStart compares a start over HTTP with the method call, on a growing
// store.
func BenchmarkStart(b *testing.B) {
	b.Run("handler", func(b *testing.B) {
		h, _ := benchHandler(b)
		i := 0
		for b.Loop() {
			i++
			r := httptest.NewRequestWithContext(b.Context(), "POST", deskPath, strings.NewReader(fmt.Sprintf(benchBody, benchNumber(i))))
			r.Header.Set("Content-Type", api.JSON)
			r.SetBasicAuth("boss", "boss")
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != http.StatusOK {
				b.Fatal(w.Body)
			}
		}
	})
	b.Run("manager", func(b *testing.B) {
		_, m := benchHandler(b)
		i := 0
		for b.Loop() {
			i++
			_, err := m.Start(b.Context(), manager.Request{
				Service: "desk", Number: benchNumber(i), Desired: time.Date(2026, 1, 13, 10, 30, 0, 0, time.UTC), Actor: "boss",
				Properties: callback.Values{"usr_customer_name": "Bob Markel", "usr_reason": "billing question"},
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("request and recorder", func(b *testing.B) {
		i := 0
		for b.Loop() {
			i++
			r := httptest.NewRequestWithContext(b.Context(), "POST", deskPath, strings.NewReader(fmt.Sprintf(benchBody, benchNumber(i))))
			r.Header.Set("Content-Type", api.JSON)
			r.SetBasicAuth("boss", "boss")
			w := httptest.NewRecorder()
			w.WriteHeader(http.StatusOK)
		}
	})
}

// BenchmarkAvailability compares the slots of a day and a month over HTTP with
// the method call.
func BenchmarkAvailability(b *testing.B) {
	for days, name := range map[int]string{1: "day", 31: "month"} {
		for _, version := range []string{"1", "2"} {
			b.Run(name+"/version "+version, func(b *testing.B) {
				h, _ := benchHandler(b)
				target := fmt.Sprintf("/genesys/%s/service/callback/desk/availability?number-of-days=%d", version, days)
				for b.Loop() {
					r := httptest.NewRequestWithContext(b.Context(), "GET", target, nil)
					r.SetBasicAuth("boss", "boss")
					w := httptest.NewRecorder()
					if h.ServeHTTP(w, r); w.Code != http.StatusOK {
						b.Fatal(w.Body)
					}
				}
			})
		}
		b.Run(name+"/manager", func(b *testing.B) {
			_, m := benchHandler(b)
			for b.Loop() {
				if _, err := m.Availability(b.Context(), manager.AvailabilityRequest{Service: "desk", Query: availability.Query{Days: days}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
