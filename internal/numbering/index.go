package numbering

import (
	"cmp"
	"iter"
	"slices"
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
	plan    plan
	codes   [1000]*exchanges // by area code; nil where nothing is known
	whole   [1000]bool       // whether all codes in use of an area code are known
	holders []holder         // from 1
	sources []source         // of holders
	lines   []lnp.LineType   // of holders
	places  []place          // from 1
	regions []region         // of places, from 1
	live    int              // codes
	taken   int              // blocks

	operators map[string]Operator // by OCN
	family    func(Operator) (id, name string)
	respOrgs  map[string]string // companies, by id
}

// exchanges are the codes of an area code, by exchange.
type exchanges [1000]exchange

// exchange is one code: area code and exchange. What a look-up needs of it
// stands together, in half a line of the processor's cache.
type exchange struct {
	holders [10]uint16 // of its blocks
	own     uint16     // bits of the blocks that have a holder of their own
	status  CodeStatus
	service bool // nanp refuses the numbers of the code, whoever holds it
	place   uint32
	_       uint32
}

// place is where codes belong. Many share one.
type place struct {
	rateCentre string
	lata       string
	region     uint16
}

// region is what many places have in common.
type region struct {
	country lnp.Country
	state   string
	zone    string
}

// holder is who holds codes and blocks.
type holder struct {
	id, ocn, name string
	source, line  uint8
}

// source is who says so, and of which day.
type source struct {
	name string
	at   time.Time
}

// losing is a holder as the carrier that serves a number.
func (x *Index) losing(h *holder) Losing {
	s := &x.sources[h.source]
	return Losing{ID: h.id, OCN: h.ocn, Name: h.name, LineType: x.lines[h.line], Source: s.name, AsOf: s.at}
}

// CodeStatus says whether a code is in use.
type CodeStatus uint8

// The statuses of codes.
const (
	CodeUnknown CodeStatus = iota // the data says nothing of it
	CodeLive                      // assigned, or in service
	CodeIdle                      // vacant, reserved, protected, or otherwise not to be dialled
)

// Lookup tells what is known of a number: with Refusal set where nobody can
// port it, as Base refuses numbers, and where the data knows that nobody holds
// its code. ok is false when the data knows no more of it than Base does.
func (x *Index) Lookup(n nanp.Number) (f Facts, ok bool) {
	npa := n.NPA()
	codes := x.codes[npa]
	if codes == nil || x.plan[npa].refusal != "" {
		return x.base(n)
	}
	e := &codes[n.NXX()]
	if e.status != CodeLive || e.service {
		f, ok = x.base(n)
		if f.Refusal == "" && (e.status == CodeIdle || x.whole[npa]) {
			f.Refusal, ok = fault.CodeNXXUnassigned, true
		}
		return f, ok
	}
	p, h := &x.places[e.place], &x.holders[e.holders[n.Line()/1000]]
	r := &x.regions[p.region]
	return Facts{
		Number: n, Type: lnp.Local, Country: r.country, State: r.state, RateCentre: p.rateCentre, LATA: p.lata, Zone: r.zone,
		Losing: x.losing(h),
	}, true
}

// base is what the area code of a number tells; ok is true when that is more
// than Base does.
func (x *Index) base(n nanp.Number) (f Facts, ok bool) {
	a := &x.plan[n.NPA()]
	f = a.facts(n)
	f.Refusal = cmp.Or(f.Refusal, n.Refusal())
	return f, *a != builtin[n.NPA()]
}

// LineType returns the type of line of an operator, "" where nobody knows.
func (x *Index) LineType(ocn string) lnp.LineType { return x.operators[ocn].LineType }

// Family names the losing carrier to which an operator belongs, the same one
// that its codes are answered with.
func (x *Index) Family(o Operator) (id, name string) {
	have := x.operators[o.OCN]
	o.Company, o.Brand = cmp.Or(have.Company, o.Company), cmp.Or(have.Brand, o.Brand)
	id, name = x.family(o)
	return id, cmp.Or(name, o.Company)
}

// Operators yields everybody who holds codes or blocks, once: OCN, losing
// carrier and type of line.
func (x *Index) Operators() iter.Seq[Losing] {
	return func(yield func(Losing) bool) {
		seen := map[Losing]bool{}
		for _, h := range x.holders[1:] {
			l := Losing{ID: h.id, OCN: h.ocn, Name: h.name, LineType: x.lines[h.line]}
			if seen[l] {
				continue
			}
			seen[l] = true
			if !yield(l) {
				return
			}
		}
	}
}

// RespOrg returns the company behind a RespOrg id, in any case; ok is false for
// an id that the data do not have, which is no proof that there is none.
func (x *Index) RespOrg(id string) (company string, ok bool) {
	company, ok = x.respOrgs[strings.ToUpper(strings.TrimSpace(id))]
	return company, ok
}

// Size tells how many codes are live and how many blocks have holders of their
// own.
func (x *Index) Size() (codes, blocks int) { return x.live, x.taken }

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

// Builder makes an Index. The report of area codes must come first, centres and
// operators before codes, and codes before blocks.
type Builder struct {
	x        *Index
	whole    bool       // the codes that are added are all of their area codes
	reported [1000]bool // the area codes of the report
	twoZones []int
	centres  map[centreKey]string // LATA
	holders  map[holder]uint16
	byOCN    map[[2]string]uint16 // holders of the same source
	places   map[place]uint32
	regions  map[region]uint16
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
		x: &Index{
			plan: *builtin, holders: make([]holder, 1), lines: make([]lnp.LineType, 1), places: make([]place, 1), regions: make([]region, 1),
			operators: map[string]Operator{}, family: family, respOrgs: map[string]string{},
		},
		twoZones: slices.Clone(twoZones), centres: map[centreKey]string{}, holders: map[holder]uint16{},
		places: map[place]uint32{}, regions: map[region]uint16{},
	}
}

