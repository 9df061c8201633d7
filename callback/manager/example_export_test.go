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
	if _, err := m.CancelAll(ctx, manager.CancelAllRequest{IDs: []callback.ID{"cb000001", "cb000003"}, Actor: "ann"}); err != nil {
		fmt.Println(err)
		return
	}
	req := manager.ExportRequest{Reasons: []callback.Reason{callback.ReasonCancelledByAdmin}}
	for cb, err := range m.ExportCancelled(ctx, req) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(cb.Desired.Format("15:04"), cb.ID, cb.Reason, cb.Customer.Number)
	}
	// Output:
	// 10:00 cb000003 CANCELLED_BY_ADMIN +44••••••0123
	// 12:00 cb000001 CANCELLED_BY_ADMIN +41•••••1800
}
