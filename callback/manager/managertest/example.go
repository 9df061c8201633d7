package managertest

import (
	"context"
	"fmt"
	"testing"
)

// ForExample returns a testing.TB for Example functions, which have none: Fatal
// and Fatalf panic, Error and Errorf print to standard output and so change the
// example's output, Cleanup does nothing. Other methods that the package does
// not use panic.
func ForExample() testing.TB { return exampleTB{} }

type exampleTB struct{ testing.TB }

func (exampleTB) Helper()                           {}
func (exampleTB) Name() string                      { return "Example" }
func (exampleTB) Context() context.Context          { return context.Background() }
func (exampleTB) Cleanup(func())                    {}
func (exampleTB) Failed() bool                      { return false }
func (exampleTB) Error(args ...any)                 { fmt.Println(args...) }
func (exampleTB) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (exampleTB) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (exampleTB) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
