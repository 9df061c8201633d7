package callback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// ServiceSource supplies the services of a Manager. A Manager calls Policy each
// time it needs a service, so that a change takes effect immediately; Policy
// should answer from memory.
//
// Policy returns the named service of a tenant, or the error [UnknownService] if
// there is none. It must be safe for concurrent use.
type ServiceSource interface {
	Policy(ctx context.Context, tenant, name string) (*Policy, error)
}

// UnknownService returns the error of a [ServiceSource] that has no service of
// the given name. It unwraps to [ErrInvalidParameter] and [ErrConfiguration]:
// the first for the caller of a request, the second for the operator.
func UnknownService(name string) error {
	return &FieldError{Field: "service", Rule: fmt.Sprintf("%q is not known", text.Clip(name)), Fact: ErrInvalidParameter, Cause: ErrConfiguration}
}

// ServiceLister is an optional interface of a [ServiceSource]. Methods that work
// on all services of a tenant need it.
type ServiceLister interface {
	Names(ctx context.Context, tenant string) ([]string, error)
}

// Services is a [ServiceSource] in memory. It is safe for concurrent use, and its
// services can be changed while a Manager uses it.
type Services struct {
	mu       sync.RWMutex
	policies map[catalogKey]*Policy
}

type catalogKey struct{ tenant, name string }

// NewServices returns a source that holds the services for the empty tenant. The
// error joins the faults of all services, as [NewPolicy] reports them.
func NewServices(services ...Service) (*Services, error) {
	s := &Services{policies: make(map[catalogKey]*Policy)}
	var faults []error
	for _, service := range services {
		faults = append(faults, s.Set("", service))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return s, nil
}

// Set adds or replaces a service of a tenant. If [NewPolicy] returns an error for
// it, Set changes nothing and returns that error.
func (s *Services) Set(tenant string, service Service) error {
	policy, err := NewPolicy(service)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policies[catalogKey{tenant, service.Name}] = policy
	return nil
}

// Remove removes a service of a tenant. Its callbacks stay in the store and are
// processed again after the service is set again.
func (s *Services) Remove(tenant, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.policies, catalogKey{tenant, name})
}

// Policy implements [ServiceSource].
func (s *Services) Policy(_ context.Context, tenant, name string) (*Policy, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if p, ok := s.policies[catalogKey{tenant, name}]; ok {
		return p, nil
	}
	return nil, UnknownService(name)
}

// Names implements [ServiceLister]. The names are sorted.
func (s *Services) Names(_ context.Context, tenant string) ([]string, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var names []string
	for key := range s.policies {
		if key.tenant == tenant {
			names = append(names, key.name)
		}
	}
	slices.Sort(names)
	return names, nil
}
