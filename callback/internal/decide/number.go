package decide

import (
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// Read parses a number as Manager.Start does, without refusing any. It returns
// zero if the text cannot be a number.
func (p *Policy) Read(raw string) phonenum.Address {
	rules, text := p.Service.Numbers, raw
	if !rules.KeepMissingPlus {
		text = phonenum.FixPlus(raw, rules.Country)
	}
	address, err := phonenum.ParseAddress(text, rules.Country)
	if n, ok := address.Number(); err != nil || ok && !n.Valid() {
		// Start stores such a number as it was given.
		address, err = phonenum.RawAddress(text)
	}
	if err != nil {
		return phonenum.Address{}
	}
	return address
}

// number parses a number or address and checks it by the rules of the service.
func (p *Policy) number(field, raw string) (phonenum.Address, error) {
	rules := p.Service.Numbers
	if !rules.KeepMissingPlus {
		raw = phonenum.FixPlus(raw, rules.Country)
	}
	address, err := phonenum.ParseAddress(raw, rules.Country)
	if err != nil {
		if !rules.AllowImpossible {
			return phonenum.Address{}, &callback.NumberError{Field: field, Rule: "impossible", Cause: err}
		}
		if address, err = rawAddress(field, raw); err != nil {
			return phonenum.Address{}, err
		}
		return address, p.short(field, raw)
	}
	n, ok := address.Number()
	if !ok {
		return address, p.user(field, address)
	}
	if err := p.short(field, raw); err != nil {
		return phonenum.Address{}, err
	}
	if err := p.allowed(field, n); err != nil {
		return phonenum.Address{}, err
	}
	if !n.Valid() {
		// A number such as "5115" is accepted as it is: a country code would
		// make another number of it.
		return rawAddress(field, raw)
	}
	return address, nil
}

// rawAddress returns a number as it was written.
func rawAddress(field, raw string) (phonenum.Address, error) {
	address, err := phonenum.RawAddress(raw)
	if err != nil {
		return phonenum.Address{}, &callback.NumberError{Field: field, Rule: "impossible", Cause: err}
	}
	return address, nil
}

// user applies the rules to the user part of a SIP address that is a number,
// because a gateway may dial it.
func (p *Policy) user(field string, address phonenum.Address) error {
	_, user, _ := strings.Cut(address.Reveal(), ":")
	user, _, _ = strings.Cut(user, "@")
	if user == "" || strings.Trim(user, "+0123456789.-()") != "" {
		return nil
	}
	if err := p.short(field, user); err != nil {
		return err
	}
	if n, err := phonenum.Parse(user, p.Service.Numbers.Country); err == nil && n.Valid() {
		return p.allowed(field, n)
	}
	return nil // an extension of the host's own exchange
}

// allowed applies the rules for parsed numbers.
func (p *Policy) allowed(field string, n phonenum.Number) error {
	rules := p.Service.Numbers
	switch t := n.Type(); {
	case rules.Exceptions.Match(n):
		return &callback.NumberError{Field: field, Rule: "exception"}
	case !rules.AllowPremium && (t == phonenum.Premium || t == phonenum.SharedCost):
		return &callback.NumberError{Field: field, Rule: "premium"}
	case !rules.AllowImpossible && !n.Valid():
		return &callback.NumberError{Field: field, Rule: "invalid"}
	case len(rules.Countries) > 0 && !slices.Contains(rules.Countries, n.Region()):
		return &callback.NumberError{Field: field, Rule: "country"}
	}
	return nil
}

// short refuses emergency numbers, and short numbers with extra cost unless
// premium numbers are allowed.
func (p *Policy) short(field, raw string) error {
	country := p.Service.Numbers.Country
	kind := phonenum.Short(raw, country)
	switch {
	case kind == phonenum.Emergency || phonenum.ConnectsToEmergency(raw, country):
		return &callback.NumberError{Field: field, Rule: "emergency"}
	case kind == phonenum.ShortPremium && !p.Service.Numbers.AllowPremium:
		return &callback.NumberError{Field: field, Rule: "premium"}
	}
	return nil
}
