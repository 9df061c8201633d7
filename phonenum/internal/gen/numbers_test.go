package gen

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// example is an example number of the metadata, in national digits.
type example struct {
	region   string
	code     int
	national string
}

// examples returns the example numbers of every region, country code and type.
func examples(t testing.TB) []example {
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	var list []example
	for _, m := range collection.GetMetadata() {
		for _, desc := range []*phonenumbers.PhoneNumberDesc{m.GetGeneralDesc(), m.GetFixedLine(), m.GetMobile(), m.GetTollFree(),
			m.GetPremiumRate(), m.GetSharedCost(), m.GetPersonalNumber(), m.GetVoip(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
			m.GetNoInternationalDialling()} {
			if n := desc.GetExampleNumber(); n != "" {
				list = append(list, example{m.GetId(), int(m.GetCountryCode()), n})
			}
		}
	}
	return list
}

// regions returns all regions, sorted.
func regions() []string { return slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions())) }

// rounds returns n, or an eighth of it with -short.
func rounds(n int) int {
	if testing.Short() {
		return n / 8
	}
	return n
}

// some yields the elements of list, or every eighth with -short.
func some[T any](list []T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i, v := range list {
			if (!testing.Short() || i%8 == 0) && !yield(v) {
				return
			}
		}
	}
}

// producers yields the numbers that are compared, by where they come from.
var producers = map[string]func(t testing.TB, check func(raw, region string)){
	"examples": writtenExamples, "every region": everyRegion, "cut examples": cutExamples, "changed examples": changedExamples,
	"random digits": randomDigits, "spellings": spellings, "patterns": matchingPatterns,
}

// TestPort compares every number with the Go port, which has the metadata of
// the tables here.
func TestPort(t *testing.T) {
	for name, produce := range producers {
		t.Run(name, func(t *testing.T) {
			inputs, failed := 0, 0
			produce(t, func(raw, region string) {
				if excused(raw) != "" {
					return
				}
				inputs++
				for _, d := range compare(raw, region) {
					if failed++; failed <= 20 {
						t.Error(d)
					}
				}
			})
			t.Logf("%d numbers, %d differences from the Go port", inputs, failed)
		})
	}
}

// writtenExamples formats every example number in every usual way, in its own
// region and abroad. With -short it takes every eighth.
func writtenExamples(t testing.TB, check func(raw, region string)) {
	list := examples(t)
	if len(list) < 1000 {
		t.Fatalf("%d example numbers, want more than 1000", len(list))
	}
	for e := range some(list) {
		plus := fmt.Sprintf("+%d%s", e.code, e.national)
		n, err := phonenumbers.Parse(plus, "")
		if err != nil {
			t.Fatalf("%s: %v", plus, err)
		}
		forms := []string{plus, e.national, "0" + e.national, plus[1:], "00" + plus[1:], "011" + plus[1:], "+" + plus, plus + " ext. 12",
			plus + ";ext=345", plus + ",,99#", plus + "x7"}
		for _, format := range []phonenumbers.PhoneNumberFormat{phonenumbers.NATIONAL, phonenumbers.INTERNATIONAL, phonenumbers.RFC3966} {
			forms = append(forms, phonenumbers.Format(n, format))
		}
		for _, region := range []string{e.region, "US", ""} {
			for _, raw := range forms {
				check(raw, region)
			}
		}
	}
}

// everyRegion parses numbers of several countries in every region, where
// their prefixes have different meanings.
func everyRegion(t testing.TB, check func(raw, region string)) {
	for _, region := range regions() {
		for _, raw := range []string{"+41785556677", "0041785556677", "01141785556677", "81041785556677", "0785556677", "785556677",
			"41785556677", "4155552671", "14155552671", "2345678", "02345678", "112", "911", "5115", "15", "8001234567", "1800FLOWERS",
			"tel:7042;phone-context=example.com", "tel:863-1234;phone-context=+1-914-555", "9112345678", "03456789012", "0012"} {
			check(raw, region)
		}
		own := phonenumbers.GetCountryCodeForRegion(region)
		for _, kind := range slices.Sorted(maps.Keys(types)) {
			if n := phonenumbers.GetExampleNumberForType(region, kind); n != nil {
				national := phonenumbers.GetNationalSignificantNumber(n)
				for _, prefix := range []string{"", "0", "1", "8", "00", "90", "06", "01", "15", strconv.Itoa(own), "0" + strconv.Itoa(own), "+"} {
					check(prefix+national, region)
				}
			}
		}
	}
}

// cutExamples truncates and extends every example number. With -short it takes
// every eighth.
func cutExamples(t testing.TB, check func(raw, region string)) {
	for e := range some(examples(t)) {
		code := "+" + strconv.Itoa(e.code)
		for cut := 1; cut <= len(e.national); cut++ {
			check(code+e.national[:cut], "ZZ")
			check(e.national[:cut], e.region)
		}
		for _, more := range []string{"0", "12", "1234567890"} {
			check(code+e.national+more, "ZZ")
		}
	}
}

