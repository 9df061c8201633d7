package manager_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// accounts finds numbers in the host's records.
type accounts map[string]string

func (a accounts) ResolveNumber(_ context.Context, cb *callback.Callback) (string, error) {
	email, _ := callback.TextOf(cb.Properties["_email"])
	if number, ok := a[email]; ok {
		return number, nil
	}
	return "", callback.ErrNoNumber
}

// A service whose requests name the customer by e-mail address.
func ExampleConfig_resolver() {
	services, err := callback.NewServices(callback.Service{
		Name: "support", Numbers: callback.Numbers{Country: "CH"},
		SearchKeys: []string{"_email"}, RequiredKeys: []string{"_email"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	dial := func(_ context.Context, call callback.Call) (callback.Outcome, error) {
		fmt.Println("dialing", call.To)
		return callback.Outcome{Result: callback.ResultAnswer}, nil
	}
	m, err := manager.New(manager.Config{
		Store: store.NewMemory(store.Config{}), Services: services, Dialer: callback.DialerFunc(dial),
		Resolver: accounts{"ann@example.com": "078 555 66 77"}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- m.Run(ctx) }()
	cb, err := m.Start(ctx, manager.Request{Service: "support", Properties: callback.Values{"_email": "ann@example.com"}})
	if err == nil {
		cb, err = m.Wait(ctx, cb.ID)
	}
	stop()
	fmt.Println(cb.Reason, err, <-ended)
	// Output:
	// dialing +41•••••6677
	// AGENT_CONNECTED <nil> <nil>
}
