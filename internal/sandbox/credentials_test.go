package sandbox_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portin/portin/internal/sandbox"
)

func TestReadCredentials(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	_, err := sandbox.ReadCredentials(folder)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
	path := filepath.Join(folder, sandbox.CredentialsFile)
	write := func(text string) {
		err := os.WriteFile(path, []byte(text), 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	write(`{"base_url": "http://127.0.0.1:8080", "account_id": 10001, "username": "sandbox", "token": "pk_test_x", "desk_username": "desk", "desk_token": "pk_test_y"}`)
	got, err := sandbox.ReadCredentials(folder)
	want := sandbox.Credentials{BaseURL: "http://127.0.0.1:8080", AccountID: 10001, Username: "sandbox", Token: "pk_test_x", DeskUsername: "desk", DeskToken: "pk_test_y"}
	if err != nil || got != want {
		t.Errorf("ReadCredentials = %+v, %v", got, err)
	}
	write(`{"token": "pk_test_secret`)
	_, err = sandbox.ReadCredentials(folder)
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), path) {
		t.Errorf("of a damaged file: %v", err)
	}
}
