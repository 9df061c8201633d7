package interaction_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

func TestDeadLetter(t *testing.T) {
	for name, test := range map[string]struct {
		limit func(*interaction.NotifierConfig)
		tries string // DeadLetter refuses the second to last
	}{
		"by tries": {func(c *interaction.NotifierConfig) { c.Attempts = 3 }, "0s 1s 3s 7s"},
		"by time":  {func(c *interaction.NotifierConfig) { c.GiveUp = 10 * time.Second }, "0s 1s 3s 7s 15s 31s"},
	} {
		inBubble(t, nil, func(b *bubble) {
			test.limit(&b.config)
			var dead []string
			refusals := 1
			b.config.DeadLetter = func(_ context.Context, n interaction.Notification, last error) error {
				var failed *interaction.DeliveryError
				if !errors.As(last, &failed) || failed.Status != 400 {
					t.Errorf("last failure is %v", last)
				}
				if refusals > 0 {
					refusals--
					return errors.New("not now")
				}
				dead = append(dead, fmt.Sprintf("%d %s", n.Event.Seq, n.Name))
				return nil
			}
			b.receiver.script = func(_ *http.Request, d delivery) answer {
				if d.Sequence == 1 {
					return answer{status: 400}
				}
				return answer{}
			}
			id := b.life()
			b.notify()
			b.pass(time.Hour)
			want := b.wanted()[string(id)]
			if diff := cmp.Diff(want[:1], dead); diff != "" {
				t.Errorf("%s: dead letters (-want +got):\n%s", name, diff)
			}
			if diff := cmp.Diff(want[1:], lists(b.receiver.got())[string(id)]); diff != "" {
				t.Errorf("%s: the others (-want +got):\n%s", name, diff)
			}
			var tries []string
			for _, d := range b.receiver.all() {
				if d.Sequence == 1 {
					tries = append(tries, d.at.String())
				}
			}
			if got := strings.Join(tries, " "); got != test.tries {
				t.Errorf("%s: tried at %s, want %s", name, got, test.tries)
			}
		})
	}
}

func TestSlowSubscriber(t *testing.T) {
	inBubble(t, func(b *bubble) { b.config.MaxInFlight = 3 }, func(b *bubble) {
		var slow atomic.Bool
		slow.Store(true)
		b.receiver.script = func(*http.Request, delivery) answer {
			if slow.Load() {
				return answer{wait: time.Hour}
			}
			return answer{}
		}
		for range 10 {
			b.life()
		}
		b.notify()
		b.pass(10*time.Second - time.Nanosecond)
		if n := len(b.receiver.all()); n != 3 || b.receiver.most() != 3 {
			t.Errorf("%d tries, %d at once, want 3", n, b.receiver.most())
		}
		b.pass(time.Minute)
		if b.receiver.most() != 3 || len(b.receiver.got()) != 0 {
			t.Errorf("%d at once, %d taken", b.receiver.most(), len(b.receiver.got()))
		}
		slow.Store(false)
		b.pass(time.Hour)
		if diff := cmp.Diff(b.wanted(), lists(b.receiver.got())); diff != "" {
			t.Errorf("in the end (-wanted +got):\n%s", diff)
		}
	})
}

func TestMaxPending(t *testing.T) {
	inBubble(t, func(b *bubble) { b.config.MaxPending = 4 }, func(b *bubble) {
		dead := true
		b.receiver.script = func(*http.Request, delivery) answer {
			b.receiver.mu.Lock()
			defer b.receiver.mu.Unlock()
			if dead {
				return answer{err: errors.New("connection refused by 192.0.2.1")}
			}
			return answer{}
		}
		for range 9 {
			b.start(manager.Request{})
		}
		b.notify()
		b.pass(time.Hour)
		if n := len(lists(b.receiver.all())); n != 4 {
			t.Errorf("%d callbacks were tried, want 4", n)
		}
		if log := b.log.String(); !strings.Contains(log, "connection refused by 192.0.2.1") || strings.Contains(log, "4711") {
			t.Errorf("log is %.300s", log)
		}
		b.receiver.mu.Lock()
		dead = false
		b.receiver.mu.Unlock()
		b.pass(time.Hour)
		if diff := cmp.Diff(b.wanted(), lists(b.receiver.got())); diff != "" {
			t.Errorf("in the end (-wanted +got):\n%s", diff)
		}
	})
}

