package callback

import (
	"context"
	"maps"
	"time"
)

// UpdateRequest changes properties and user data.
type UpdateRequest struct {
	Tenant string
	ID     ID
	// Set are the new values by key; an empty string deletes the key. The
	// property _customer_number changes whom to call, where no call is in
	// flight. A service that requires consent refuses another number
	// ([ErrConsent]): the consent was given for the one of the contact mode.
	Set      Values
	Revision int64 // when not zero, the callback's; else [ErrConflict]
	Actor    string
	Detail   string
}

// Update changes properties of a callback that is not completed. Former values
// of lookup keys stay searchable. It never changes the desired time: that is
// [Manager.Reschedule].
func (m *Manager) Update(ctx context.Context, req UpdateRequest) (*Callback, error) {
	if err := m.life.check(); err != nil {
		return nil, err
	}
	if err := checkNote(req.Actor, req.Detail, ""); err != nil {
		return nil, err
	}
	properties, userData, err := split(req.Set)
	if err != nil {
		return nil, err
	}
	var last *draft
	cb, err := m.mutate(ctx, req.Tenant, req.ID, func(cb *Callback, p *Policy, now time.Time) (*draft, error) {
		if req.Revision != 0 && cb.Revision != req.Revision {
			return nil, &RevisionError{ID: cb.ID, Revision: cb.Revision}
		}
		d, err := decideUpdate(cb, p, now, req, properties, userData)
		last = d
		return d, err
	})
	if err != nil && last != nil {
		return nil, m.explainRefusal(ctx, last, err)
	}
	return cb, err
}

func decideUpdate(cb *Callback, p *Policy, now time.Time, req UpdateRequest, properties, userData Values) (*draft, error) {
	if cb.State == Completed {
		return nil, &StateError{ID: cb.ID, State: cb.State, Operation: "update"}
	}
	if len(req.Set) == 0 {
		return nil, nil
	}
	d := newDraft(cb, p, now, EventUpdated, req.Actor)
	if err := d.set(properties, userData); err != nil {
		return nil, err
	}
	d.note(req.Detail)
	d.cb.Detail = cb.Detail
	return d, nil
}

// set changes properties and user data, and whom to call where they say so.
func (d *draft) set(properties, userData Values) error {
	if len(properties)+len(userData) == 0 {
		return nil
	}
	raw, err := d.changeNumber(properties)
	if err != nil {
		return err
	}
	d.cb.Properties = merge(d.cb.Properties, properties)
	d.cb.UserData = merge(d.cb.UserData, userData)
	if _, _, err := split(union(d.cb.Properties, d.cb.UserData)); err != nil {
		return err
	}
	number := d.cb.Customer.Number.Key()
	for _, key := range d.policy.service.MandatoryKeys {
		if _, ok := lookupText(d.cb, number, key); !ok {
			return invalid(key, "cannot be removed: the service requires it")
		}
	}
	d.policy.setLookups(d.cb, number, raw)
	return nil
}

// changeNumber changes whom to call, when the update says so.
func (d *draft) changeNumber(properties Values) (raw string, err error) {
	value, ok := properties[propertyNumber]
	if !ok {
		return "", nil
	}
	raw, ok = TextOf(value)
	if !ok {
		return "", invalid(propertyNumber, "cannot be removed or set to a structure")
	}
	switch d.cb.State {
	case Dialing, Routing, Processing, Unresolved:
		return "", &StateError{ID: d.cb.ID, State: d.cb.State, Operation: "change the number of"}
	}
	address, err := d.policy.number(propertyNumber, raw)
	if err != nil {
		return "", err
	}
	if former := d.cb.Customer.Number.Key(); address.Key() != former {
		if d.policy.service.Consent != ConsentNone {
			return "", &ModeError{Mode: d.cb.Customer.ModeID, Rule: "cannot get another number, because the service requires consent", fact: ErrConsent}
		}
		if former != "" {
			// Counters are kept under it, whatever is looked up.
			d.cb.noteCounted(propertyNumber, former)
		}
		d.cb.Customer.Number = address
		d.drop(PermitNumber)
		d.holdNumber(address.Key())
	}
	return raw, nil
}

// merge sets values and deletes those that are empty strings. The number is no
// plain property.
func merge(into, set Values) Values {
	for key, value := range set {
		switch {
		case key == propertyNumber:
		case value == "":
			delete(into, key)
		default:
			if into == nil {
				into = make(Values, len(set))
			}
			into[key] = value
		}
	}
	return into
}

func union(a, b Values) Values {
	all := make(Values, len(a)+len(b))
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}
