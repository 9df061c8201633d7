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

// BinVariable is the environment variable with the directory of initdb and
// postgres. It takes precedence over every other place.
const BinVariable = "RINGBACK_POSTGRES_BIN"

// BouncerVariable is the environment variable with the path of pgbouncer. It
// takes precedence over every other place.
const BouncerVariable = "RINGBACK_PGBOUNCER"

const bouncerHint = "install PgBouncer (Debian, Ubuntu and Homebrew: package pgbouncer), or set " + BouncerVariable +
	" to the path of pgbouncer"

const serverHint = "install the PostgreSQL server (Debian and Ubuntu: package postgresql; Homebrew: postgresql@17), or set " +
	BinVariable + " to the directory that holds initdb and postgres"

// Find returns the directory that contains initdb and postgres. It searches
// $RINGBACK_POSTGRES_BIN, PATH, and the directories used by distributions:
// /usr/lib/postgresql/*/bin and /usr/pgsql-*/bin, newest version first,
// /usr/local/pgsql/bin, and those of Homebrew. If the variable is set but a
// program is missing there, Find fails rather than use another version. The
// error is an [ErrNoServer] and says what to install.
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

// FindBouncer returns the path of pgbouncer: $RINGBACK_PGBOUNCER, and nothing
// else if it is set; PATH; and directories that PATH often lacks, such as
// /usr/sbin. The error is an [ErrNoBouncer] and says what to install.
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

// serverPlaces returns the patterns of server directories outside PATH, most
// likely first.
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

// newest returns the directory with the highest version among the matches of
// the first pattern that has any.
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

// version returns the version number in the name of the directory above bin,
// such as 15 for /usr/lib/postgresql/15/bin. Numbers order 15 after 9.6; texts
// would not.
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
