package gen

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/ringback-go/ringback/phonenum"
)

// dataset is metadata of numbers and of short numbers by territory, as
// google-libphonenumber holds it.
type dataset struct {
	Plans map[string][]any `json:"plans"`
	Short map[string][]any `json:"short"`
}

// ask runs google-libphonenumber with arguments on input.
func ask(t testing.TB, input []byte, args ...string) []byte {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("%v: the comparison with google-libphonenumber needs Node.js (Debian, Ubuntu: apt-get install nodejs npm)", err)
	}
	cmd := exec.Command(node, append([]string{"testdata/oracle.js"}, args...)...)
	var failure bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &failure
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v (npm ci in phonenum/internal/gen installs what it needs)\n%s", err, failure.String())
	}
	return out
}

// question is a number, or a short number, to ask about.
type question struct{ kind, text, region string }

// answers asks google-libphonenumber, with data instead of its own metadata,
// and decodes the answers.
func answers[T any](t testing.TB, data dataset, questions []question) []T {
	t.Helper()
	var input bytes.Buffer
	lines := json.NewEncoder(&input)
	if err := lines.Encode(data); err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		if err := lines.Encode([]string{q.kind, q.text, q.region}); err != nil {
			t.Fatal(err)
		}
	}
	list := make([]T, 0, len(questions))
	scanner := bufio.NewScanner(bytes.NewReader(ask(t, input.Bytes())))
	for scanner.Scan() {
		var answer T
		if err := json.Unmarshal(scanner.Bytes(), &answer); err != nil {
			t.Fatalf("answer %q: %v", scanner.Text(), err)
		}
		list = append(list, answer)
	}
	if len(list) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(list), len(questions))
	}
	return list
}

// oracleData returns the metadata of google-libphonenumber.
func oracleData(t testing.TB) (plans, short []*phonenumbers.PhoneMetadata) {
	t.Helper()
	var data dataset
	if err := json.Unmarshal(ask(t, nil, "metadata"), &data); err != nil {
		t.Fatal(err)
	}
	decode := func(arrays map[string][]any) (list []*phonenumbers.PhoneMetadata) {
		for name, array := range arrays {
			m := &phonenumbers.PhoneMetadata{}
			if err := readArray(m.ProtoReflect(), array); err != nil {
				t.Fatalf("metadata of %s: %v", name, err)
			}
			list = append(list, m)
		}
		return list
	}
	return decode(data.Plans), decode(data.Short)
}

// encode returns metadata in the form of a dataset.
func encode(list []*phonenumbers.PhoneMetadata) map[string][]any {
	arrays := map[string][]any{}
	for _, m := range list {
		arrays[territory(m)] = appendArray(m.ProtoReflect())
	}
	return arrays
}

// oracleReasons maps the errors of google-libphonenumber to those of phonenum.
var oracleReasons = map[string]phonenum.Reason{
	"The string supplied did not seem to be a phone number": phonenum.NotANumber,
	"Invalid country calling code":                          phonenum.UnknownCountryCode,
	"Phone number too short after IDD":                      phonenum.TooShortAbroad,
	"The string supplied is too short to be a phone number": phonenum.TooShort,
	"The string supplied is too long to be a phone number":  phonenum.TooLong,
}

// oracleTypes maps the types of google-libphonenumber to those of phonenum.
var oracleTypes = map[int]phonenum.Type{
	0: phonenum.FixedLine, 1: phonenum.Mobile, 2: phonenum.FixedOrMobile, 3: phonenum.TollFree, 4: phonenum.Premium, 5: phonenum.SharedCost,
	6: phonenum.VoIP, 7: phonenum.Personal, 8: phonenum.Pager, 9: phonenum.UAN, 10: phonenum.Voicemail, -1: phonenum.Unknown,
}

// parsed is an answer about a number.
type parsed struct {
	Failure                                                   string
	E164, Region, International, National, RFC3966, Extension string
	Code, Type                                                int
	Possible, Valid                                           bool
}

