package callback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// ServiceSource tells a Manager what services there are. It is asked at every
// use, so that a change takes effect immediately; it should answer from memory.
//
// Policy returns the service of a tenant, or [UnknownService] when there is
// none. It must be safe for concurrent use.
type ServiceSource interface {
	Policy(ctx context.Context, tenant, name string) (*Policy, error)
}

// UnknownService is the error of a source for a service it does not have. It is
// an [ErrInvalidParameter] to whoever asked and an [ErrConfiguration] to an
// operator.
func UnknownService(name string) error {
	return &FieldError{Field: "service", Rule: fmt.Sprintf("%q is not known", text.Clip(name)), Fact: ErrInvalidParameter, Cause: ErrConfiguration}
}

// ServiceLister is implemented by sources that can list what they have, as
// queries over all services need.
type ServiceLister interface {
	Names(ctx context.Context, tenant string) ([]string, error)
}

// Services is a ServiceSource in memory that can be changed while it is used.
type Services struct {
	mu       sync.RWMutex
	policies map[catalogKey]*Policy
}

type catalogKey struct{ tenant, name string }

// NewServices returns a source with the given services of the empty tenant. It
// reports the faults of all of them at once.
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

// Set adds or replaces a service of a tenant. A faulty service changes nothing.
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

// Remove takes a service away. Its callbacks stay in the store and are looked
// at again once the service is back.
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

// Names implements [ServiceLister]: the names of the tenant's services in order.
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
