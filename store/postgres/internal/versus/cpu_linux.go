package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// tick is the unit of processor time in /proc on every Linux.
const tick = 10 * time.Millisecond

// clientCPU returns the processor time of this process.
func clientCPU() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// parentOf returns the parent of a process with that name.
func parentOf(pid int, name string) (parent int, ok bool) {
	s, ok := processOf(strconv.Itoa(pid))
	return s.parent, ok && s.name == name
}

// familyCPU returns the processor time of a process and its children, those
// that have ended included.
func familyCPU(pid int) (time.Duration, bool) {
	family, ok := processOf(strconv.Itoa(pid))
	if !ok {
		return 0, false
	}
	total := family.own + family.ended
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, false
	}
	for _, path := range processes {
		if s, ok := processOf(filepath.Base(path)); ok && s.parent == pid {
			total += s.own
		}
	}
	return total, true
}

// process is what /proc tells about one.
type process struct {
	name       string
	parent     int
	own, ended time.Duration // of itself, and of its children that have ended
}

func processOf(pid string) (process, bool) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return process{}, false
	}
	// The name is in brackets and may hold anything; from the third field on
	// there are only letters and numbers.
	open, closed := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || closed < open {
		return process{}, false
	}
	fields := bytes.Fields(text[closed+1:])
	if len(fields) < 15 {
		return process{}, false
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(string(fields[i]))
		return n
	}
	return process{
		name: string(text[open+1 : closed]), parent: number(1),
		own: time.Duration(number(11)+number(12)) * tick, ended: time.Duration(number(13)+number(14)) * tick,
	}, true
}
