package callback_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// previewed is a service whose agents look at a callback before it is dialled,
// and may hand it back once.
func previewed() callback.Service {
	service := support()
	service.Preview = callback.Preview{On: true, Timeout: 20 * time.Second, Rejects: 2, RejectRetry: time.Minute}
	return service
}

// A service says which of the data of a callback its agents see before they
// accept it.
func ExamplePolicy_PreviewData() {
	service := previewed()
	service.Preview.Data = []string{"topic", "_product"}
	policy, err := callback.NewPolicy(service)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, _ := simulate(service)
	cb, err := m.Start(context.Background(), manager.Request{
		Service:    "support",
		Number:     "044 668 18 00",
		Properties: callback.Values{"topic": "invoice", "birthday": "1 May", "_product": "router"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(policy.PreviewData(cb))
	// Output:
	// map[_product:router topic:invoice]
}
