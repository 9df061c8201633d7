package main

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// published is where the server in the README listens.
const published = "http://127.0.0.1:8080"

// TestReadme types the session in the README into a fresh server, and expects
// the answers that stand there.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	session := sessionOf(string(text))
	if len(session) < 5 {
		t.Fatalf("the README shows %d commands", len(session))
	}
	r := start(t, "-clock", atEight)
	for _, one := range session {
		if got := r.curl(one.command); got != one.answer {
			t.Errorf("%s\nanswers\n%s\nthe README says\n%s", one.command, got, one.answer)
		}
	}
}

type line struct{ command, answer string }

// sessionOf finds the commands that begin with "$ curl", each with the lines
// below it up to the next one.
func sessionOf(readme string) []line {
	var steps []line
	for block := range strings.SplitSeq(readme, "```console\n") {
		block, _, _ = strings.Cut(block, "```")
		if !strings.HasPrefix(block, "$ curl") {
			continue
		}
		for command := range strings.SplitSeq(strings.TrimPrefix(block, "$ "), "\n$ ") {
			// A line that ends in a backslash goes on in the next one.
			lines := strings.Split(strings.ReplaceAll(command, "\\\n", " "), "\n")
			steps = append(steps, line{lines[0], strings.TrimSpace(strings.Join(lines[1:], "\n"))})
		}
	}
	return steps
}

// curl does what the command would: it knows the options -s, -u, -H, -d and -X,
// and words in single quotes.
func (r *running) curl(command string) string {
	r.t.Helper()
	words := wordsOf(command)
	method, body, url := "", "", ""
	header := http.Header{}
	user, password := "", ""
	for i := 1; i < len(words); i++ {
		argument := func() string { i++; return words[i] }
		switch words[i] {
		case "-s":
		case "-u":
			user, password, _ = strings.Cut(argument(), ":")
		case "-H":
			name, value, _ := strings.Cut(argument(), ": ")
			header.Set(name, value)
		case "-d":
			body = argument()
		case "-X":
			method = argument()
		default:
			if url != "" || strings.HasPrefix(words[i], "-") {
				r.t.Fatalf("%s: %q is not understood", command, words[i])
			}
			url = words[i]
		}
	}
	if method == "" && body != "" {
		method = "POST"
		if header.Get("Content-Type") == "" {
			header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	path, ok := strings.CutPrefix(url, published)
	if !ok {
		r.t.Fatalf("%s: the server is not at %s", command, published)
	}
	_, text := r.send(user, password, method, path, body, header)
	return text
}

func wordsOf(command string) []string {
	var words []string
	for i, part := range strings.Split(command, "'") {
		switch {
		case i%2 == 1:
			words = append(words, part)
		default:
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}
