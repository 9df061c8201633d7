package decide

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// A scene whose gates all stand open, and a callback that waits in it.
func openScene(t *testing.T) (*Scene, *callback.Callback) {
	t.Helper()
	checked, err := callback.NewPolicy(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, time.January, 12, 10, 0, 0, 0, time.UTC)
	return NewScene(now, NewPolicy(checked)), &callback.Callback{
		ID: "c1", Service: "desk", State: callback.Queued, Ready: true, QueuedAt: now, Created: now, Desired: now,
		ExpiresAt: now.Add(time.Hour), DeadlineAt: now.Add(time.Hour),
	}
}

// Each gate alone keeps a callback from being dialed, and says until when if that
// is known.
func TestEachGate(t *testing.T) {
	in := func(d time.Duration) func(*Scene) time.Time {
		return func(s *Scene) time.Time { return s.Now.Add(d) }
	}
	for _, c := range []struct {
		gate  Gate
		shut  func(*Scene, *callback.Callback)
		until func(*Scene) time.Time
	}{
		{GateState, func(_ *Scene, cb *callback.Callback) { cb.State = callback.Scheduled }, nil},
		{GateExpiry, func(s *Scene, cb *callback.Callback) { cb.ExpiresAt = s.Now }, nil},
		{GateGap, func(s *Scene, cb *callback.Callback) { cb.Ready, cb.ReadyAt = false, s.Now.Add(time.Minute) }, in(time.Minute)},
		{GatePause, func(s *Scene, _ *callback.Callback) { s.Paused = true }, nil},
		{GateDialer, func(s *Scene, _ *callback.Callback) { s.Cool = s.Now.Add(time.Second) }, in(time.Second)},
		{GateDialer, func(s *Scene, _ *callback.Callback) { s.Slots = 0 }, nil},
		{GateDialer, func(s *Scene, _ *callback.Callback) { s.Pace = Allowance{Until: s.Now.Add(time.Second)} }, in(time.Second)},
		{GateDialer, func(s *Scene, _ *callback.Callback) { s.Breaker = Allowance{Until: s.Now.Add(time.Minute)} }, in(time.Minute)},
		{GateLines, func(s *Scene, _ *callback.Callback) { s.Lines.N = 0 }, nil},
		{GateLines, func(s *Scene, _ *callback.Callback) { s.Lines.N = -3 }, nil}, // the limit was lowered
		{GateRate, func(s *Scene, _ *callback.Callback) { s.Rate = Allowance{Until: s.Now.Add(time.Second)} }, in(time.Second)},
		{GateAgents, func(s *Scene, _ *callback.Callback) { s.Agents.N = 0 }, nil},
		{GatePosition, func(s *Scene, _ *callback.Callback) { s.Agents.N = 1 }, nil},
	} {
		s, cb := openScene(t)
		if shut := s.Ask(cb, 2); shut != (Shut{}) {
			t.Fatalf("nothing is shut: %+v", shut)
		}
		c.shut(s, cb)
		want := Shut{Gate: c.gate}
		if c.until != nil {
			want.Until = c.until(s)
		}
		if shut := s.Ask(cb, 2); shut != want {
			t.Errorf("gate %d: %+v, want %+v", c.gate, shut, want)
		}
	}
}

// Ask tells the first gate that is shut, and when all that is known to open has
// opened.
func TestFirstGate(t *testing.T) {
	s, cb := openScene(t)
	s.Paused, s.Cool, s.Agents.N = true, s.Now.Add(time.Hour), 0
	if shut := s.Ask(cb, 1); shut.Gate != GatePause {
		t.Errorf("%+v, want the pause", shut)
	}
	s.Paused = false
	cb.Ready, cb.ReadyAt = false, s.Now.Add(time.Minute)
	if shut := s.Ask(cb, 1); shut != (Shut{GateGap, s.Now.Add(time.Hour)}) {
		t.Errorf("%+v, want the gap until the dialer takes calls", shut)
	}
}

// Capacity is what the narrowest gate leaves.
func TestCapacity(t *testing.T) {
	s, _ := openScene(t)
	if n, _ := s.Capacity(); n != Unlimited {
		t.Errorf("%d without a limit", n)
	}
	s.Slots, s.Lines.N, s.Rate.N, s.Agents.N = 9, 5, 3, 7
	if n, shut := s.Capacity(); n != 3 || shut.Gate != GateRate {
		t.Errorf("%d by gate %d, want 3 by the rate", n, shut.Gate)
	}
}
