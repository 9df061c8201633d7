package callback

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// maxRedirects bounds a chain of redirections.
const maxRedirects = 8

// redirect resolves the service, following redirections (GMS _redirect). A
// request may replace the redirection of the service it names, where that lists
// it as overwritable; an empty value disables it.
func (m *Manager) redirect(ctx context.Context, req *Request) (*Policy, error) {
	seen := make([]string, 0, 2)
	for {
		policy, err := m.policy(ctx, req.Tenant, req.Service)
		if err != nil && len(seen) > 0 {
			return nil, fmt.Errorf("%w: %w", ErrRedirect, err)
		}
		if err != nil {
			return nil, err
		}
		to := policy.service.Redirect
		if value, ok := policy.override(req, "_redirect"); ok && len(seen) == 0 {
			to = value
		}
		if to == "" {
			return policy, nil
		}
		seen = append(seen, req.Service)
		if slices.Contains(seen, to) || len(seen) > maxRedirects {
			return nil, fmt.Errorf("%w: %w", ErrRedirect, misconfigured("Redirect", fmt.Sprintf("service %q leads back or on for ever", clip(to))))
		}
		req.Service = to
	}
}

// override returns the request's value of an option that it may overwrite.
func (p *Policy) override(req *Request, option string) (string, bool) {
	value, ok := req.Overrides[option]
	return value, ok && slices.Contains(p.service.Overwritable, option)
}

// fillFromCopy merges a completed callback into the request (GMS redial): the
// request wins.
func (m *Manager) fillFromCopy(ctx context.Context, req *Request) error {
	if req.CopyFrom == "" {
		return nil
	}
	source, err := m.store.Get(ctx, By{Tenant: req.Tenant, ID: req.CopyFrom})
	if err != nil {
		return fmt.Errorf("copying: %w", err)
	}
	if source.State != Completed {
		return &StateError{ID: source.ID, State: source.State, Operation: "copy"}
	}
	merged := make(Values, len(source.Properties)+len(source.UserData)+len(req.Properties))
	maps.Copy(merged, source.Properties)
	maps.Copy(merged, source.UserData)
	for _, key := range []string{"_callback_state", "_ors_session_id", "_desired_time", propertyNumber} {
		delete(merged, key)
	}
	maps.Copy(merged, req.Properties)
	req.Properties = merged
	setDefault(&req.CustomerID, source.Customer.ID)
	// A mode and what belongs to it mean something within their account only.
	setDefault(&req.Account, source.Customer.Account)
	same := req.Account == source.Customer.Account
	if _, ok := TextOf(merged[propertyNumber]); req.Number == "" && !ok && req.ModeID == "" {
		req.Number = source.Customer.Number.Reveal()
		setDefault(&req.Alternative, source.Customer.Alternative.Reveal())
	}
	if same && (req.ModeID == "" || req.ModeID == source.Customer.ModeID) {
		req.ModeID = source.Customer.ModeID
		setDefault(&req.CampaignID, source.Customer.CampaignID)
		setDefault(&req.ContactID, source.Customer.ContactID)
	}
	setDefault(&req.Priority, source.Priority)
	setDefault(&req.Agent, source.Agent)
	if source.Interaction != nil {
		setDefault(&req.Interaction, *source.Interaction)
	}
	return nil
}

// checkSource looks whether the callback that cb was copied from is still there
// now that cb is written. If it was forgotten meanwhile, whoever forgot it may
// not have seen cb: it is erased, too.
func (m *Manager) checkSource(ctx context.Context, cb *Callback) error {
	ctx, cancel := m.detached(ctx)
	defer cancel()
	_, gone := m.store.Get(ctx, By{Tenant: cb.Tenant, ID: cb.CopiedFrom})
	if gone == nil {
		return nil
	}
	// What cannot be known to be there counts as gone.
	gone = fmt.Errorf("copying: %w", gone)
	if err := m.takeBack(ctx, cb); err != nil {
		return fmt.Errorf("%w: %w: %w", ErrOutcomeUnknown, gone, err)
	}
	return gone
}

// takeBack ends a callback that must not be and erases it, with the counters of
// whom nothing is left.
func (m *Manager) takeBack(ctx context.Context, cb *Callback) error {
	const why = "the callback it was copied from is gone"
	if cb.State != Completed {
		_, err := m.Cancel(ctx, CancelRequest{Tenant: cb.Tenant, ID: cb.ID, Force: true, Actor: m.config.Node, Detail: why})
		var ended *StateError
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.As(err, &ended) {
			return err
		}
	}
	now, err := m.now(ctx)
	if err != nil {
		return err
	}
	services, err := m.known(ctx, cb.Tenant)
	if err != nil {
		return err
	}
	f := m.forgetting(&ForgetRequest{Tenant: cb.Tenant, Actor: m.config.Node, Detail: why}, now, services)
	if err := f.eraseAll(ctx, []ID{cb.ID}, nil)[cb.ID]; err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return f.dropCounters(ctx)
}
