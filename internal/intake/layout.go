package intake

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
)

// layout is how a file is to be read: as a list, where every cell is a number
// or a mistake, or as a table, where numbers stand in certain columns and the
// other cells are none of our business.
type layout struct {
	delim   byte
	header  int   // the line of the last row above the numbers; 0: there is none
	columns []int // of the numbers in a table, from 1; none: a list
}

// detect tells the layout of a file by its beginning. Returns an Invalid
// no_number_column when there is a table without telephone numbers, or with
// several columns of them and no header that tells which are meant.
func detect(sample []byte, whole bool) (layout, error) {
	if len(sample) > 5 && bytes.EqualFold(sample[:4], []byte("sep=")) && bytes.IndexByte([]byte(",;|\t"), sample[4]) >= 0 && (sample[5] == '\r' || sample[5] == '\n') {
		// Excel's own line about the delimiter.
		l, err := arrange(sampleRows(sample, whole, sample[4])[1:])
		l.delim, l.header = sample[4], max(l.header, 1)
		return l, err
	}
	delim, rows := delimited(sample, whole)
	l, err := arrange(rows)
	l.delim = delim
	return l, err
}

// delimited finds the delimiter that parts the most numbers from the rest.
// Of several that do, it is the one with fewer cells that are to be parted
// again, with a better header, or with fewer other cells; where there are no
// numbers at all, the one with more cells. Blanks are it only when they find
// more, or as many and part them: they also stand inside numbers.
func delimited(sample []byte, whole bool) (byte, []row) {
	delim, rows := byte(','), sampleRows(sample, whole, ',')
	best := rate(rows, ',')
	for _, d := range []byte(";\t| ") {
		other := sampleRows(sample, whole, d)
		s := rate(other, d)
		if s.fitsBetter(best, d) {
			delim, rows, best = d, other, s
		}
	}
	return delim, rows
}

// kind is what a cell looks like.
type kind int

const (
	blankCell  kind = iota
	wordsCell       // has letters
	digitsCell      // no number, and no words either: digits and signs, or many digits
	wrongCell       // a number that cannot be, e.g. of area code 119
	numberCell      // a number, a range, several, or what a spreadsheet or an extension made of one
)

// row is a row of the sample. Rows without content are left out.
type row struct {
	line  int
	cells []look
}

// look is what a cell looks like. Its text is kept if it is short enough for
// the name of a column.
type look struct {
	text    string
	kind    kind
	numbers int  // how many are in it; the ends of a range are two
	parted  bool // it holds more than one number or range
}

func lookAt(c cell) look {
	if !c.long && !c.badQuotes && blank(c.text) {
		return look{}
	}
	text := plain(c.text)
	if c.badQuotes && hasDigit(text) {
		return look{kind: digitsCell} // rejected, whatever is in it
	}
	l := look{kind: wordsCell}
	if len(text) <= nameMax {
		l.text = string(text)
	}
	if c.long {
		return l
	}
	_, code := nanp.Parse(text)
	s, isRange := readSpan(text)
	parts := [][]byte(nil)
	if code == fault.CodeNotANumber && (!isRange || s.half) && countDigits(text) > 1 { // 9E9 is the shortest
		parts = split(text)
	}
	switch {
	case parts != nil:
		l.kind, l.parted = numberCell, true
		for _, part := range parts {
			l.numbers += lookAt(cell{text: part}).numbers
		}
	case isRange && (s.code == "" || s.code == fault.CodeRange):
		l.kind, l.numbers = numberCell, 2
	case isRange:
		l.kind, l.numbers = wrongCell, 2
	case code == "", code == fault.CodeScientific, code == fault.CodeExtension:
		l.kind, l.numbers = numberCell, 1
	case code != fault.CodeNotANumber:
		l.kind, l.numbers = wrongCell, 1
	case isName(text): // e164 is written with what numbers are
	case written(text) && hasDigit(text), countDigits(text) > nameDigits:
		l.kind = digitsCell
	}
	return l
}

func sampleRows(sample []byte, whole bool, delim byte) []row {
	s := scanBytes(sample, delim)
	var rows []row
	var r row
	for {
		c, err := s.next()
		if err != nil { // the end
			break
		}
		if len(r.cells) == 0 {
			r.line = c.line
		}
		r.cells = append(r.cells, lookAt(c))
		if !c.last {
			continue
		}
		if r.filled() > 0 {
			rows = append(rows, r)
		}
		r = row{cells: make([]look, 0, len(r.cells))}
	}
	if whole || len(rows) == 0 {
		return rows
	}
	// The sample ends somewhere within a row, which is left out, unless it may
	// be the only one with numbers, below a header; then its last cell is.
	last := &rows[len(rows)-1]
	if len(rows) > 2 {
		return rows[:len(rows)-1]
	}
	if len(last.cells) > 1 {
		last.cells = last.cells[:len(last.cells)-1]
	}
	return rows
}

