package server

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/portin/portin/internal/seal"
)

const (
	keyFile      = "portin.key" // in the data folder, when no key is given
	databaseFile = "portin.db"  // in the data folder, on SQLite
)

// openKeys returns the keys that encrypt what is stored: the one given, or
// that of the data folder, which is made at the first start. It is never made
// anew beside a database that is encrypted with one that is gone.
func openKeys(c Config) (*seal.Ring, error) {
	if c.Key != "" {
		ring, err := seal.Parse(c.Key)
		if err != nil {
			return nil, fmt.Errorf("the key that is given: %w", err)
		}
		return ring, nil
	}
	path := filepath.Join(c.Data, keyFile)
	if seal.Exists(path) {
		return seal.LoadFile(path)
	}
	_, err := os.Stat(filepath.Join(c.Data, databaseFile))
	if err == nil {
		return nil, fmt.Errorf("%s is missing, and the database beside it is encrypted with it: restore it from your backup", path)
	}
	err = seal.CreateFile(path)
	if err != nil {
		return nil, err
	}
	if !c.Sandbox {
		c.Log.Warn("A NEW ENCRYPTION KEY WAS MADE. Back it up now, apart from the database: without it nothing personal can be read again.", slog.String("key", path))
	}
	return seal.LoadFile(path)
}
