// Package intake reads what customers send, JSON lists and files of every
// sort, and makes numbers of it, with the place of each and a report of what
// could not be read (api.md §1). It knows nothing of orders.
package intake

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
)

// Limits bound an upload.
type Limits struct {
	Numbers int   // after ranges are expanded; bad ones count too
	Bytes   int64 // of a file
}

// DefaultLimits are those of api.md §1.
var DefaultLimits = Limits{Numbers: 100_000, Bytes: 32 << 20}

// Options say how to read.
type Options struct {
	Limits    Limits
	Fictional bool // 555-0100 to 555-0199 are taken: the sandbox's scenarios
}

// Place is where a number stands: in a file its line and the column of its
// cell, both from 1; in a list its index from 0, and Line is 0.
type Place struct {
	Index  int
	Line   int
	Column int
}

// String writes the place as it stands in an error: dids[3], or line 12,
// column 1.
func (p Place) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("dids[%d]", p.Index)
	}
	return fmt.Sprintf("line %d, column %d", p.Line, p.Column)
}

// Compare orders places as they stand in the upload.
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column), cmp.Compare(p.Index, q.Index))
}

// Accepted is a number that has the form of one that can be ported.
type Accepted struct {
	Number nanp.Number
	Place  Place
}

// Rejected is something that is no number, or none that can be ported.
type Rejected struct {
	DID     string // as written, when it looks like a number; "" otherwise
	Place   Place
	Code    fault.Code
	Message string
	Fix     string
	OrderID int64 // the order that has it, of already_in_order
}

// Reject reports a number for a reason.
func Reject(a Accepted, code fault.Code) Rejected {
	e := fault.Explain(code)
	return Rejected{DID: a.Number.String(), Place: a.Place, Code: code, Message: e.Cause, Fix: e.Fix}
}

// Result is an upload as it was read.
type Result struct {
	Numbers  []Accepted
	Rejected []Rejected
}

// Fingerprint tells one set of numbers from every other; their order does not
// matter.
func (r *Result) Fingerprint() [32]byte {
	numbers := make([]nanp.Number, len(r.Numbers))
	for i, a := range r.Numbers {
		numbers[i] = a.Number
	}
	slices.Sort(numbers)
	b := make([]byte, 0, 8*len(numbers))
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return sha256.Sum256(b)
}

// List reads a JSON list: strings and numbers, each a telephone number or a
// range of them.
func List(entries []json.RawMessage, o Options) (*Result, error) {
	c := newCollector(o)
	for i, raw := range entries {
		p := Place{Index: i}
		raw = bytes.TrimSpace(raw)
		text := string(raw)
		switch {
		case len(raw) > 0 && raw[0] == '"':
			err := json.Unmarshal(raw, &text)
			if err != nil {
				return nil, fault.New(fault.Malformed, fault.CodeMalformedJSON, "dids[%d] is no JSON string", i)
			}
		case len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9'):
			text = ""
		}
		err := c.add(text, p)
		if err != nil {
			return nil, err
		}
	}
	return &c.Result, nil
}

// collector gathers numbers, drops repetitions and keeps within the limits.
type collector struct {
	Result
	o    Options
	seen map[nanp.Number]bool
}

func newCollector(o Options) *collector {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits
	}
	return &collector{o: o, seen: map[nanp.Number]bool{}}
}

// room fails when one more entry would be too many.
func (c *collector) room() error {
	if len(c.Numbers)+len(c.Rejected) < c.o.Limits.Numbers {
		return nil
	}
	return &fault.Error{
		Kind: fault.Invalid, Code: fault.CodeTooManyNumbers,
		Message: fmt.Sprintf("there are more than %d numbers", c.o.Limits.Numbers),
		Hint:    "send several uploads",
	}
}

// add takes one written number, or one written range.
func (c *collector) add(text string, p Place) error {
	err := c.room()
	if err != nil {
		return err
	}
	text = unwrap(text)
	n, code := nanp.Parse(text)
	if code == "" {
		c.take(n, p)
		return nil
	}
	first, last, isRange := cutRange(text)
	if !isRange {
		c.reject(text, p, code)
		return nil
	}
	from, codeFrom := nanp.Parse(first)
	to, codeTo := nanp.Parse(last)
	if codeFrom != "" || codeTo != "" || from/1e4 != to/1e4 || from > to {
		c.reject(text, p, fault.CodeRange)
		return nil
	}
	for n := from; n <= to; n++ {
		err = c.room()
		if err != nil {
			return err
		}
		c.take(n, p)
	}
	return nil
}

func (c *collector) take(n nanp.Number, p Place) {
	code := n.Refusal()
	switch {
	case code != "" && (code != fault.CodeFictional || !c.o.Fictional):
		c.Rejected = append(c.Rejected, Reject(Accepted{n, p}, code))
	case c.seen[n]:
		c.Rejected = append(c.Rejected, Reject(Accepted{n, p}, fault.CodeDuplicate))
	default:
		c.seen[n] = true
		c.Numbers = append(c.Numbers, Accepted{n, p})
	}
}

// reject reports a text that is no number.
func (c *collector) reject(text string, p Place, code fault.Code) {
	r := Reject(Accepted{Place: p}, code)
	r.DID = presentable(text)
	if code == fault.CodeNotANumber {
		if d := digits(text); d > 0 {
			r.Message = fmt.Sprintf("%d digits; a number has 10", d)
		}
	}
	c.Rejected = append(c.Rejected, r)
}

func digits(text string) int {
	n := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

// presentable returns a text that may be shown: what looks like a number, and
// nothing that could be a name (api.md, Conventions).
func presentable(text string) string {
	const shown = 32
	text = strings.TrimSpace(text)
	if len(text) > shown || digits(text) == 0 || strings.Trim(text, "0123456789 +-.,()/eExX#*'=\"–") != "" {
		return ""
	}
	return text
}

// unwrap takes off what spreadsheets put around numbers that are to stay text:
// an apostrophe before it, or ="...".
func unwrap(text string) string {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, `="`); ok {
		return strings.TrimSuffix(inner, `"`)
	}
	return strings.TrimPrefix(text, "'")
}

// cutRange takes a written range apart: two numbers with a dash, an en dash or
// the word to between them.
func cutRange(text string) (first, last string, ok bool) {
	for _, sep := range []string{"–", "—", " to ", "..", " - "} {
		first, last, ok = strings.Cut(text, sep)
		if ok && digits(first) >= 10 && digits(last) >= 10 {
			return first, last, true
		}
	}
	// Dashes stand within numbers too: the one in the middle parts two of the
	// same form.
	if k := strings.Count(text, "-"); k%2 == 1 {
		at := 0
		for i := range text {
			if text[i] == '-' {
				at++
				if at == k/2+1 {
					first, last = text[:i], text[i+1:]
					return first, last, digits(first) >= 10 && digits(last) >= 10
				}
			}
		}
	}
	return "", "", false
}
