package gen

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// typeGeneral is the output of a types automaton for digits that match only the
// general description, whatever their length. The output is 0 if nothing
// matches, and typeGeneral+t for a number of phonenum's Type t.
const typeGeneral = 1

// Output bits of the short-number automata.
const (
	shortCode = 1 << iota
	shortPremium
	shortTollFree
	shortEmergency
)

// plan is the numbering plan of a region, or of a country code without a
// region.
type plan struct {
	region       string // "001" for a country code without a region
	code         int
	lengths      uint32 // possible numbers of digits, one bit each
	local        uint32 // numbers of digits possible only for local dialling
	types, short int32
	idd          int // index of the prefix program, -1 for none
	prefix       int
	groups       int
	transform    string
}

// code is a country calling code.
type code struct {
	code       int
	plans      []int // its plans, the main one first
	pick       int32 // automaton that returns the plan by position and the type; 0 if there is one plan
	natl, intl int32 // automata that return the format
}

// tables is the content of the generated files.
type tables struct {
	version  string // becomes phonenum.MetadataVersion
	graph    *graph
	plans    []plan
	codes    []code
	programs []string
	formats  []byte
	zones    int32
	zoneSets [][]string // by output of the zones automaton minus one
}

// collect builds the tables: plans and formats from libphonenumber-js, short
// numbers and zones from nyaruka/phonenumbers.
func collect() (*tables, error) {
	t := &tables{graph: newGraph()}
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		return nil, fmt.Errorf("gen: metadata: %w", err)
	}
	territories, regionsOf, err := planMetadata(plansFolder, collection.GetMetadata())
	if err != nil {
		return nil, err
	}
	if t.version, err = version(plansFolder, territories, collection.GetMetadata()); err != nil {
		return nil, err
	}
	short, err := shortMetadata()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(territories, func(a, b *phonenumbers.PhoneMetadata) int {
		if c := strings.Compare(order(a), order(b)); c != 0 {
			return c
		}
		return int(a.GetCountryCode() - b.GetCountryCode())
	})
	b := builder{tables: t, programs: map[string]int{}, groups: map[string]int{}, formats: map[string]int{}}
	byRegion := map[string]int{}
	byCode := map[int]int{}
	meta := map[int]*phonenumbers.PhoneMetadata{}
	for i, m := range territories {
		p, err := b.plan(m, short[m.GetId()])
		if err != nil {
			return nil, fmt.Errorf("gen: region %s: %w", m.GetId(), err)
		}
		t.plans = append(t.plans, p)
		meta[i] = m
		if p.region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
			byCode[p.code] = i
		} else {
			byRegion[p.region] = i
		}
	}
	for _, number := range slices.Sorted(maps.Keys(regionsOf)) {
		c := code{code: number}
		for _, region := range regionsOf[number] {
			i, ok := byRegion[region]
			if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
				i, ok = byCode[number]
			}
			if !ok {
				return nil, fmt.Errorf("gen: country code %d: no metadata for region %s", number, region)
			}
			c.plans = append(c.plans, i)
		}
		if len(c.plans) > 1 {
			if c.pick, err = b.pick(c.plans, meta); err != nil {
				return nil, fmt.Errorf("gen: country code %d: %w", number, err)
			}
		}
		main := meta[c.plans[0]]
		if c.natl, err = b.formatter(main.GetNumberFormat()); err != nil {
			return nil, fmt.Errorf("gen: country code %d: %w", number, err)
		}
		c.intl = c.natl
		if formats := main.GetIntlNumberFormat(); len(formats) > 0 {
			if c.intl, err = b.formatter(formats); err != nil {
				return nil, fmt.Errorf("gen: country code %d: %w", number, err)
			}
		}
		t.codes = append(t.codes, c)
	}
	return t, t.collectZones()
}

// order is a sort key: regions by name, then country codes without a region.
func order(m *phonenumbers.PhoneMetadata) string {
	if m.GetId() == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		return "~"
	}
	return m.GetId()
}

// builder converts metadata to automata and programs, sharing equal ones.
type builder struct {
	*tables
	programs map[string]int // index of a prefix pattern's program
	groups   map[string]int // number of capture groups in a prefix pattern
	formats  map[string]int // offset of an encoded format
}

func (b *builder) plan(m, short *phonenumbers.PhoneMetadata) (plan, error) {
	p := plan{
		region:    m.GetId(),
		code:      int(m.GetCountryCode()),
		lengths:   lengthMask(m.GetGeneralDesc().GetPossibleLength()),
		local:     lengthMask(m.GetGeneralDesc().GetPossibleLengthLocalOnly()),
		transform: m.GetNationalPrefixTransformRule(),
	}
	var err error
	if p.types, err = b.types(m); err != nil {
		return plan{}, err
	}
	if short != nil {
		if p.short, err = b.short(short); err != nil {
			return plan{}, err
		}
	}
	if p.idd, _, err = b.program(m.GetInternationalPrefix()); err != nil {
		return plan{}, err
	}
	p.prefix, p.groups, err = b.program(m.GetNationalPrefixForParsing())
	return p, err
}

// program returns the index of the program for a prefix pattern and its number
// of groups, or -1 for an empty pattern.
func (b *builder) program(pattern string) (index, groups int, err error) {
	if pattern == "" {
		return -1, 0, nil
	}
	if index, ok := b.programs[pattern]; ok {
		return index, b.groups[pattern], nil
	}
	text, groups, err := prefixProgram(pattern)
	if err != nil {
		return 0, 0, err
	}
	index = len(b.tables.programs)
	b.tables.programs = append(b.tables.programs, text)
	b.programs[pattern], b.groups[pattern] = index, groups
	return index, groups, nil
}