// differences returns where phonenum and google-libphonenumber differ, and the
// country codes of their results.
func (theirs parsed) differences(raw, region string) (diffs []string, codes []int) {
	check := func(what string, ours, theirs any) {
		if ours != theirs {
			diffs = append(diffs, fmt.Sprintf("%s of %q in %s: ringback %v, google %v", what, raw, region, ours, theirs))
		}
	}
	if len(strings.TrimLeft(theirs.E164[min(len(theirs.E164), 1+len(strconv.Itoa(theirs.Code))):], "0")) > 15 {
		return nil, []int{0, 0} // more digits than a number of JavaScript holds
	}
	ours, ext, err := phonenum.ParseExtension(raw, region)
	codes = []int{ours.CountryCode(), theirs.Code}
	if err != nil || theirs.Failure != "" {
		var failure *phonenum.ParseError
		if reason, known := oracleReasons[theirs.Failure]; !known || !errors.As(err, &failure) || failure.Reason != reason {
			check("failure", fmt.Sprint(err), theirs.Failure)
		}
		return diffs, codes
	}
	check("E.164", ours.E164(), theirs.E164)
	check("extension", ext, theirs.Extension)
	check("country code", ours.CountryCode(), theirs.Code)
	check("region", ours.Region(), theirs.Region)
	check("possible", ours.Possible(), theirs.Possible)
	check("valid", ours.Valid(), theirs.Valid)
	check("type", ours.Type(), oracleTypes[theirs.Type])
	check("international", ours.International(), theirs.International)
	check("national", ours.National(), theirs.National)
	check("RFC 3966", ours.RFC3966(), theirs.RFC3966)
	return diffs, codes
}

// beyondJavaScript reports whether google-libphonenumber reads raw differently
// from libphonenumber in Java and in C++: it has letters or digits other than
// ASCII, which regular expressions in JavaScript do not know, or the parameter
// of a telephone URI without being one.
func beyondJavaScript(raw string) bool {
	return strings.Contains(raw, ";phone-context=") && !strings.HasPrefix(raw, "tel:") || strings.ContainsFunc(raw, func(r rune) bool {
		return r > unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
	})
}

// numbers returns all numbers that the tests try.
func numbers(t testing.TB) []question {
	var list []question
	for _, produce := range producers {
		produce(t, func(raw, region string) {
			if excused(raw) == "" && !beyondJavaScript(raw) {
				list = append(list, question{"parse", raw, region})
			}
		})
	}
	return list
}

// changedCodes returns the country codes of territories, and the regions that
// have them.
func changedCodes(territories []string) (codes map[int]bool, regions map[string]bool) {
	codes, regions = map[int]bool{}, map[string]bool{}
	for _, m := range current {
		if slices.Contains(territories, territory(m)) {
			codes[int(m.GetCountryCode())] = true
		}
	}
	for _, m := range current {
		if codes[int(m.GetCountryCode())] {
			regions[m.GetId()] = true
		}
	}
	return codes, regions
}

// TestOracle compares every number with google-libphonenumber. With the
// metadata of the tables no answer may differ. With older metadata, its own and
// that of the Go port, answers may differ in the country codes that were
// changed since.
func TestOracle(t *testing.T) {
	questions := numbers(t)
	if !testing.Short() && len(questions) < 100_000 {
		t.Errorf("%d numbers, want at least 100,000", len(questions))
	}
	list, err := changeLog(plansFolder)
	if err != nil {
		t.Fatal(err)
	}
	own, _ := oracleData(t)
	for _, test := range []struct {
		name  string
		data  dataset
		plans []*phonenumbers.PhoneMetadata
	}{
		{"metadata of the tables", dataset{Plans: encode(current)}, current},
		{"own metadata", dataset{}, own},
		{"metadata of the Go port", dataset{Plans: encode(ported)}, ported},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			codes, regions := changedCodes(differing(current, test.plans, canonical))
			failed, unexpected := 0, 0
			perCode := map[int]int{}
			for i, theirs := range answers[parsed](t, test.data, questions) {
				q := questions[i]
				diffs, either := theirs.differences(q.text, q.region)
				if len(diffs) == 0 {
					continue
				}
				failed++
				perCode[max(either[0], either[1])]++
				if codes[either[0]] || codes[either[1]] || regions[q.region] {
					continue
				}
				if unexpected++; unexpected <= 20 {
					t.Error(strings.Join(diffs, "\n"))
				}
			}
			changed := differing(current, test.plans, published)
			version, unexplained := versionOf(list, changed)
			t.Logf("tables %s: %d of %d numbers differ from google-libphonenumber with libphonenumber %s, by country code %v",
				list[0].version, failed, len(questions), version, perCode)
			if len(changed) == 0 {
				return
			}
			t.Logf("%d plans changed since %s: %v", len(changed), version, changed)
			if len(unexplained) > 0 {
				t.Errorf("no release after %s changed %v; if libphonenumber-js left one out, add it to skipped", version, unexplained)
			}
		})
	}
}
