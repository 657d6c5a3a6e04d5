package numbering

import (
	"strings"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
)

// Index is the numbering plan in memory: who holds each code and each block of
// a thousand numbers, and where they belong. It never changes; a newer one
// takes its place. A look-up makes no garbage.
type Index struct {
	areas   [1000]*exchanges // by area code; nil where nothing is known
	blocks  [][10]uint16     // the holders of a code's blocks, 0 where the code's holder has it
	holders []Losing         // from 1
	places  []place          // from 1
	lines   map[string]lnp.LineType
	asOf    time.Time // of the codes of the United States
	asOfCA  time.Time // of Canada's
	codes   int
	taken   int // blocks
}

// exchanges are the codes of an area code, by exchange.
type exchanges [1000]exchange

// exchange is one code: area code and exchange.
type exchange struct {
	blocks uint32 // into Index.blocks, from 1; 0: it has none of its own
	holder uint16
	place  uint16
	status CodeStatus
}

// place is where codes belong. Many share one.
type place struct {
	country    lnp.Country
	state      string
	rateCentre string
	lata       string
	zone       string
}

// CodeStatus says whether a code is in use.
type CodeStatus uint8

// The statuses of codes.
const (
	CodeUnknown CodeStatus = iota // the data says nothing of it
	CodeLive                      // assigned, or in service
	CodeIdle                      // vacant, reserved, protected, or otherwise not to be dialled
)

// Lookup tells what is known of a number. refusal says why nobody can port it:
// what Base refuses, and codes that the data knows and nobody holds. ok is
// false when the data does not know the number's code; f then holds what the
// number alone tells.
func (x *Index) Lookup(n nanp.Number) (f Facts, refusal fault.Code, ok bool) {
	f, refusal = Base(n)
	if refusal != "" || f.Type == lnp.TollFree {
		return f, refusal, false
	}
	area := x.areas[n.NPA()]
	if area == nil {
		return f, "", false
	}
	e := &area[n.NXX()]
	switch e.status {
	case CodeUnknown:
		// The reports list every code of an area code in use.
		return f, fault.CodeNXXUnassigned, false
	case CodeIdle:
		return f, fault.CodeNXXUnassigned, true
	}
	p := &x.places[e.place]
	f.Country, f.State, f.RateCentre, f.LATA, f.Zone = p.country, p.state, p.rateCentre, p.lata, p.zone
	holder := e.holder
	if e.blocks != 0 {
		block := x.blocks[e.blocks-1][n.Line()/1000]
		if block != 0 {
			holder = block
		}
	}
	f.Losing = x.holders[holder]
	f.Losing.AsOf = x.asOf
	if p.country == lnp.CA {
		f.Losing.AsOf = x.asOfCA
	}
	return f, "", true
}

// LineType returns the type of line of an operator, "" where nobody knows.
func (x *Index) LineType(ocn string) lnp.LineType { return x.lines[ocn] }

// Size tells how many codes are live and how many blocks have holders of their
// own.
func (x *Index) Size() (codes, blocks int) { return x.codes, x.taken }

// Code is a row of a report of codes.
type Code struct {
	NPA, NXX   int
	Status     CodeStatus
	Country    lnp.Country
	State      string
	RateCentre string // as the report abbreviates it
	LATA       string // "" where the report does not say; RateCentre tells it then
	OCN        string
	Company    string
}

// Block is a row of a report of blocks: a thousand numbers of a code.
type Block struct {
	NPA, NXX, X int
	OCN         string
	Company     string
}

// Centre is a row of a report of rate centres.
type Centre struct {
	State string
	NPA   int
	Abbr  string
	LATA  string
}

// Operator is what a table of OCNs says of one.
type Operator struct {
	OCN      string
	Company  string
	LineType lnp.LineType
	Brand    string
}

// Builder makes an Index. Rows of codes must come before those of blocks;
// centres and operators before both.
type Builder struct {
	x         *Index
	source    map[lnp.Country]string
	centres   map[centreKey]string // LATA
	operators map[string]Operator
	family    func(Operator) (id, name string)
	holders   map[Losing]uint16
	byOCN     map[[2]string]uint16
	places    map[place]uint16
}

type centreKey struct {
	state string
	npa   int
	abbr  string
}

