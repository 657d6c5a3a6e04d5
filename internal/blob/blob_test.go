package blob_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/portin/portin/internal/blob"
	"github.com/portin/portin/internal/fault"
)

func open(t *testing.T, dir string) *blob.Folder {
	t.Helper()
	f, err := blob.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func get(t *testing.T, f *blob.Folder, key string) []byte {
	t.Helper()
	r, err := f.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := open(t, dir)
	key := "orders/1/abc"
	for _, content := range []string{"first", "second"} {
		err := f.Put(t.Context(), key, strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		if got := get(t, f, key); string(got) != content {
			t.Fatalf("got %q, want %q", got, content)
		}
	}
	info, err := os.Stat(filepath.Join(dir, key))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for range 2 {
		err = f.Delete(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = f.Open(t.Context(), key)
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("a deleted blob: %v", err)
	}
}

func TestNoKeyLeadsOut(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	dir := filepath.Join(outside, "in")
	f := open(t, dir)
	err := os.Symlink(outside, filepath.Join(dir, "link"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"", ".", "..", "../x", "a/../../x", "/etc/passwd", ".tmp/x", "a\\b", "a\x00b", "link/x", "a//b"} {
		if err := f.Put(t.Context(), key, strings.NewReader("x")); err == nil {
			t.Errorf("Put took %q", key)
		}
		if _, err := f.Open(t.Context(), key); err == nil {
			t.Errorf("Open took %q", key)
		}
	}
	entries, err := os.ReadDir(outside)
	if err != nil || len(entries) != 1 {
		t.Errorf("something was written outside: %v, %v", entries, err)
	}
}

func TestFailedPutLeavesNothing(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir())
	broken := io.MultiReader(strings.NewReader("half"), reader{})
	err := f.Put(t.Context(), "a/b", broken)
	if err == nil {
		t.Fatal("a broken stream was stored")
	}
	_, err = f.Open(t.Context(), "a/b")
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("half a blob is there: %v", err)
	}
}

type reader struct{}

func (reader) Read([]byte) (int, error) { return 0, errors.New("broken") }

func TestLeftoversAreRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	left := filepath.Join(dir, ".tmp", "left")
	err := os.WriteFile(left, []byte("x"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	_, err = os.Stat(left)
	if !os.IsNotExist(err) {
		t.Errorf("what a crash left is still there: %v", err)
	}
}

func TestConcurrentPuts(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir())
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			content := bytes.Repeat([]byte{byte(i)}, 1000)
			err := f.Put(t.Context(), "same/key", bytes.NewReader(content))
			err = errors.Join(err, f.Put(t.Context(), fmt.Sprintf("own/%d", i), bytes.NewReader(content)))
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	b := get(t, f, "same/key")
	if len(b) != 1000 || !bytes.Equal(b, bytes.Repeat(b[:1], 1000)) {
		t.Error("two writers mixed")
	}
}
