package nanp

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/portin/portin/internal/fault"
)

// Parse reads a telephone number in any form in which people and programs
// write one: ten digits, 1 or +1 before them, the usual punctuation, tel:.
// code is "" for a number of valid form (lnp-rules §3.1), else the reason why
// it is none. It allocates nothing.
func Parse[T ~string | ~[]byte](s T) (n Number, code fault.Code) {
	i, end := trim(s)
	if i == end {
		return 0, fault.CodeNotANumber
	}
	if hasPrefixFold(s, i, end, "tel:") {
		i += len("tel:")
	}
	plus := false
	var digits [maxDigits]byte
	count := 0
	for i < end {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			if count == maxDigits {
				return 0, fault.CodeNotANumber
			}
			digits[count] = c - '0'
			count++
			i++
		case c == '+' && count == 0 && !plus:
			plus = true
			i++
		case c == ' ' || c == '\t' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == '_':
			if c == '.' && scientific(s, i, end) {
				return 0, fault.CodeScientific
			}
			i++
		case c == ',' && scientific(s, i, end):
			return 0, fault.CodeScientific
		case (c == 'e' || c == 'E') && count > 0 && exponent(s, i, end):
			return 0, fault.CodeScientific
		case c == 'x' || c == 'X' || c == 'e' || c == 'E' || c == ';' || c == '#' || c == ',':
			if count >= 10 && extension(s, i, end) {
				return 0, fault.CodeExtension
			}
			return 0, fault.CodeNotANumber
		case c >= utf8.RuneSelf:
			width := dash(s, i, end)
			if width == 0 {
				return 0, fault.CodeNotANumber
			}
			i += width
		default:
			return 0, fault.CodeNotANumber
		}
	}
	return assemble(digits[:count], plus)
}

// maxDigits is what the longest number of any country has, with a prefix.
const maxDigits = 18

func assemble(d []byte, plus bool) (Number, fault.Code) {
	switch {
	case len(d) == 11 && d[0] == 1:
		d = d[1:]
	case plus && len(d) >= 7 && d[0] != 1:
		return 0, fault.CodeForeign
	case plus:
		return 0, fault.CodeNotANumber
	case len(d) > 11 && d[0] == 0 && d[1] == 1 && d[2] == 1:
		return 0, fault.CodeForeign
	}
	if len(d) != 10 {
		return 0, fault.CodeNotANumber
	}
	n := Number(0)
	for _, c := range d {
		n = n*10 + Number(c)
	}
	if !validNPA(d[0], d[1], d[2]) {
		return 0, fault.CodeNPAInvalid
	}
	if d[3] < 2 {
		return 0, fault.CodeNXXInvalid
	}
	return n, ""
}

// validNPA refuses area codes that cannot be: those that begin with 0 or 1,
// the service codes N11, and the N9X, 37X and 96X that are kept for the plan's
// expansion (lnp-rules §3.1).
func validNPA(a, b, c byte) bool {
	switch {
	case a < 2, b == 1 && c == 1, b == 9, a == 3 && b == 7, a == 9 && b == 6:
		return false
	}
	return true
}

// scientific reports whether the point or comma at i belongs to a number in
// scientific notation, 9.198E+09.
func scientific[T ~string | ~[]byte](s T, i, end int) bool {
	for i++; i < end && s[i] >= '0' && s[i] <= '9'; i++ {
	}
	return i < end && exponent(s, i, end)
}

// exponent reports whether E+09 stands at i and ends the text.
func exponent[T ~string | ~[]byte](s T, i, end int) bool {
	if s[i] != 'e' && s[i] != 'E' {
		return false
	}
	i++
	if i < end && (s[i] == '+' || s[i] == '-') {
		i++
	}
	from := i
	for i < end && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i == end && i > from && i-from <= 3
}

// extension reports whether an extension begins at i: x12, ext. 12, #12,
// ;ext=12, ",,12".
func extension[T ~string | ~[]byte](s T, i, end int) bool {
	for i < end && (s[i] == ';' || s[i] == ',' || s[i] == ' ') {
		i++
	}
	switch {
	case hasPrefixFold(s, i, end, "extension"):
		i += len("extension")
	case hasPrefixFold(s, i, end, "ext"):
		i += len("ext")
	case hasPrefixFold(s, i, end, "x"), hasPrefixFold(s, i, end, "#"):
		i++
	}
	for i < end && (s[i] == '.' || s[i] == ' ' || s[i] == '=' || s[i] == ':') {
		i++
	}
	from := i
	for i < end && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i == end && i > from
}

// dash returns the width of a dash or blank beyond ASCII at i, as word
// processors and spreadsheets make them, or 0.
func dash[T ~string | ~[]byte](s T, i, end int) int {
	if end-i >= 2 && s[i] == 0xC2 && (s[i+1] == 0xA0 || s[i+1] == 0xAD) { // no-break space, soft hyphen
		return 2
	}
	if end-i < 3 {
		return 0
	}
	switch {
	case s[i] == 0xE2 && s[i+1] == 0x80 && (s[i+2] >= 0x80 && s[i+2] <= 0x95 || s[i+2] == 0xA6 || s[i+2] == 0xAF || s[i+2] >= 0xAA && s[i+2] <= 0xAE):
		// U+2000..2015: blanks, zero widths, marks, hyphens and dashes;
		// U+202A..202F: directions and the narrow no-break space.
		return 3
	case s[i] == 0xE2 && s[i+1] == 0x88 && s[i+2] == 0x92: // minus sign
		return 3
	case s[i] == 0xE2 && s[i+1] == 0x81 && s[i+2] >= 0xA6 && s[i+2] <= 0xA9: // isolates
		return 3
	case s[i] == 0xEF && s[i+1] == 0xBB && s[i+2] == 0xBF: // byte order mark
		return 3
	}
	return 0
}

// trim returns the bounds of the text without ASCII white space around it.
func trim[T ~string | ~[]byte](s T) (from, end int) {
	end = len(s)
	for from < end && white(s[from]) {
		from++
	}
	for end > from && white(s[end-1]) {
		end--
	}
	return from, end
}

func white(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func hasPrefixFold[T ~string | ~[]byte](s T, i, end int, prefix string) bool {
	if end-i < len(prefix) {
		return false
	}
	for k := range len(prefix) {
		c := s[i+k]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != prefix[k] {
			return false
		}
	}
	return true
}

// UnmarshalText reads a number by Parse. Returns an Invalid that does not
// repeat the text.
func (n *Number) UnmarshalText(text []byte) error {
	got, code := Parse(text)
	if code != "" {
		return fault.New(fault.Invalid, code, "not a telephone number")
	}
	*n = got
	return nil
}

// UnmarshalJSON reads a number that is written as a JSON string or as a JSON
// number, by Parse.
func (n *Number) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		var s string
		err := json.Unmarshal(b, &s)
		if err != nil {
			return fault.New(fault.Invalid, fault.CodeNotANumber, "not a telephone number")
		}
		return n.UnmarshalText([]byte(s))
	}
	return n.UnmarshalText(b)
}
