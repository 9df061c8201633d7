// Generate writes the tables of package phonenum into the folder given as its
// argument.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/ringback-go/ringback/phonenum/internal/gen"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: generate <folder of package phonenum>")
	}
	files, err := gen.Generate()
	if err != nil {
		return err
	}
	for name, source := range files {
		if err := os.WriteFile(filepath.Join(args[0], name), source, 0o644); err != nil {
			return err
		}
	}
	return nil
}
