package manager_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

func TestConfigReportsAllFaultsAtOnce(t *testing.T) {
	_, err := manager.New(manager.Config{Lease: time.Millisecond, Poll: time.Hour, Batch: -1, MaxInFlight: -1, StoreTimeout: -1, MaxThrottle: 25 * time.Hour, Node: strings.Repeat("n", 200)})
	if !errors.Is(err, callback.ErrConfiguration) {
		t.Fatalf("error is %v", err)
	}
	for _, field := range []string{"Store:", "Services:", "Dialer:", "Lease:", "Poll:", "Batch:", "MaxInFlight:", "StoreTimeout:", "MaxThrottle:", "Node:"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("the error does not name %s\n%v", field, err)
		}
	}
	services, err := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "US"}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := manager.New(manager.Config{Store: store.NewMemory(store.Config{}), Services: services, Dialer: callbacktest.NewDialer(monday)})
	if err != nil {
		t.Fatal(err)
	}
	cb, err := m.Start(t.Context(), manager.Request{Service: "desk", Number: "+12125550123"})
	if err != nil || len(cb.ID) != 36 {
		t.Errorf("with defaults alone: %v, %v", cb, err)
	}
}
