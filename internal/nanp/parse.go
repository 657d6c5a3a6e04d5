package nanp

import (
	"unicode/utf8"

	"github.com/portin/portin/internal/fault"
)

// Parse reads a telephone number in any form in which people and programs
// write one: ten digits, 1 or +1 before them, the usual punctuation, tel:, and
// the ".0" that programs add which take it for a quantity. code is "" for a
// number of valid form (lnp-rules §3.1), else n is 0 and code says why:
// not_a_number, scientific_notation, has_extension, outside_nanp,
// invalid_area_code or invalid_exchange. It allocates nothing.
func Parse[T ~string | ~[]byte](s T) (n Number, code fault.Code) {
	i, end := trim(s)
	if i == end {
		return 0, fault.CodeNotANumber
	}
	if hasPrefixFold(s, i, end, "tel:") {
		i += len("tel:")
	}
	var (
		digits [maxDigits]byte
		count  int
		plus   bool // + stands before the digits
		marked bool // there is punctuation among them
	)
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
		case (c == '.' || c == ',') && scientific(s, i, end):
			return 0, fault.CodeScientific
		case (c == '.' || c == ',') && !marked && decimals(s, i, end) && zeros(s, i, end):
			end = i
		case c == '.' && !marked && decimals(s, i, end):
			return 0, fault.CodeNotANumber
		case c == ' ' || c == '\t' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == '_':
			marked = true
			i++
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
			marked = true
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
	case len(d) >= 11 && d[0] == 0 && d[1] == 1 && d[2] == 1:
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

// decimals reports whether the point or comma at i and one to three digits
// end the text. In 919800200.0 they are a fraction, and no part of the number;
// a number's own last group has four digits.
func decimals[T ~string | ~[]byte](s T, i, end int) bool {
	width := end - i - 1
	if width < 1 || width > 3 {
		return false
	}
	for i++; i < end; i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// zeros reports whether nothing but zeros follows i.
func zeros[T ~string | ~[]byte](s T, i, end int) bool {
	for i++; i < end; i++ {
		if s[i] != '0' {
			return false
		}
	}
	return true
}

// extension reports whether an extension begins at i: x12, ext. 12, #12,
// ;ext=12, or the pauses of ",,12". One comma or semicolon before digits is
// none: it parts two cells of a table.
func extension[T ~string | ~[]byte](s T, i, end int) bool {
	pauses := 0
	for ; i < end && (s[i] == ';' || s[i] == ',' || s[i] == ' '); i++ {
		if s[i] == ',' {
			pauses++
		}
	}
	switch {
	case hasPrefixFold(s, i, end, "extension"):
		i += len("extension")
	case hasPrefixFold(s, i, end, "ext"):
		i += len("ext")
	case hasPrefixFold(s, i, end, "x"), hasPrefixFold(s, i, end, "#"):
		i++
	case pauses < 2:
		return false
	}
	for i < end && (s[i] == '.' || s[i] == ' ' || s[i] == '=' || s[i] == ':') {
		i++
	}
	from := i
	for i < end && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	const longest = 7
	return i == end && i > from && i-from <= longest
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
	a, b, c := s[i], s[i+1], s[i+2]
	switch {
	case a == 0xE2 && b == 0x80 && (c >= 0x80 && c <= 0x95 || c >= 0xA8 && c <= 0xAF): // U+2000..2015 and 2028..202F: blanks, hyphens, dashes, marks of direction
		return 3
	case a == 0xE2 && b == 0x81 && (c == 0x83 || c == 0x9F || c == 0xA0 || c >= 0xA6 && c <= 0xA9): // hyphen bullet, mathematical space, word joiner, isolates
		return 3
	case a == 0xE2 && b == 0x88 && c == 0x92: // minus sign
		return 3
	case a == 0xE3 && b == 0x80 && c == 0x80: // ideographic space
		return 3
	case a == 0xEF && (b == 0xB9 && (c == 0x98 || c == 0xA3) || b == 0xBC && c == 0x8D): // small and full-width hyphens
		return 3
	case a == 0xEF && b == 0xBB && c == 0xBF: // byte order mark
		return 3
	}
	return 0
}

// trim returns the bounds of the text without white space around it, nor
// blanks beyond ASCII before it.
func trim[T ~string | ~[]byte](s T) (from, end int) {
	end = len(s)
	for end > 0 && white(s[end-1]) {
		end--
	}
	for from < end {
		width := dash(s, from, end)
		if white(s[from]) {
			width = 1
		}
		if width == 0 {
			break
		}
		from += width
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
