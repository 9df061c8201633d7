// Command diagram draws the state diagram of package callback as SVG:
//
//	go run ./callback/internal/diagram
//
// writes callback/states.svg. The transitions come from [callback.CanMove]; the
// positions of the states and the transitions of the common life are fixed
// here. A test fails when the committed file differs.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("o", "callback/states.svg", "file to write")
	flag.Parse()
	svg, err := draw()
	if err == nil {
		err = os.WriteFile(*out, svg, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "diagram:", err)
		os.Exit(1)
	}
}
