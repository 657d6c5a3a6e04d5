// Package sheet reads and writes the tables that people keep in spreadsheets:
// CSV with a header, read strictly. All that is wrong is reported at once, by
// line and column; whoever reads a table takes all of it or nothing.
package sheet

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/portin/portin/internal/fault"
)

// Limits of a file.
const (
	rowsMax  = 1_000_000
	bytesMax = 64 << 20
)

// Column is a column of a kind of table.
type Column struct {
	Name    string   // as it is written
	Aliases []string // its other names
	Must    bool     // the header must have it
}

// Reader reads the rows of a table. Columns are given by their index in the
// list with which it was opened.
type Reader struct {
	columns []Column
	most    int // rows
	comma   rune
	in      *csv.Reader
	rest    []byte   // what in reads
	base    int      // how many lines of the file come before rest
	at      []int    // the cell of each column, -1: the file does not have it
	names   []string // the columns of the cells, "" for one without a name
	head    int      // the line of the header
	row     []string
	line    int
	bad     bool
	report  Report
	err     error
}

// Open reads the header of a table of at most 64 MiB and 1,000,000 rows.
// Mistakes in it are in the report. Text is UTF-8 with or without byte order
// mark, UTF-16 with one, or Latin-1; lines end with LF, CRLF or CR; cells are
// parted by commas, semicolons or tabs. Lines and rows that are empty or begin
// with # are passed over. Returns the errors of Text.
func Open(r io.Reader, columns []Column) (*Reader, error) {
	return open(r, columns, rowsMax, bytesMax)
}

func open(r io.Reader, columns []Column, rows int, most int64) (*Reader, error) {
	text, _, _, err := Text(r, most)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(text)
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(b, '\n') < 0 {
		b = bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	}
	if bytes.Contains(b, []byte(`="`)) {
		b = formula.ReplaceAll(b, []byte(`$1"$2"`))
	}
	s := &Reader{columns: columns, most: rows, comma: delimiter(b), rest: b, at: slices.Repeat([]int{-1}, len(columns))}
	s.in = s.csv()
	found := s.read()
	switch {
	case len(s.report.Mistakes) > 0: // of quotation marks; what the rows mean is not known then
		s.in = csv.NewReader(strings.NewReader(""))
	case !found:
		s.line = 1
		s.WrongRow(fault.CodeRequired, s.namesFix(), "the file is empty")
	default:
		s.header()
	}
	return s, nil
}

// formula is how spreadsheets keep a code from being a number, ="0042", where
// it is not quoted as a cell with quotation marks must be.
var formula = regexp.MustCompile(`(^|[,;\t\r\n]) *="([^"\r\n]*)"`)

// delimiter is the most frequent of the usual ones in the header.
func delimiter(text []byte) rune {
	best, most := ',', 0
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) == 0 || line[0] == '#' {
			continue
		}
		for _, c := range ",;\t" {
			n := cellAt(line, c)
			if n > most {
				best, most = c, n
			}
		}
		break
	}
	return best
}

// cellAt returns in which cell, from 0, a piece of a line ends.
func cellAt(piece []byte, comma rune) int {
	n, quoted := 0, false
	for _, c := range piece {
		switch {
		case c == '"':
			quoted = !quoted
		case rune(c) == comma && !quoted:
			n++
		}
	}
	return n
}

func (s *Reader) csv() *csv.Reader {
	in := csv.NewReader(bytes.NewReader(s.rest))
	in.Comma, in.Comment, in.FieldsPerRecord, in.ReuseRecord = s.comma, '#', -1, true
	in.TrimLeadingSpace = s.comma != '\t'
	return in
}

// read reads the next row that has something in it.
func (s *Reader) read() bool {
	for {
		row, err := s.in.Read()
		bad, broken := errors.AsType[*csv.ParseError](err)
		switch {
		case broken:
			s.quotes(bad)
			if s.names == nil {
				return false
			}
			continue
		case err != nil:
			return false // the end: nothing else fails in memory
		}
		if !slices.ContainsFunc(row, func(cell string) bool { return clean(cell) != "" }) || strings.HasPrefix(row[0], "#") {
			continue
		}
		line, _ := s.in.FieldPos(0)
		s.row, s.line, s.bad = row, s.base+line, false
		return true
	}
}

