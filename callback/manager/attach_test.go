package manager_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// reportingDialer reports each call as busy through the Manager that it is attached
// to, before Dial returns.
type reportingDialer struct {
	to       atomic.Pointer[callback.Reporter]
	attached atomic.Int64
	fails    func() error
}

func (d *reportingDialer) Attach(r callback.Reporter) error {
	d.attached.Add(1)
	if d.fails != nil {
		return d.fails()
	}
	if !d.to.CompareAndSwap(nil, &r) {
		return callback.ErrAttached
	}
	return nil
}

func (d *reportingDialer) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	end := callback.Ended(callback.ResultBusy)
	return "", (*d.to.Load()).Report(ctx, callback.Report{Tenant: call.Tenant, Key: call.Key, Epoch: call.Epoch, Outcome: &end})
}

// through is a wrapper that names what it wraps.
type through struct{ callback.Dialer }

func (w through) Unwrap() callback.Dialer { return w.Dialer }

// keeping is a wrapper that has an Attach of its own.
type keeping struct {
	through
	saw int
}

func (w *keeping) Attach(r callback.Reporter) error {
	w.saw++
	if inner, ok := w.Dialer.(callback.ReportingDialer); ok {
		return inner.Attach(r)
	}
	return nil
}

func attachConfig(t *testing.T, d callback.Dialer) manager.Config {
	t.Helper()
	services, err := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := services.Set("acme", callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}}); err != nil {
		t.Fatal(err)
	}
	clock := callbacktest.NewClock(monday())
	return manager.Config{
		Store: store.NewMemory(store.Config{}), Services: services, Dialer: d, Now: clock.Now, NewID: callbacktest.IDs("cb"),
		Synchronous: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

// A dialer that reports itself is attached by New, also behind wrappers, and its
// reports reach the callbacks of every tenant.
func TestNewAttachesTheDialer(t *testing.T) {
	for name, wrap := range map[string]func(*reportingDialer) callback.Dialer{
		"itself":  func(d *reportingDialer) callback.Dialer { return d },
		"wrapped": func(d *reportingDialer) callback.Dialer { return through{through{d}} },
		"passed":  func(d *reportingDialer) callback.Dialer { return through{&keeping{through: through{d}}} },
	} {
		t.Run(name, func(t *testing.T) {
			d := new(reportingDialer)
			config := attachConfig(t, wrap(d))
			m, err := manager.New(config)
			if err != nil || d.attached.Load() != 1 {
				t.Fatalf("New: %v, attached %d times", err, d.attached.Load())
			}
			for _, m := range []*manager.Manager{m, m.Tenant("acme")} {
				cb, err := m.Start(t.Context(), manager.Request{Service: "desk", Number: swiss})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := m.Tick(t.Context(), monday()); err != nil {
					t.Fatal(err)
				}
				if cb, err = m.Get(t.Context(), cb.ID); err != nil || len(cb.Attempts) != 1 || cb.Attempts[0].Outcome.Result != callback.ResultBusy {
					t.Errorf("after the tick: %v, %v", cb, err)
				}
			}
		})
	}
}

// A dialer has one Manager unless it says otherwise. A dialer that cannot be
// attached is a fault of the configuration.
func TestNewWithADialerThatCannotBeAttached(t *testing.T) {
	again := new(reportingDialer)
	if _, err := manager.New(attachConfig(t, again)); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("no line to +41 78 555 66 77")
	for name, c := range map[string]struct {
		dialer callback.Dialer
		want   error
	}{
		"twice":   {again, callback.ErrAttached},
		"wrapped": {through{again}, callback.ErrAttached},
		"fails":   {&reportingDialer{fails: func() error { return broken }}, broken},
		"panics":  {&reportingDialer{fails: func() error { panic("no") }}, nil},
	} {
		m, err := manager.New(attachConfig(t, c.dialer))
		var field *callback.FieldError
		if m != nil || !errors.As(err, &field) || field.Field != "Dialer" || !errors.Is(err, callback.ErrConfiguration) || callback.Code(err) != 50020 {
			t.Errorf("%s: %v, %v", name, m, err)
			continue
		}
		var panicked *callback.PanicError
		if c.want != nil && !errors.Is(err, c.want) || c.want == nil && !errors.As(err, &panicked) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if strings.Contains(err.Error(), "555") {
			t.Errorf("%s: %v shows a number", name, err)
		}
	}
}

// A faulty configuration attaches nothing, so that the mended one can.
func TestNewAttachesNothingWithFaults(t *testing.T) {
	d := new(reportingDialer)
	config := attachConfig(t, d)
	config.Lease = time.Hour
	if _, err := manager.New(config); err == nil || d.attached.Load() != 0 {
		t.Fatalf("New: %v, attached %d times", err, d.attached.Load())
	}
	config.Lease = 0
	if _, err := manager.New(config); err != nil {
		t.Fatal(err)
	}
}

// Managers of one store may share a scripted dialer: any of them takes its reports.
func TestManagersShareADialer(t *testing.T) {
	dialer := callbacktest.NewDialer(callbacktest.NewClock(monday()).Now).On(callbacktest.AnyNumber, callbacktest.Busy().With(callbacktest.Early))
	config := attachConfig(t, dialer)
	first, err := manager.New(config)
	if err != nil {
		t.Fatal(err)
	}
	config.Node = "other"
	if _, err := manager.New(config); err != nil {
		t.Fatal(err)
	}
	cb, err := first.Start(t.Context(), manager.Request{Service: "desk", Number: swiss})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Tick(t.Context(), monday()); err != nil {
		t.Fatal(err)
	}
	if cb, err = first.Get(t.Context(), cb.ID); err != nil || cb.Current().Live() {
		t.Errorf("%v, %v", cb, err)
	}
}
