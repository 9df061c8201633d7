// Package redirect follows the redirections of services.
package redirect

import (
	"fmt"
	"slices"

	"github.com/ringback-go/ringback/callback"
)

// Max is the maximum number of redirections in a chain. The Manager
// has the same limit.
const Max = 8

// Follow returns the service at the end of a chain of redirections that begins
// at name. next returns the service that a service redirects to, "" for none;
// its error ends the chain. A chain that comes back to one of its services, or
// has more than [Max] redirections, is a [callback.ErrRedirect] with a
// [callback.FieldError] that says why.
func Follow(name string, next func(name string) (to string, err error)) (string, error) {
	for seen := []string{name}; ; seen = append(seen, name) {
		to, err := next(name)
		switch {
		case err != nil:
			return "", err
		case to == "":
			return name, nil
		case slices.Contains(seen, to):
			return "", refused("forms a cycle")
		case len(seen) > Max:
			return "", refused(fmt.Sprintf("has more than %d redirections", Max))
		}
		name = to
	}
}

func refused(rule string) error {
	return fmt.Errorf("%w: %w", callback.ErrRedirect, callback.NewFieldError(callback.ErrConfiguration, "_redirect", rule))
}
