package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// killAfter is how long a server that was told to stop may take before it is
// killed.
const killAfter = 10 * time.Second

// pollEvery is the interval of connection attempts to a starting server.
const pollEvery = 10 * time.Millisecond

// startTries limits how often a start is repeated if its port is taken.
const startTries = 5

// process is a running child process. One goroutine waits for it.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed once the child has been waited for
	log  int64         // offset of its part of the log
}

// command prepares a server program that runs as the owner, in a folder the
// owner can enter, with an environment of its own (the caller's PGDATA, PGPORT
// or PGOPTIONS must not reach it), writing to the log only. It must not inherit
// the caller's output: a child that outlives the caller would keep go test
// waiting.
func (f *folder) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = f.path
	cmd.Env = []string{
		"PATH=" + filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + f.path,
		"TMPDIR=" + f.path,
		"LC_ALL=C", // English messages, independent of the installed locales
		"TZ=UTC",   // saves initdb the search of the time zone database
	}
	if libraries := os.Getenv("LD_LIBRARY_PATH"); libraries != "" {
		cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+libraries)
	}
	cmd.SysProcAttr = f.owner.attributes()
	return cmd
}

// launch starts a command with its output appended to the log.
func (f *folder) launch(cmd *exec.Cmd) (*process, error) {
	log, err := os.OpenFile(f.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	begin, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(cmd.Path), err)
	}
	f.guard.watch(cmd.Process.Pid)
	p := &process{cmd: cmd, done: make(chan struct{}), log: begin}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // the exit status of a server that was told to stop is not useful
		f.guard.watch(0)
	}()
	return p, nil
}

// errBusy reports that a server could not start because another process uses a
// resource it needs. This may be temporary.
var errBusy = errors.New("port or shared memory in use")

// await waits until a connection to a launched server works. It fails if the
// child ends or ctx ends; the child has then ended. The error is errBusy if the
// end of the child's log contains one of the busy texts.
func (f *folder) await(ctx context.Context, p *process, dsn string, busy ...string) error {
	name := filepath.Base(p.cmd.Path)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		refused := ping(ctx, dsn)
		if refused == nil {
			return nil
		}
		select {
		case <-p.done:
			tail := f.tail(p)
			if slices.ContainsFunc(busy, func(text string) bool { return strings.Contains(tail, text) }) {
				return fmt.Errorf("start %s: %w: %s", name, errBusy, tail)
			}
			return fmt.Errorf("start %s: %s: %s", name, p.cmd.ProcessState, tail)
		case <-ctx.Done():
			p.end(stopImmediate)
			return fmt.Errorf("start %s: %w; last connection: %w", name, context.Cause(ctx), refused)
		case <-tick.C:
		}
	}
}

func ping(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// running reports whether the child has not ended.
func (p *process) running() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// stop signals the child and waits until it has ended or ctx ends. It does
// nothing if the child has ended already.
func (p *process) stop(ctx context.Context, signal os.Signal) error {
	if !p.running() {
		return nil
	}
	name := filepath.Base(p.cmd.Path)
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", name, err)
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop %s: %w", name, context.Cause(ctx))
	}
}

// end signals the child, kills it after killAfter, and waits for it.
func (p *process) end(signal os.Signal) {
	ctx, cancel := context.WithTimeout(context.Background(), killAfter)
	defer cancel()
	if err := p.stop(ctx, signal); err != nil {
		_ = p.cmd.Process.Kill() // fails only if it has ended by now
		<-p.done
	}
}

// poll asks until the answer is yes, an error, or ctx ends.
func poll(ctx context.Context, ask func() (bool, error)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if done, err := ask(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}
