package sqlite

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/ringback-go/ringback/callback"
)

// keySize is the length of a key in bytes, for AES-128.
const keySize = 16

// sealVersion is the first byte of sealed data. Nonce, ciphertext and tag
// follow.
const sealVersion = 1

// sealOverhead is the length of nonce and tag.
const sealOverhead = 12 + 16

func newKey() []byte {
	key := make([]byte, keySize)
	rand.Read(key)
	return key
}

// noKey returns what overwrites a key.
func noKey() []byte { return make([]byte, keySize) }

// isNoKey reports whether a key was overwritten.
func isNoKey(key []byte) bool {
	for _, b := range key {
		if b != 0 {
			return false
		}
	}
	return true
}

var errSeal = errors.New("seal is broken")

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal encrypts plain and authenticates it together with bound.
func seal(key, plain, bound []byte) ([]byte, error) {
	a, err := aead(key)
	if err != nil {
		return nil, err
	}
	sealed := make([]byte, 1, 1+len(plain)+a.Overhead())
	sealed[0] = sealVersion
	return a.Seal(sealed, nil, plain, bound), nil
}

// unseal is the inverse of seal.
func unseal(key, sealed, bound []byte) ([]byte, error) {
	if len(key) != keySize || isNoKey(key) || len(sealed) == 0 || sealed[0] != sealVersion {
		return nil, errSeal
	}
	a, err := aead(key)
	if err != nil {
		return nil, errSeal
	}
	plain, err := a.Open(nil, nil, sealed[1:], bound)
	if err != nil {
		return nil, errSeal
	}
	return plain, nil
}

// secret is the key of the digests of values that identify people. Without it,
// a digest reveals only whether two values are equal.
type secret [32]byte

// besideSecret is authenticated together with a sealed secret.
const besideSecret = "digest secret"

// openSecret decodes the secret of a file. sealed must replace it in the file,
// unless nil.
func openSecret(value []byte, key *[32]byte) (s *secret, sealed []byte, err error) {
	s = new(secret)
	var under []byte
	if key != nil {
		sum := sha256.Sum256(append([]byte(besideSecret), key[:]...))
		under = sum[:keySize]
	}
	if len(value) != len(s) {
		if len(value) != 1+sealOverhead+len(s) {
			return nil, nil, fmt.Errorf("%w: the secret has %d bytes", ErrCorrupt, len(value))
		}
		if value, err = unseal(under, value, []byte(besideSecret)); err != nil {
			return nil, nil, ErrDigestKey
		}
	} else if key != nil {
		if sealed, err = seal(under, value, []byte(besideSecret)); err != nil {
			return nil, nil, err
		}
	}
	copy(s[:], value)
	return s, sealed, nil
}

// Kinds of digests.
const (
	digestIdem     = 'i'
	digestSubject  = 's'
	digestNumber   = 'n'
	digestCustomer = 'c'
	digestExternal = 'x'
	digestLookup   = 'l'
)

const digestSize = 16

// digest returns the keyed digest of some values of one kind.
func (s *secret) digest(kind byte, parts ...string) []byte {
	var room [256]byte
	b := append(room[:0], s[:]...)
	b = append(b, kind)
	for _, part := range parts {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	return sum[:digestSize:digestSize]
}

// term returns a short digest, by which callbacks are found. Two values may
// have the same term, so that results must be compared with the record.
func (s *secret) term(kind byte, parts ...string) int64 {
	return int64(binary.BigEndian.Uint64(s.digest(kind, parts...)))
}

// terms returns the terms of a callback, sorted and without duplicates.
func (s *secret) terms(c *callback.Callback) []int64 {
	var terms []int64
	for _, number := range []string{c.Customer.Number.Key(), c.Customer.Alternative.Key()} {
		if number != "" {
			terms = append(terms, s.term(digestNumber, c.Tenant, number))
		}
	}
	if c.Customer.ID != "" {
		terms = append(terms, s.term(digestCustomer, c.Tenant, c.Customer.ID))
	}
	if c.Origin.ExternalID != "" {
		terms = append(terms, s.term(digestExternal, c.Tenant, c.Origin.ExternalID))
	}
	for _, l := range c.SearchValues {
		terms = append(terms, s.term(digestLookup, c.Tenant, l.Key, l.Value))
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

// packTerms returns terms as a column value; nil if there are none.
func packTerms(terms []int64) []byte {
	if len(terms) == 0 {
		return nil
	}
	b := make([]byte, 0, 8*len(terms))
	for _, term := range terms {
		b = binary.BigEndian.AppendUint64(b, uint64(term))
	}
	return b
}

func unpackTerms(b []byte) []int64 {
	terms := make([]int64, 0, len(b)/8)
	for ; len(b) >= 8; b = b[8:] {
		terms = append(terms, int64(binary.BigEndian.Uint64(b)))
	}
	return terms
}
