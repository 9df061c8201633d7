package lucs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/ringback-go/ringback/callback"
)

// namespace is the version 5 UUID of the package's import path as an https URL.
func namespace() uuid.UUID {
	return uuid.UUID{0x86, 0x5a, 0x24, 0xf5, 0xad, 0x60, 0x5d, 0x7f, 0x8a, 0x59, 0x51, 0xe6, 0xb6, 0x05, 0xd2, 0x8f}
}

// ServiceID returns the ServiceId of a service of a tenant: its own ServiceID
// or, where it has none, a version 5 UUID made of tenant and name, which is the
// same on every node and after every start.
func ServiceID(tenant string, service callback.Service) string {
	if service.ServiceID != "" {
		return service.ServiceID
	}
	return uuid.NewSHA1(namespace(), []byte(tenant+"\x00"+service.Name)).String()
}

// ServiceSIP returns the ServiceSip of a service: its own SIP or, where it has
// none, sip:NAME@localhost. What a SIP URI cannot hold of a name is escaped.
func ServiceSIP(service callback.Service) string {
	if service.SIP != "" {
		return service.SIP
	}
	var b strings.Builder
	b.WriteString("sip:")
	for _, c := range []byte(service.Name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()&=+$,", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	b.WriteString("@localhost")
	return b.String()
}

// naming is how a request names its service.
type naming struct{ id, sip string }

// readNaming reads the members that name a service. A GUID of zeros is what
// .NET sends for none.
func readNaming(o members) naming {
	n := naming{o.name("ServiceId", maxText), o.name("ServiceSip", maxText)}
	if id, err := uuid.Parse(n.id); err == nil && id == uuid.Nil {
		n.id = ""
	}
	return n
}

func (n naming) isZero() bool { return n == naming{} }

// sameID compares identifiers as GUIDs, where both are, and else as they are.
func sameID(a, b string) bool {
	if a == b {
		return true
	}
	x, err := uuid.Parse(a)
	if err != nil {
		return false
	}
	y, err := uuid.Parse(b)
	return err == nil && x == y
}

// known remembers which service a naming meant, so that the services of a tenant
// need not be gone through at each request. What it remembers is checked against
// the service as it is now.
type known struct {
	mu    sync.RWMutex
	names map[knownKey]string
}

type knownKey struct {
	tenant string
	naming
}

// maxKnown bounds what is remembered.
const maxKnown = 10_000

func (k *known) get(key knownKey) (string, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	name, ok := k.names[key]
	return name, ok
}

func (k *known) put(key knownKey, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.names == nil || len(k.names) >= maxKnown {
		k.names = make(map[knownKey]string)
	}
	k.names[key] = name
}

// serviceName returns the name of the service that is meant; "" when there is
// none.
func (h *Handler) serviceName(ctx context.Context, tenant string, n naming) (string, error) {
	for _, by := range []naming{{id: n.id}, {sip: n.sip}} {
		if by.isZero() {
			continue
		}
		name, err := h.serviceBy(ctx, tenant, by)
		if name != "" || err != nil {
			return name, err
		}
	}
	return "", nil
}

func (h *Handler) serviceBy(ctx context.Context, tenant string, by naming) (string, error) {
	key := knownKey{tenant, by}
	if name, ok := h.known.get(key); ok {
		p, err := h.manager.Tenant(tenant).Policy(ctx, name)
		switch {
		case err == nil && by.exactly(tenant, p.Service()):
			return name, nil
		case err != nil && !errors.Is(err, callback.ErrInvalidParameter):
			return "", err
		}
	}
	policies, err := h.manager.Tenant(tenant).Policies(ctx)
	if err != nil {
		return "", err
	}
	alike := ""
	for _, p := range policies {
		s := p.Service()
		if by.exactly(tenant, s) {
			h.known.put(key, s.Name)
			return s.Name, nil
		}
		if by.sip != "" && strings.EqualFold(ServiceSIP(s), by.sip) {
			if alike != "" {
				return "", nil // one of two, and nobody knows which
			}
			alike = s.Name
		}
	}
	return alike, nil
}

// exactly reports whether a service is the one that is meant.
func (n naming) exactly(tenant string, s callback.Service) bool {
	if n.id != "" {
		return sameID(ServiceID(tenant, s), n.id)
	}
	return ServiceSIP(s) == n.sip
}

// serviceDto is one service as LUCS writes it.
type serviceDto struct {
	ID   string `json:"Id"`
	Name string `json:"Name"`
	SIP  string `json:"Sip"`
}

// services lists the services of the caller's tenant by name.
func (h *Handler) services(w http.ResponseWriter, r *request) error {
	policies, err := h.manager.Tenant(r.caller.Tenant).Policies(r.Context())
	if err != nil {
		return err
	}
	list := make([]serviceDto, len(policies))
	for i, p := range policies {
		s := p.Service()
		list[i] = serviceDto{ServiceID(r.caller.Tenant, s), s.Name, ServiceSIP(s)}
	}
	return writeJSON(w, http.StatusOK, list)
}
