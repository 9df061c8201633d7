// With uses every table of package phonenum.
package main

import (
	"fmt"
	"os"

	"github.com/ringback-go/ringback/phonenum"
)

func main() {
	fmt.Println(len(os.Args))
	for _, arg := range os.Args[1:] {
		a, err := phonenum.ParseAddress(arg, "CH")
		if err != nil {
			fmt.Println(err)
			continue
		}
		n, _ := a.Number()
		fmt.Println(a, n.Valid(), n.Type(), n.Region(), n.National(), n.International(), n.Zones(), phonenum.Short(arg, "CH"))
	}
}
