// Package intake turns what customers send into telephone numbers: JSON lists,
// and files in every form in which spreadsheets and editors write numbers
// (api.md §1). What is no number that can be ported is reported by its place,
// with a code and a fix; nothing else of a file is kept or repeated.
//
// It knows nothing of orders and accounts, and reads files as a stream: the
// largest file takes a few megabytes of memory.
package intake

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
)

// Limits bound one upload. A zero field means that of Default.
type Limits struct {
	Numbers int   // entries of the result after expansion of ranges, good and bad
	Bytes   int64 // of the file, or of the values of a list
}

// Default are the limits of api.md §1.
var Default = Limits{Numbers: 100_000, Bytes: 32 << 20}

// Options say what an upload may hold.
type Options struct {
	Limits    Limits
	Fictional bool // the sandbox takes 555-0100 to 555-0199
}

// Place says where something stands. Line is 0 for an entry of a JSON list,
// which has an Index; in a file Line and Column are counted from 1.
type Place struct {
	Index  int // in a JSON list, from 0
	Line   int // of the file as an editor counts, from 1, where the cell begins
	Column int // the cell in its row, from 1
}

// String returns dids[3] of a list, and "line 12, column 1" of a file.
func (p Place) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("dids[%d]", p.Index)
	}
	return fmt.Sprintf("line %d, column %d", p.Line, p.Column)
}

// Accepted is a number of valid form that nothing in its form speaks against.
type Accepted struct {
	Number nanp.Number
	Place  Place // of the range, when it is part of one
}

// Result is what an upload holds, in the order in which it stands there.
type Result struct {
	Numbers  []Accepted // no number twice
	Rejected []Rejected
}

// Fingerprint identifies the set of accepted numbers: SHA-256 over the sorted
// numbers, whatever their order and their written form.
func (r *Result) Fingerprint() [32]byte {
	numbers := make([]uint64, len(r.Numbers))
	for i, a := range r.Numbers {
		numbers[i] = uint64(a.Number)
	}
	slices.Sort(numbers)
	b := make([]byte, 0, 8*len(numbers))
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return sha256.Sum256(b)
}

// collector builds a Result within its limit.
type collector struct {
	limits    Limits
	fictional bool
	seen      map[nanp.Number]struct{}
	result    Result
}

func newCollector(o Options) *collector {
	if o.Limits.Numbers == 0 {
		o.Limits.Numbers = Default.Numbers
	}
	if o.Limits.Bytes == 0 {
		o.Limits.Bytes = Default.Bytes
	}
	return &collector{limits: o.Limits, fictional: o.Fictional, seen: map[nanp.Number]struct{}{}}
}

// take adds a number of valid form: to the accepted ones, unless its form
// forbids porting or it was there before.
func (c *collector) take(n nanp.Number, at Place) error {
	code := n.Refusal()
	if code == fault.CodeFictional && c.fictional {
		code = ""
	}
	_, again := c.seen[n]
	if code == "" && again {
		code = fault.CodeDuplicate
	}
	if code != "" {
		return c.reject(Reject(Accepted{n, at}, code))
	}
	err := c.count()
	if err != nil {
		return err
	}
	c.seen[n] = struct{}{}
	c.result.Numbers = append(c.result.Numbers, Accepted{n, at})
	return nil
}

func (c *collector) reject(r Rejected) error {
	err := c.count()
	if err != nil {
		return err
	}
	c.result.Rejected = append(c.result.Rejected, r)
	return nil
}

// count refuses the entry that is one too many. Rejected entries count too,
// for the report must be bounded as well.
func (c *collector) count() error {
	if len(c.result.Numbers)+len(c.result.Rejected) < c.limits.Numbers {
		return nil
	}
	return tooMany(c.limits)
}

func tooMany(l Limits) error {
	e := fault.New(fault.Invalid, fault.CodeTooManyNumbers, "more than %d numbers; one upload takes no more", l.Numbers)
	e.Hint = fixes[fault.CodeTooManyNumbers].Fix
	return e
}
