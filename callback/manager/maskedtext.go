package manager

import (
	"fmt"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// MarshalText returns String, so that encoding/json and the handlers of log/slog
// show neither numbers nor values of properties.
func (r Request) MarshalText() ([]byte, error) { return text.Marshal(r) }

// MarshalText returns String, as that of Request.
func (r UpdateRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }

// MarshalText returns String, as that of Request.
func (r RescheduleRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }

// MarshalText returns String, as that of Request.
func (r StateReport) MarshalText() ([]byte, error) { return text.Marshal(r) }

// MarshalText returns String, as that of Request.
func (r ForgetRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }

// MarshalText returns String, as that of Request.
func (r CancelAllRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }

// MarshalText returns String, as that of Request.
func (r QueuesRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }

// String returns the request with "***" instead of Detail.
func (r CancelRequest) String() string { return text.Mask(r, "ID", "Reason", "Force", "Actor") }

// Format prints String for every formatting verb.
func (r CancelRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// MarshalText returns String, as that of Request.
func (r CancelRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }

// String returns the resolution with "***" instead of Detail.
func (r Resolution) String() string { return text.Mask(r, "ID", "Outcome", "Redial", "Actor") }

// Format prints String for every formatting verb.
func (r Resolution) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// MarshalText returns String, as that of Request.
func (r Resolution) MarshalText() ([]byte, error) { return text.Marshal(r) }

// Format prints the tenant, for every formatting verb. It shows no callback that the
// Manager works on.
func (m Manager) Format(f fmt.State, _ rune) {
	text.Write(f, fmt.Sprintf("manager of tenant %q", m.tenant))
}

// Format prints the tenant, for every formatting verb.
func (s Starter) Format(f fmt.State, _ rune) {
	text.Write(f, fmt.Sprintf("starter of tenant %q", s.tenant))
}
