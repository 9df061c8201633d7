package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/sqlite"
)

// A host that manages the database handle decides when to migrate.
func ExampleNew() {
	ctx := context.Background()
	path, remove := somewhere()
	defer remove()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	_, err = sqlite.New(ctx, db, sqlite.Config{})
	fmt.Println("before:", errors.Is(err, store.ErrSchemaOlder))
	if err := sqlite.Migrate(ctx, db); err != nil {
		fmt.Println(err)
		return
	}
	s, err := sqlite.New(ctx, db, sqlite.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	groups, err := s.Count(ctx, callback.Query{AllTenants: true})
	fmt.Println("after:", len(groups), err)
	fmt.Println(s.Close(), db.Ping())
	// Output:
	// before: true
	// after: 0 <nil>
	// <nil> <nil>
}

// Migrate may run at every start. It does not modify a file that is up to date
// or of a newer library.
func ExampleMigrate() {
	ctx := context.Background()
	path, remove := somewhere()
	defer remove()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	fmt.Println(sqlite.Migrate(ctx, db))
	fmt.Println(sqlite.Migrate(ctx, db))
	if _, err := db.Exec("PRAGMA user_version = 77"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sqlite.Migrate(ctx, db))
	// Output:
	// <nil>
	// <nil>
	// migrating: schema is newer than this library: found version 77, want 1
}

// Damaged records do not delay others. Here there is none.
func ExampleStore_Damaged() {
	ctx := context.Background()
	path, remove := somewhere()
	defer remove()
	s, err := sqlite.Open(ctx, path, sqlite.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	damaged, err := s.Damaged(ctx, 10)
	for _, d := range damaged {
		fmt.Println(d.Tenant, d)
	}
	fmt.Println(len(damaged), err)
	// Output:
	// 0 <nil>
}
