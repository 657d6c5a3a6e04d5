package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The files in the data folder that processes lock. The system gives a lock up
// when its process ends, however it ends.
const (
	serverLock  = "portin.lock"         // the server, as long as it runs
	openingLock = "portin.opening.lock" // whoever opens the database, which may bring it up to date
)

// errLocked says that another process has the lock.
var errLocked = errors.New("locked by another process")

// fileLock is a lock that this process has.
type fileLock struct{ file *os.File }

// tryLock takes a lock of a data folder. Returns errLocked when another
// process has it.
func tryLock(folder, name string) (*fileLock, error) {
	f, err := os.OpenFile(filepath.Join(folder, name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	err = lock(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &fileLock{f}, nil
}

// waitLock takes a lock of a data folder as soon as no other process has it.
func waitLock(ctx context.Context, folder, name string) (*fileLock, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		l, err := tryLock(folder, name)
		if !errors.Is(err, errLocked) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// release gives the lock up.
func (l *fileLock) release() error {
	if l == nil {
		return nil
	}
	return l.file.Close()
}
