package linearize_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/linearize"
)

func ExampleCampaign_Run() {
	c := linearize.Campaign{Stores: []callback.Store{store.NewMemory(store.Config{})}, Histories: 50}
	report, err := c.Run(context.Background())
	fmt.Println(report.Histories, "histories, error:", err)
	// Output: 50 histories, error: <nil>
}

func ExampleHistory_Check() {
	h, err := linearize.Generate(42).Run(context.Background(), store.NewMemory(store.Config{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h.Check(linearize.Rules{}, time.Minute))
	// Output: Ok
}