// changedExamples changes digits of the example numbers at random.
func changedExamples(t testing.TB, check func(raw, region string)) {
	random := rand.New(rand.NewPCG(1, 2))
	list := examples(t)
	all := regions()
	for range rounds(60_000) {
		e := list[random.IntN(len(list))]
		digits := []byte(e.national)
		for range 1 + random.IntN(3) {
			switch at := random.IntN(len(digits)); random.IntN(8) {
			case 0:
				digits = slices.Insert(digits, at, byte('0'+random.IntN(10)))
			case 1:
				if len(digits) > 1 {
					digits = slices.Delete(digits, at, at+1)
				}
			default:
				digits[at] = byte('0' + random.IntN(10))
			}
		}
		region := e.region
		if random.IntN(4) == 0 {
			region = all[random.IntN(len(all))]
		}
		raw := string(digits)
		if random.IntN(2) == 0 {
			raw = "+" + strconv.Itoa(e.code) + raw
		}
		check(raw, region)
	}
}

// randomDigits tries random numbers of every country code, to reach every
// part of every plan.
func randomDigits(t testing.TB, check func(raw, region string)) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, code := range slices.Sorted(maps.Keys(phonenumbers.GetSupportedCallingCodes())) {
		for range rounds(250) {
			var b strings.Builder
			fmt.Fprintf(&b, "+%d", code)
			for range 4 + random.IntN(10) {
				b.WriteByte(byte('0' + random.IntN(10)))
			}
			check(b.String(), "")
		}
	}
}

// spellings inserts the characters that people write between and around
// digits.
func spellings(t testing.TB, check func(raw, region string)) {
	random := rand.New(rand.NewPCG(5, 6))
	list := examples(t)
	signs := []string{" ", "-", ".", "/", "(", ")", "[", "]", "~", "*", "x", "X", "\u00a0", "\u2011", "\u200b", "\u3000", "\uff0d", "\t", ",", ";", "#", "+",
		"ext", "EXT.", "int", "доб", "anexo", "extensión", "Extensi\u00f3n", "a", "ſ", "K", "\u0301", "\u200e", "xt:", "& ", "/x", "\\ x", "ｘ", "ｅｘｔｎ", ",,", ";ext=",
		";isub=1", ";phone-context=+41", ";phone-context=a.b", "tel:", "٠", "５", "۹", "1", "23"}
	for range rounds(60_000) {
		e := list[random.IntN(len(list))]
		raw := e.national
		if random.IntN(2) == 0 {
			raw = "+" + strconv.Itoa(e.code) + raw
		}
		for range 1 + random.IntN(4) {
			at := random.IntN(len(raw) + 1)
			raw = raw[:at] + signs[random.IntN(len(signs))] + raw[at:]
		}
		check(raw, e.region)
	}
}

// matchingPatterns makes numbers of every type of every plan from its pattern,
// and changes a digit of every other one.
func matchingPatterns(t testing.TB, check func(raw, region string)) {
	random := rand.New(rand.NewPCG(9, 10))
	for _, m := range current {
		for _, desc := range []*phonenumbers.PhoneNumberDesc{m.FixedLine, m.Mobile, m.TollFree, m.PremiumRate, m.SharedCost, m.PersonalNumber,
			m.Voip, m.Pager, m.Uan, m.Voicemail} {
			pattern := desc.GetNationalNumberPattern()
			if pattern == "" {
				continue
			}
			i := 0
			matches(t, pattern, rounds(40), func(digits []byte) {
				if i++; i%2 == 1 {
					digits[random.IntN(len(digits))] = byte('0' + random.IntN(10))
				}
				check(fmt.Sprintf("+%d%s", m.GetCountryCode(), digits), "")
				if i%4 == 0 {
					check(m.GetNationalPrefix()+string(digits), m.GetId())
				}
			})
		}
	}
}

// matches yields count numbers that pattern matches, chosen at random.
func matches(t testing.TB, pattern string, count int, yield func(digits []byte)) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(11, 12))
	for range count {
		yield(appendMatch(nil, re, random))
	}
}

// appendMatch appends digits that re matches, chosen at random.
func appendMatch(digits []byte, re *syntax.Regexp, random *rand.Rand) []byte {
	switch re.Op {
	case syntax.OpLiteral:
		return append(digits, string(re.Rune)...)
	case syntax.OpCharClass:
		var class []rune
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				class = append(class, r)
			}
		}
		return append(digits, byte(class[random.IntN(len(class))]))
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			digits = appendMatch(digits, sub, random)
		}
		return digits
	case syntax.OpAlternate:
		return appendMatch(digits, re.Sub[random.IntN(len(re.Sub))], random)
	case syntax.OpQuest:
		if random.IntN(2) == 0 {
			return digits
		}
		return appendMatch(digits, re.Sub[0], random)
	case syntax.OpRepeat:
		for range re.Min + random.IntN(re.Max-re.Min+1) {
			digits = appendMatch(digits, re.Sub[0], random)
		}
		return digits
	case syntax.OpEmptyMatch:
		return digits
	}
	panic(fmt.Sprintf("unexpected part %v of a pattern", re))
}