// types builds the automaton that returns the type of a number in one plan,
// with libphonenumber's order of precedence.
func (b *builder) types(m *phonenumbers.PhoneMetadata) (int32, error) {
	// Indexed by phonenum.Type. fixed and mobile are merged below.
	const fixed, mobile, either = 1, 2, 3
	byType := []*phonenumbers.PhoneNumberDesc{
		fixed: m.GetFixedLine(), mobile: m.GetMobile(), either: nil,
		4: m.GetTollFree(), 5: m.GetPremiumRate(), 6: m.GetSharedCost(), 7: m.GetVoip(),
		8: m.GetPersonalNumber(), 9: m.GetPager(), 10: m.GetUan(), 11: m.GetVoicemail(),
	}
	precedence := []int{5, 4, 6, 7, 8, 9, 10, 11}
	general := m.GetGeneralDesc()
	roots := make([]int32, len(byType)+1)
	var err error
	if roots[0], err = b.graph.match(general.GetNationalNumberPattern(), general.GetPossibleLength(), false); err != nil {
		return 0, err
	}
	if roots[len(byType)], err = b.graph.match(general.GetNationalNumberPattern(), nil, false); err != nil {
		return 0, err
	}
	for i, desc := range byType {
		if desc.GetNationalNumberPattern() == "" {
			continue
		}
		if roots[i], err = b.graph.match(desc.GetNationalNumberPattern(), desc.GetPossibleLength(), false); err != nil {
			return 0, err
		}
	}
	same := m.GetSameMobileAndFixedLinePattern()
	return b.graph.combine(roots, func(outs []uint16) uint16 {
		if outs[0] == 0 {
			return outs[len(byType)] * typeGeneral
		}
		for _, t := range precedence {
			if outs[t] != 0 {
				return typeGeneral + uint16(t)
			}
		}
		switch {
		case outs[fixed] != 0 && (same || outs[mobile] != 0):
			return typeGeneral + either
		case outs[fixed] != 0:
			return typeGeneral + fixed
		case outs[mobile] != 0 && !same:
			return typeGeneral + mobile
		}
		return typeGeneral
	}), nil
}

// pick builds the automaton that returns which of several plans of a country
// code a number belongs to, and its type there: (position+1)<<4 | type.
func (b *builder) pick(plans []int, meta map[int]*phonenumbers.PhoneMetadata) (int32, error) {
	roots := make([]int32, 0, 2*len(plans))
	leading := make([]bool, len(plans))
	for i, p := range plans {
		var lead int32
		if digits := meta[p].GetLeadingDigits(); digits != "" {
			leading[i] = true
			var err error
			if lead, err = b.graph.match(digits, nil, true); err != nil {
				return 0, err
			}
		}
		roots = append(roots, b.plans[p].types, lead)
	}
	return b.graph.combine(roots, func(outs []uint16) uint16 {
		for i := range plans {
			kind := max(outs[2*i], typeGeneral) - typeGeneral
			if leading[i] && outs[2*i+1] != 0 || !leading[i] && kind != 0 {
				return uint16(i+1)<<4 | kind
			}
		}
		return 0
	}), nil
}

// short builds the automaton of a region's short and emergency numbers.
func (b *builder) short(m *phonenumbers.PhoneMetadata) (int32, error) {
	general := m.GetGeneralDesc()
	roots := make([]int32, 5)
	for i, desc := range []*phonenumbers.PhoneNumberDesc{general, m.GetShortCode(), m.GetPremiumRate(), m.GetTollFree(), m.GetEmergency()} {
		if desc.GetNationalNumberPattern() == "" {
			continue
		}
		lengths := desc.GetPossibleLength()
		if i == 4 {
			lengths = nil // libphonenumber ignores the length of emergency numbers
		}
		var err error
		if roots[i], err = b.graph.match(desc.GetNationalNumberPattern(), lengths, false); err != nil {
			return 0, err
		}
	}
	return b.graph.combine(roots, func(outs []uint16) uint16 {
		var set uint16
		if outs[0] != 0 && outs[1] != 0 {
			set = shortCode | outs[3]*shortTollFree
		}
		// Some premium numbers are missing among the short codes; what costs extra is told in any case.
		return set | outs[2]*shortPremium | outs[4]*shortEmergency
	}), nil
}

// collectZones builds the automaton whose last output on the way through a number is its set of time zones.
func (t *tables) collectZones() error {
	prefixes, err := zonePrefixes()
	if err != nil {
		return err
	}
	values := map[string]uint16{}
	known := map[string]uint16{}
	for _, prefix := range slices.Sorted(maps.Keys(prefixes)) {
		zones := slices.Compact(slices.Sorted(slices.Values(prefixes[prefix])))
		name := strings.Join(zones, " ")
		set, ok := known[name]
		if !ok {
			t.zoneSets = append(t.zoneSets, zones)
			set = uint16(len(t.zoneSets))
			known[name] = set
		}
		values[strconv.Itoa(prefix)] = set
	}
	t.zones = t.graph.trie(values)
	return nil
}

// lengthMask returns a mask with the bit of each length set. The length -1, "no
// number of this kind", has no bit.
func lengthMask(lengths []int32) uint32 {
	var mask uint32
	for _, n := range lengths {
		if n >= 0 {
			mask |= 1 << n
		}
	}
	return mask
}
