// Package refdatatest finds the publishers' own files for tests. They are never
// part of this repository.
package refdatatest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Find returns the folder with the publishers' files: PORTIN_REFDATA, or
// shared/refdata beside the checkout. ok is false where they are not.
func Find() (folder string, ok bool) {
	folder = os.Getenv("PORTIN_REFDATA")
	if folder == "" {
		_, here, _, _ := runtime.Caller(0)
		folder = filepath.Join(filepath.Dir(here), "../../../../shared/refdata")
	}
	_, err := os.Stat(filepath.Join(folder, "FORMATS.md"))
	return folder, err == nil
}

// Folder is Find for tests that are nothing without the files: they are
// skipped. make test says so.
func Folder(t testing.TB) string {
	t.Helper()
	folder, ok := Find()
	if !ok {
		t.Skipf("the publishers' files are not in %s, so what needs them is skipped; set PORTIN_REFDATA", folder)
	}
	return folder
}

// Files returns the files of a folder that make a whole version of the
// reference data.
func Files(t testing.TB, folder string) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"CoCode*.zip", "COCode*.zip", "us_thousands*.gz", "NpaRate*.gz", "npa_report*.csv", "ocn_*.csv", "resporg*.csv"} {
		paths, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(paths) != 1 {
			t.Fatalf("%s has %d files %s: %v", folder, len(paths), pattern, err)
		}
		out = append(out, paths...)
	}
	return out
}
