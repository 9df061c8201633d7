package gen

import (
	"fmt"
	"os"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"google.golang.org/protobuf/proto"
)

var (
	ported    []*phonenumbers.PhoneMetadata // metadata that the Go port contains
	current   []*phonenumbers.PhoneMetadata // metadata of the tables
	generated map[string][]byte             // the tables
)

// TestMain gives the Go port the metadata of the tables instead of its own, so
// that the two must agree on every number.
func TestMain(m *testing.M) {
	if err := load(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func load() error {
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		return err
	}
	for _, m := range collection.GetMetadata() {
		ported = append(ported, proto.Clone(m).(*phonenumbers.PhoneMetadata))
	}
	if generated, err = Generate(); err != nil {
		return err
	}
	if current, _, err = planMetadata(plansFolder, ported); err != nil {
		return err
	}
	byTerritory := map[string]*phonenumbers.PhoneMetadata{}
	for _, m := range current {
		byTerritory[territory(m)] = m
	}
	for _, m := range collection.GetMetadata() {
		if latest := byTerritory[territory(m)]; latest != nil {
			proto.Reset(m)
			proto.Merge(m, latest)
		}
	}
	return nil
}
