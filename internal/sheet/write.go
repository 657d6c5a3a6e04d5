package sheet

import (
	"encoding/csv"
	"io"
	"iter"
	"strings"
)

// Write writes a table: commas, LF, UTF-8. No spreadsheet takes a cell of it for
// a formula; a Reader takes the apostrophe away again.
func Write(w io.Writer, columns []Column, rows iter.Seq[[]string]) error {
	out := csv.NewWriter(w)
	err := out.Write(namesOf(columns))
	if err != nil {
		return err
	}
	var cells []string
	for row := range rows {
		cells = append(cells[:0], row...)
		for i, cell := range cells {
			if strings.IndexAny(cell, "=+-@\t\r") == 0 {
				cells[i] = "'" + cell
			}
		}
		err = out.Write(cells)
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
