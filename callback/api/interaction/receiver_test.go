package interaction_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// secret returns the signing key of the tests.
func secret() []byte { return []byte("0123456789abcdef0123456789abcdef") }

// delivery is a notification as received.
type delivery struct {
	ID       string
	Event    interaction.Name
	Time     string
	Sequence int64
	Params   map[string]any
	at       time.Duration // since the receiver was created
	body     string
	header   http.Header
}

func (d delivery) callback() string { return fmt.Sprint(d.Params["_service_id"]) }

// receiver is a subscriber behind an http.RoundTripper. It needs no network, so
// a synctest bubble controls its time. It rejects unsigned requests.
type receiver struct {
	t     testing.TB
	began time.Time
	// script returns the answer; nil means 204. It runs without the lock held.
	script func(r *http.Request, d delivery) answer

	mu      sync.Mutex
	tries   []delivery // all requests
	taken   []delivery // requests answered with 2xx
	busy    int
	busiest int
}

// answer tells a receiver how long to wait and how to respond.
type answer struct {
	wait   time.Duration
	err    error
	status int
	header map[string]string
}

func newReceiver(t testing.TB) *receiver { return &receiver{t: t, began: time.Now()} }

func (v *receiver) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	d := delivery{at: time.Since(v.began), body: string(body), header: r.Header.Clone()}
	if err := json.Unmarshal(body, &d); err != nil {
		v.t.Errorf("body %q: %v", body, err)
	}
	if err := interaction.VerifySignature(r.Header, body, secret(), time.Now()); err != nil {
		v.t.Errorf("signature of %s: %v", body, err)
	}
	if d.ID == "" || d.ID != r.Header.Get(interaction.HeaderID) || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		v.t.Errorf("%s %v: %s", r.Method, r.Header, body)
	}
	v.mu.Lock()
	v.tries = append(v.tries, d)
	v.busy++
	v.busiest = max(v.busiest, v.busy)
	script := v.script
	v.mu.Unlock()
	defer func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.busy--
	}()
	a := answer{status: http.StatusNoContent}
	if script != nil {
		a = script(r, d)
	}
	if a.wait > 0 {
		timer := time.NewTimer(a.wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	if a.status == 0 {
		a.status = http.StatusNoContent
	}
	if a.status/100 == 2 {
		v.mu.Lock()
		v.taken = append(v.taken, d)
		v.mu.Unlock()
	}
	header := make(http.Header)
	for name, value := range a.header {
		header.Set(name, value)
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(bytes.NewReader([]byte("thanks"))), Request: r}, nil
}

// got returns the accepted notifications without repetitions, in order.
func (v *receiver) got() []delivery {
	v.mu.Lock()
	defer v.mu.Unlock()
	var first []delivery
	seen := make(map[string]bool)
	for _, d := range v.taken {
		if !seen[d.ID] {
			seen[d.ID] = true
			first = append(first, d)
		}
	}
	return first
}

// most returns the largest number of concurrent deliveries.
func (v *receiver) most() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.busiest
}

func (v *receiver) all() []delivery {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]delivery(nil), v.tries...)
}

// keeper is a CursorKeeper in memory that counts saves.
type keeper struct {
	mu      sync.Mutex
	at      callback.Cursor
	saves   int
	fail    func(save int) error
	loadErr error
	frozen  bool // simulates a dead process: saves are lost
}

func (k *keeper) Load(context.Context) (callback.Cursor, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.at, k.loadErr
}

func (k *keeper) Save(_ context.Context, c callback.Cursor) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.frozen {
		return errors.New("dead")
	}
	k.saves++
	if k.fail != nil {
		if err := k.fail(k.saves); err != nil {
			return err
		}
	}
	k.at = c
	return nil
}

func (k *keeper) kept() callback.Cursor {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.at
}

// bubble is a Manager and a subscriber in a synctest bubble.
type bubble struct {
	*rig
	receiver *receiver
	keeper   *keeper
	config   interaction.NotifierConfig
	stops    []func()
	log      bytes.Buffer
}

// inBubble runs test in a bubble; change may adjust the Notifier configuration.
func inBubble(t *testing.T, change func(*bubble), test func(b *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{receiver: newReceiver(t), keeper: &keeper{}}
		dialer := callbacktest.NewDialer(time.Now)
		b.rig = newRig(t, func(_ *callback.Service, c *manager.Config) { c.Now, c.Dialer, c.Poll = time.Now, dialer, time.Minute })
		b.dialer = dialer
		b.config = interaction.NotifierConfig{
			Manager: b.manager, URL: "https://subscriber.example.com/hook?token=4711", Secrets: [][]byte{secret()}, Cursor: b.keeper,
			Transport: b.receiver, Random: func() float64 { return 0 }, Logger: slog.New(slog.NewTextHandler(&b.log, nil)),
		}
		if change != nil {
			change(b)
		}
		b.config.Manager = b.manager
		test(b)
		b.stop()
	})
}

// notify runs a Notifier until stop or the end of the test.
func (b *bubble) notify() {
	b.t.Helper()
	n, err := interaction.NewNotifier(b.config)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	b.stops = append(b.stops, func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Errorf("Run returned %v", err)
		}
	})
}

// stop stops all Notifiers.
func (b *bubble) stop() {
	for _, stop := range b.stops {
		stop()
	}
	b.stops = nil
}

// pass advances the time and waits until all goroutines are idle.
func (b *bubble) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// wanted returns the expected notifications of each callback, in order, derived
// from the events in the store.
func (b *bubble) wanted(only ...interaction.Name) map[string][]string {
	b.t.Helper()
	page, err := b.store.Events(context.Background(), callback.EventQuery{Limit: 10000})
	if err != nil {
		b.t.Fatal(err)
	}
	out := make(map[string][]string)
	for _, e := range page.Events {
		for _, name := range interaction.NamesOf(e) {
			if len(only) == 0 || name == only[0] {
				out[string(e.Callback)] = append(out[string(e.Callback)], fmt.Sprintf("%d %s", e.Seq, name))
			}
		}
	}
	return out
}

// lists groups deliveries by callback.
func lists(deliveries []delivery) map[string][]string {
	out := make(map[string][]string)
	for _, d := range deliveries {
		out[d.callback()] = append(out[d.callback()], fmt.Sprintf("%d %s", d.Sequence, d.Event))
	}
	return out
}

// life creates a callback and gives it several events: scheduled, rescheduled,
// updated, cancelled.
func (b *bubble) life() callback.ID {
	b.t.Helper()
	cb := b.start(manager.Request{Desired: time.Now().Add(2 * time.Hour), Agent: callback.Agent{Queue: "vq"}})
	ctx := context.Background()
	if _, err := b.manager.Reschedule(ctx, manager.RescheduleRequest{ID: cb.ID, Desired: time.Now().Add(3 * time.Hour), Actor: "ann"}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.manager.Update(ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"topic": "invoice"}, Actor: "ann"}); err != nil {
		b.t.Fatal(err)
	}
	b.cancel(cb.ID)
	return cb.ID
}
