package gms

import (
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// checkNumber refuses a number that a service refuses, in the same words, before
// anything is changed.
func checkNumber(raw string, rules callback.Numbers) error {
	if !rules.KeepMissingPlus {
		raw = phonenum.FixPlus(raw, rules.Country)
	}
	address, err := phonenum.ParseAddress(raw, rules.Country)
	if err != nil {
		if _, rawErr := phonenum.RawAddress(raw); !rules.AllowImpossible || rawErr != nil {
			return refusedNumber("impossible")
		}
		return checkShort(raw, rules)
	}
	n, ok := address.Number()
	if !ok {
		return checkUser(address, rules)
	}
	if err := checkShort(raw, rules); err != nil {
		return err
	}
	return checkAllowed(n, rules)
}

// checkUser looks at the user part of a SIP address where that is a number.
func checkUser(address phonenum.Address, rules callback.Numbers) error {
	_, user, _ := strings.Cut(address.Reveal(), ":")
	user, _, _ = strings.Cut(user, "@")
	if user == "" || strings.Trim(user, "+0123456789.-()") != "" {
		return nil
	}
	if err := checkShort(user, rules); err != nil {
		return err
	}
	n, err := phonenum.Parse(user, rules.Country)
	if err != nil || !n.Valid() {
		return nil
	}
	return checkAllowed(n, rules)
}

func checkAllowed(n phonenum.Number, rules callback.Numbers) error {
	switch t := n.Type(); {
	case rules.Exceptions.Match(n):
		return refusedNumber("exception")
	case !rules.AllowPremium && (t == phonenum.Premium || t == phonenum.SharedCost):
		return refusedNumber("premium")
	case !rules.AllowImpossible && !n.Valid():
		return refusedNumber("invalid")
	case len(rules.Countries) > 0 && !slices.Contains(rules.Countries, n.Region()):
		return refusedNumber("country")
	}
	return nil
}

func checkShort(raw string, rules callback.Numbers) error {
	switch kind := phonenum.Short(raw, rules.Country); {
	case kind == phonenum.Emergency || phonenum.ConnectsToEmergency(raw, rules.Country):
		return refusedNumber("emergency")
	case kind == phonenum.ShortPremium && !rules.AllowPremium:
		return refusedNumber("premium")
	}
	return nil
}

func refusedNumber(rule string) error { return &callback.NumberError{Field: keyNumber, Rule: rule} }
