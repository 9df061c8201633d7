package manager_test

import "fmt"

// No verb shows the callbacks that a Manager works on.
func ExampleManager_Format() {
	m, _ := simulate(support())
	fmt.Printf("%v\n%+v\n", m, m.Tenant("acme"))
	// Output:
	// manager of tenant ""
	// manager of tenant "acme"
}

func ExampleStarter_Format() {
	m, sim := simulate(support())
	fmt.Println(m.Tenant("acme").Within(sim.Store))
	// Output:
	// starter of tenant "acme"
}
