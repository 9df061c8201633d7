package postgres_test

import "testing"

// TestConformance runs the suite that every store passes; pooler_test.go does so
// through a pooler and under other isolation.
func TestConformance(t *testing.T) {
	t.Parallel()
	dsn := suite.NewDatabase(t)
	conform(t, dsn, dsn)
}