// quotes reports a quotation mark that is out of place, and goes on below the
// line in which its row begins: it may have swallowed good rows. Once no more
// mistakes are told, it goes on where the reader is.
func (s *Reader) quotes(bad *csv.ParseError) {
	if len(s.report.Mistakes) == mistakesMax {
		s.report.More++
		return
	}
	for range bad.StartLine - 1 {
		_, s.rest, _ = bytes.Cut(s.rest, []byte("\n"))
	}
	line, rest, _ := bytes.Cut(s.rest, []byte("\n"))
	if bad.Line == bad.StartLine {
		line = line[:min(bad.Column-1, len(line))]
	}
	s.rest, s.base = rest, s.base+bad.StartLine
	s.in = s.csv()
	s.line = s.base
	column := ""
	if i := cellAt(line, s.comma); i < len(s.names) {
		column = s.names[i]
	}
	s.add(column, fault.CodeBadQuotes, "Close it behind the cell, or leave it out.", "a quotation mark is opened and not closed, or stands within the cell")
}

// header finds the columns.
func (s *Reader) header() {
	s.head = s.line
	known := namesOf(s.columns)
	var unknown []int
	for i, cell := range s.row {
		name := clean(cell)
		c := slices.IndexFunc(s.columns, func(c Column) bool { return c.is(name) })
		switch {
		case name == "":
		case c < 0:
			unknown = append(unknown, i)
			name = short(name)
		case s.at[c] >= 0:
			name = s.columns[c].Name
			s.add(name, fault.CodeRepeated, "Leave one of them out.", "the column %s stands twice", name)
		default:
			name = s.columns[c].Name
			s.at[c] = i
		}
		s.names = append(s.names, name)
	}
	for _, i := range unknown {
		name := s.names[i]
		fix := "Leave it out; the columns are " + strings.Join(known, ", ") + "."
		near, ok := fault.Nearest(Key(name), known)
		if ok {
			fix = "Did you mean " + near + "?"
			// The rows are checked as if it had its right name.
			c := slices.Index(known, near)
			if s.at[c] < 0 {
				s.at[c], s.names[i] = i, near
			}
		}
		s.add(name, fault.CodeUnknownField, fix, "there is no column %s", Quote(name))
	}
	for i, c := range s.columns {
		if c.Must && s.at[i] < 0 {
			s.add(c.Name, fault.CodeRequired, s.namesFix(), "the header has no column %s", c.Name)
		}
	}
}

// is reports whether a name is the column's; only letters and digits count.
func (c Column) is(name string) bool {
	flat := func(s string) string { return strings.ReplaceAll(Key(s), "_", "") }
	return flat(name) == flat(c.Name) || slices.ContainsFunc(c.Aliases, func(a string) bool { return flat(a) == flat(name) })
}

func (s *Reader) namesFix() string {
	return "Name the columns in the first line: " + strings.Join(namesOf(s.columns), ",")
}

// namesOf returns the names of columns.
func namesOf(columns []Column) []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return out
}

// Next reads the next row. A row with more or fewer cells than the header is
// reported and passed over: which cell is whose is not known.
func (s *Reader) Next() bool {
	for s.err == nil && s.read() {
		s.report.Rows++
		if s.report.Rows > s.most {
			e := fault.New(fault.Invalid, fault.CodeTooMany, "more than %d rows; one file takes no more", s.most)
			e.Hint = "Leave out rows that wider ones contain."
			s.err = e
			return false
		}
		if len(s.row) != len(s.names) {
			s.WrongRow(fault.CodeCellCount, "Part the cells as the header does; quote a cell that holds the delimiter.", "the row has %d cells, and the header %d", len(s.row), len(s.names))
			continue
		}
		for i, name := range s.names {
			if name == "" && clean(s.row[i]) != "" {
				s.WrongRow(fault.CodeUnknownField, "Name the column, or leave the cell empty.", "cell %d is filled, and the header has no name above it", i+1)
			}
		}
		return true
	}
	return false
}

