package manager_test

import (
	"context"
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// printing prints the refusals that it is told of.
type printing struct{ callback.NopObserver }

func (printing) Refused(_ context.Context, r callback.Refusal) {
	fmt.Printf("%s in tenant %q: %s\n", r.Operation, r.Tenant, r.Kind)
}

// A handler of the host tells the observer of what it refuses itself, so that all
// refusals are counted in one place.
func ExampleManager_Refused() {
	rig := managertest.New(managertest.ForExample(), managertest.Config{Options: func(c *manager.Config) { c.Observer = printing{} }})
	rig.Manager.Tenant("acme").Refused(context.Background(), "portal.start", fmt.Errorf("no captcha: %w", callback.ErrInvalidParameter))
	// Output:
	// portal.start in tenant "acme": parameter
}