// NewBuilder returns a builder. family names the losing carrier to which an
// operator belongs: one provider has many OCNs.
func NewBuilder(family func(Operator) (id, name string)) *Builder {
	return &Builder{
		x:      &Index{holders: make([]Losing, 1), places: make([]place, 1), lines: map[string]lnp.LineType{}},
		source: map[lnp.Country]string{lnp.US: "nanpa", lnp.CA: "cna"}, centres: map[centreKey]string{}, operators: map[string]Operator{},
		family: family, holders: map[Losing]uint16{}, byOCN: map[[2]string]uint16{}, places: map[place]uint16{},
	}
}

// From says from whom the next rows of a country are, and of which day, the
// zero time where nobody knows.
func (b *Builder) From(c lnp.Country, source string, at time.Time) {
	b.source[c] = source
	switch {
	case at.IsZero():
	case c == lnp.CA:
		b.x.asOfCA = at
	default:
		b.x.asOf = at
	}
}

// Centre adds a rate centre.
func (b *Builder) Centre(c Centre) { b.centres[centreKey{c.State, c.NPA, c.Abbr}] = c.LATA }

// Operator adds an OCN.
func (b *Builder) Operator(o Operator) {
	b.operators[o.OCN] = o
	b.x.lines[o.OCN] = o.LineType
}

// Code adds a code. The last of two rows of one code counts.
func (b *Builder) Code(c Code) {
	area := b.x.areas[c.NPA]
	if area == nil {
		area = new(exchanges)
		b.x.areas[c.NPA] = area
	}
	e := &area[c.NXX]
	if e.status == CodeLive {
		b.x.codes--
	}
	*e = exchange{status: c.Status}
	if c.Status != CodeLive {
		return
	}
	b.x.codes++
	e.holder = b.holder(c.OCN, c.Company, b.source[c.Country])
	lata := c.LATA
	if lata == "" {
		lata = b.centres[centreKey{c.State, c.NPA, c.RateCentre}]
	}
	e.place = b.place(place{country: c.Country, state: c.State, rateCentre: c.RateCentre, lata: lata, zone: zoneOf(c.NPA, c.NXX)})
}

// Block gives a thousand numbers of a live code a holder of their own. A block
// of a code that the data does not know is left out: it says nothing of the
// place.
func (b *Builder) Block(k Block) {
	area := b.x.areas[k.NPA]
	if area == nil || area[k.NXX].status != CodeLive {
		return
	}
	e := &area[k.NXX]
	holder := b.holder(k.OCN, k.Company, b.source[b.x.places[e.place].country])
	if e.blocks == 0 {
		b.x.blocks = append(b.x.blocks, [10]uint16{})
		e.blocks = uint32(len(b.x.blocks))
	}
	slot := &b.x.blocks[e.blocks-1][k.X]
	if *slot == 0 {
		b.x.taken++
	}
	*slot = holder
}

// Build returns the index. The builder must not be used after it.
func (b *Builder) Build() *Index {
	b.propagateZones()
	return b.x
}

func (b *Builder) holder(ocn, company, source string) uint16 {
	key := [2]string{ocn, company}
	h, ok := b.byOCN[key]
	if ok {
		return h
	}
	o, known := b.operators[ocn]
	if !known {
		o.OCN = ocn
	}
	if o.Company == "" {
		o.Company = company
	}
	l := Losing{OCN: ocn, LineType: o.LineType, Source: source}
	l.ID, l.Name = b.family(o)
	if l.Name == "" {
		l.Name = company
	}
	h, ok = b.holders[l]
	if !ok && len(b.x.holders) < 1<<16 {
		b.x.holders = append(b.x.holders, l)
		h = uint16(len(b.x.holders) - 1)
		b.holders[l] = h
	}
	b.byOCN[key] = h
	return h
}

func (b *Builder) place(p place) uint16 {
	i, ok := b.places[p]
	if !ok && len(b.x.places) < 1<<16 {
		p.state, p.rateCentre, p.lata = strings.Clone(p.state), strings.Clone(p.rateCentre), strings.Clone(p.lata)
		b.x.places = append(b.x.places, p)
		i = uint16(len(b.x.places) - 1)
		b.places[p] = i
	}
	return i
}
