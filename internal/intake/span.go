package intake

import (
	"bytes"
	"unicode/utf8"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
)

// span is a range of numbers as written: both ends, or the reason why it is
// none.
type span struct {
	first, last nanp.Number
	code        fault.Code
	half        bool // only its first end is a number
}

// spanMax is the longest text, in bytes, that is read as a range.
const spanMax = 128

// readSpan reads a range: two numbers with a dash or "to" between them. A text
// that begins with a number and goes on with a shorter one is a range with the
// code invalid_range. ok is false when it is no range at all, which a single
// number in the form 919-800-2000 is not either.
func readSpan(text []byte) (s span, ok bool) {
	if len(text) > spanMax {
		return span{}, false
	}
	for i := 0; i < len(text); {
		width := joint(text[i:])
		if width == 0 {
			_, size := utf8.DecodeRune(text[i:])
			i += size
			continue
		}
		first, code := nanp.Parse(text[:i])
		right := text[i+width:]
		i += width
		if code == fault.CodeNotANumber {
			continue
		}
		last, lastCode := nanp.Parse(right)
		switch {
		case lastCode == fault.CodeNotANumber:
			if code == "" && hasDigit(right) && written(right) {
				s, ok = span{code: fault.CodeRange, half: true}, true
			}
			continue
		case code != "":
			return span{code: code}, true
		case lastCode != "":
			return span{code: lastCode}, true
		case first/1e4 != last/1e4 || first > last:
			return span{code: fault.CodeRange}, true
		}
		return span{first: first, last: last}, true
	}
	return s, ok
}

// span adds the numbers of a range. It ends at the limit, however long the
// range is.
func (c *collector) span(s span, text []byte, at Place) error {
	if s.code != "" {
		return c.reject(refused(text, at, s.code))
	}
	for n := s.first; n <= s.last; n++ {
		err := c.take(n, at)
		if err != nil {
			return err
		}
	}
	return nil
}

var joiners = [][]byte{[]byte("through"), []byte("thru"), []byte("to"), []byte("..")}

// joint returns the width of what joins the ends of a range at the beginning
// of text: a dash, "..", or the word "to" between blanks; else 0.
func joint(text []byte) int {
	width := dashWidth(text)
	if width > 0 {
		return width
	}
	if bytes.HasPrefix(text, []byte("..")) {
		return 2
	}
	if len(text) == 0 || text[0] != ' ' {
		return 0
	}
	for _, word := range joiners {
		if len(text) > len(word)+1 && text[len(word)+1] == ' ' && bytes.EqualFold(text[1:len(word)+1], word) {
			return len(word) + 1
		}
	}
	return 0
}

// joins reports whether a word by itself joins the ends of a range.
func joins(word []byte) bool {
	for _, w := range joiners {
		if bytes.EqualFold(word, w) {
			return true
		}
	}
	return len(word) > 0 && dashWidth(word) == len(word)
}

// dashWidth returns the width of the dash at the beginning of text, or 0.
func dashWidth(text []byte) int {
	r, size := utf8.DecodeRune(text)
	if r == '-' || r >= '\u2010' && r <= '\u2015' || r == '\u2212' || r == '\uff0d' {
		return size
	}
	return 0
}

// dashAt reports whether a dash stands before the end.
func dashAt(text []byte, end int) bool {
	_, size := utf8.DecodeLastRune(text[:end])
	return dashWidth(text[end-size:end]) > 0
}
