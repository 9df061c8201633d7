package postgrestest_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// abandonVariable turns the test binary into a process that starts servers and
// never closes them.
const abandonVariable = "POSTGRESTEST_ABANDON"

// abandon starts a cluster and a PgBouncer, prints a line, and waits to be
// killed.
func abandon() {
	c, err := postgrestest.Start(context.Background(), postgrestest.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if os.Getenv(abandonVariable) == "stopped" {
		if err := c.StopImmediate(context.Background()); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	} else if _, err := postgrestest.StartBouncer(context.Background(), c, postgrestest.BouncerOptions{}); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // blocks: no byte is ever sent
}

// A process that dies without Close leaves neither servers nor files.
func TestGuard(t *testing.T) {
	for state, end := range map[string]os.Signal{"running": os.Kill, "stopped": os.Interrupt} {
		temp := ownTemp(t)
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), abandonVariable+"="+state)
		if _, err := child.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		said, err := bufio.NewReader(out).ReadString('\n')
		if said != "ready\n" || err != nil {
			t.Fatalf("%s: the child printed %q, %v", state, said, err)
		}
		var pids []int
		if state != "stopped" {
			pids = serversBelow(t, temp)
		}
		if err := child.Process.Signal(end); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed
		killed := time.Now()
		eventually(t, state+": the folders are gone", func() bool { return len(leftovers(t, temp)) == 0 })
		if took := time.Since(killed); took > within/4 {
			t.Errorf("%s: took %v, so the server was not asked to stop", state, took)
		}
		for _, pid := range pids {
			eventually(t, state+": the servers are gone", func() bool { return !alive(pid) })
		}
	}
}

// serversBelow returns the processes of the cluster and the PgBouncer in a
// temporary directory.
func serversBelow(t *testing.T, temp string) []int {
	t.Helper()
	var pids []int
	for _, folder := range leftovers(t, temp) {
		dir := filepath.Join(temp, folder)
		if _, err := os.Stat(filepath.Join(dir, "pgbouncer.ini")); err == nil {
			pids = append(pids, pidIn(t, filepath.Join(dir, "pgbouncer.pid")))
		} else {
			pids = append(pids, pidIn(t, filepath.Join(dir, "data", "postmaster.pid")))
		}
	}
	if len(pids) != 2 {
		t.Fatalf("%d servers", len(pids))
	}
	for _, pid := range pids {
		if !alive(pid) {
			t.Fatalf("server %d is not running", pid)
		}
	}
	return pids
}
