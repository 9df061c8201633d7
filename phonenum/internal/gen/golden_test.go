package gen

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/phonenum"
)

const packageFolder = "../.."

// TestGolden regenerates the tables and compares them with the committed files.
func TestGolden(t *testing.T) {
	committed, err := filepath.Glob(filepath.Join(packageFolder, "*_gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	if len(committed) != len(generated) {
		t.Errorf("%d generated files are committed, want %d", len(committed), len(generated))
	}
	for name, want := range generated {
		got, err := os.ReadFile(filepath.Join(packageFolder, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is outdated: run go generate ./phonenum", name)
		}
	}
}

// TestVersion checks that the tables say what they were made from: the version
// of the metadata, proven by its difference to other versions, and the
// version of each source.
func TestVersion(t *testing.T) {
	lock, err := os.ReadFile("package.json")
	if err != nil {
		t.Fatal(err)
	}
	var pinned struct{ Dependencies map[string]string }
	if err := json.Unmarshal(lock, &pinned); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(mod), "github.com/nyaruka/phonenumbers ")
	if !ok {
		t.Fatal("go.mod does not require nyaruka/phonenumbers")
	}
	for _, want := range []string{
		"(libphonenumber-js " + pinned.Dependencies["libphonenumber-js"] + ")",
		"(nyaruka/phonenumbers " + strings.Fields(after)[0] + ")",
	} {
		if got := phonenum.MetadataVersion; !strings.Contains(got, want) {
			t.Errorf("MetadataVersion is %q, want it to contain %q", got, want)
		}
	}
}

// TestKnownRegions compares the regions of the tables with those of the
// metadata.
func TestKnownRegions(t *testing.T) {
	known := regions()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region := string(a) + string(b)
			if got, want := phonenum.KnownRegion(region), slices.Contains(known, region); got != want {
				t.Errorf("KnownRegion(%s) = %v, want %v", region, got, want)
			}
		}
	}
	for _, region := range []string{"", "C", "CHE", "001", "C1", "ÄÖ", "@[", "`{"} {
		if phonenum.KnownRegion(region) {
			t.Errorf("KnownRegion(%q) = true", region)
		}
	}
}
