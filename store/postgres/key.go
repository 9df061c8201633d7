package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
)

// key is the primary key of a callback or a counter.
type key [16]byte

// hashed is the version of the UUIDs that are hashes.
const hashed = 8

// keyOf returns the key of a callback. Without a tenant it is the ID where that is
// a UUID, and otherwise a hash of tenant and ID. The hash of a time-ordered UUID
// begins like it, so that callbacks made at about the same time have keys that are
// close together.
func keyOf(tenant, id string) key {
	k, ok := parseUUID(id)
	if ok && tenant == "" && k[6]>>4 != hashed {
		return k
	}
	sum := sha256.Sum256(appendNames(make([]byte, 0, 128), tenant, id))
	if ok && k[6]>>4 == 7 {
		copy(sum[:6], k[:6])
	}
	sum[6] = sum[6]&0x0f | hashed<<4
	return key(sum[:16])
}

// idColumn returns the ID as the column id has it: NULL if the key is the ID.
func idColumn(k key, id string) pgtype.Text {
	return pgtype.Text{String: id, Valid: k[6]>>4 == hashed}
}

// idOf returns the ID of a row.
func idOf(k key, id pgtype.Text) callback.ID {
	if id.Valid {
		return callback.ID(id.String)
	}
	return callback.ID(k.String())
}

// String returns the canonical form of a UUID.
func (k key) String() string {
	b := make([]byte, 0, 36)
	for i, group := range [][]byte{k[:4], k[4:6], k[6:8], k[8:10], k[10:]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, group)
	}
	return string(b)
}

// parseUUID parses the canonical form, in lower case, and no other.
func parseUUID(s string) (k key, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return k, false
	}
	n := 0
	for i := range len(s) {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			continue
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return k, false
		}
		k[n/2] = k[n/2]<<4 | c
		n++
	}
	return k, true
}

// counterKey names a counter of a tenant.
type counterKey struct {
	tenant string
	callback.PermitKey
}

// hash returns the key of the counter.
func (c *counterKey) hash() key {
	b := appendNames(make([]byte, 0, 160), c.tenant, c.Service, string(c.Kind), c.Name, c.Subject)
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(b, uint64(c.Slot)))
	return key(sum[:16])
}

// appendNames appends names in a form that no other names have.
func appendNames(b []byte, names ...string) []byte {
	for _, s := range names {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}
