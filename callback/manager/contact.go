package manager

import (
	"context"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// ContactModes returns the modes of an account that carry a callback strategy,
// in the directory's order. There may be none.
//
// Errors: [callback.ErrInvalidParameter] for an account that is empty, malformed or
// longer than 128 bytes; [callback.ErrConfiguration] without a directory;
// [callback.ErrNotFound] for an account that the directory does not know;
// [callback.ContactError] for a directory that fails or panics.
func (m *Manager) ContactModes(ctx context.Context, account string) ([]callback.ContactMode, error) {
	if account == "" {
		return nil, decide.Invalid("account", "is required")
	}
	if err := decide.CheckText("tenant", m.tenant, text.MaxName); err != nil {
		return nil, err
	}
	if err := decide.CheckText("account", account, text.MaxName); err != nil {
		return nil, err
	}
	all, err := m.engine.ContactModes(ctx, m.tenant, account)
	if err != nil {
		return nil, err
	}
	modes := make([]callback.ContactMode, 0, len(all))
	for _, mode := range all {
		if mode.Callback {
			modes = append(modes, mode)
		}
	}
	return modes, nil
}
