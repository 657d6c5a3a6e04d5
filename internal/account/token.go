package account

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"
)

// A token reads pk_live_<8 key id><43 secret><6 checksum>, all base62. The
// checksum lets a scanner of leaked secrets, and the server, tell a mistyped
// token from an unknown one without a look-up.
const (
	alphabet  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	keyIDLen  = 8
	secretLen = 43 // 256 bits
	sumLen    = 6
)

// Mint makes a new token: its text, to be shown once, and what is kept of it.
// A sandbox's tokens begin with pk_test_.
func Mint(sandbox bool) (text, keyID string, hash [32]byte) {
	prefix := "pk_live_"
	if sandbox {
		prefix = "pk_test_"
	}
	keyID = random(keyIDLen)
	body := prefix + keyID + random(secretLen)
	text = body + checksum(body)
	return text, keyID, sha256.Sum256([]byte(text))
}

// KeyID returns the public part of a token's text, by which it is looked up;
// ok is false when the text is no token.
func KeyID(text string) (keyID string, ok bool) {
	rest, live := strings.CutPrefix(text, "pk_live_")
	if !live {
		var test bool
		rest, test = strings.CutPrefix(text, "pk_test_")
		if !test {
			return "", false
		}
	}
	if len(rest) != keyIDLen+secretLen+sumLen {
		return "", false
	}
	body := text[:len(text)-sumLen]
	if checksum(body) != text[len(body):] {
		return "", false
	}
	return rest[:keyIDLen], true
}

// Matches reports whether text is the token, in constant time.
func (t *Token) Matches(text string) bool {
	sum := sha256.Sum256([]byte(text))
	return subtle.ConstantTimeCompare(sum[:], t.Hash[:]) == 1
}

func random(n int) string {
	b := make([]byte, n)
	base := big.NewInt(int64(len(alphabet)))
	for i := range b {
		k, err := rand.Int(rand.Reader, base)
		if err != nil {
			panic(fmt.Sprintf("the system has no randomness: %v", err))
		}
		b[i] = alphabet[k.Int64()]
	}
	return string(b)
}

func checksum(s string) string {
	n := crc32.ChecksumIEEE([]byte(s))
	b := make([]byte, sumLen)
	for i := range b {
		b[i] = alphabet[n%62]
		n /= 62
	}
	return string(b)
}
