package interaction

import (
	"fmt"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// String returns tenant and services, and "***" instead of the URL, the secrets and all other fields.
func (c NotifierConfig) String() string { return text.Mask(c, "Tenant", "Services") }

// Format prints what String returns, for every formatting verb.
func (c NotifierConfig) Format(f fmt.State, _ rune) { text.Write(f, c.String()) }

// MarshalText returns what String returns.
func (c NotifierConfig) MarshalText() ([]byte, error) { return text.Marshal(c) }

// String returns what its configuration does.
func (n *Notifier) String() string { return "notifier with " + n.config.String() }

// Format prints what String returns, for every formatting verb.
func (n *Notifier) Format(f fmt.State, _ rune) { text.Write(f, n.String()) }

// MarshalText returns what String returns.
func (n *Notifier) MarshalText() ([]byte, error) { return text.Marshal(n) }

// Format prints what Error returns, for every formatting verb.
func (e DeliveryError) Format(f fmt.State, _ rune) { text.Write(f, e.Error()) }

// MarshalText returns what Error returns.
func (e DeliveryError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }
