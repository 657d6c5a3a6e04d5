package refdata

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// sizeMax bounds what a file may hold once it is unpacked: a mistake, or a
// bomb, must not fill the memory.
const sizeMax = 1 << 30

// ErrHTML: a publisher's site answered with a page instead of the file.
var ErrHTML = errors.New("this is a web page and no report: the site refused the download, or the file is not there any more")

// Read reads the reports in a file: one, or those of a zip archive. name is
// told to people; what the file is, its content tells. badShare is the share
// of bad rows, in percent, above which a report is refused.
func Read(name string, r io.ReaderAt, size int64, badShare float64) ([]*File, error) {
	head := make([]byte, 4)
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	whole := io.NewSectionReader(r, 0, size)
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return readZip(name, r, size, badShare)
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(whole)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		f, err := readReport(strings.TrimSuffix(name, ".gz"), z, badShare)
		if err != nil {
			return nil, err
		}
		return []*File{f}, nil
	}
	f, err := readReport(name, whole, badShare)
	if err != nil {
		return nil, err
	}
	return []*File{f}, nil
}

func readZip(name string, r io.ReaderAt, size int64, badShare float64) ([]*File, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	left := uint64(sizeMax)
	for _, entry := range archive.File {
		if entry.UncompressedSize64 > left {
			return nil, fmt.Errorf("%s: more than %d bytes", name, sizeMax)
		}
		left -= entry.UncompressedSize64
	}
	var files []*File
	for _, entry := range archive.File {
		// A Mac adds files of its own, which are no text.
		if entry.FileInfo().IsDir() || strings.HasPrefix(entry.Name, "__MACOSX/") {
			continue
		}
		in, err := entry.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, entry.Name, err)
		}
		f, err := readReport(filepath.Base(entry.Name), in, badShare)
		err = errors.Join(err, in.Close())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: the archive is empty", name)
	}
	return files, nil
}

// readReport reads one report.
func readReport(name string, in io.Reader, badShare float64) (*File, error) {
	sum := sha256.New()
	limited := &io.LimitedReader{R: io.TeeReader(in, sum), N: sizeMax + 1}
	f := &File{Name: name, Skipped: map[string]int{}}
	err := f.read(bufio.NewReaderSize(limited, 256<<10))
	if limited.N <= 0 {
		return nil, fmt.Errorf("%s: more than %d bytes", name, sizeMax)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f.SHA256 = [32]byte(sum.Sum(nil))
	if f.Rows == 0 {
		return nil, fmt.Errorf("%s: there is no row below the header", name)
	}
	if share := 100 * float64(f.BadRows) / float64(f.Rows); share > badShare {
		return nil, fmt.Errorf("%s: %d of %d rows are bad, more than %g %%; line %d: %s", name, f.BadRows, f.Rows, badShare, f.Bad[0].Line, f.Bad[0].Message)
	}
	return f, nil
}
