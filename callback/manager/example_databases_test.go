package manager_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// databases is a Manager for each of several databases.
type databases []*manager.Manager

// of returns the Manager whose database has a tenant's callbacks. A tenant stays
// in its database for as long as their number stays the same.
func (d databases) of(tenant string) *manager.Manager {
	hash := fnv.New32a()
	hash.Write([]byte(tenant))
	return d[hash.Sum32()%uint32(len(d))].Tenant(tenant)
}

// A host with more callbacks than one database takes runs a Manager for each of
// several, and routes by the tenant. Here stores in memory stand for databases.
func ExampleNew_databases() {
	tenants := []string{"acme", "brown", "clark", "davis"}
	services, err := callback.NewServices()
	if err != nil {
		panic(err)
	}
	for _, tenant := range tenants {
		if err := services.Set(tenant, callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}}); err != nil {
			panic(err)
		}
	}
	dial := callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
		return callback.Ended(callback.ResultBridged), nil
	})
	var all databases
	for range 3 {
		m, err := manager.New(manager.Config{
			Store: store.NewMemory(store.Config{}), Services: services, Dialer: dial, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			panic(err)
		}
		all = append(all, m)
	}
	ctx := context.Background()
	for _, tenant := range tenants {
		cb, err := all.of(tenant).Start(ctx, manager.Request{Service: "billing", Number: "044 668 18 00"})
		if err != nil {
			panic(err)
		}
		found := 0
		for _, m := range all {
			if _, err := m.Tenant(tenant).Get(ctx, cb.ID); err == nil {
				found++
			}
		}
		if _, err := all.of(tenant).Get(ctx, cb.ID); err != nil {
			panic(err)
		}
		fmt.Printf("%s is in %d of %d databases\n", tenant, found, len(all))
	}
	// Output:
	// acme is in 1 of 3 databases
	// brown is in 1 of 3 databases
	// clark is in 1 of 3 databases
	// davis is in 1 of 3 databases
}
