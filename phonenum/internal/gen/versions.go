package gen

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"google.golang.org/protobuf/proto"
)

// release is a version of libphonenumber's metadata with the regions, or
// country codes without a region, that it changed.
type release struct {
	version      string
	plans, short []string
}

var (
	releaseLine = regexp.MustCompile(`^\* Updated metadata to version ([0-9.]+)`)
	changedLine = regexp.MustCompile(`^- (?:Updated|New) (phone|short number) metadata for region code\(s\):(.*)`)
)

// releases returns the releases that the change log of libphonenumber-js lists,
// the newest first.
func releases(changeLog string) []release {
	// A list of regions may go on in further lines, which are indented deeper.
	changeLog = strings.ReplaceAll(strings.ReplaceAll(changeLog, "\r", ""), "\n    ", " ")
	var list []release
	for line := range strings.Lines(changeLog) {
		line = strings.TrimSpace(line)
		if m := releaseLine.FindStringSubmatch(line); m != nil {
			list = append(list, release{version: m[1]})
		} else if m := changedLine.FindStringSubmatch(line); m != nil && len(list) > 0 {
			regions := strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' || r == ' ' })
			if last := &list[len(list)-1]; m[1] == "phone" {
				last.plans = append(last.plans, regions...)
			} else {
				last.short = append(last.short, regions...)
			}
		}
	}
	return list
}

// versionOf returns the version of metadata that differs from the newest of
// list in the given territories: the one after which the releases changed these
// and no others, as nearly as possible. What no release changed is returned as
// unexplained.
func versionOf(list []release, differing []string) (version string, unexplained []string) {
	open := map[string]bool{}
	for _, name := range differing {
		open[name] = true
	}
	changed := map[string]bool{}
	best := -1
	for _, r := range list {
		wrong := 0
		for name := range open {
			if !changed[name] {
				wrong++
			}
		}
		for name := range changed {
			if !open[name] {
				wrong++
			}
		}
		if best < 0 || wrong < best {
			best, version = wrong, r.version
			unexplained = slices.DeleteFunc(slices.Clone(differing), func(name string) bool { return changed[name] })
		}
		for _, name := range r.plans {
			changed[name] = true
		}
	}
	return version, unexplained
}

