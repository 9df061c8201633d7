package gen

import (
	"bytes"
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
	files, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	committed, err := filepath.Glob(filepath.Join(packageFolder, "*_gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	if len(committed) != len(files) {
		t.Errorf("%d generated files are committed, want %d", len(committed), len(files))
	}
	for name, want := range files {
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

// TestVersion checks that Version names the required module version.
func TestVersion(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(mod, []byte("github.com/nyaruka/phonenumbers "))
	if i < 0 {
		t.Fatal("go.mod does not require nyaruka/phonenumbers")
	}
	fields := strings.Fields(string(mod[i:]))
	version, want := phonenum.MetadataVersion, "(nyaruka/phonenumbers "+fields[1]+")"
	if !strings.Contains(version, want) {
		t.Errorf("MetadataVersion is %q, want it to contain %q", version, want)
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
