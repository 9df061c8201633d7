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
	address, err := p.parse(raw)
	if err != nil {
		address, err = phonenum.RawAddress(raw)
	}
	if err != nil {
		return phonenum.Address{}
	}
	return address
}

// parse parses a number or address into what the dialer gets.
func (p *Policy) parse(raw string) (phonenum.Address, error) {
	rules := p.Service.Numbers
	if !rules.KeepMissingPlus {
		raw = phonenum.FixPlus(raw, rules.Country)
	}
	return phonenum.ParseDialed(raw, rules.Country)
}

// number parses a number or address and checks it by the rules of the service.
func (p *Policy) number(field, raw string) (phonenum.Address, error) {
	address, err := p.parse(raw)
	if err != nil {
		return phonenum.Address{}, &callback.NumberError{Field: field, Rule: "impossible", Cause: err}
	}
	if _, ok := address.Number(); ok && p.emergency(raw) {
		// As it was written, without a country code.
		return phonenum.Address{}, &callback.NumberError{Field: field, Rule: "emergency"}
	}
	if err := p.Allowed(field, address); err != nil {
		return phonenum.Address{}, err
	}
	return address, nil
}

// Allowed applies the rules of the service to what will be dialed for an address
// that was parsed, after Dialing.Prefix. It returns a [callback.NumberError] or
// nil.
func (p *Policy) Allowed(field string, address phonenum.Address) error {
	refused := func(rule string) error { return &callback.NumberError{Field: field, Rule: rule} }
	host := func() error {
		if address.Kind() == phonenum.SIP && !p.sipHost(address.Host()) {
			return refused("host")
		}
		return nil
	}
	if n, ok := address.Number(); ok && n.Valid() {
		// It is dialed as it is.
		if rule := p.refuses(n, nil, false); rule != "" {
			return refused(rule)
		}
		return nil
	}
	digits, ok := address.Dialed()
	if !ok {
		if address.Kind() == phonenum.SIP {
			return host() // a name
		}
		if _, err := phonenum.Parse(address.Reveal(), p.Service.Numbers.Country); err != nil && !p.Service.Numbers.AllowImpossible {
			return &callback.NumberError{Field: field, Rule: "impossible", Cause: err}
		}
		return nil
	}
	n, err := phonenum.Parse(digits, p.Service.Numbers.Country)
	known := err == nil && n.Valid()
	if !known && p.reachesEmergency(digits) {
		return refused("emergency")
	}
	if !known && slices.ContainsFunc(p.behindPrefix(digits), p.shortPremium) {
		return refused("premium")
	}
	line := len(digits) <= lineDigits && !strings.HasPrefix(digits, "+")
	extension := line && address.Kind() == phonenum.SIP // of the exchange
	if rule := p.refuses(n, err, extension); rule != "" {
		return refused(rule)
	}
	if !known {
		for i, dialed := range p.behindPrefix(digits) {
			rule := p.begins(dialed)
			if m, err := phonenum.Parse(dialed, p.Service.Numbers.Country); rule == "" && i > 0 {
				rule = p.refuses(m, err, extension)
			}
			if rule != "" {
				return refused(rule)
			}
		}
	}
	switch {
	case err == nil, extension:
	case !p.Service.Numbers.AllowImpossible:
		return &callback.NumberError{Field: field, Rule: "impossible", Cause: err}
	case line:
	case !strings.HasPrefix(digits, "+"):
		// An international prefix may hide in it.
		return &callback.NumberError{Field: field, Rule: "impossible", Cause: err}
	case !slices.Contains(p.Service.Numbers.Countries, phonenum.Anywhere):
		return refused("country")
	}
	return host()
}

// lineDigits is the maximum number of digits of a line of the host's own exchange.
const lineDigits = 6

// refuses returns the rule that refuses a number that was read without an error,
// or "".
func (p *Policy) refuses(n phonenum.Number, err error, extension bool) (rule string) {
	rules := p.Service.Numbers
	switch {
	case err != nil:
		return ""
	case rules.Exceptions.Match(n):
		return "exception"
	case !n.Valid() && extension:
		return ""
	case !n.Valid() && !rules.AllowImpossible:
		return "invalid"
	}
	switch t := n.Type(); {
	case !rules.AllowPremium && (t == phonenum.Premium || t == phonenum.SharedCost):
		return "premium"
	case !p.inCountries(n):
		return "country"
	}
	return ""
}

// begins returns the rule that refuses a valid number that digits begin with, or
// "": a network may connect to it and ignore the digits after it.
func (p *Policy) begins(digits string) (rule string) {
	for size := lineDigits; size <= len(digits) && rule == ""; size++ {
		if n, err := phonenum.Parse(digits[:size], p.Service.Numbers.Country); err == nil && n.Valid() {
			rule = p.refuses(n, nil, false)
		}
	}
	return rule
}

// behindPrefix returns what a network may read of digits behind Dialing.Prefix,
// whose first digits the exchange may keep: digits alone, and behind each end of
// the prefix.
func (p *Policy) behindPrefix(digits string) []string {
	all := []string{digits}
	prefix := dialable(p.Service.Dialing.Prefix)
	for i := range prefix {
		all = append(all, prefix[i:]+digits)
	}
	return all
}

