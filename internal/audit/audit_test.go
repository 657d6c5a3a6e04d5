package audit_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/portin/portin/internal/audit"
)

func mac(purpose string, parts ...[]byte) [32]byte {
	h := hmac.New(sha256.New, []byte(purpose))
	for _, p := range parts {
		h.Write([]byte{byte(len(p))})
		h.Write(p)
	}
	return [32]byte(h.Sum(nil))
}

func chain(t *testing.T) []audit.Entry {
	t.Helper()
	var prev [32]byte
	var c []audit.Entry
	for i := range 5 {
		e := audit.Entry{AccountID: 1, Sequence: int64(i) + 1, At: time.UnixMilli(int64(i)), Action: "confirm", Data: map[string]any{"n": i}}
		hash, err := e.Link(mac, prev)
		if err != nil {
			t.Fatal(err)
		}
		e.Hash, prev = hash, hash
		c = append(c, e)
	}
	return c
}

func TestVerify(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		damage func([]audit.Entry) []audit.Entry
		bad    int64
	}{
		{"whole", func(c []audit.Entry) []audit.Entry { return c }, 0},
		{"edited", func(c []audit.Entry) []audit.Entry { c[2].Actor = "x"; return c }, 3},
		{"deleted", func(c []audit.Entry) []audit.Entry { return append(c[:1], c[2:]...) }, 2},
		{"reordered", func(c []audit.Entry) []audit.Entry { c[1], c[2] = c[2], c[1]; return c }, 2},
		{"inserted", func(c []audit.Entry) []audit.Entry { return append(c[:2], append([]audit.Entry{c[1]}, c[2:]...)...) }, 3},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			bad, err := audit.Verify(mac, tc.damage(chain(t)))
			if err != nil {
				t.Fatal(err)
			}
			if bad != tc.bad {
				t.Errorf("first bad entry %d, want %d", bad, tc.bad)
			}
		})
	}
}
