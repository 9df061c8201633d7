package architecture

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The program in the README is what people copy: it must compile and do what
// the text below it says.
func TestReadmeProgram(t *testing.T) {
	text, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "```go\n")
	program, after, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("README.md has no program")
	}
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	out := run(t, "go", "run", file)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 {
		t.Fatalf("it prints:\n%s", out)
	}
	for _, line := range lines {
		if !strings.Contains(after, "`"+line+"`") {
			t.Errorf("it prints %q, which README.md does not say", line)
		}
	}
}