// inCountries reports whether the service calls numbers like n: those of its own
// country and of Numbers.Countries. Numbers that cost extra wherever they are
// called from must be named by their country or their first digits.
func (p *Policy) inCountries(n phonenum.Number) bool {
	rules := p.Service.Numbers
	costly, own := false, n.ValidFor(rules.Country)
	switch n.Type() {
	case phonenum.Premium, phonenum.SharedCost:
		costly = !own
	case phonenum.Personal, phonenum.Pager:
		costly = true
	}
	network := n.Region() == "001" && n.Type() != phonenum.TollFree
	contains := func(name string) bool {
		digits, byDigits := strings.CutPrefix(name, "+")
		switch {
		case name == "":
			return false
		case name == phonenum.Anywhere:
			return !costly && !network
		case byDigits:
			return strings.HasPrefix(n.E164()[1:], digits)
		case n.Type() == phonenum.Personal, n.Type() == phonenum.Pager:
			return false
		}
		return n.ValidFor(name) || !n.Valid() && phonenum.CountryCode(name) == n.CountryCode()
	}
	return contains(rules.Country) || slices.ContainsFunc(rules.Countries, contains)
}

// sipHost reports whether SIP addresses may have the host. A host without a port
// in Numbers.SIPHosts stands for the ports of SIP.
func (p *Policy) sipHost(host string) bool {
	host, port := splitPort(host)
	return slices.ContainsFunc(p.Service.Numbers.SIPHosts, func(allowed string) bool {
		name, only := splitPort(allowed)
		return name == host && (port == only || only == "" && (port == "5060" || port == "5061"))
	})
}

// splitPort returns the name of a host, in lower case and without a dot at its
// end, and its port.
func splitPort(host string) (name, port string) {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host, port = host[:i], host[i+1:]
	}
	return strings.TrimSuffix(strings.ToLower(host), "."), port
}

// reachesEmergency reports whether digits that are no valid number may reach an
// emergency service.
func (p *Policy) reachesEmergency(digits string) bool {
	return slices.ContainsFunc(p.behindPrefix(digits), func(dialed string) bool {
		return p.emergency(strings.ReplaceAll(dialed, "+", "")) ||
			slices.ContainsFunc(p.regions(), func(region string) bool { return phonenum.DialsEmergency(dialed, region) })
	})
}

// emergency reports whether dialing text, which may be a valid number, reaches an
// emergency service. 112 and 911 do in every mobile network.
func (p *Policy) emergency(text string) bool {
	if text == "112" || text == "911" {
		return true
	}
	return slices.ContainsFunc(p.regions(), func(region string) bool { return phonenum.ConnectsToEmergency(text, region) })
}

// shortPremium reports whether dialing text reaches a short number with extra
// cost that the service does not allow.
func (p *Policy) shortPremium(text string) bool {
	return !p.Service.Numbers.AllowPremium && slices.ContainsFunc(p.regions(), func(region string) bool {
		return phonenum.Short(text, region) == phonenum.ShortPremium
	})
}

// regions returns the regions that calls may begin in: the country of the
// service or, without one, all that it names.
func (p *Policy) regions() []string {
	rules := p.Service.Numbers
	if rules.Country != "" {
		return []string{rules.Country}
	}
	return rules.Countries
}

// dialable returns the digits of a prefix, with a plus sign in front if it has
// one, or "" if it has none.
func dialable(prefix string) string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, prefix)
}

// Subject returns whom the limits count for an address: the number in E.164 form
// that will be dialed, however it was written, or the address itself if it is no
// number.
func (p *Policy) Subject(address phonenum.Address) string {
	return p.subjectOf(address, address.Key())
}

// subjectOf is Subject for a caller that has the key of the address.
func (p *Policy) subjectOf(address phonenum.Address, key string) string {
	if n, ok := address.Number(); ok && n.Valid() {
		return key
	}
	digits, ok := address.Dialed()
	if !ok {
		return sipSubject(address.Kind(), key)
	}
	country := p.Service.Numbers.Country
	n, err := phonenum.Parse(digits, country)
	if err == nil && n.Valid() {
		return n.E164()
	}
	if prefix := dialable(p.Service.Dialing.Prefix); prefix != "" {
		if m, err := phonenum.Parse(prefix+digits, country); err == nil && m.Valid() {
			return m.E164()
		}
	}
	if err == nil {
		return n.E164()
	}
	return digits
}

// sipSubject returns the key of a SIP address without what does not say who is
// reached, and that of any other address as it is.
func sipSubject(kind phonenum.AddressKind, key string) string {
	if kind != phonenum.SIP {
		return key
	}
	_, rest, _ := strings.Cut(key, ":")
	user, host, found := strings.Cut(rest, "@")
	if !found {
		user, host = "", rest
	}
	user, _, _ = strings.Cut(user, ";")
	host, _ = splitPort(host)
	return "sip:" + user + "@" + host
}

// party returns the subject of an address together with its extension, if it has
// one: people behind one switchboard are not the same.
func (p *Policy) party(address phonenum.Address) string {
	return partyOf(p.Subject(address), address)
}

func partyOf(subject string, address phonenum.Address) string {
	if ext := address.Ext(); ext != "" {
		return subject + ";ext=" + ext
	}
	return subject
}
