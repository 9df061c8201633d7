package decide

import (
	"maps"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Update decides on an update of properties and user data.
func Update(cb *callback.Callback, p *Policy, now time.Time, req UpdateInput, properties, userData callback.Values) (*Draft, error) {
	if cb.State == callback.Completed {
		return nil, &callback.StateError{ID: cb.ID, State: cb.State, Operation: "update"}
	}
	if len(req.Set) == 0 {
		return nil, nil
	}
	d := NewDraft(cb, p, now, callback.EventUpdated, req.Actor)
	if err := d.Set(properties, userData); err != nil {
		return nil, err
	}
	d.Note(req.Detail)
	d.Callback.Detail = cb.Detail
	return d, nil
}

// Set changes properties and user data, and the number if they contain one.
func (d *Draft) Set(properties, userData callback.Values) error {
	if len(properties)+len(userData) == 0 {
		return nil
	}
	if err := d.Policy.checkTaken(properties, userData); err != nil {
		return err
	}
	raw, err := d.changeNumber(properties)
	if err != nil {
		return err
	}
	d.Callback.Properties = merge(d.Callback.Properties, properties)
	d.Callback.UserData = merge(d.Callback.UserData, userData)
	if _, _, err := Split(union(d.Callback.Properties, d.Callback.UserData)); err != nil {
		return err
	}
	number := d.Callback.Customer.Number.Key()
	for _, key := range d.Policy.Service.RequiredKeys {
		if _, ok := lookupText(d.Callback, number, key); !ok {
			return Invalid(key, "cannot be removed: the service requires it")
		}
	}
	d.Policy.setLookups(d.Callback, number, raw)
	return nil
}

// changeNumber changes the number of the callback if the update contains one.
func (d *Draft) changeNumber(properties callback.Values) (raw string, err error) {
	value, ok := properties[callback.PropertyNumber]
	if !ok {
		return "", nil
	}
	raw, ok = callback.TextOf(value)
	if !ok {
		return "", Invalid(callback.PropertyNumber, "cannot be removed or set to a structure")
	}
	switch d.Callback.State {
	case callback.Dialing, callback.Routing, callback.Processing, callback.Unresolved:
		return "", &callback.StateError{ID: d.Callback.ID, State: d.Callback.State, Operation: "change the number of"}
	}
	address, err := d.Policy.number(callback.PropertyNumber, raw)
	if err != nil {
		return "", err
	}
	customer := &d.Callback.Customer
	former := customer.Number.Key()
	if address.Key() != former {
		if d.Policy.Service.Consent != callback.ConsentNone {
			return "", &callback.ModeError{Mode: d.Callback.Customer.ModeID, Rule: "cannot get another number, because the service requires consent", Fact: callback.ErrConsent}
		}
		if former != "" {
			// Counters have the number as their subject even if it is not a
			// search key.
			noteCounted(d.Callback, callback.PropertyNumber, former)
		}
	}
	target := customer.Target()
	customer.Number = address
	if was, now := d.Policy.party(target), d.Policy.party(customer.Target()); was != now || target.IsZero() {
		d.drop(callback.PermitNumber)
		d.holdNumber(d.Policy.Service.Limits.SameNumber)
	}
	if d.Policy.Subject(target) != d.subject() {
		d.takeBooking()
	}
	return raw, nil
}

// merge sets values and deletes those that are empty strings. It ignores the
// number.
func merge(into, set callback.Values) callback.Values {
	for key, value := range set {
		switch {
		case key == callback.PropertyNumber:
		case value == "":
			delete(into, key)
		default:
			if into == nil {
				into = make(callback.Values, len(set))
			}
			into[key] = value
		}
	}
	return into
}

func union(a, b callback.Values) callback.Values {
	all := make(callback.Values, len(a)+len(b))
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}
