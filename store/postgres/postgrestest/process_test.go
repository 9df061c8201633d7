package postgrestest

import (
	"bytes"
	"fmt"
	"testing"
)

// script records what is written to a guard.
type script struct{ bytes.Buffer }

func (s *script) Close() error { return nil }

// The guard forgets a process that has ended, because its number may be reused
// by the time the guard acts.
func TestLaunchTellsGuard(t *testing.T) {
	f := &folder{path: t.TempDir()}
	for _, command := range []string{"exit 0", "exit 3"} {
		told := &script{}
		f.guard = &guard{pipe: told}
		p, err := f.launch(f.command("/bin/sh", "-c", command))
		if err != nil {
			t.Fatal(err)
		}
		<-p.done
		if want := fmt.Sprintf("%d\n0\n", p.cmd.Process.Pid); told.String() != want {
			t.Errorf("%s: guard received %q, want %q", command, told.String(), want)
		}
		if p.running() {
			t.Errorf("%s: still counts as running", command)
		}
	}
}

func TestLaunchOutput(t *testing.T) {
	f := &folder{path: t.TempDir(), guard: &guard{pipe: &script{}}}
	t.Setenv("PGPORT", "1")
	for _, c := range []struct{ command, want string }{
		{"echo first", "first"},
		{`echo "port $PGPORT $LC_ALL"; pwd`, "port  C\n" + f.path},
		{"head -c 5000 /dev/zero | tr '\\0' x; echo end >&2", string(bytes.Repeat([]byte("x"), logTail-4)) + "end"},
		{"true", ""},
	} {
		p, err := f.launch(f.command("/bin/sh", "-c", c.command))
		if err != nil {
			t.Fatal(err)
		}
		<-p.done
		if got := f.tail(p); got != c.want {
			t.Errorf("%s: end of the log is %q, want %q", c.command, got, c.want)
		}
	}
	if _, err := f.launch(f.command("/no/such/program")); err == nil {
		t.Error("a missing program was started")
	}
}
