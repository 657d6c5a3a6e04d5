package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portin/portin/internal/seal"
)

func ring(t *testing.T, keys ...seal.Key) *seal.Ring {
	t.Helper()
	r, err := seal.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	r := ring(t, seal.Generate())
	home := seal.Place{Table: "orders", Column: "confirmation", UID: seal.NewUID()}
	plain := []byte("PIN 4711")
	sealed := r.Seal(home, plain)
	if bytes.Contains(sealed, plain) {
		t.Fatal("the sealed value can be read")
	}
	got, err := r.Open(home, sealed)
	if err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("Open = %q, %v", got, err)
	}
	elsewhere := map[string]seal.Place{
		"table":  {Table: "file", Column: home.Column, UID: home.UID},
		"column": {Table: home.Table, Column: "reject", UID: home.UID},
		"row":    {Table: home.Table, Column: home.Column, UID: seal.NewUID()},
		"shift":  {Table: "ordersc", Column: "onfirmation", UID: home.UID},
	}
	for name, p := range elsewhere {
		_, err := r.Open(p, sealed)
		if !errors.Is(err, seal.ErrTampered) {
			t.Errorf("%s: opened elsewhere: %v", name, err)
		}
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		_, err := r.Open(home, bad)
		if err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	oldKey, newKey := seal.Generate(), seal.Generate()
	p := seal.Place{Table: "t", Column: "c"}
	before := ring(t, oldKey)
	sealed := before.Seal(p, []byte("x"))
	after := ring(t, newKey, oldKey)
	got, err := after.Open(p, sealed)
	if err != nil || string(got) != "x" {
		t.Fatalf("the old value does not open: %v", err)
	}
	if !after.Stale(sealed) || after.Stale(after.Seal(p, nil)) {
		t.Error("Stale does not tell old from new")
	}
	if before.MAC("a", []byte("b")) != after.MAC("a", []byte("b")) {
		t.Error("the MAC changed with the active key")
	}
	_, err = ring(t, newKey).Open(p, sealed)
	if !errors.Is(err, seal.ErrUnknownKey) || !strings.Contains(err.Error(), strings.TrimPrefix(oldKey.String(), "key ")) {
		t.Errorf("a lost key is not named: %v", err)
	}
}

func TestMACTellsPartsApart(t *testing.T) {
	t.Parallel()
	r := ring(t, seal.Generate())
	if r.MAC("p", []byte("ab"), []byte("c")) == r.MAC("p", []byte("a"), []byte("bc")) {
		t.Error("parts run together")
	}
	if r.MAC("p", []byte("a")) == r.MAC("q", []byte("a")) {
		t.Error("purposes run together")
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "portin.key")
	err := seal.CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := seal.CreateFile(path); err == nil {
		t.Error("an existing key was overwritten")
	}
	r, err := seal.LoadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := seal.LoadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := seal.Place{Table: "t"}
	if got, err := again.Open(p, r.Seal(p, []byte("x"))); err != nil || string(got) != "x" {
		t.Errorf("the file's key does not open what it sealed: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.LoadFile(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key file that others can read was taken: %v", err)
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	t.Parallel()
	k := seal.Generate()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb, k); strings.Contains(s, k.Reveal()) || len(s) > 20 {
			t.Errorf("%s prints %q", verb, s)
		}
	}
}

func FuzzOpen(f *testing.F) {
	r, err := seal.New(seal.Generate())
	if err != nil {
		f.Fatal(err)
	}
	p := seal.Place{Table: "t", Column: "c"}
	f.Add(r.Seal(p, []byte("plain")))
	f.Add([]byte{})
	f.Add([]byte{1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := r.Open(p, sealed)
		if err == nil && len(plain)+28+5 != len(sealed) {
			t.Errorf("opened %d bytes to %d", len(sealed), len(plain))
		}
	})
}