func TestForgottenIsNotSent(t *testing.T) {
	inBubble(t, func(b *bubble) {
		b.config.Params = []string{"_service_id", "_customer_number", "_desired_time", "topic"}
	}, func(b *bubble) {
		b.receiver.script = func(_ *http.Request, d delivery) answer {
			if d.at < time.Minute {
				return answer{status: 500}
			}
			return answer{}
		}
		id := b.life()
		b.notify()
		b.pass(10 * time.Second)
		if b.receiver.all()[0].Params["_customer_number"] != swiss {
			t.Fatalf("first try tells %v", b.receiver.all()[0].Params)
		}
		cb := b.get(id)
		if errs, err := b.store.Erase(context.Background(), time.Now(), callback.EraseRequest{Items: []callback.Precondition{{ID: id, Revision: cb.Revision}}}); err != nil || len(errs) > 0 && errs[0] != nil {
			t.Fatal(errs, err)
		}
		b.pass(time.Hour)
		got := b.receiver.got()
		if len(got) != 4 {
			t.Errorf("%d notifications, want the 4 that had been read", len(got))
		}
		for _, d := range got {
			if diff := cmp.Diff(map[string]any{"_service_id": string(id)}, d.Params); diff != "" {
				t.Errorf("told after it was forgotten (-want +got):\n%s", diff)
			}
		}
	})
}

func TestSelection(t *testing.T) {
	inBubble(t, func(b *bubble) {
		b.config.Tenant, b.config.Services = "acme", []string{"desk"}
		b.config.Since = time.Now().Add(time.Minute)
		b.config.Notify = map[interaction.Name][]string{interaction.OnCancelled: nil, interaction.OnQueued: nil}
		b.config.Header = http.Header{"Authorization": {"Bearer x"}}
	}, func(b *bubble) {
		b.notify()
		early := b.of("acme").start(manager.Request{})
		b.pass(2 * time.Minute)
		b.start(manager.Request{})
		b.life()
		late := b.of("acme").start(manager.Request{})
		if _, err := b.manager.Tenant("acme").Cancel(context.Background(), manager.CancelRequest{ID: early.ID, Actor: "x"}); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Minute)
		want := map[string][]string{string(late.ID): {"1 _cbe_on_callback_queued"}, string(early.ID): {"2 _cbe_on_callback_cancelled"}}
		if diff := cmp.Diff(want, lists(b.receiver.all())); diff != "" {
			t.Errorf("deliveries (-want +got):\n%s", diff)
		}
		all := b.receiver.all()
		told := all[slices.IndexFunc(all, func(d delivery) bool { return d.callback() == string(late.ID) })]
		if got := told.header.Get("Authorization"); got != "Bearer x" {
			t.Errorf("Authorization is %q", got)
		}
		if got := told.Params["_desired_time"]; got != late.Desired.UTC().Format(interaction.TimeFormat) {
			t.Errorf("_desired_time is %v", got)
		}
	})
}

func TestStoreFailureIsRetried(t *testing.T) {
	faulty := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
	inBubble(t, func(b *bubble) {
		b.config.Attempts = 1
		b.config.DeadLetter = func(_ context.Context, n interaction.Notification, last error) error {
			t.Errorf("%s was given up: %v", n.Name, last)
			return nil
		}
		b.rig = newRig(t, func(_ *callback.Service, c *manager.Config) {
			c.Now, c.Store, c.Poll = time.Now, faulty.Store(), time.Minute
		})
	}, func(b *bubble) {
		b.life()
		faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodEvents, Kind: callbacktest.FailBefore, Times: 3},
			callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore, Times: 3, Err: errors.New("no row for " + swiss)})
		b.notify()
		b.pass(time.Hour)
		if diff := cmp.Diff(b.wanted(), lists(b.receiver.all())); diff != "" {
			t.Errorf("deliveries (-wanted +got):\n%s", diff)
		}
		if strings.Contains(b.log.String(), "5556677") || !strings.Contains(b.log.String(), "no row for") {
			t.Errorf("log is %s", b.log.String())
		}
	})
}

func TestGiveUpIsLogged(t *testing.T) {
	inBubble(t, func(b *bubble) { b.config.Attempts = 2 }, func(b *bubble) {
		b.receiver.script = func(_ *http.Request, d delivery) answer {
			if d.Sequence == 1 {
				return answer{status: 404}
			}
			return answer{}
		}
		id := b.life()
		b.notify()
		b.pass(time.Minute)
		if diff := cmp.Diff(b.wanted()[string(id)][1:], lists(b.receiver.got())[string(id)]); diff != "" {
			t.Errorf("the others (-want +got):\n%s", diff)
		}
		if log := b.log.String(); strings.Count(log, "given up") != 1 || !strings.Contains(log, string(id)) {
			t.Errorf("log is %s", log)
		}
	})
}

func TestDeadLetterPanic(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		asked := 0
		b.config.Attempts = 1
		b.config.DeadLetter = func(context.Context, interaction.Notification, error) error {
			if asked++; asked == 1 {
				panic("no mailbox")
			}
			return nil
		}
		b.receiver.script = func(*http.Request, delivery) answer { return answer{status: 404} }
		b.start(manager.Request{Desired: time.Now().Add(time.Hour)})
		b.notify()
		b.pass(time.Minute)
		if n := len(b.receiver.all()); asked != 2 || n != 2 {
			t.Errorf("asked %d times after %d tries", asked, n)
		}
	})
}