// differing returns the territories of which a and b say different things in a
// form such as canonical, or that only one of them has, in ascending order.
func differing(a, b []*phonenumbers.PhoneMetadata, form func(*phonenumbers.PhoneMetadata) *phonenumbers.PhoneMetadata) []string {
	first := map[string]*phonenumbers.PhoneMetadata{}
	for _, m := range a {
		first[territory(m)] = m
	}
	var names []string
	for _, m := range b {
		name := territory(m)
		if other := first[name]; other == nil || !proto.Equal(form(m), form(other)) {
			names = append(names, name)
		}
		delete(first, name)
	}
	for name := range first {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// published returns the canonical form of what libphonenumber-js publishes: it
// says nothing about local dialling.
func published(m *phonenumbers.PhoneMetadata) *phonenumbers.PhoneMetadata {
	local := localFormats(m)
	m = canonical(m)
	if m.GeneralDesc != nil {
		m.GeneralDesc.PossibleLengthLocalOnly = nil
	}
	for _, f := range slices.Backward(local) {
		m.NumberFormat = slices.Delete(m.NumberFormat, f.position, f.position+1)
	}
	return m
}

// canonical returns what m says about numbers, in one form for all sources: no
// example numbers, no carriers, no description of a type without numbers, and a
// list of international formats even if they are the national ones.
func canonical(m *phonenumbers.PhoneMetadata) *phonenumbers.PhoneMetadata {
	desc := func(d *phonenumbers.PhoneNumberDesc) *phonenumbers.PhoneNumberDesc {
		if pattern := d.GetNationalNumberPattern(); pattern == "" || pattern == "NA" {
			return nil
		}
		return &phonenumbers.PhoneNumberDesc{NationalNumberPattern: d.NationalNumberPattern, PossibleLength: d.PossibleLength}
	}
	formats := func(list []*phonenumbers.NumberFormat, rule bool) (out []*phonenumbers.NumberFormat) {
		for _, f := range list {
			c := &phonenumbers.NumberFormat{Pattern: f.Pattern, Format: f.Format, LeadingDigitsPattern: f.LeadingDigitsPattern}
			if rule {
				c.NationalPrefixFormattingRule = optional(f.GetNationalPrefixFormattingRule())
			}
			out = append(out, c)
		}
		return out
	}
	general := desc(m.GeneralDesc)
	if general != nil {
		general.PossibleLengthLocalOnly = m.GeneralDesc.PossibleLengthLocalOnly
	}
	abroad := m.IntlNumberFormat
	if len(abroad) == 0 {
		abroad = m.NumberFormat
	}
	return &phonenumbers.PhoneMetadata{
		Id: m.Id, CountryCode: m.CountryCode, LeadingDigits: optional(m.GetLeadingDigits()),
		InternationalPrefix: optional(m.GetInternationalPrefix()), NationalPrefixForParsing: optional(m.GetNationalPrefixForParsing()),
		NationalPrefixTransformRule: optional(m.GetNationalPrefixTransformRule()),
		GeneralDesc:                 general, FixedLine: desc(m.FixedLine), Mobile: desc(m.Mobile), TollFree: desc(m.TollFree),
		PremiumRate: desc(m.PremiumRate), SharedCost: desc(m.SharedCost), PersonalNumber: desc(m.PersonalNumber), Voip: desc(m.Voip),
		Pager: desc(m.Pager), Uan: desc(m.Uan), Voicemail: desc(m.Voicemail),
		ShortCode: desc(m.ShortCode), Emergency: desc(m.Emergency),
		NumberFormat: formats(m.NumberFormat, true), IntlNumberFormat: formats(abroad, false),
	}
}

// skipped holds the release before the one that is its key, if libphonenumber-js
// left it out: its change log does not name these plans, but its next version
// changed them.
var skipped = map[string]release{
	"9.0.43": {version: "9.0.42", plans: strings.Fields("AU AX BW CC CO CR CV CX DK ES FI GH GY IN KE KW PG PY RU SH")},
}

// changeLog returns the releases of the npm package in folder, the newest
// first.
func changeLog(folder string) ([]release, error) {
	text, err := os.ReadFile(filepath.Join(folder, "CHANGELOG.md"))
	if err != nil {
		return nil, fmt.Errorf("gen: %w", err)
	}
	var list []release
	for _, r := range releases(string(text)) {
		list = append(list, r)
		if before, ok := skipped[r.version]; ok {
			list = append(list, before)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("gen: the change log in %s names no version of the metadata", folder)
	}
	return list, nil
}

// packageVersion returns the version of the npm package in folder.
func packageVersion(folder string) (string, error) {
	text, err := os.ReadFile(filepath.Join(folder, "package.json"))
	if err != nil {
		return "", fmt.Errorf("gen: %w", err)
	}
	var file struct{ Version string }
	if err := json.Unmarshal(text, &file); err != nil {
		return "", fmt.Errorf("gen: package.json of %s: %w", folder, err)
	}
	return file.Version, nil
}

// portModule returns a property of the module of the Go port, such as
// "{{.Version}}".
func portModule(property string) (string, error) {
	list := exec.Command("go", "list", "-m", "-f", property, "github.com/nyaruka/phonenumbers")
	list.Env = append(list.Environ(), "GOWORK=off")
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("gen: find the metadata module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// version returns what phonenum.MetadataVersion says: the versions of
// libphonenumber whose metadata is in the tables, and where it was read. The
// version of the Go port's metadata is derived from its differences to plans,
// because the port may name another one.
func version(folder string, plans, old []*phonenumbers.PhoneMetadata) (string, error) {
	list, err := changeLog(folder)
	if err != nil {
		return "", err
	}
	npm, err := packageVersion(folder)
	if err != nil {
		return "", err
	}
	port, err := portModule("{{.Version}}")
	if err != nil {
		return "", err
	}
	data, unexplained := versionOf(list, differing(plans, old, published))
	if len(unexplained) > 0 {
		return "", fmt.Errorf("gen: no release after %s explains why the Go port differs in %s", data, strings.Join(unexplained, " "))
	}
	return fmt.Sprintf("libphonenumber %s (libphonenumber-js %s), short numbers and time zones %s (nyaruka/phonenumbers %s)",
		list[0].version, npm, data, port), nil
}
