package postgrestest

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
)

// guardScript outlives the caller. Its standard input is a pipe that only the
// caller holds open; each line is the process to stop when the pipe ends, or 0
// for none. $1 is the folder to remove. $2, for a server that is stopped by a
// signal, is the file that it removes when it ends; it tells whether the server
// has ended even if it is a zombie.
const guardScript = `pid=0
while read -r line; do pid=$line; done
if [ "$pid" -gt 0 ]; then
	if [ -n "$2" ]; then
		kill -QUIT "$pid"
		n=0
		while [ -e "$2" ] && kill -0 "$pid" && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done
	fi
	kill -KILL "$pid"
fi 2>/dev/null
rm -rf -- "$1"
`

// guard is a shell that stops the server and removes the folder if the caller
// dies without closing it: killed, interrupted, or timed out (go test -timeout
// exits without cleaning up).
type guard struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// newGuard starts the guard of a folder. pidFile is the file that the server
// removes when it ends; without one, the server is killed.
func newGuard(path, pidFile string) (*guard, error) {
	cmd := exec.Command("/bin/sh", "-c", guardScript, "postgrestest-guard", path, pidFile)
	cmd.Dir = "/"
	var caller *owner // the guard keeps the caller's rights, which removing the folder may need
	cmd.SysProcAttr = caller.attributes()
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("guard: %w", errors.Join(err, pipe.Close()))
	}
	return &guard{cmd: cmd, pipe: pipe}, nil
}

// watch sets the process to stop when the caller dies; 0 means none.
func (g *guard) watch(pid int) {
	_, _ = io.WriteString(g.pipe, strconv.Itoa(pid)+"\n") // a guard that was killed cannot be told
}

// release ends the guard, which removes the folder, and waits for it.
func (g *guard) release() error {
	err := g.pipe.Close()
	if waited := g.cmd.Wait(); waited != nil {
		err = errors.Join(err, fmt.Errorf("guard: %w", waited))
	}
	return err
}
