package intake

import (
	"bytes"
	"errors"
	"io"
)

const (
	// cellMax is how much of a cell is kept, in bytes.
	cellMax = 1 << 10
	// quoteMax is how far a quotation mark may be from the one that closes it.
	// It also is how far the scanner looks ahead.
	quoteMax = 64 << 10
	// blanksMax is how many blanks may stand between a quotation mark and its
	// delimiter.
	blanksMax = 64
)

// cell is one cell of a table. Its text is valid until the next one is read.
type cell struct {
	text      []byte // the first cellMax bytes, without quotation
	line      int    // where it begins, from 1
	column    int    // from 1
	long      bool   // there is more than text
	badQuotes bool   // it begins with a quotation mark that is not closed
	last      bool   // it ends its row
}

// scanner reads the cells of delimited text: RFC 4180, and beyond it any of
// LF, CRLF and CR alone as the end of a line, and blanks around quotation
// marks.
//
// Package encoding/csv knows no CR alone, gives up at the first bad quotation
// mark, and keeps cells of any length. Here a quotation mark that is never
// closed, or has more than blanks between its closing and the delimiter, is an
// ordinary character: a cell cannot swallow the lines below it.
type scanner struct {
	r     io.Reader
	delim byte // ' ' stands for any number of blanks and tabs

	buf      []byte
	pos, end int // of what is unread in buf
	eof      bool

	line, column int // of the next cell
	inRow        bool
	text         [cellMax]byte
}

func newScanner(r io.Reader, delim byte) *scanner {
	return &scanner{r: r, delim: delim, buf: make([]byte, 2*quoteMax), line: 1, column: 1}
}

// scanBytes returns a scanner of text that is at hand.
func scanBytes(text []byte, delim byte) *scanner {
	return &scanner{delim: delim, buf: text, end: len(text), eof: true, line: 1, column: 1}
}

// next returns the next cell, or io.EOF. Other errors are those of the reader.
func (s *scanner) next() (cell, error) {
	if s.delim == ' ' {
		err := s.blanks()
		if err != nil {
			return cell{}, err
		}
	}
	err := s.need(1)
	if err != nil {
		return cell{}, err
	}
	if s.pos == s.end && !s.inRow {
		return cell{}, io.EOF
	}
	c := cell{line: s.line, column: s.column}
	quoted, err := s.quoted(&c)
	if err != nil {
		return cell{}, err
	}
	if !quoted {
		err = s.plain(&c)
		if err != nil {
			return cell{}, err
		}
	}
	return c, s.finish(&c)
}

// plain reads a cell without quotation.
func (s *scanner) plain(c *cell) error {
	kept := 0
	for {
		err := s.need(1)
		if err != nil {
			return err
		}
		window := s.buf[s.pos:s.end]
		width := s.stop(window)
		n := copy(s.text[kept:], window[:width])
		kept += n
		c.long = c.long || n < width
		s.pos += width
		if width < len(window) || width == 0 {
			c.text = s.text[:kept]
			return nil
		}
	}
}

// stop returns how many bytes of the window belong to a cell without
// quotation.
func (s *scanner) stop(window []byte) int {
	for i, b := range window {
		if b == s.delim || b == '\n' || b == '\r' || b == '\t' && s.delim == ' ' {
			return i
		}
	}
	return len(window)
}

// quoted reads a cell in quotation marks, up to its delimiter. ok is false,
// and nothing is read, when the cell has none or bad ones.
func (s *scanner) quoted(c *cell) (ok bool, err error) {
	open, err := s.skip(0)
	if err != nil {
		return false, err
	}
	b, err := s.peek(open)
	if err != nil || b != '"' {
		return false, err
	}
	closing, after, err := s.closing(open)
	if err != nil {
		return false, err
	}
	if closing == 0 {
		c.badQuotes = true
		return false, nil
	}
	content := s.buf[s.pos+open+1 : s.pos+closing]
	s.line += lineEnds(content)
	s.pos += after
	kept := 0
	for len(content) > 0 {
		part, rest := content, []byte(nil)
		i := bytes.IndexByte(content, '"')
		if i >= 0 {
			part, rest = content[:i+1], content[i+2:] // one of the two marks
		}
		n := copy(s.text[kept:], part)
		kept += n
		c.long = c.long || n < len(part)
		content = rest
	}
	c.text = s.text[:kept]
	return true, nil
}

