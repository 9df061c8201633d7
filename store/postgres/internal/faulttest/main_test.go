package faulttest

import (
	"os"
	"testing"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

var suite postgrestest.Suite

func TestMain(m *testing.M) {
	if RunNode() {
		return
	}
	os.Exit(suite.Main(m))
}
