//go:build !linux

package main

import "time"

// clientCPU is not known here.
func clientCPU() time.Duration { return 0 }

// parentOf finds nothing here.
func parentOf(int, string) (parent int, ok bool) { return 0, false }

// familyCPU is not known here.
func familyCPU(int) (time.Duration, bool) { return 0, false }
