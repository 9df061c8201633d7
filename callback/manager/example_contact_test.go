package manager_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// contacts is a contact directory that knows one customer.
type contacts struct{}

func (contacts) Modes(_ context.Context, _, account string) ([]callback.ContactMode, error) {
	if account != "5|3|1|0|0|44|1" {
		return nil, callback.ErrNotFound
	}
	return []callback.ContactMode{
		{ID: "3", Description: "Mobile", Value: "078 555 66 77", Callback: true, PEWC: true},
		{ID: "2", Description: "Office", Value: "044 668 18 00", Callback: true},
		{ID: "5", Description: "Mail", Value: "ann@example.com"},
	}, nil
}

// withContacts gives a Manager the directory above.
func withContacts(c *manager.Config) { c.Contacts = contacts{} }

// The modes that carry a callback strategy: the mail address does not.
func ExampleManager_ContactModes() {
	ctx := context.Background()
	m, _ := simulate(support(), withContacts)
	modes, err := m.ContactModes(ctx, "5|3|1|0|0|44|1")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, mode := range modes {
		fmt.Println(mode.ID, mode.Description, mode.PEWC)
	}
	_, err = m.ContactModes(ctx, "5|3|1|0|0|45|1")
	fmt.Println(err, callback.Code(err))
	// Output:
	// 3 Mobile true
	// 2 Office false
	// account: is not known to the contact directory 40030
}

// A request names a mode of its customer instead of a number. The service calls
// only who has consented in writing.
func ExampleManager_Start_contactMode() {
	ctx := context.Background()
	service := support()
	service.Consent = callback.ConsentPEWC
	m, _ := simulate(service, withContacts)
	cb, err := m.Start(ctx, manager.Request{Service: "support", Account: "5|3|1|0|0|44|1", ModeID: "3"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Customer.Number.Reveal(), "by mode", cb.Customer.ModeID)

	_, err = m.Start(ctx, manager.Request{Service: "support", Account: "5|3|1|0|0|44|1", ModeID: "2"})
	var refused *callback.ModeError
	if errors.As(err, &refused) && errors.Is(err, callback.ErrConsent) {
		fmt.Println(refused, callback.Code(err))
	}
	// Output:
	// QUEUED +41785556677 by mode 3
	// contact mode "2" has no express written consent 40040
}
