package sheet

import "io"

// OpenWithin is Open with smaller limits.
func OpenWithin(r io.Reader, columns []Column, rows int, bytes int64) (*Reader, error) {
	return open(r, columns, rows, bytes)
}
