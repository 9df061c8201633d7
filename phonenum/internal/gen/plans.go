package gen

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/nyaruka/phonenumbers"
	"google.golang.org/protobuf/proto"
)

// plansFolder holds the npm package from which the numbering plans are read.
const plansFolder = "node_modules/libphonenumber-js"

// Positions of the fields that are read from a plan of metadata.max.json.
const (
	fieldCode            = 0
	fieldIDD             = 1
	fieldGeneral         = 2
	fieldLengths         = 3
	fieldFormats         = 4
	fieldNationalPrefix  = 5
	fieldFormattingRule  = 6
	fieldPrefixToParse   = 7
	fieldPrefixTransform = 8
	fieldLeadingDigits   = 10
	fieldTypes           = 11
)

// planVersion is the version of the file's layout that is understood.
const planVersion = 4

// planFile is metadata.max.json. An absent field is the number 0.
type planFile struct {
	Version       int                          `json:"version"`
	Codes         map[string][]string          `json:"country_calling_codes"` // main region first
	Countries     map[string][]json.RawMessage `json:"countries"`
	NonGeographic map[string][]json.RawMessage `json:"nonGeographic"`
}

// planMetadata returns the numbering plans and formats of the npm package in
// folder, and the regions of each country code, the main one first. What the
// package leaves out stays as it is in old, the metadata of the Go port: the
// lengths for local dialling, the formats of local numbers, and examples.
func planMetadata(folder string, old []*phonenumbers.PhoneMetadata) (plans []*phonenumbers.PhoneMetadata, codes map[int][]string, err error) {
	text, err := os.ReadFile(filepath.Join(folder, "metadata.max.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("gen: %w: run npm ci in phonenum/internal/gen", err)
	} else if err != nil {
		return nil, nil, fmt.Errorf("gen: %w", err)
	}
	var file planFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, nil, fmt.Errorf("gen: metadata.max.json: %w", err)
	}
	if file.Version != planVersion {
		return nil, nil, fmt.Errorf("gen: metadata.max.json: layout %d, want %d", file.Version, planVersion)
	}
	codes = map[int][]string{}
	for text, regions := range file.Codes {
		number, err := strconv.Atoi(text)
		if err != nil {
			return nil, nil, fmt.Errorf("gen: metadata.max.json: country code: %w", err)
		}
		codes[number] = regions
	}
	known := map[string]*phonenumbers.PhoneMetadata{}
	for _, m := range old {
		known[territory(m)] = m
	}
	add := func(id string, fields []json.RawMessage) error {
		m, err := readPlan(id, fields, known)
		if err != nil {
			return fmt.Errorf("gen: metadata.max.json: region %s: %w", id, err)
		}
		plans = append(plans, m)
		return nil
	}
	for _, region := range slices.Sorted(maps.Keys(file.Countries)) {
		if err := add(region, file.Countries[region]); err != nil {
			return nil, nil, err
		}
	}
	for _, text := range slices.Sorted(maps.Keys(file.NonGeographic)) {
		if err := add(phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY, file.NonGeographic[text]); err != nil {
			return nil, nil, err
		}
		number, err := strconv.Atoi(text)
		if err != nil {
			return nil, nil, fmt.Errorf("gen: metadata.max.json: country code: %w", err)
		}
		codes[number] = []string{phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY}
	}
	return plans, codes, nil
}

// territory names a plan: by its region, or by its country code if it has none.
func territory(m *phonenumbers.PhoneMetadata) string {
	if m.GetId() == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		return strconv.Itoa(int(m.GetCountryCode()))
	}
	return m.GetId()
}

// readPlan converts a plan of metadata.max.json.
func readPlan(id string, fields []json.RawMessage, known map[string]*phonenumbers.PhoneMetadata) (*phonenumbers.PhoneMetadata, error) {
	r := reader{fields: fields}
	number, err := strconv.ParseInt(r.text(fieldCode), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("country code: %w", err)
	}
	m := &phonenumbers.PhoneMetadata{Id: &id, CountryCode: new(int32(number))}
	if old := known[territory(m)]; old != nil {
		m = proto.Clone(old).(*phonenumbers.PhoneMetadata)
	}
	m.InternationalPrefix = optional(r.text(fieldIDD))
	m.NationalPrefix = optional(r.text(fieldNationalPrefix))
	m.NationalPrefixForParsing = optional(r.text(fieldPrefixToParse))
	if m.NationalPrefixForParsing == nil {
		m.NationalPrefixForParsing = m.NationalPrefix
	}
	m.NationalPrefixTransformRule = optional(r.text(fieldPrefixTransform))
	m.LeadingDigits = optional(r.text(fieldLeadingDigits))
	general := part(&m.GeneralDesc)
	general.NationalNumberPattern = optional(r.text(fieldGeneral))
	r.value(fieldLengths, &general.PossibleLength)
	general.PossibleLengthLocalOnly = slices.DeleteFunc(general.PossibleLengthLocalOnly, func(n int32) bool {
		return slices.Contains(general.PossibleLength, n)
	})
	r.types(m)
	r.formats(m)
	return m, r.err
}

