package gen

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/ringback-go/ringback/phonenum"
)

const sampleLog = `
<!-- Changes -->

1.3.0 / 1.6.2026
===================

* Renamed a file.

1.2.9 / 12.5.2026
===================

* Updated metadata to version 9.0.14:
  - Updated alternate formatting data for country calling code(s): 84
  - Updated phone metadata for region code(s):
    AC, CN,
    UG
  - New phone metadata for region code(s): 888
  - Updated short number metadata for region code(s): FR
  - Updated carrier data for country calling code(s):
    61 (en), 86 (en, zh)

1.2.8 / 1.5.2026
===================

* Updated metadata to version 9.0.13:
  - Updated short number metadata for region code(s): IT

* Updated metadata to version 9.0.12:
  - Updated phone metadata for region code(s): CH, UG
`

func TestReleases(t *testing.T) {
	want := []release{
		{"9.0.14", []string{"AC", "CN", "UG", "888"}, []string{"FR"}},
		{"9.0.13", nil, []string{"IT"}},
		{"9.0.12", []string{"CH", "UG"}, nil},
	}
	if got := releases(sampleLog); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := releases(strings.ReplaceAll(sampleLog, "\n", "\r\n")); !reflect.DeepEqual(got, want) {
		t.Errorf("with carriage returns: got %v, want %v", got, want)
	}
	if got := releases("* Renamed a file.\n"); len(got) != 0 {
		t.Errorf("without metadata: got %v", got)
	}
}

// TestVersionOf takes the version from what differs.
func TestVersionOf(t *testing.T) {
	list := []release{
		{version: "9.0.6", plans: []string{"CN", "DE"}}, {version: "9.0.4", plans: []string{"JP", "DE"}},
		{version: "9.0.3", plans: []string{"NO", "UG"}}, {version: "9.0.2", plans: []string{"CH"}},
	}
	for _, test := range []struct {
		name, want             string
		differing, unexplained []string
	}{
		{"the newest", "9.0.6", nil, nil},
		{"one release older", "9.0.4", []string{"CN", "DE"}, nil},
		{"two releases older", "9.0.3", []string{"CN", "DE", "JP"}, nil},
		{"three releases older, changed twice", "9.0.2", []string{"CN", "DE", "JP", "NO", "UG"}, nil},
		{"a change that had no effect", "9.0.3", []string{"CN", "JP"}, nil},
		{"more changes than the list has", "9.0.4", []string{"CN", "DE", "FR", "PG"}, []string{"FR", "PG"}},
		{"a change of nothing known", "9.0.6", []string{"AQ"}, []string{"AQ"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, unexplained := versionOf(list, test.differing)
			if got != test.want || !slices.Equal(unexplained, test.unexplained) {
				t.Errorf("version %s, unexplained %v; want %s, %v", got, unexplained, test.want, test.unexplained)
			}
		})
	}
}

// TestSources states what the sources contain. The Go port calls its metadata
// 9.0.32; by its differences it is the release before.
func TestSources(t *testing.T) {
	list, err := changeLog(plansFolder)
	if err != nil {
		t.Fatal(err)
	}
	version, _ := versionOf(list, differing(current, ported, published))
	got := phonenum.MetadataVersion
	if want := "short numbers and time zones " + version + " ("; !strings.Contains(got, want) {
		t.Errorf("MetadataVersion is %q, want %q in it", got, want)
	}
	if want := "libphonenumber " + list[0].version + " ("; !strings.HasPrefix(got, want) {
		t.Errorf("MetadataVersion is %q, want it to start with %q", got, want)
	}
	// Where the Go port and google-libphonenumber differ in short numbers, a
	// release between the two changed them.
	ours, err := shortMetadata()
	if err != nil {
		t.Fatal(err)
	}
	plans, short := oracleData(t)
	newer, _ := versionOf(list, differing(current, plans, published))
	var changed []string
	between := false
	for _, r := range list {
		between = between || r.version == newer
		if r.version == version {
			break
		}
		if between {
			changed = append(changed, r.short...)
		}
	}
	for _, m := range short {
		old := ours[m.GetId()]
		if old == nil || slices.Contains(changed, m.GetId()) {
			continue
		}
		if different := differing([]*phonenumbers.PhoneMetadata{old}, []*phonenumbers.PhoneMetadata{m}, canonical); len(different) > 0 {
			t.Errorf("short numbers of %s differ, but no release between %s and %s changed them", m.GetId(), version, newer)
		}
	}
	t.Logf("Go port %s, google-libphonenumber %s, short numbers changed in between: %v", version, newer, changed)
}
