package manager_test

import (
	"context"
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// ExportCancelled reads what was cancelled, page by page while it is consumed.
func ExampleManager_ExportCancelled() {
	ctx := context.Background()
	m, _, err := frontDesk(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []callback.ID{"cb000001", "cb000003"} {
		if _, err := m.Cancel(ctx, manager.CancelRequest{ID: id, Actor: "customer"}); err != nil {
			fmt.Println(err)
			return
		}
	}
	req := manager.ExportRequest{Reasons: []callback.Reason{callback.ReasonCancelled, callback.ReasonCancelledByAdmin}}
	for cb, err := range m.ExportCancelled(ctx, req) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(cb.Desired.Format("15:04"), cb.ID, cb.Reason, cb.Customer.Number)
	}
	// Output:
	// 10:00 cb000003 CANCELLED +44••••••0123
	// 12:00 cb000001 CANCELLED +41•••••1800
}
