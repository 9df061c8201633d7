package callback

import (
	"slices"
	"strings"

	"github.com/ringback-go/ringback/phonenum"
)

// number reads and checks a number or address by the rules of the service (GMS
// 4.1: customer number against exceptions).
func (p *Policy) number(field, raw string) (phonenum.Address, error) {
	rules := p.service.Numbers
	if !rules.KeepMissingPlus {
		raw = phonenum.FixPlus(raw, rules.Country)
	}
	address, err := phonenum.ParseAddress(raw, rules.Country)
	if err != nil {
		if !rules.AllowImpossible {
			return phonenum.Address{}, &NumberError{Field: field, Rule: "impossible", cause: err}
		}
		address, err = phonenum.RawAddress(raw)
		if err != nil {
			return phonenum.Address{}, &NumberError{Field: field, Rule: "impossible", cause: err}
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
		// Taken as it is, such as "5115": a country code would make another
		// number of it.
		return phonenum.RawAddress(raw)
	}
	return address, nil
}

// user applies what can be said of a SIP address whose user part is a number:
// the gateway behind it dials that.
func (p *Policy) user(field string, address phonenum.Address) error {
	_, user, _ := strings.Cut(address.Reveal(), ":")
	user, _, _ = strings.Cut(user, "@")
	if user == "" || strings.Trim(user, "+0123456789.-()") != "" {
		return nil
	}
	if err := p.short(field, user); err != nil {
		return err
	}
	n, err := phonenum.Parse(user, p.service.Numbers.Country)
	if err != nil || !n.Valid() {
		// A line of the host's own exchange.
		return nil
	}
	return p.allowed(field, n)
}

// allowed applies the rules that need a parsed number.
func (p *Policy) allowed(field string, n phonenum.Number) error {
	rules := p.service.Numbers
	switch t := n.Type(); {
	case rules.Exceptions.Match(n):
		return &NumberError{Field: field, Rule: "exception"}
	case !rules.AllowPremium && (t == phonenum.Premium || t == phonenum.SharedCost):
		return &NumberError{Field: field, Rule: "premium"}
	case !rules.AllowImpossible && !n.Valid():
		return &NumberError{Field: field, Rule: "invalid"}
	case len(rules.Countries) > 0 && !slices.Contains(rules.Countries, n.Region()):
		return &NumberError{Field: field, Rule: "country"}
	}
	return nil
}

// short refuses emergency numbers always, and short numbers that cost extra
// where premium numbers are refused.
func (p *Policy) short(field, raw string) error {
	country := p.service.Numbers.Country
	kind := phonenum.Short(raw, country)
	switch {
	case kind == phonenum.Emergency || phonenum.ConnectsToEmergency(raw, country):
		return &NumberError{Field: field, Rule: "emergency"}
	case kind == phonenum.ShortPremium && !p.service.Numbers.AllowPremium:
		return &NumberError{Field: field, Rule: "premium"}
	}
	return nil
}
