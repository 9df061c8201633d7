// Without is the binary that the size of package phonenum is measured against.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println(len(os.Args))
}
