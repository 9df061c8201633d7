package postgrestest

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// BinVariable names the environment variable with the directory of initdb and postgres. It wins over every other place.
const BinVariable = "RINGBACK_POSTGRES_BIN"

// BouncerVariable names the environment variable with the path of the program pgbouncer. It wins over every other place.
const BouncerVariable = "RINGBACK_PGBOUNCER"

const bouncerHint = "install PgBouncer (Debian, Ubuntu and Homebrew: package pgbouncer), or set " + BouncerVariable +
	" to the path of pgbouncer"

const serverHint = "install the PostgreSQL server (Debian and Ubuntu: package postgresql; Homebrew: postgresql@17), or set " +
	BinVariable + " to the directory that holds initdb and postgres"

// Find returns the directory that holds the server programs initdb and postgres. It looks in $RINGBACK_POSTGRES_BIN, then in
// PATH, then where distributions put them: /usr/lib/postgresql/*/bin and /usr/pgsql-*/bin, the newest version first,
// /usr/local/pgsql/bin, and Homebrew's folders. When the variable is set and its directory lacks a program, Find fails rather
// than take another version. The error unwraps to [ErrNoServer] and says what to install.
func Find() (bin string, err error) {
	if named := os.Getenv(BinVariable); named != "" {
		if holdsServer(named) {
			return named, nil
		}
		return "", fmt.Errorf("%w in %s=%s: %s", ErrNoServer, BinVariable, named, serverHint)
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(dir) && holdsServer(dir) {
			return dir, nil
		}
	}
	if dir, ok := newest(serverPlaces()); ok {
		return dir, nil
	}
	return "", fmt.Errorf("%w: %s", ErrNoServer, serverHint)
}

// FindBouncer returns the path of the program pgbouncer: $RINGBACK_PGBOUNCER (and nothing else when it is set), PATH, then the
// places that PATH often lacks, such as /usr/sbin. The error unwraps to [ErrNoBouncer] and says what to install.
func FindBouncer() (program string, err error) {
	if named := os.Getenv(BouncerVariable); named != "" {
		if executable(named) {
			return named, nil
		}
		return "", fmt.Errorf("%w at %s=%s: %s", ErrNoBouncer, BouncerVariable, named, bouncerHint)
	}
	places := append(filepath.SplitList(os.Getenv("PATH")),
		"/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin")
	for _, dir := range places {
		if program := filepath.Join(dir, "pgbouncer"); filepath.IsAbs(dir) && executable(program) {
			return program, nil
		}
	}
	return "", fmt.Errorf("%w: %s", ErrNoBouncer, bouncerHint)
}

// serverPlaces lists the file patterns of server folders outside PATH, the most likely first.
func serverPlaces() []string {
	return []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/usr/local/pgsql/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	}
}

// newest returns the folder with the highest version number of the first pattern that has a folder with the server programs.
func newest(patterns []string) (string, bool) {
	for _, pattern := range patterns {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			continue
		}
		dirs = slices.DeleteFunc(dirs, func(dir string) bool { return !holdsServer(dir) })
		if len(dirs) > 0 {
			return slices.MaxFunc(dirs, func(a, b string) int {
				return cmp.Or(cmp.Compare(version(a), version(b)), cmp.Compare(a, b))
			}), true
		}
	}
	return "", false
}

// version reads the number out of the folder above bin: 15 from /usr/lib/postgresql/15/bin, 9.6 from the one beside it,
// so that 15 counts as newer than 9.6, which an order of texts would get wrong.
func version(dir string) float64 {
	found := regexp.MustCompile(`\d+(\.\d+)?`).FindString(filepath.Base(filepath.Dir(dir)))
	n, err := strconv.ParseFloat(found, 64)
	if err != nil {
		return 0
	}
	return n
}

func holdsServer(dir string) bool {
	return executable(filepath.Join(dir, "initdb")) && executable(filepath.Join(dir, "postgres"))
}

func executable(path string) bool {
	_, err := exec.LookPath(path)
	return err == nil
}
