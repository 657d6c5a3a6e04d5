package nanp

import (
	"bytes"
	"encoding/json"

	"github.com/portin/portin/internal/fault"
)

// MarshalText writes the ten digits; JSON bodies carry numbers as strings.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads a number by Parse. Returns an Invalid with Parse's code,
// which does not repeat the text.
func (n *Number) UnmarshalText(text []byte) error {
	got, code := Parse(text)
	if code != "" {
		return fault.New(fault.Invalid, code, "not a telephone number that can be ported")
	}
	*n = got
	return nil
}

// UnmarshalJSON reads a number that is written as a JSON string or as a JSON
// number (9198002000), by Parse. Any other JSON value, null too, is refused.
// Errors are those of UnmarshalText.
func (n *Number) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] == '-' {
		return n.UnmarshalText(nil)
	}
	if b[0] != '"' {
		// The point of a JSON number is a decimal point and nothing else.
		whole, fraction, _ := bytes.Cut(b, []byte("."))
		if len(bytes.Trim(fraction, "0")) == 0 {
			b = whole
		} else if !bytes.ContainsAny(fraction, "eE") {
			b = nil
		}
		return n.UnmarshalText(b)
	}
	var s string
	err := json.Unmarshal(b, &s)
	if err != nil {
		return n.UnmarshalText(nil)
	}
	return n.UnmarshalText([]byte(s))
}
