// Package blob keeps documents: opaque bytes under a key. What is kept is
// encrypted before it gets here.
package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/portin/portin/internal/fault"
)

// Store keeps blobs.
type Store interface {
	// Put stores what r yields under a key; when it returns nil, it is safely
	// on disk. A key that exists is replaced as a whole.
	Put(ctx context.Context, key string, r io.Reader) error
	// Open returns NotFound for an unknown key.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// Delete of an unknown key is no error.
	Delete(ctx context.Context, key string) error
}

// Folder is a Store in a directory. No key leads out of it. Its files are
// readable by their owner only.
type Folder struct {
	root *os.Root
}

// tempDir holds what is being written. What a crash leaves there is removed
// at the next start.
const tempDir = ".tmp"

// OpenFolder opens the directory, and makes it when it is not there.
func OpenFolder(dir string) (*Folder, error) {
	err := os.MkdirAll(dir, 0o700)
	if err != nil {
		return nil, fmt.Errorf("blob folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("blob folder: %w", err)
	}
	err = errors.Join(root.RemoveAll(tempDir), root.Mkdir(tempDir, 0o700))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("blob folder: %w", err), root.Close())
	}
	return &Folder{root: root}, nil
}

// Close releases the directory.
func (f *Folder) Close() error { return f.root.Close() }

// Put implements Store: a temporary file, fsync, rename, fsync of the
// directory.
func (f *Folder) Put(ctx context.Context, key string, r io.Reader) error {
	err := check(key)
	if err != nil {
		return err
	}
	err = ctx.Err()
	if err != nil {
		return err
	}
	temp := path.Join(tempDir, rand.Text())
	err = f.write(temp, r)
	if err != nil {
		return errors.Join(fault.Wrap(err, "store a blob"), f.root.Remove(temp))
	}
	dir := path.Dir(key)
	err = f.root.MkdirAll(dir, 0o700)
	if err != nil {
		return fault.Wrap(err, "store a blob")
	}
	err = f.root.Rename(temp, key)
	if err != nil {
		return errors.Join(fault.Wrap(err, "store a blob"), f.root.Remove(temp))
	}
	// A new directory lasts only when the one above it is synced too.
	for ; ; dir = path.Dir(dir) {
		err = f.sync(dir)
		if err != nil {
			return fault.Wrap(err, "store a blob")
		}
		if dir == "." {
			return nil
		}
	}
}

func (f *Folder) write(name string, r io.Reader) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, r)
	return errors.Join(err, file.Sync(), file.Close())
}

func (f *Folder) sync(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open implements Store.
func (f *Folder) Open(_ context.Context, key string) (io.ReadCloser, error) {
	err := check(key)
	if err != nil {
		return nil, err
	}
	file, err := f.root.Open(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Missing()
	}
	if err != nil {
		return nil, fault.Wrap(err, "open a blob")
	}
	return file, nil
}

// Delete implements Store.
func (f *Folder) Delete(_ context.Context, key string) error {
	err := check(key)
	if err != nil {
		return err
	}
	err = f.root.Remove(key)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(err, "delete a blob")
	}
	return nil
}

// check refuses keys that are not plain relative paths: os.Root would not let
// them out, but they could meet the temporary files or each other.
func check(key string) error {
	if !fs.ValidPath(key) || key == "." || strings.HasPrefix(key, ".") || strings.ContainsAny(key, "\\\x00") {
		return fault.Wrap(nil, "a blob key that is no path")
	}
	return nil
}
