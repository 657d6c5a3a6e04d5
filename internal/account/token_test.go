package account_test

import (
	"strings"
	"testing"

	"github.com/portin/portin/internal/account"
)

func TestToken(t *testing.T) {
	t.Parallel()
	text, keyID, hash := account.Mint(true)
	if !strings.HasPrefix(text, "pk_test_"+keyID) {
		t.Fatalf("token %q does not begin with its key id %q", text, keyID)
	}
	got, ok := account.KeyID(text)
	if !ok || got != keyID {
		t.Fatalf("KeyID = %q, %v; want %q", got, ok, keyID)
	}
	kept := account.Token{Hash: hash}
	if !kept.Matches(text) {
		t.Error("the token does not match itself")
	}
	if other, _, _ := account.Mint(true); kept.Matches(other) {
		t.Error("another token matches")
	}
	for i := range text {
		wrong := []byte(text)
		wrong[i] ^= 1
		if _, ok := account.KeyID(string(wrong)); ok {
			t.Errorf("a token with a wrong character at %d passes its checksum", i)
		}
	}
	for _, bad := range []string{"", "pk_live_", "pk_test_x", strings.TrimPrefix(text, "pk_"), text + "0"} {
		if _, ok := account.KeyID(bad); ok {
			t.Errorf("KeyID takes %q", bad)
		}
	}
}
