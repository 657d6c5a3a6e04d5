package refdata

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portin/portin/internal/bizday"
)

// table reads a text table row by row. The cells of a row are good until the
// next one is read.
type table struct {
	in    *bufio.Reader
	delim byte
	line  int // of the row that was read last, from 1
	row   [][]byte
	open  bool   // a quotation mark of the row is not closed
	long  []byte // a line that is longer than the reader's buffer
}

// headerLook is in how many lines the header must stand: some reports begin
// with their date.
const headerLook = 5

// next reads the next row that is neither blank nor a comment.
func (t *table) next() error {
	for {
		line, err := t.readLine()
		if err != nil {
			return err
		}
		t.line++
		if !idle(line) {
			t.split(line)
			return nil
		}
	}
}

// idle reports whether a line is blank, or a comment.
func idle(line []byte) bool {
	line = bytes.TrimLeft(line, " \t")
	return len(line) == 0 || line[0] == '#'
}

func (t *table) readLine() ([]byte, error) {
	line, err := t.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		t.long = append(t.long[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) && len(t.long) < 16<<20 {
			line, err = t.in.ReadSlice('\n')
			t.long = append(t.long, line...)
		}
		line = t.long
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(line) == 0) {
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// split cuts a line into cells, without the padding and the quotation marks
// around them. A quoted cell may hold the delimiter; no report has one that
// holds a line break.
func (t *table) split(line []byte) {
	t.row, t.open = t.row[:0], false
	for {
		rest := bytes.TrimLeft(line, " ")
		if len(rest) > 0 && rest[0] == '"' {
			cell, after, ok := quoted(rest[1:], t.delim)
			if ok {
				t.row = append(t.row, cell)
				if after == nil {
					return
				}
				line = after
				continue
			}
			t.open = true
		}
		i := bytes.IndexByte(line, t.delim)
		if i < 0 {
			t.row = append(t.row, bytes.TrimSpace(line))
			return
		}
		t.row = append(t.row, bytes.TrimSpace(line[:i]))
		line = line[i+1:]
	}
}

// quoted reads a cell behind its opening mark; ok is false when nothing closes
// it. after is nil at the end of the line.
func quoted(b []byte, delim byte) (cell, after []byte, ok bool) {
	for i := 0; i < len(b); i++ {
		if b[i] != '"' {
			continue
		}
		if i+1 < len(b) && b[i+1] == '"' {
			i++
			continue
		}
		rest := bytes.TrimLeft(b[i+1:], " ")
		if len(rest) > 0 && rest[0] != delim {
			continue // a mark within the cell
		}
		cell = bytes.TrimSpace(b[:i])
		if bytes.Contains(cell, []byte(`""`)) {
			cell = bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))
		}
		if len(rest) == 0 {
			return cell, nil, true
		}
		return cell, rest[1:], true
	}
	return nil, nil, false
}

// cell returns the cell of a column; a row may have fewer than the header.
func (t *table) cell(column int) []byte {
	if column < 0 || column >= len(t.row) {
		return nil
	}
	return t.row[column]
}

// text returns a cell as UTF-8: what is not is Latin-1.
func (t *table) text(column int) string {
	b := t.cell(column)
	if utf8.Valid(b) {
		return string(b)
	}
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

// named reduces a name of a column to its letters and digits.
func named(cell []byte) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, string(cell))
}

// dated finds a date in a text: 07/06/2026 as NANPA writes it, or 2025-09-12.
var dated = regexp.MustCompile(`(?:^|\D)(\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d{2}-\d{2})(?:\D|$)`)

func dateIn(text []byte) bizday.Date {
	m := dated.FindSubmatch(text)
	if m == nil {
		return bizday.Date{}
	}
	layout := time.DateOnly
	if bytes.IndexByte(m[1], '/') > 0 {
		layout = "1/2/2006"
	}
	at, err := time.Parse(layout, string(m[1]))
	if err != nil {
		return bizday.Date{}
	}
	return bizday.DateOf(at, time.UTC)
}

// head reads up to the header, and tells what the report is by it.
func (f *File) head(t *table) (*layout, error) {
	begin, err := t.in.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.HasPrefix(begin, []byte("\xef\xbb\xbf")) {
		_, _ = t.in.Discard(3) // they were peeked at
		begin = begin[3:]
	}
	low := bytes.ToLower(bytes.TrimSpace(begin))
	if bytes.HasPrefix(low, []byte("<!doctype")) || bytes.HasPrefix(low, []byte("<html")) || bytes.HasPrefix(low, []byte("<?xml")) || bytes.HasPrefix(low, []byte("<head")) {
		return nil, ErrHTML
	}
	if bytes.IndexByte(begin, 0) >= 0 {
		return nil, errors.New("this is no text")
	}
	for look := 0; look < headerLook; {
		line, err := t.readLine()
		if err != nil {
			break
		}
		t.line++
		if f.Date.IsZero() {
			f.Date = dateIn(line)
		}
		if idle(line) {
			continue
		}
		look++
		t.delim = delimiter(line)
		t.split(line)
		columns := map[string]int{}
		for i, cell := range t.row {
			name := named(cell)
			if _, twice := columns[name]; !twice {
				columns[name] = i
			}
		}
		for i := range layouts {
			l := &layouts[i]
			if l.fits(columns) {
				f.Kind = l.kind
				return l, nil
			}
		}
	}
	return nil, errors.New("no header of a known report in the first lines; docs/reference/refdata.md lists what is known, and our own form")
}

// delimiter is the most frequent of the usual ones in the header.
func delimiter(header []byte) byte {
	best, most := byte(','), 0
	for _, c := range []byte("\t,|;") {
		n := bytes.Count(header, []byte{c})
		if n > most {
			best, most = c, n
		}
	}
	return best
}

// bad reports the row that was read last.
func (f *File) bad(t *table, format string, args ...any) {
	f.BadRows++
	if len(f.Bad) < badTold {
		f.Bad = append(f.Bad, Bad{Line: t.line, Message: fmt.Sprintf(format, args...)})
	}
}

// read reads a report to its end.
func (f *File) read(in *bufio.Reader) error {
	t := &table{in: in}
	l, err := f.head(t)
	if err != nil {
		return err
	}
	p := newParser(f, t, l)
	for {
		err = t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if p.blank() {
			// CNA's date stands below the header, in the column of the OCN.
			if f.Date.IsZero() {
				f.Date = dateIn(bytes.Join(t.row, []byte(" ")))
			}
			continue
		}
		f.Rows++
		if t.open && len(t.row) <= p.last {
			f.bad(t, "a quotation mark is not closed in its line")
			continue
		}
		l.row(p)
	}
}
