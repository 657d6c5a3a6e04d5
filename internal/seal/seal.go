// Package seal encrypts what must not be readable at rest: PINs, account
// numbers, names, addresses, documents.
//
// A sealed value is bound to the place where it belongs (table, column and the
// row's uid): copied to another place it does not open. Keys are told apart by
// an id in front of every value, so that they can be rotated: the first key of
// a Ring seals, all of them open.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// UID tells a row that holds secrets from every other row. It is made in Go
// before the row is written.
type UID [16]byte

// NewUID returns a random UID.
func NewUID() UID {
	var u UID
	rand.Read(u[:])
	return u
}

// String returns the uid in hexadecimal.
func (u UID) String() string { return hex.EncodeToString(u[:]) }

// Place is where a sealed value belongs.
type Place struct {
	Table  string
	Column string
	UID    UID
}

func (p Place) aad() []byte {
	return join([]byte(p.Table), []byte(p.Column), p.UID[:])
}

// Key is a 256-bit key.
type Key struct {
	id     [keyIDLen]byte
	secret [32]byte
}

const (
	version  = 1
	keyIDLen = 4
	headLen  = 1 + keyIDLen
)

// Generate makes a new key.
func Generate() Key {
	var secret [32]byte
	rand.Read(secret[:])
	return keyOf(secret)
}

// ParseKey reads a key as String wrote it: base64 of 32 bytes.
func ParseKey(text string) (Key, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != 32 {
		return Key{}, errors.New("a key is the base64 of 32 bytes")
	}
	return keyOf([32]byte(b)), nil
}

// Reveal returns the key in base64, to be stored in a file of its own.
func (k Key) Reveal() string { return base64.StdEncoding.EncodeToString(k.secret[:]) }

// String returns the key's id, never the key.
func (k Key) String() string { return "key " + hex.EncodeToString(k.id[:]) }

// GoString returns what String does, so that %#v shows no key either.
func (k Key) GoString() string { return k.String() }

func keyOf(secret [32]byte) Key {
	sum := sha256.Sum256(append([]byte("portin key id"), secret[:]...))
	k := Key{secret: secret}
	copy(k.id[:], sum[:])
	return k
}

// Ring seals with its first key and opens with any. It is safe for concurrent
// use.
type Ring struct {
	active [keyIDLen]byte
	aeads  map[[keyIDLen]byte]cipher.AEAD
	mac    []byte
}

// New makes a ring. The first key is the active one, the others are those that
// were active before it, the oldest last. The MAC is derived from the oldest,
// so that it stays the same when a key is put in front.
func New(keys ...Key) (*Ring, error) {
	if len(keys) == 0 {
		return nil, errors.New("a key ring needs a key")
	}
	r := &Ring{active: keys[0].id, aeads: map[[keyIDLen]byte]cipher.AEAD{}}
	for _, k := range keys {
		block, err := aes.NewCipher(k.secret[:])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
		r.aeads[k.id] = aead
	}
	oldest := keys[len(keys)-1]
	var err error
	r.mac, err = hkdf.Key(sha256.New, oldest.secret[:], nil, "portin mac", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the mac key: %w", err)
	}
	return r, nil
}

// Seal encrypts plain for a place.
func (r *Ring) Seal(p Place, plain []byte) []byte {
	out := make([]byte, 0, headLen+len(plain)+28)
	out = append(out, version)
	out = append(out, r.active[:]...)
	return r.aeads[r.active].Seal(out, nil, plain, p.aad())
}

// Errors of Open.
var (
	ErrUnknownKey = errors.New("sealed with a key that is not in the ring")
	ErrTampered   = errors.New("sealed value was changed or belongs elsewhere")
)

// Open decrypts a value that was sealed for the place. Returns ErrUnknownKey,
// with the key's id, when the ring lacks its key, and ErrTampered when the
// value was changed, or moved here from another place.
func (r *Ring) Open(p Place, sealed []byte) ([]byte, error) {
	if len(sealed) < headLen || sealed[0] != version {
		return nil, ErrTampered
	}
	id := [keyIDLen]byte(sealed[1:headLen])
	aead, ok := r.aeads[id]
	if !ok {
		return nil, fmt.Errorf("%w: key %s", ErrUnknownKey, hex.EncodeToString(id[:]))
	}
	plain, err := aead.Open(nil, nil, sealed[headLen:], p.aad())
	if err != nil {
		return nil, ErrTampered
	}
	return plain, nil
}

// Stale reports whether a value is sealed with another key than the active
// one, and should be sealed anew.
func (r *Ring) Stale(sealed []byte) bool {
	return len(sealed) < headLen || [keyIDLen]byte(sealed[1:headLen]) != r.active
}

// MAC is a keyed hash of parts, for one purpose: what is equal can be found
// without being readable. It does not change when keys are rotated.
func (r *Ring) MAC(purpose string, parts ...[]byte) [32]byte {
	h := hmac.New(sha256.New, r.mac)
	h.Write(join(append([][]byte{[]byte(purpose)}, parts...)...))
	return [32]byte(h.Sum(nil))
}

// join writes parts so that no two lists of parts read the same.
func join(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = binary.BigEndian.AppendUint64(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}
