package callbacktest

import (
	"fmt"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// What a test prints may be kept with its results, so that these types show no
// numbers and no texts either.

// String returns the type.
func (d *Dialer) String() string { return "scripted dialer" }

// Format prints what String returns, for every formatting verb.
func (d *Dialer) Format(f fmt.State, _ rune) { text.Write(f, d.String()) }

// MarshalText returns what String returns.
func (d *Dialer) MarshalText() ([]byte, error) { return text.Marshal(d) }

// String returns the type.
func (r *Router) String() string { return "scripted router" }

// Format prints what String returns, for every formatting verb.
func (r *Router) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// MarshalText returns what String returns.
func (r *Router) MarshalText() ([]byte, error) { return text.Marshal(r) }

// String returns the tenant.
func (r *Recorder) String() string { return fmt.Sprintf("recorder of tenant %q", r.tenant) }

// Format prints what String returns, for every formatting verb.
func (r *Recorder) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// MarshalText returns what String returns.
func (r *Recorder) MarshalText() ([]byte, error) { return text.Marshal(r) }

// String returns the type.
func (s *FaultyStore) String() string { return "faulty store" }

// Format prints what String returns, for every formatting verb.
func (s *FaultyStore) Format(f fmt.State, _ rune) { text.Write(f, s.String()) }

// MarshalText returns what String returns.
func (s *FaultyStore) MarshalText() ([]byte, error) { return text.Marshal(s) }

// String returns the type.
func (s Step) String() string { return "step of a scripted dialer" }

// Format prints what String returns, for every formatting verb.
func (s Step) Format(f fmt.State, _ rune) { text.Write(f, s.String()) }

// MarshalText returns what String returns.
func (s Step) MarshalText() ([]byte, error) { return text.Marshal(s) }
