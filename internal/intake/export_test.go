package intake

import (
	"errors"
	"io"
)

// CellMax is how much of a cell is kept, in bytes.
const CellMax = cellMax

// Row is a row of cells as the scanner finds them.
type Row struct {
	Line  int // where its first cell begins
	Cells []string
	Bad   bool // a cell has a quotation mark that is not closed
}

// Scan returns the rows of delimited text, cells cut off at CellMax.
func Scan(r io.Reader, delim byte) ([]Row, error) {
	s := newScanner(r, delim)
	var rows []Row
	var row Row
	for {
		c, err := s.next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if row.Cells == nil {
			row.Line = c.line
		}
		row.Cells = append(row.Cells, string(c.text))
		row.Bad = row.Bad || c.badQuotes
		if c.last {
			rows = append(rows, row)
			row = Row{}
		}
	}
}
