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

// ServiceID returns the ServiceId of a service: its ServiceID or, if that is
// empty, a version 5 UUID derived from tenant and name.
func ServiceID(tenant string, service callback.Service) string {
	if service.ServiceID != "" {
		return service.ServiceID
	}
	return uuid.NewSHA1(namespace(), []byte(tenant+"\x00"+service.Name)).String()
}

// ServiceSIP returns the ServiceSip of a service: its SIP or, if that is empty,
// sip:NAME@localhost. Characters that a SIP URI cannot contain are escaped.
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

// naming identifies a service in a request.
type naming struct{ id, sip string }

// readNaming reads the members that identify a service. The GUID of zeros, the
// default of .NET, is none.
func readNaming(o members) naming {
	n := naming{o.name("ServiceId", maxText), o.name("ServiceSip", maxText)}
	if id, err := uuid.Parse(n.id); err == nil && id == uuid.Nil {
		n.id = ""
	}
	return n
}

func (n naming) isZero() bool { return n == naming{} }

// sameID compares two identifiers, as GUIDs if both are.
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

// known caches the results of lookups, so that a request need not read all
// services of the tenant. A result is verified against the current service.
type known struct {
	mu    sync.RWMutex
	names map[knownKey]string
}

type knownKey struct {
	tenant string
	naming
}

// maxKnown is the maximum size of the cache.
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

// serviceName returns the name of the service that n identifies, "" if there is
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
				return "", nil // ambiguous
			}
			alike = s.Name
		}
	}
	return alike, nil
}

// exactly reports whether n identifies s.
func (n naming) exactly(tenant string, s callback.Service) bool {
	if n.id != "" {
		return sameID(ServiceID(tenant, s), n.id)
	}
	return ServiceSIP(s) == n.sip
}

// serviceDto is a service in the format of LUCS.
type serviceDto struct {
	ID   string `json:"Id"`
	Name string `json:"Name"`
	SIP  string `json:"Sip"`
}

// services responds with the services of the caller's tenant, sorted by name.
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
