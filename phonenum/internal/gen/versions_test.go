package gen

import (
	"reflect"
	"slices"
	"strings"
	"testing"
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
