package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/ringback-go/ringback/callback"
)

// The fields of a callback that share the index of the search values. No search
// value has such a key.
const (
	alternativeKey = "\x00alternative"
	customerKey    = "\x00customer"
	externalKey    = "\x00external"
)

// lookupHash stands for a value in the index, whose entries have a bounded size.
// What it finds is compared in full.
func lookupHash(key, value string) int64 {
	sum := sha256.Sum256(appendNames(make([]byte, 0, 256), key, value))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// lookupHashes writes the hashes of what a callback is found by as an array
// literal; empty when there are none.
func lookupHashes(c *callback.Callback) string {
	hashes := make([]int64, 0, 8)
	for _, f := range [...]struct{ key, value string }{
		{alternativeKey, c.Customer.Alternative.Key()}, {customerKey, c.Customer.ID}, {externalKey, c.Origin.ExternalID},
	} {
		if f.value != "" {
			hashes = append(hashes, lookupHash(f.key, f.value))
		}
	}
	for _, v := range c.SearchValues {
		hashes = append(hashes, lookupHash(v.Key, v.Value))
	}
	if len(hashes) == 0 {
		return ""
	}
	slices.Sort(hashes)
	b := []byte{'{'}
	for i, h := range slices.Compact(hashes) {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, h, 10)
	}
	return string(append(b, '}'))
}