func (r row) filled() int {
	n := 0
	for _, c := range r.cells {
		if c.kind != blankCell {
			n++
		}
	}
	return n
}

func (r row) has(k kind) bool {
	return slices.ContainsFunc(r.cells, func(c look) bool { return c.kind >= k })
}

// name returns the highest rank of the row's cells as names of columns.
func (r row) name() rank {
	best := noName
	for _, c := range r.cells {
		if c.kind == wordsCell {
			n, _ := nameRank([]byte(c.text))
			best = max(best, n)
		}
	}
	return best
}

// rating is how well a delimiter fits.
type rating struct {
	numbers int
	parted  int  // cells that hold more than one number or range
	name    rank // of the first row
	others  int  // cells that are no number
	joined  bool // a cell is what joins the ends of a range, or one end of it
}

func (s rating) fitsBetter(best rating, delim byte) bool {
	switch {
	case s.numbers != best.numbers:
		return s.numbers > best.numbers && !(delim == ' ' && s.joined)
	case s.parted != best.parted:
		return s.parted < best.parted && !(delim == ' ' && s.joined)
	case delim == ' ':
		return false
	case s.name != best.name:
		return s.name > best.name
	case s.numbers == 0:
		return s.others > best.others
	}
	return s.others < best.others
}

func rate(rows []row, delim byte) rating {
	var s rating
	for i, r := range rows {
		if i == 0 {
			s.name = r.name()
		}
		for _, c := range r.cells {
			if c.parted {
				s.parted++
			}
			if !c.parted || delim != ' ' {
				s.numbers += c.numbers
			}
			if c.kind != blankCell && c.numbers == 0 {
				s.others++
			}
			text := []byte(c.text)
			s.joined = s.joined || joins(text) || dashWidth(text) > 0 || dashAt(text, len(text))
		}
	}
	return s
}

// tally counts what a column holds.
type tally struct {
	filled, words, wrong, numbers int
}

// fewRows is how many rows are too few for a share of mistakes to mean
// something.
const fewRows = 8

// full reports whether the column is one of numbers, with mistakes.
func (t tally) full() bool {
	return t.numbers > 0 && (t.numbers*4 >= t.filled*3 || t.filled < fewRows && t.numbers*2 >= t.filled)
}

// mixed reports whether too many cells are numbers for a column of other
// things, e.g. 55 % of random account numbers of ten digits are.
func (t tally) mixed() bool { return t.numbers > 0 && !t.full() && t.numbers*10 >= t.filled }

func tallies(rows []row) []tally {
	var out []tally
	for _, r := range rows {
		for len(out) < len(r.cells) {
			out = append(out, tally{})
		}
		for i, c := range r.cells {
			t := &out[i]
			switch c.kind {
			case blankCell:
				continue
			case wordsCell:
				t.words++
			case wrongCell:
				t.wrong++
			case numberCell:
				t.numbers++
			}
			t.filled++
		}
	}
	return out
}

// arrange tells a list from a table, and finds the table's header and columns
// of numbers: by its names, if one promises numbers and keeps the promise, else
// by content.
func arrange(rows []row) (layout, error) {
	var l layout
	body, header := rows, row{}
	at := headerOf(rows)
	if at >= 0 {
		header, body = rows[at], rows[at+1:]
		l.header = header.line
	}
	columns := tallies(body)
	if header.filled() > 1 {
		l.columns = named(header, columns)
		if l.columns != nil {
			return l, nil
		}
	}
	var err error
	l.columns, err = byContent(header, body, columns)
	return l, err
}

// headerRows is how many rows may stand above the numbers: a title, the
// header.
const headerRows = 20

// headerOf returns the index of the header row, or -1. It is the first row
// with a name of the numbers' column, with no digits in it nor above it; else
// the first row of all, if it is one of several words, or one with a word for
// telephone numbers.
func headerOf(rows []row) int {
	for i, r := range rows[:min(len(rows), headerRows)] {
		if r.has(digitsCell) {
			break
		}
		if r.name() >= numberName {
			return i
		}
	}
	if len(rows) == 0 || rows[0].has(digitsCell) {
		return -1
	}
	if rows[0].name() >= partName || rows[0].filled() > 1 && len(rows) > 1 {
		return 0
	}
	return -1
}

