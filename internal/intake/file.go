package intake

import (
	"errors"
	"io"
	"slices"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/sheet"
)

// File reads the numbers of a file (api.md §1): one a line, all on one line,
// or in a column of a table.
//
// Text is UTF-8 with or without byte order mark, UTF-16 with one, or Latin-1.
// Lines end with LF, CRLF or CR. Cells are parted by commas, semicolons, tabs,
// bars or blanks. A table's column of numbers is found by the header, else by
// content; other columns are ignored. Without a header, columns that hold
// numbers and nothing else are all taken; several of them beside other columns
// are refused, for one of them may hold the numbers to call back.
//
// Rows of a table without a number, and what is no number in a list, are
// rejected by line and column, and the rest goes on; a file without a good
// number is no error. A quotation mark that is not closed is an ordinary
// character. Its cell is rejected with bad_quotes; in a table this holds for
// the row's number if it stands behind the mark, since it may be another
// column's. Nothing below the line is lost.
//
// Returns a TooLarge body_too_large, an Invalid too_many_numbers, bad_encoding
// or no_number_column, and a Malformed malformed_body with the cause when the
// reader fails.
func File(r io.Reader, o Options) (*Result, error) {
	c := newCollector(o)
	text, sample, whole, err := sheet.Text(r, c.limits.Bytes)
	if err != nil {
		return nil, err
	}
	l, err := detect(sample, whole)
	if err != nil {
		return nil, err
	}
	t := table{collector: c, layout: l}
	s := newScanner(text, l.delim)
	for {
		next, err := s.next()
		if errors.Is(err, io.EOF) {
			return &c.result, nil
		}
		if err != nil {
			return nil, err
		}
		err = t.cell(next)
		if err != nil {
			return nil, err
		}
	}
}

// table reads cells by a layout.
type table struct {
	*collector
	layout layout
	row    rowState
}

// rowState is what is known of the row so far.
type rowState struct {
	line   int   // where it begins; 0: nothing of it was read
	filled bool  // it has content
	seen   bool  // there is something where the number should be
	quotes Place // of the first bad quotation mark
	told   bool  // quotes was reported
}

func (t *table) cell(c cell) error {
	if t.row.line == 0 {
		t.row.line = c.line
	}
	err := t.read(c)
	if err != nil || !c.last {
		return err
	}
	r := t.row
	t.row = rowState{}
	if r.line <= t.layout.header || t.layout.columns == nil || !r.filled || r.seen {
		return nil
	}
	if r.quotes.Line > 0 {
		return t.reject(refused(nil, r.quotes, fault.CodeBadQuotes))
	}
	missing := refused(nil, Place{Line: r.line, Column: t.layout.columns[0]}, fault.CodeNotANumber)
	missing.Message = "the row has no number"
	return t.reject(missing)
}

func (t *table) read(c cell) error {
	if t.row.line <= t.layout.header {
		return nil
	}
	at := Place{Line: c.line, Column: c.column}
	if c.badQuotes && t.row.quotes.Line == 0 {
		t.row.quotes = at
	}
	list := t.layout.columns == nil
	ours := list || slices.Contains(t.layout.columns, c.column)
	if t.row.filled && !ours || !c.long && !c.badQuotes && blank(c.text) {
		return nil
	}
	t.row.filled = true
	if !ours {
		return nil
	}
	switch {
	case list && c.badQuotes:
		return t.reject(refused(c.text, at, fault.CodeBadQuotes))
	case !list && t.row.quotes.Line > 0:
		if t.row.told {
			return nil
		}
		t.row.seen, t.row.told = true, true
		return t.reject(refused(nil, t.row.quotes, fault.CodeBadQuotes))
	}
	t.row.seen = true
	if c.long {
		return t.reject(refused(nil, at, fault.CodeTooLong))
	}
	if isName(c.text) {
		return nil
	}
	return t.entry(c.text, at)
}
