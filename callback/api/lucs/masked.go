package lucs

import (
	"fmt"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// String returns the type. The addresses of services in its cache are not shown.
func (h *Handler) String() string { return "handler for LUCS" }

// Format prints what String returns, for every formatting verb.
func (h *Handler) Format(f fmt.State, _ rune) { text.Write(f, h.String()) }