// named returns the column that its name tells to be the numbers', and those
// of the same name (did_1, did_2) if the name can mean nothing else. It returns
// nil when no name does, or when another column has the numbers.
func named(header row, columns []tally) []int {
	type candidate struct {
		column  int
		rank    rank
		key     string
		numbers bool
	}
	var all []candidate
	var best candidate
	elsewhere := false
	for i, c := range header.cells {
		var t tally
		if i < len(columns) {
			t = columns[i]
		}
		r, key := nameRank([]byte(c.text))
		one := candidate{i + 1, r, key, t.numbers > 0 && t.numbers*2 >= t.filled}
		if r == noName && t.full() {
			elsewhere = true
		}
		if r <= noName {
			continue
		}
		all = append(all, one)
		if best.column == 0 || one.numbers && !best.numbers || one.numbers == best.numbers && r > best.rank {
			best = one
		}
	}
	if best.column == 0 || elsewhere && !best.numbers {
		return nil
	}
	out := []int{best.column}
	for _, one := range all {
		if best.rank == portName && one.column != best.column && one.key == best.key {
			out = append(out, one.column)
		}
	}
	slices.Sort(out)
	return out
}

// byContent returns the columns of numbers by what they hold; nil is a list.
func byContent(header row, body []row, columns []tally) ([]int, error) {
	var filled, full, mixed, other, wrong []int
	words := 0
	for i, t := range columns {
		if t.filled == 0 {
			continue
		}
		filled = append(filled, i+1)
		words += t.words
		switch {
		case t.full():
			full = append(full, i+1)
		case t.mixed():
			mixed = append(mixed, i+1)
		case t.filled*2 >= len(body) && (t.filled >= 3 || t.words*2 >= t.filled):
			other = append(other, i+1)
		}
		if t.wrong*2 >= t.filled {
			wrong = append(wrong, i+1)
		}
	}
	if len(filled) < 2 {
		return nil, nil
	}
	if header.cells == nil && len(body) == 1 {
		return oneRow(body[0], words)
	}
	numbers := unlessOther(header, slices.Concat(full, mixed))
	switch {
	case len(numbers) == 1:
		return numbers, nil
	case len(numbers) == 0 && words == 0:
		return nil, nil
	case len(numbers) == 0 && len(wrong) == 1:
		return wrong, nil
	case len(numbers) == 0:
		return nil, noColumn()
	case len(mixed) == 0 && len(other) == 0 && (header.filled() < 2 || !hasOther(header)):
		return nil, nil
	}
	return nil, severalColumns(numbers)
}

// oneRow tells all numbers on one line from a table of one row, which has words
// in it.
func oneRow(r row, words int) ([]int, error) {
	var numbers []int
	for i, c := range r.cells {
		if c.kind >= wrongCell {
			numbers = append(numbers, i+1)
		}
	}
	switch {
	case len(numbers) > 1, words == 0:
		return nil, nil
	case len(numbers) == 1:
		return numbers, nil
	}
	return nil, noColumn()
}

// unlessOther leaves out the columns that are named as another thing's
// (billing number, contact phone), if any is left.
func unlessOther(header row, columns []int) []int {
	var out []int
	for _, c := range columns {
		if c > len(header.cells) || !isOther(header.cells[c-1]) {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return columns
	}
	return out
}

func hasOther(header row) bool { return slices.ContainsFunc(header.cells, isOther) }

func isOther(c look) bool {
	r, _ := nameRank([]byte(c.text))
	return r == otherName
}

func noColumn() error {
	e := fault.New(fault.Invalid, fault.CodeNoNumberColumn, "no column of the file looks like telephone numbers")
	e.Hint = fixes[fault.CodeNoNumberColumn].Fix
	return e
}

func severalColumns(columns []int) error {
	slices.Sort(columns)
	list := make([]string, 0, 8)
	for _, c := range columns[:min(len(columns), 8)] {
		list = append(list, fmt.Sprint(c))
	}
	e := fault.New(fault.Invalid, fault.CodeNoNumberColumn,
		"columns %s hold telephone numbers, and no header says which are to be ported", strings.Join(list, ", "))
	e.Hint = "Add a header row that names the column of the numbers to be ported did, or send these numbers alone."
	return e
}