// closing finds the mark that closes the one at offset open, and what follows
// it and blanks: a delimiter, the end of the line, or the end. It returns
// their offsets, or 0 when the mark is not closed.
func (s *scanner) closing(open int) (closing, after int, err error) {
	i := open + 1
	for i-open <= quoteMax {
		err = s.need(i + 1)
		if err != nil {
			return 0, 0, err
		}
		window := s.buf[min(s.pos+i, s.end):s.end]
		if len(window) == 0 {
			return 0, 0, nil
		}
		j := bytes.IndexByte(window, '"')
		if j < 0 {
			i += len(window)
			continue
		}
		i += j
		if i-open > quoteMax {
			return 0, 0, nil
		}
		b, err := s.peek(i + 1)
		if err != nil {
			return 0, 0, err
		}
		if b == '"' {
			i += 2
			continue
		}
		after = i + 1
		if s.delim != ' ' {
			after, err = s.skip(after)
			if err != nil {
				return 0, 0, err
			}
		}
		b, err = s.peek(after)
		if err != nil {
			return 0, 0, err
		}
		if s.pos+after < s.end && s.stop([]byte{b}) > 0 {
			return 0, 0, nil
		}
		return i, after, nil
	}
	return 0, 0, nil
}

// finish passes over what ends a cell.
func (s *scanner) finish(c *cell) error {
	if s.delim == ' ' {
		err := s.blanks()
		if err != nil {
			return err
		}
	}
	b, err := s.peek(0)
	if err != nil {
		return err
	}
	s.column++
	s.inRow = true
	switch {
	case s.pos == s.end:
	case b == '\r':
		s.pos++
		b, err = s.peek(0)
		if err != nil {
			return err
		}
		if b == '\n' {
			s.pos++
		}
		s.line++
	case b == '\n':
		s.pos++
		s.line++
	case s.delim == ' ':
		return nil
	default:
		s.pos++
		return nil
	}
	c.last, s.inRow, s.column = true, false, 1
	return nil
}

// blanks passes over blanks, where they are the delimiter.
func (s *scanner) blanks() error {
	for {
		b, err := s.peek(0)
		if err != nil || b != ' ' && b != '\t' {
			return err
		}
		s.pos++
	}
}

// skip returns the offset of the first byte from off on that is no blank.
func (s *scanner) skip(off int) (int, error) {
	for range blanksMax {
		b, err := s.peek(off)
		if err != nil {
			return 0, err
		}
		if b != ' ' && (b != '\t' || s.delim == '\t') {
			break
		}
		off++
	}
	return off, nil
}

// peek returns the byte at an offset, or 0 at the end: text holds no NUL.
func (s *scanner) peek(off int) (byte, error) {
	err := s.need(off + 1)
	if err != nil || s.end-s.pos <= off {
		return 0, err
	}
	return s.buf[s.pos+off], nil
}

// need reads until n bytes are unread, or until the end.
func (s *scanner) need(n int) error {
	if s.end-s.pos >= n || s.eof {
		return nil
	}
	if s.pos+n > len(s.buf) || s.pos == s.end {
		s.end = copy(s.buf, s.buf[s.pos:s.end])
		s.pos = 0
	}
	for {
		got, err := s.r.Read(s.buf[s.end:])
		s.end += got
		if errors.Is(err, io.EOF) {
			s.eof = true
			return nil
		}
		if err != nil {
			return err
		}
		if s.end-s.pos >= n {
			return nil
		}
	}
}

// lineEnds counts LF, CRLF and CR.
func lineEnds(text []byte) int {
	return bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte("\r")) - bytes.Count(text, []byte("\r\n"))
}