// From must be called before codes and blocks are added. It says from whom they
// are, and of which day, the zero time where nobody knows. whole says that they
// are all codes in use of their area codes.
func (b *Builder) From(name string, at time.Time, whole bool) {
	b.x.sources = append(b.x.sources, source{name, at})
	b.whole, b.byOCN = whole, map[[2]string]uint16{}
}

// Areas adds NANPA's report of area codes.
func (b *Builder) Areas(rows []AreaRow) {
	b.twoZones = append(b.twoZones, b.x.plan.report(rows)...)
	for _, r := range rows {
		b.reported[r.NPA] = true
	}
}

// Centre adds a rate centre.
func (b *Builder) Centre(c Centre) { b.centres[centreKey{c.State, c.NPA, c.Abbr}] = c.LATA }

// Operator adds an OCN.
func (b *Builder) Operator(o Operator) { b.x.operators[o.OCN] = o }

// HasOperator reports whether an OCN was added.
func (b *Builder) HasOperator(ocn string) bool {
	_, ok := b.x.operators[ocn]
	return ok
}

// RespOrg adds a RespOrg by its id.
func (b *Builder) RespOrg(id, company string) { b.x.respOrgs[strings.ToUpper(id)] = company }

// Code adds a code. The last of two rows of one code counts.
func (b *Builder) Code(c Code) {
	codes := b.x.codes[c.NPA]
	if codes == nil {
		codes = new(exchanges)
		b.x.codes[c.NPA] = codes
	}
	b.x.whole[c.NPA] = b.x.whole[c.NPA] || b.whole
	e := &codes[c.NXX]
	if e.status == CodeLive {
		b.x.live--
	}
	*e = exchange{status: c.Status}
	if c.Status != CodeLive {
		return
	}
	b.x.live++
	a := &b.x.plan[c.NPA]
	if a.refusal == fault.CodeNPAUnassigned && !b.reported[c.NPA] {
		// The area code is newer than all that is known of area codes.
		same := func(o Area) bool { return o.Country == string(c.Country) && o.State == c.State }
		*a = plannedOf(c.NPA, Area{Country: string(c.Country), State: c.State, Zone: predominant(same)})
	}
	e.service = nanp.Number(c.NPA*1e7+c.NXX*1e4).Refusal() != ""
	holder := b.holder(c.OCN, c.Company)
	for i := range e.holders {
		e.holders[i] = holder
	}
	r := region{c.Country, c.State, cmp.Or(exchangeZones[c.NPA*1000+c.NXX], stateZones[c.State], a.zone)}
	lata := cmp.Or(c.LATA, b.centres[centreKey{c.State, c.NPA, c.RateCentre}])
	e.place = b.place(place{c.RateCentre, lata, b.region(r)})
}

// Block gives a thousand numbers of a live code a holder of their own. A block
// of a code that the data does not know is left out: it says nothing of the
// place.
func (b *Builder) Block(k Block) {
	codes := b.x.codes[k.NPA]
	if codes == nil || codes[k.NXX].status != CodeLive {
		return
	}
	e := &codes[k.NXX]
	e.holders[k.X] = b.holder(k.OCN, k.Company)
	bit := uint16(1) << k.X
	if e.own&bit == 0 {
		e.own |= bit
		b.x.taken++
	}
}

// Build returns the index. The builder must not be used after it.
func (b *Builder) Build() *Index {
	b.propagateZones()
	return b.x
}

func (b *Builder) holder(ocn, company string) uint16 {
	key := [2]string{ocn, company}
	h, ok := b.byOCN[key]
	if ok {
		return h
	}
	who := holder{ocn: ocn, source: uint8(len(b.x.sources) - 1), line: b.line(b.x.LineType(ocn))}
	who.id, who.name = b.x.Family(Operator{OCN: ocn, Company: company})
	h, ok = b.holders[who]
	if !ok && len(b.x.holders) < 1<<16 {
		b.x.holders = append(b.x.holders, who)
		h = uint16(len(b.x.holders) - 1)
		b.holders[who] = h
	}
	b.byOCN[key] = h
	return h
}

func (b *Builder) line(l lnp.LineType) uint8 {
	i := slices.Index(b.x.lines, l)
	if i < 0 {
		i = len(b.x.lines)
		b.x.lines = append(b.x.lines, l)
	}
	return uint8(i)
}

func (b *Builder) region(r region) uint16 {
	i, ok := b.regions[r]
	if !ok && len(b.x.regions) < 1<<16 {
		r.state = strings.Clone(r.state)
		b.x.regions = append(b.x.regions, r)
		i = uint16(len(b.x.regions) - 1)
		b.regions[r] = i
	}
	return i
}

func (b *Builder) place(p place) uint32 {
	i, ok := b.places[p]
	if !ok {
		p.rateCentre, p.lata = strings.Clone(p.rateCentre), strings.Clone(p.lata)
		b.x.places = append(b.x.places, p)
		i = uint32(len(b.x.places) - 1)
		b.places[p] = i
	}
	return i
}
