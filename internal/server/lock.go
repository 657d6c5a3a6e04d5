package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// lockFile is the file in the data folder that a server locks. The system
// gives the lock up when the process ends, however it ends.
const lockFile = "portin.lock"

// errLocked says that another process has the lock.
var errLocked = errors.New("locked")

// folderLock is the lock on a data folder.
type folderLock struct{ file *os.File }

// lockFolder takes the lock of a data folder. Returns errLocked when another
// process has it.
func lockFolder(folder string) (*folderLock, error) {
	f, err := os.OpenFile(filepath.Join(folder, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	err = lock(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &folderLock{f}, nil
}

// release gives the lock up.
func (l *folderLock) release() error {
	if l == nil {
		return nil
	}
	return l.file.Close()
}
