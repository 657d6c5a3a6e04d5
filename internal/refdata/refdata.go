// Package refdata reads the public reports of the North American Numbering
// Plan, as their publishers ship them, and makes an index of them.
//
// What a file is, is told by its content: zipped or not, whatever its name.
// Columns are found by their names, since publishers add and move them. A bad
// row is reported by its line and left out; a file of which more than a set
// share is bad is refused as a whole.
package refdata

import (
	"cmp"
	"slices"
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
)

// Kind is what a file reports.
type Kind string

// The kinds, in the order in which an index takes them in.
const (
	Operators Kind = "operators" // OCN → company, line type, brand
	RespOrgs  Kind = "resporgs"  // RespOrg id → company
	Areas     Kind = "areas"     // NANPA's report of area codes
	Centres   Kind = "centres"   // NANPA's report of rate centres
	CodesUS   Kind = "codes_us"  // NANPA's report of codes
	CodesCA   Kind = "codes_ca"  // CNA's
	BlocksUS  Kind = "blocks_us" // NANPA's report of blocks of a thousand
	BlocksCA  Kind = "blocks_ca" // CNA's
	Own       Kind = "own"       // our own form: codes and blocks of any source
)

// Kinds lists the kinds in that order.
var Kinds = []Kind{Operators, RespOrgs, Areas, Centres, CodesUS, CodesCA, BlocksUS, BlocksCA, Own}

// File is a report that was read.
type File struct {
	Kind    Kind
	Name    string // of the file, in its archive perhaps
	SHA256  [32]byte
	Date    bizday.Date    // the file's own; zero where it has none
	Rows    int            // read, the header and the date left out
	Skipped map[string]int // rows that are right and not used, by reason
	Bad     []Bad          // rows that are wrong, the first badTold of them
	BadRows int            // how many there are
	Content Content
}

// Used tells how many rows are used.
func (f *File) Used() int {
	n := f.Rows - f.BadRows
	for _, k := range f.Skipped {
		n -= k
	}
	return n
}

// Bad is a row that cannot be read.
type Bad struct {
	Line    int    `json:"line"` // of the file, from 1
	Message string `json:"message"`
}

// badTold is how many bad rows of a file are told one by one.
const badTold = 100

// BadShare is the share of bad rows, in percent, above which a file is
// refused.
const BadShare = 2

// Content is what a file says, column by column: a list of a million blocks
// as a million structs would take ten times the room. Only those of the file's
// kind are filled. The texts of codes and blocks stand once, in Holders and
// Places.
type Content struct {
	Codes     []uint32 // area code and exchange
	Status    []numbering.CodeStatus
	CodeOf    []uint32 // holder of each code, into Holders
	PlaceOf   []uint32 // place of each code, into Places
	Blocks    []uint32 // area code, exchange and thousand
	BlockOf   []uint32 // holder of each block, into Holders
	Holders   []Holder
	Places    []Place
	Areas     []numbering.AreaRow
	Centres   []numbering.Centre
	Operators []numbering.Operator
	RespOrgs  []RespOrg
}

// Holder is who holds a code or a block.
type Holder struct{ OCN, Company string }

// Place is where a code belongs.
type Place struct {
	Country    lnp.Country
	State      string
	RateCentre string
	LATA       string
}

// RespOrg is who manages toll-free numbers.
type RespOrg struct{ ID, Company string }

// Index makes the index of a set of files, of one a kind. families names the
// losing carriers to which operators belong.
func Index(files []*File, families func(numbering.Operator) (id, name string)) *numbering.Index {
	files = slices.SortedStableFunc(slices.Values(files), func(a, b *File) int {
		return cmp.Compare(slices.Index(Kinds, a.Kind), slices.Index(Kinds, b.Kind))
	})
	b := numbering.NewBuilder(families)
	for _, f := range files {
		b.Areas(f.Content.Areas)
		for _, o := range f.Content.Operators {
			if f.Kind != Own || !b.HasOperator(o.OCN) {
				b.Operator(o)
			}
		}
		for _, r := range f.Content.RespOrgs {
			b.RespOrg(r.ID, r.Company)
		}
		for _, c := range f.Content.Centres {
			b.Centre(c)
		}
	}
	for _, f := range files {
		if len(f.Content.Codes) > 0 {
			b.From(f.publisher(), f.day(), f.Kind != Own)
			f.Content.addCodes(b)
		}
	}
	for _, f := range files {
		if len(f.Content.Blocks) > 0 {
			b.From(f.publisher(), f.day(), false)
			f.Content.addBlocks(b)
		}
	}
	return b.Build()
}

// publisher names who says what a file says, as the source of facts.
func (f *File) publisher() string {
	switch f.Kind {
	case CodesUS, BlocksUS:
		return "nanpa"
	case CodesCA, BlocksCA:
		return "cna"
	}
	return "imported"
}

// day is the file's own date; the zero time where it has none.
func (f *File) day() time.Time {
	if f.Date.IsZero() {
		return time.Time{}
	}
	return f.Date.At(0, 0, time.UTC)
}

func (c *Content) addCodes(b *numbering.Builder) {
	for i, key := range c.Codes {
		p, h := c.Places[c.PlaceOf[i]], c.Holders[c.CodeOf[i]]
		b.Code(numbering.Code{
			NPA: int(key / 1000), NXX: int(key % 1000), Status: c.Status[i], Country: p.Country, State: p.State,
			RateCentre: p.RateCentre, LATA: p.LATA, OCN: h.OCN, Company: h.Company,
		})
	}
}

func (c *Content) addBlocks(b *numbering.Builder) {
	for i, key := range c.Blocks {
		h := c.Holders[c.BlockOf[i]]
		b.Block(numbering.Block{NPA: int(key / 10_000), NXX: int(key / 10 % 1000), X: int(key % 10), OCN: h.OCN, Company: h.Company})
	}
}
