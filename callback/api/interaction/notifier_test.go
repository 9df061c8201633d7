package interaction_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

func TestDeliverAll(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.notify()
		for range 5 {
			b.life()
		}
		b.pass(time.Second)
		if diff := cmp.Diff(b.wanted(), lists(b.receiver.all())); diff != "" {
			t.Errorf("deliveries (-wanted +got):\n%s", diff)
		}
	})
}

func TestDefaultParams(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.notify()
		b.start(manager.Request{Desired: time.Now().Add(2 * time.Hour), CustomerID: "C-17", Properties: callback.Values{"topic": "invoice"}})
		b.pass(time.Second)
		want := `{"id":"ae2578568fe39e1494d8ab3fb570b369","event":"_cbe_on_callback_scheduled","time":"2000-01-01T00:00:00.000Z","sequence":1,` +
			`"params":{"_callback_state":"SCHEDULED","_desired_time":"2000-01-01T02:00:00.000Z","_service_id":"cb000001","_service_name":"desk"}}`
		got := b.receiver.all()
		if len(got) != 1 || got[0].body != want {
			t.Errorf("body is\n%+v\nwant\n%s", got, want)
		}
	})
}

func TestParamsPerNotification(t *testing.T) {
	inBubble(t, func(b *bubble) {
		b.config.Notify = map[interaction.Name][]string{
			interaction.OnQueued:    {"_service_id", "_customer_number", "_c_dialed_number", "_v_queue", "_urs_virtual_queue", "topic", "_vq_for_outbound_calls", "_no_such"},
			interaction.OnCancelled: nil,
			interaction.OnDialDone:  {"_service_id", "_c_dialed_number", "_attempt", "_call_result", "_callback_state"},
		}
		b.config.Params = []string{"_service_id", "_c_termination_type"}
	}, func(b *bubble) {
		b.notify()
		cb := b.start(manager.Request{Alternative: swiss2, Agent: callback.Agent{Queue: "vq"},
			Properties: callback.Values{"topic": map[string]any{"a": 1.5}, "_vq_for_outbound_calls": "out"}})
		b.dialer.On(swiss2, callbacktest.Busy())
		if _, err := b.manager.Tick(context.Background(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := b.manager.Report(context.Background(), callback.Report{Key: callback.NewAttemptKey(cb.ID, 1),
			Outcome: &callback.Outcome{Result: callback.ResultBusy, Certainty: callback.Known}}); err != nil {
			t.Fatal(err)
		}
		b.cancel(cb.ID)
		b.pass(time.Second)
		var got []map[string]any
		for _, d := range b.receiver.all() {
			got = append(got, d.Params)
		}
		want := []map[string]any{
			{"_service_id": "cb000001", "_customer_number": swiss, "_v_queue": "vq", "_urs_virtual_queue": "vq", "topic": map[string]any{"a": 1.5}, "_vq_for_outbound_calls": "out"},
			{"_service_id": "cb000001", "_c_dialed_number": swiss2, "_attempt": 1.0, "_call_result": "BUSY", "_callback_state": "QUEUED"},
			{"_service_id": "cb000001", "_c_termination_type": "CANCELLED"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("params (-want +got):\n%s", diff)
		}
	})
}

func TestFailureDelaysNoOther(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		poison := b.life()
		b.receiver.script = func(_ *http.Request, d delivery) answer {
			if d.callback() == string(poison) && d.at < time.Hour {
				return answer{status: 500}
			}
			return answer{}
		}
		b.notify()
		for range 5 {
			b.life()
		}
		b.pass(time.Second)
		want := b.wanted()
		delete(want, string(poison))
		if diff := cmp.Diff(want, lists(b.receiver.got())); diff != "" {
			t.Errorf("the others after a second (-want +got):\n%s", diff)
		}
		b.pass(2 * time.Hour)
		if diff := cmp.Diff(b.wanted(), lists(b.receiver.got())); diff != "" {
			t.Errorf("all after the failure (-want +got):\n%s", diff)
		}
		for _, d := range b.receiver.all() {
			if d.callback() == string(poison) && d.at < time.Hour && d.Sequence != 1 {
				t.Fatalf("%d overtook a notification that was not taken", d.Sequence)
			}
		}
	})
}

func TestOrderUnderFailures(t *testing.T) {
	for seed := range uint64(8) {
		inBubble(t, nil, func(b *bubble) {
			random, pauses := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2))
			b.config.Random = func() float64 { return 0.5 }
			b.config.MaxInFlight = 1 + int(seed%4)
			b.receiver.script = func(*http.Request, delivery) answer {
				b.receiver.mu.Lock()
				defer b.receiver.mu.Unlock()
				a := answer{wait: time.Duration(random.IntN(3000)) * time.Millisecond}
				switch random.IntN(6) {
				case 0:
					a.status = 503
				case 1:
					a.err = errors.New("connection reset")
				case 2:
					a.wait = time.Minute // exceeds the timeout
				case 3:
					a.status, a.header = 429, map[string]string{"Retry-After": "2"}
				}
				return a
			}
			b.notify()
			for range 12 {
				b.life()
				b.pass(time.Duration(pauses.IntN(2000)) * time.Millisecond)
			}
			b.pass(6 * time.Hour)
			if diff := cmp.Diff(b.wanted(), lists(b.receiver.got())); diff != "" {
				t.Fatalf("seed %d (-wanted +got):\n%s", seed, diff)
			}
			// No delivery begins before the previous one of the callback was
			// accepted.
			taken := make(map[string]bool)
			for _, d := range b.receiver.got() {
				taken[d.ID] = true
			}
			last := make(map[string]int64)
			for _, d := range b.receiver.all() {
				if d.Sequence < last[d.callback()] {
					t.Fatalf("seed %d: %d of %s came after %d", seed, d.Sequence, d.callback(), last[d.callback()])
				}
				last[d.callback()] = d.Sequence
				if !taken[d.ID] {
					t.Fatalf("seed %d: %s was never taken", seed, d.ID)
				}
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	for random, want := range map[float64]string{
		0:   "0s 1s 3s 7s 15s 31s 1m3s 2m7s 4m15s 8m31s 13m31s 18m31s",
		0.5: "0s 750ms 2.25s 5.25s 11.25s 23.25s 47.25s 1m35.25s 3m11.25s 6m23.25s 10m8.25s 13m53.25s 17m38.25s",
	} {
		inBubble(t, func(b *bubble) {
			b.config.Random = func() float64 { return random }
			b.config.Notify = map[interaction.Name][]string{interaction.OnScheduled: nil}
			b.receiver.script = func(*http.Request, delivery) answer { return answer{err: errors.New("refused")} }
		}, func(b *bubble) {
			b.notify()
			b.life()
			b.pass(20 * time.Minute)
			var got []string
			ids := make(map[string]bool)
			for _, d := range b.receiver.all() {
				got = append(got, d.at.String())
				ids[d.ID] = true
			}
			if text := strings.Join(got, " "); text != want || len(ids) != 1 {
				t.Errorf("with %v tried at\n%s\nwant\n%s\nunder %d ids", random, text, want, len(ids))
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for header, resume := range map[string]time.Duration{
		"90": 90 * time.Second, "Sat, 01 Jan 2000 00:01:40 GMT": 100 * time.Second, "999999999999": time.Hour, "Sat, 01 Jan 2000 05:00:00 GMT": time.Hour,
		"Fri, 31 Dec 1999 00:00:00 GMT": time.Second, "soon": time.Second,
	} {
		inBubble(t, func(b *bubble) { b.config.MaxInFlight = 1 }, func(b *bubble) {
			first := true
			b.receiver.script = func(*http.Request, delivery) answer {
				if first {
					first = false
					return answer{status: 429, header: map[string]string{"Retry-After": header}}
				}
				return answer{}
			}
			b.life()
			b.life()
			b.notify()
			b.pass(2 * time.Hour)
			all := b.receiver.all()
			if second := all[1].at; resume > time.Second && second != resume || resume == time.Second && second != 0 {
				t.Errorf("Retry-After: %s: resumed after %v", header, second)
			}
			if diff := cmp.Diff(b.wanted(), lists(b.receiver.got())); diff != "" {
				t.Errorf("Retry-After: %s (-wanted +got):\n%s", header, diff)
			}
		})
	}
}
