package wire

import (
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// ParseAddress parses a number as a service with the given rules does.
func ParseAddress(raw string, rules callback.Numbers) (phonenum.Address, error) {
	if !rules.KeepMissingPlus {
		raw = phonenum.FixPlus(raw, rules.Country)
	}
	return phonenum.ParseDialed(raw, rules.Country)
}
