package gen

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// build compiles a package of testdata into a stripped binary.
func build(t *testing.T, name string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", binary, "./testdata/"+name).CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// TestSize limits what the package adds to a stripped binary.
func TestSize(t *testing.T) {
	size := func(name string) int64 {
		info, err := os.Stat(build(t, name))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	added := size("with") - size("without")
	t.Logf("phonenum adds %d kB to a stripped binary", added>>10)
	if added >= 1_000_000 {
		t.Errorf("phonenum adds %d bytes, want less than 1 MB", added)
	}
}

// TestInit limits the time that importing the package adds to the start of a
// program.
func TestInit(t *testing.T) {
	binary := build(t, "with")
	var best float64 = -1
	for range 5 {
		cmd := exec.Command(binary, "+41785556677")
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		var trace bytes.Buffer
		cmd.Stderr = &trace
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		clock := 0.0
		traced := false
		for lines := bufio.NewScanner(&trace); lines.Scan(); {
			// The format is "init <package> @<start> ms, <time> ms clock, ...".
			// Packages without initialisation are not listed.
			fields := strings.Fields(lines.Text())
			if len(fields) < 6 || fields[0] != "init" {
				continue
			}
			traced = true
			if strings.HasSuffix(fields[1], "/phonenum") {
				ms, err := strconv.ParseFloat(fields[4], 64)
				if err != nil {
					t.Fatalf("inittrace line %q: %v", lines.Text(), err)
				}
				clock = ms
			}
		}
		if !traced {
			t.Fatalf("no inittrace in %q", trace.String())
		}
		if best < 0 || clock < best {
			best = clock
		}
	}
	t.Logf("initialisation takes %.3f ms", best)
	if best >= 0.2 {
		t.Errorf("initialisation takes %.3f ms, want less than 0.2 ms", best)
	}
}