// Line returns the line in which the row begins, from 1.
func (s *Reader) Line() int { return s.line }

// Bad reports whether a mistake was found in the row.
func (s *Reader) Bad() bool { return s.bad }

// Has reports whether the file has a column.
func (s *Reader) Has(column int) bool { return s.at[column] >= 0 }

// Cell returns a cell of the row, "" where the file does not have the column.
// White space around it, the apostrophe of '0042 and the formula of ="0042" are
// taken away; white space within it is one blank.
func (s *Reader) Cell(column int) string {
	i := s.at[column]
	if i < 0 {
		return ""
	}
	return clean(s.row[i])
}

// Wrong reports a mistake in a cell of the row. What a spreadsheet has spoiled
// is told as that.
func (s *Reader) Wrong(column int, code fault.Code, fix, format string, args ...any) {
	if code == fault.CodeInvalidValue && s.Damaged(column) {
		return
	}
	s.wrong(column, code, fix, format, args...)
}

// WrongRow reports a mistake of the row as a whole.
func (s *Reader) WrongRow(code fault.Code, fix, format string, args ...any) {
	s.add("", code, fix, format, args...)
}

// WrongLine reports a mistake of a row as a whole that begins in a line further
// up.
func (s *Reader) WrongLine(line int, code fault.Code, fix, format string, args ...any) {
	s.line = line
	s.add("", code, fix, format, args...)
}

// WrongFile reports a mistake of the file as a whole: it stands in the line of
// the header, or where there is none in the first one.
func (s *Reader) WrongFile(column int, code fault.Code, fix, format string, args ...any) {
	s.line = max(s.head, 1)
	s.wrong(column, code, fix, format, args...)
}

func (s *Reader) wrong(column int, code fault.Code, fix, format string, args ...any) {
	s.bad = true
	if code == fault.CodeRequired && s.columns[column].Must && !s.Has(column) {
		return // the header was told of it
	}
	s.add(s.columns[column].Name, code, fix, format, args...)
}

func (s *Reader) add(column string, code fault.Code, fix, format string, args ...any) {
	s.bad = true
	s.report.add(Mistake{Line: s.line, Column: column, Code: code, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// Report returns what was found, mistakes by line. The error is why the file could not be read
// to its end, or an Invalid with the mistakes.
func (s *Reader) Report() (Report, error) {
	slices.SortStableFunc(s.report.Mistakes, func(a, b Mistake) int { return cmp.Compare(a.Line, b.Line) })
	if s.err != nil {
		return s.report, s.err
	}
	return s.report, s.report.Err()
}

// Key reduces a name of a column, or a word of a list of values, to lower-case
// letters and digits with an underscore for all between them.
func Key(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "_")
}

// shownMax is how much of a cell is repeated, in characters.
const shownMax = 40

func short(text string) string {
	n := 0
	for i := range text {
		if n == shownMax {
			return text[:i] + "…"
		}
		n++
	}
	return text
}

// Quote returns the beginning of a cell in quotation marks.
func Quote(text string) string { return strconv.Quote(short(text)) }

// clean takes away what is around the text of a cell.
func clean(cell string) string {
	if tidy(cell) {
		return cell
	}
	text := strings.Join(strings.Fields(string(UTF8([]byte(cell)))), " ")
	inner, ok := strings.CutPrefix(text, `="`)
	if ok && strings.HasSuffix(inner, `"`) {
		text = inner[:len(inner)-1]
	}
	return strings.TrimSpace(strings.TrimPrefix(text, "'"))
}

// tidy reports whether there is nothing to take away, which is the common case.
func tidy(cell string) bool {
	if cell == "" {
		return true
	}
	if cell[0] <= ' ' || cell[0] == '=' || cell[0] == '\'' || cell[len(cell)-1] <= ' ' {
		return false
	}
	for i := range len(cell) {
		if c := cell[i]; c < ' ' || c >= utf8.RuneSelf || c == ' ' && cell[i-1] == ' ' {
			return false
		}
	}
	return true
}
