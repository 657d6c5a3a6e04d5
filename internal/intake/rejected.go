package intake

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/portin/portin/internal/fault"
)

// Rejected is an entry that is not taken.
type Rejected struct {
	// DID is the entry as it was written, if it is at most 32 characters long
	// and looks like a number; else "". Cells of other kinds are never repeated.
	DID     string
	Place   Place
	Code    fault.Code
	Message string
	Fix     string
	OrderID int64 // of already_in_order, which package porting finds; else 0
}

// Reject reports a number that is refused for a reason that is not in its
// form, e.g. already_in_order, in the words of fault.Catalogue.
func Reject(a Accepted, code fault.Code) Rejected {
	return Rejected{DID: a.Number.String(), Place: a.Place, Code: code, Message: fixes[code].Cause, Fix: fixes[code].Fix}
}

// fixes is fault.Catalogue by code.
var fixes = func() map[fault.Code]fault.Entry {
	m := make(map[fault.Code]fault.Entry, len(fault.Catalogue))
	for _, e := range fault.Catalogue {
		m[e.Code] = e
	}
	return m
}()

// refused reports a text that is refused for its form.
func refused(text []byte, at Place, code fault.Code) Rejected {
	r := Rejected{DID: echo(text), Place: at, Code: code, Message: fixes[code].Cause, Fix: fixes[code].Fix}
	switch code {
	case fault.CodeNotANumber:
		r.Message = miscounted(text)
	case fault.CodeTooLong:
		r.Message = longMessage
		r.Fix = "Write one number in each cell or entry."
	}
	return r
}

var longMessage = fmt.Sprintf("more than %d bytes; a number has 10 digits", cellMax)

// miscounted says why a text is not a number: the count of its digits, or that
// there is more than digits.
func miscounted(text []byte) string {
	if !written(text) {
		return "it is not a telephone number"
	}
	digits := countDigits(text)
	switch {
	case digits == 0, digits == 10, digits == 11 && text[bytes.IndexAny(text, "0123456789")] == '1':
		return "it is not a telephone number"
	case digits == 1:
		return "1 digit; a number has 10"
	case digits == 11:
		return "11 digits, and the first is not 1; a number has 10"
	}
	return fmt.Sprintf("%d digits; a number has 10", digits)
}

// echoMax is how much of an entry may be repeated, in characters (api.md,
// Conventions).
const echoMax = 32

// echo returns the text if it may be repeated, else "".
func echo(text []byte) string {
	if !written(text) || utf8.RuneCount(text) > echoMax || !hasDigit(text) {
		return ""
	}
	return string(text)
}

// written reports whether all of the text is what a number is written with:
// digits, punctuation, blanks, and the letters of 9.198E+09 and x12.
func written(text []byte) bool {
	return !bytes.ContainsFunc(text, func(r rune) bool {
		return !(r >= '0' && r <= '9' || strings.ContainsRune("eExX+ ", r) || r != utf8.RuneError && (unicode.IsPunct(r) || unicode.In(r, unicode.Zs, unicode.Cf)) || r == '\u2212' || r == '=' || r == '|')
	})
}

func hasDigit(text []byte) bool { return countDigits(text) > 0 }

func countDigits(text []byte) int {
	n := 0
	for _, c := range text {
		if c >= '0' && c <= '9' {
			n++
		}
	}
	return n
}
