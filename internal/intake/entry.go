package intake

import (
	"bytes"
	"unicode/utf8"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/sheet"
)

// entry adds what one cell of a file, or one string of a list, holds: a
// number, a range of numbers, or several of them.
func (c *collector) entry(text []byte, at Place) error {
	text = plain(text)
	n, code := nanp.Parse(text)
	if code == "" {
		return c.take(n, at)
	}
	if code != fault.CodeNotANumber {
		return c.reject(refused(text, at, code))
	}
	s, isRange := readSpan(text)
	if isRange && !s.half {
		return c.span(s, text, at)
	}
	parts := split(text) // a range with more behind it looks like half of one
	switch {
	case parts == nil && isRange:
		return c.span(s, text, at)
	case parts == nil:
		return c.reject(refused(text, at, fault.CodeNotANumber))
	}
	for _, part := range parts {
		err := c.entry(part, at)
		if err != nil {
			return err
		}
	}
	return nil
}

// plain takes away what spreadsheets and word processors put around a number:
// blanks, quotation marks, the apostrophe of '9198002000 and the formula of
// ="9198002000".
func plain(text []byte) []byte {
	if bare(text) {
		return text
	}
	text = bytes.TrimSpace(sheet.UTF8(text))
	formula, ok := bytes.CutPrefix(text, []byte("="))
	if ok {
		text = formula
	}
	return bytes.TrimSpace(bytes.Trim(text, "\"'`\u2018\u2019\u201c\u201d\u00b4"))
}

// bare reports whether there is nothing to take away, which is the common case:
// the text is ASCII, begins like a number and ends with a digit.
func bare(text []byte) bool {
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	n := len(text)
	return n > 0 && text[n-1] >= '0' && text[n-1] <= '9' && (text[0] >= '0' && text[0] <= '9' || text[0] == '(' || text[0] == '+')
}

// blank reports whether a cell of a file holds nothing: white space, what
// spreadsheets put around it (="" and '), and delimiters of other files.
func blank(text []byte) bool {
	if len(text) > 0 && text[0] > '=' && text[0] < utf8.RuneSelf || hasDigit(text[:min(len(text), 1)]) {
		return false // the common case
	}
	return len(bytes.Trim(plain(text), " \t\r\n,;|")) == 0
}

// likely reports whether the text says that a number was meant: a number, a
// range, or a number that is refused for a better reason than not_a_number.
func likely(text []byte) bool {
	_, code := nanp.Parse(text)
	if code != fault.CodeNotANumber {
		return true
	}
	_, isRange := readSpan(text)
	return isRange
}

// split parts a text that holds several numbers, or one and delimiters, or
// returns nil. The parts are shorter than the text, and may hold several in
// turn.
func split(text []byte) [][]byte {
	parts := bytes.FieldsFunc(text, func(r rune) bool {
		switch r {
		case ',', ';', '|', '\t', '\n', '\r', '\v', '\f':
			return true
		}
		return false
	})
	if len(parts) == 1 && len(parts[0]) == len(text) {
		return words(text)
	}
	kept := parts[:0]
	found := false
	for _, part := range parts {
		part = plain(part)
		if len(part) == 0 {
			continue
		}
		kept = append(kept, part)
		found = found || likely(part) || words(part) != nil
	}
	if found && (len(kept) > 1 || len(kept) == 1 && len(kept[0]) < len(text)) {
		return kept
	}
	return words(text)
}

// words parts a text at its blanks. A blank may also stand inside a number:
// the shortest runs of words that are numbers are taken if they leave nothing
// over; else each word for itself, if two of them are numbers and none has
// letters. Words that join a range are never parted from its ends.
func words(text []byte) [][]byte {
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return nil
	}
	runs := joined(fields)
	if runs != nil {
		return runs
	}
	numbers := 0
	for _, f := range fields {
		if !written(f) || joins(f) {
			return nil
		}
		_, code := nanp.Parse(f)
		if code == "" {
			numbers++
		}
	}
	if numbers < 2 {
		return nil
	}
	return fields
}

// joined returns the shortest runs of fields that are numbers or ranges, or
// nil if a field is left over or there is one run only. Half a range is a run
// where there is no other.
func joined(fields [][]byte) [][]byte {
	const longest = 12 // fields of a range in its widest form
	var runs [][]byte
	for len(fields) > 0 {
		found, half := 0, 0
		for n := 1; n <= min(len(fields), longest) && found == 0; n++ {
			last := fields[n-1]
			if dashAt(last, len(last)) || n < len(fields) && (joins(fields[n]) || dashWidth(fields[n]) > 0) {
				continue
			}
			run := bytes.Join(fields[:n], []byte(" "))
			_, code := nanp.Parse(run)
			s, isRange := readSpan(run)
			switch {
			case code == "", isRange && !s.half:
				found = n
			case isRange && half == 0:
				half = n
			}
		}
		if found == 0 {
			found = half
		}
		if found == 0 {
			return nil
		}
		runs = append(runs, bytes.Join(fields[:found], []byte(" ")))
		fields = fields[found:]
	}
	if len(runs) < 2 {
		return nil
	}
	return runs
}
