package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/ringback-go/ringback/callback"
)

// lookupHash stands for a lookup property in the index, whose entries have a
// bounded size. What it finds is compared in full.
func lookupHash(tenant, key, value string) int64 {
	b := make([]byte, 0, 256)
	for _, s := range []string{tenant, key, value} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// lookupHashes writes the hashes of a callback's lookups as an array literal;
// empty when there are none.
func lookupHashes(tenant string, lookups []callback.SearchValue) string {
	if len(lookups) == 0 {
		return ""
	}
	hashes := make([]int64, len(lookups))
	for i, l := range lookups {
		hashes[i] = lookupHash(tenant, l.Key, l.Value)
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
