package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// maxRedirects bounds a chain of redirections.
const maxRedirects = 8

// Redirect returns the policy of the service that req names, after following
// redirections, and sets req.Service to it. A request may override the
// redirection of the service it names, if that service lists _redirect as
// overwritable; an empty value disables the redirection. A redirection of the
// request that leads nowhere, back, or on for ever is a fault of the request; one of
// the configuration is callback.ErrRedirect. GMS: _redirect.
func (m *Intake) Redirect(ctx context.Context, req *decide.Start) (*decide.Policy, error) {
	seen := make([]string, 0, 2)
	asked := false // the first redirection is the request's
	for {
		policy, err := m.Policy(ctx, req.Tenant, req.Service)
		if asked && len(seen) == 1 && errors.Is(err, callback.ErrInvalidParameter) {
			return nil, decide.Invalid("_redirect", fmt.Sprintf("names the service %q, which is not known", text.Clip(req.Service)))
		}
		if err != nil && len(seen) > 0 {
			return nil, fmt.Errorf("%w: %w", callback.ErrRedirect, err)
		}
		if err != nil {
			return nil, err
		}
		to := policy.Service.Redirect
		if value, ok := policy.Override(&req.StartInput, "_redirect"); ok && len(seen) == 0 {
			to, asked = value, value != ""
		}
		if to == "" {
			return policy, nil
		}
		seen = append(seen, req.Service)
		if asked && (to == seen[0] || len(seen) > maxRedirects) {
			return nil, decide.Invalid("_redirect", "leads back or on for ever")
		}
		if slices.Contains(seen, to) || len(seen) > maxRedirects {
			return nil, fmt.Errorf("%w: %w", callback.ErrRedirect, decide.Misconfigured("Redirect", fmt.Sprintf("service %q leads back or on for ever", text.Clip(to))))
		}
		req.Service = to
	}
}

// fillFromCopy merges the callback that req.CopyFrom names into the request and
// returns its revision, or nil if the request copies none. What the request sets
// itself wins. The callback must be completed. GMS: redial.
func (m *Intake) fillFromCopy(ctx context.Context, req *decide.Start) (*callback.Precondition, error) {
	if req.CopyFrom == "" {
		return nil, nil
	}
	source, err := m.Store.Get(ctx, callback.By{Tenant: req.Tenant, ID: req.CopyFrom})
	if err != nil {
		return nil, fmt.Errorf("copying: %w", err)
	}
	if source.State != callback.Completed {
		return nil, &callback.StateError{ID: source.ID, State: source.State, Operation: "copy"}
	}
	if !source.MaskedAt.IsZero() {
		return nil, &callback.MaskedError{ID: source.ID, MaskedAt: source.MaskedAt}
	}
	merged := make(callback.Values, len(source.Properties)+len(source.UserData)+len(req.Properties))
	maps.Copy(merged, source.Properties)
	maps.Copy(merged, source.UserData)
	for _, key := range []string{"_callback_state", "_ors_session_id", "_desired_time", callback.PropertyNumber} {
		delete(merged, key)
	}
	maps.Copy(merged, req.Properties)
	req.Properties = merged
	req.CustomerID = cmp.Or(req.CustomerID, source.Customer.ID)
	// A contact mode and what belongs to it are only valid within their account.
	req.Account = cmp.Or(req.Account, source.Customer.Account)
	same := req.Account == source.Customer.Account
	if _, ok := callback.TextOf(merged[callback.PropertyNumber]); req.Number == "" && !ok && req.ModeID == "" {
		req.Number = source.Customer.Number.Reveal()
		req.Alternative = cmp.Or(req.Alternative, source.Customer.Alternative.Reveal())
	}
	if same && (req.ModeID == "" || req.ModeID == source.Customer.ModeID) {
		req.ModeID = source.Customer.ModeID
		req.CampaignID = cmp.Or(req.CampaignID, source.Customer.CampaignID)
		req.ContactID = cmp.Or(req.ContactID, source.Customer.ContactID)
	}
	req.Priority = cmp.Or(req.Priority, source.Priority)
	req.Agent = cmp.Or(req.Agent, source.Agent)
	if source.Interaction != nil {
		req.Interaction = cmp.Or(req.Interaction, *source.Interaction)
	}
	return &callback.Precondition{ID: source.ID, Revision: source.Revision}, nil
}
