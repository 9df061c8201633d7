package interaction_test

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// monday returns 10:00 UTC on a Monday in winter.
func monday() time.Time { return managertest.Monday() }

const (
	swiss  = "+41785556677"
	swiss2 = "+41785556678"
)

// rig is a Manager on a virtual clock.
type rig struct {
	t       testing.TB
	world   *managertest.Rig
	clock   *callbacktest.Clock
	dialer  *callbacktest.Dialer
	store   callback.Store
	manager *manager.Manager
}

// newRig returns a Manager with the service "desk" for the tenants "" and
// "acme".
func newRig(t testing.TB, change func(s *callback.Service, c *manager.Config)) *rig {
	t.Helper()
	services := []callback.Service{managertest.Desk()}
	services[0].Queueing.MaxSubmits = 3
	services[0].Limits = callback.Limits{SameNumber: callback.NoLimit, PerParameter: 1000, BookingsPerDay: callback.NoLimit}
	return wrap(t, managertest.New(t, managertest.Config{
		Services: services, Tenants: map[string][]callback.Service{"acme": services},
		Options: func(c *manager.Config) {
			if change != nil {
				change(&services[0], c)
			}
		},
	}))
}

func wrap(t testing.TB, r *managertest.Rig) *rig {
	return &rig{t: t, world: r, clock: r.Clock, dialer: r.Dialer, store: r.Store, manager: r.Manager}
}

// of returns a view of the rig whose Manager acts for the tenant.
func (r *rig) of(tenant string) *rig { return wrap(r.t, r.world.Tenant(tenant)) }

func (r *rig) start(req manager.Request) *callback.Callback { r.t.Helper(); return r.world.Start(req) }

func (r *rig) run(d time.Duration) { r.t.Helper(); r.world.Run(d) }

func (r *rig) get(id callback.ID) *callback.Callback { r.t.Helper(); return r.world.Get(id) }

func (r *rig) cancel(id callback.ID) {
	r.t.Helper()
	if _, err := r.manager.Cancel(context.Background(), manager.CancelRequest{ID: id, Actor: "ann"}); err != nil {
		r.t.Fatalf("Cancel: %v", err)
	}
}

// fields returns the field names of the resource's definition, in order, and
// whether each is mandatory, optional or mandatory with another.
func fields(t testing.TB) (names []string, need map[string]string) {
	t.Helper()
	text, err := os.ReadFile("testdata/fields.txt")
	if err != nil {
		t.Fatal(err)
	}
	need = make(map[string]string)
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		name, kind, _ := strings.Cut(s.Text(), " ")
		names, need[name] = append(names, name), kind
	}
	return names, need
}

// full returns a resource with all fields set.
func full() interaction.Interaction {
	busy, shift := interaction.CallResult(callback.ResultBusy), 60
	return interaction.Interaction{
		CallbackStatus: interaction.CallbackQueued, ResponseType: interaction.VoIP,
		StartTime: time.Date(2026, 1, 12, 14, 30, 0, 0, time.UTC), EndTime: time.Date(2026, 1, 12, 16, 0, 0, 0, time.UTC),
		CustomerNumber: swiss, Attempts: 2, DN: "7001", Location: "SIP_Switch", ServerID: "ringback-1", CallResult: &busy,
		CallbackType: interaction.TypeScheduled, CustomerID: "C-17", ID: "cb000001", Status: interaction.StatusPending,
		EntityType: interaction.EntityCallback, Type: "Inbound", SubType: "complaint", MediaType: "callback", ParentID: "call-1",
		ThreadID: "thread-1", ExternalID: "T-9", OwnerID: 101, CreatorAppID: 7, StartDate: time.Date(2026, 1, 12, 10, 0, 0, 123e6, time.UTC),
		EndDate: time.Date(2026, 1, 12, 15, 0, 0, 0, time.UTC), TimeShift: &shift, CategoryID: "billing", NoChildren: true, Subject: "Invoice 4711",
		StoppedReason: "AGENT_CONNECTED", Text: "please call me", StructuredText: "https://example.com/t?a=1", StructuredMIME: "text/html; charset=utf-8",
		BinaryContent: "https://example.com/b", BinaryMIME: "image/png", BinarySize: 2048,
		UserData: callback.Values{"topic": "invoice", "nested": map[string]any{"a": []any{"b", nil, true}}},
	}
}

func localTime(t testing.TB, text string) *availability.LocalTime {
	t.Helper()
	l, err := availability.ParseLocal(text)
	if err != nil {
		t.Fatal(err)
	}
	return &l
}
