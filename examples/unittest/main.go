// Unittest shows how a host unit-tests its own code that uses ringback: with
// the memory store, a clock that only moves when told to, and a dialer that
// follows a script. desk.go is the host's code, desk_test.go its tests.
//
//	go test -v ./examples/unittest
package main

import "fmt"

func main() {
	fmt.Println("This example is a test. Run it with")
	fmt.Println()
	fmt.Println("\tgo test -v ./examples/unittest")
	fmt.Println()
	fmt.Println("and read examples/unittest/desk.go and desk_test.go.")
}
