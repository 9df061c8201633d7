package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

func TestRunTellsNotPlacedFromUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var out bytes.Buffer
		if err := run(t.Context(), &out); err != nil {
			t.Fatalf("run: %v\n%s", err, &out)
		}
		if took := time.Since(began); took >= longest {
			t.Errorf("took %v, want less than %v", took, longest)
		}
		for _, want := range []string{
			"Ann answers      completed      COMPLETED   AGENT_CONNECTED",
			"Ben: no trunk    attempt_ended  QUEUED      the call was not placed (not placed)",
			"Ben: no trunk    completed      COMPLETED   CANCELLED",
			"Cid: who knows?  unresolved     UNRESOLVED",
			"Cid: who knows?  completed      COMPLETED   AGENT_CONNECTED",
			"Dee: cancelled   cancel         DIALING     in flight: true",
			"Dee: cancelled   completed      COMPLETED   CANCELLED",
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("output lacks %q", want)
			}
		}
		if n := strings.Count(out.String(), "Cid: who knows?  dialing"); n != 1 {
			t.Errorf("the call of unknown outcome was made %d times, want once", n)
		}
		if t.Failed() {
			t.Log(out.String())
		}
	})
}

func TestRunEndsWhenTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := run(ctx, new(bytes.Buffer)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("run = %v, want a deadline exceeded", err)
		}
	})
}

func TestDialClassifiesErrors(t *testing.T) {
	exchange := newPlatform()
	defer exchange.close()
	d := &dialer{platform: exchange}
	for _, tt := range []struct {
		number    string
		want      error
		notPlaced bool
	}{
		{"030 23125 301", nil, false},
		{"030 23125 302", errNoTrunk, true},
		{"030 23125 303", errTimeout, false},
	} {
		t.Run(tt.number, func(t *testing.T) {
			to, err := phonenum.ParseAddress(tt.number, "DE")
			if err != nil {
				t.Fatal(err)
			}
			key := callback.NewAttemptKey(callback.ID(tt.number), 1)
			ref, err := d.Dial(t.Context(), callback.Call{Key: key, To: to, RingTimeout: time.Minute})
			if !errors.Is(err, tt.want) || errors.Is(err, callback.ErrNotPlaced) != tt.notPlaced {
				t.Errorf("Dial = %v, want %v, not placed: %t", err, tt.want, tt.notPlaced)
			}
			if (ref != "") != (err == nil) {
				t.Errorf("Dial returned the reference %q with the error %v", ref, err)
			}
			found, err := d.Lookup(t.Context(), "", key, ref)
			if err != nil || (found.State == callback.FoundNotPlaced) != tt.notPlaced {
				t.Errorf("Lookup = %v, %v, not placed: %t", found.State, err, tt.notPlaced)
			}
		})
	}
}

func TestPlatformDialsAKeyOnce(t *testing.T) {
	exchange := newPlatform()
	defer exchange.close()
	for range 2 {
		if ref, err := exchange.originate("a.1", "301", time.Minute); ref != "trunk-1:a.1" || err != nil {
			t.Fatalf("originate = %q, %v", ref, err)
		}
	}
	if n := len(exchange.calls); n != 1 {
		t.Errorf("the platform has %d calls, want 1", n)
	}
}