// optional returns nil for "".
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// part returns the message at field, which is created if it is absent.
func part(field **phonenumbers.PhoneNumberDesc) *phonenumbers.PhoneNumberDesc {
	if *field == nil {
		*field = &phonenumbers.PhoneNumberDesc{}
	}
	return *field
}

// reader reads the fields of a plan and keeps the first error.
type reader struct {
	fields []json.RawMessage
	err    error
}

// value decodes the field at i into v, which stays zero if the field is absent.
func (r *reader) value(i int, v any) {
	if i >= len(r.fields) || string(r.fields[i]) == "0" || r.err != nil {
		return
	}
	if err := json.Unmarshal(r.fields[i], v); err != nil {
		r.err = fmt.Errorf("field %d: %w", i, err)
	}
}

func (r *reader) text(i int) (text string) {
	r.value(i, &text)
	return text
}

// types reads the description of each type: its pattern, and its lengths unless
// they are those of the plan. An absent type has no numbers, and the pattern ""
// of mobile numbers is the one of fixed lines.
func (r *reader) types(m *phonenumbers.PhoneMetadata) {
	list := reader{}
	r.value(fieldTypes, &list.fields)
	if r.err == nil && list.fields == nil {
		r.err = errors.New("no types")
	}
	for i, field := range []**phonenumbers.PhoneNumberDesc{&m.FixedLine, &m.Mobile, &m.TollFree, &m.PremiumRate, &m.PersonalNumber,
		&m.Voicemail, &m.Uan, &m.Pager, &m.Voip, &m.SharedCost} {
		desc := part(field)
		kind := reader{}
		list.value(i, &kind.fields)
		desc.NationalNumberPattern, desc.PossibleLength = nil, nil
		if kind.fields == nil {
			desc.PossibleLength = []int32{-1}
			continue
		}
		desc.NationalNumberPattern = optional(kind.text(0))
		if desc.NationalNumberPattern == nil && i == 1 {
			desc.NationalNumberPattern = m.FixedLine.NationalNumberPattern
		}
		kind.value(1, &desc.PossibleLength)
		if kind.err != nil {
			list.err = kind.err
		}
	}
	m.SameMobileAndFixedLinePattern = new(m.FixedLine.GetNationalNumberPattern() == m.Mobile.GetNationalNumberPattern())
	if r.err == nil {
		r.err = list.err
	}
}

// formats reads the national and the international formats.
func (r *reader) formats(m *phonenumbers.PhoneMetadata) {
	local := localFormats(m)
	var list [][]json.RawMessage
	r.value(fieldFormats, &list)
	m.NumberFormat, m.IntlNumberFormat = nil, nil
	abroad := false
	for _, fields := range list {
		f := reader{fields: fields}
		national := &phonenumbers.NumberFormat{Pattern: optional(f.text(0)), Format: optional(f.text(1))}
		f.value(2, &national.LeadingDigitsPattern)
		national.NationalPrefixFormattingRule = optional(f.text(3))
		if national.NationalPrefixFormattingRule == nil {
			national.NationalPrefixFormattingRule = optional(r.text(fieldFormattingRule))
		}
		intl := proto.Clone(national).(*phonenumbers.NumberFormat)
		if text := f.text(5); text != "" {
			intl.Format = &text
			abroad = true
		}
		if f.err != nil {
			r.err = f.err
		}
		m.NumberFormat = append(m.NumberFormat, national)
		m.IntlNumberFormat = append(m.IntlNumberFormat, intl)
	}
	if !abroad && len(local) == 0 {
		m.IntlNumberFormat = nil
	}
	// From the last to the first, because the next format may be a local one.
	for _, f := range slices.Backward(local) {
		at := slices.IndexFunc(m.NumberFormat, func(g *phonenumbers.NumberFormat) bool {
			return g.GetPattern() == f.next.GetPattern() && g.GetFormat() == f.next.GetFormat()
		})
		if at < 0 {
			at = min(f.position, len(m.NumberFormat))
		}
		m.NumberFormat = slices.Insert(m.NumberFormat, at, f.format)
	}
}

// localFormat is a format that is not used internationally, its position, and
// the format that follows it, if any.
type localFormat struct {
	format, next *phonenumbers.NumberFormat
	position     int
}

func localFormats(m *phonenumbers.PhoneMetadata) []localFormat {
	var local []localFormat
	for i, f := range m.NumberFormat {
		if len(m.IntlNumberFormat) == 0 || slices.ContainsFunc(m.IntlNumberFormat, func(g *phonenumbers.NumberFormat) bool {
			return g.GetPattern() == f.GetPattern() && slices.Equal(g.LeadingDigitsPattern, f.LeadingDigitsPattern)
		}) {
			continue
		}
		l := localFormat{format: f, position: i}
		if i+1 < len(m.NumberFormat) {
			l.next = m.NumberFormat[i+1]
		}
		local = append(local, l)
	}
	return local
}
