package callback

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// The types of this file contain phone numbers or values of properties. Their
// methods Format and MarshalText make fmt, encoding/json and the handlers of
// log/slog print what String returns, which contains neither.
// A test of callback/internal/architecture checks every exported type.

// String returns ID, service, revision, state and reason.
func (c Callback) String() string {
	return strings.TrimSpace(fmt.Sprintf("callback %s of service %q, revision %d, %v %s", c.ID, c.Service, c.Revision, c.State, c.Reason))
}

// Format prints what String returns, for every formatting verb.
func (c Callback) Format(f fmt.State, _ rune) { text.Write(f, c.String()) }

// MarshalText returns what String returns.
func (c Callback) MarshalText() ([]byte, error) { return text.Marshal(c) }

// LogValue returns what String shows, as attributes.
func (c Callback) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tenant", c.Tenant), slog.String("id", string(c.ID)), slog.String("service", c.Service),
		slog.Int64("revision", c.Revision), slog.String("state", c.State.String()), slog.String("reason", string(c.Reason)))
}

// String returns the key of the attempt and the service.
func (c Call) String() string { return fmt.Sprintf("attempt %s of service %q", c.Key, c.Service) }

// Format prints what String returns, for every formatting verb.
func (c Call) Format(f fmt.State, _ rune) { text.Write(f, c.String()) }

// MarshalText returns what String returns.
func (c Call) MarshalText() ([]byte, error) { return text.Marshal(c) }

// LogValue returns tenant, key of the attempt and service.
func (c Call) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tenant", c.Tenant), slog.String("attempt", string(c.Key)), slog.String("service", c.Service))
}

// String returns the key, and "***" instead of the value.
func (l SearchValue) String() string { return l.Key + "=" + text.Hidden(l.Value) }

// Format prints what String returns, for every formatting verb.
func (l SearchValue) Format(f fmt.State, _ rune) { text.Write(f, l.String()) }

// MarshalText returns what String returns.
func (l SearchValue) MarshalText() ([]byte, error) { return text.Marshal(l) }

// String returns the key, and "***" instead of the value.
func (m Match) String() string { return m.Key + "=" + text.Hidden(m.Value) }

// Format prints what String returns, for every formatting verb.
func (m Match) Format(f fmt.State, _ rune) { text.Write(f, m.String()) }

// MarshalText returns what String returns.
func (m Match) MarshalText() ([]byte, error) { return text.Marshal(m) }

// String returns services, states and limit.
func (q Query) String() string {
	return fmt.Sprintf("query of services %q, states %v, limit %d", q.Services, q.States, q.Limit)
}

// Format prints what String returns, for every formatting verb.
func (q Query) Format(f fmt.State, _ rune) { text.Write(f, q.String()) }

// MarshalText returns what String returns.
func (q Query) MarshalText() ([]byte, error) { return text.Marshal(q) }

// String returns kind, service, name and slot, and "***" instead of the subject and of
// an access code.
func (k PermitKey) String() string {
	name := k.Name
	if k.Kind == PermitCode {
		name = text.Hidden(name)
	}
	return fmt.Sprintf("%s/%s/%s/%s/%d", k.Kind, k.Service, name, text.Hidden(k.Subject), k.Slot)
}

// Format prints what String returns, for every formatting verb.
func (k PermitKey) Format(f fmt.State, _ rune) { text.Write(f, k.String()) }

// MarshalText returns what String returns.
func (k PermitKey) MarshalText() ([]byte, error) { return text.Marshal(k) }

// String returns the first counter of the range, as [PermitKey.String] does.
func (r LoadRequest) String() string {
	key := PermitKey{Kind: r.Kind, Service: r.Service, Name: r.Name, Slot: r.From}
	if len(r.Subjects) > 0 {
		key.Subject = r.Subjects[0]
	}
	return key.String()
}

// Format prints what String returns, for every formatting verb.
func (r LoadRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// MarshalText returns what String returns.
func (r LoadRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }

// String returns how many callbacks and subjects are to be erased.
func (r EraseRequest) String() string {
	return fmt.Sprintf("erasure of %d callbacks and %d subjects", len(r.Items), len(r.Subjects))
}

// Format prints what String returns, for every formatting verb.
func (r EraseRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// MarshalText returns what String returns.
func (r EraseRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }

// String returns ID, with digits hidden, and Callback.
func (c ContactMode) String() string {
	return fmt.Sprintf("contact mode %q, callback %v", text.Redact(c.ID), c.Callback)
}

// Format prints what String returns, for every formatting verb.
func (c ContactMode) Format(f fmt.State, _ rune) { text.Write(f, c.String()) }

// MarshalText returns what String returns.
func (c ContactMode) MarshalText() ([]byte, error) { return text.Marshal(c) }
