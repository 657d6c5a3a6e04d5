package routing

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
)

// plan is a plan in the making, and what its explanations are found from.
type plan struct {
	Request
	carriers  []*carrier.Gaining // by priority, then id: the preferred first
	closed    []closed           // by carrier
	open      []int              // the carriers that are not closed
	exchanges []int              // those of them that take exchanges by their NPA-NXX
	dearest   int64              // costs beyond count as this one, so that no sum overflows
	factor    uint64             // 1 + Tolerance, in parts of whole

	splits  []*split
	rows    []row
	sets    []set   // that takers are one of
	rowOf   []int32 // by number
	drafts  []draft // by their first number
	refused []int   // numbers that no carrier takes, unless they may be unassigned
}

// closed is why a carrier takes no number at all, zero when it may.
type closed struct {
	code  fault.Code
	words string
}

// split is a split group: numbers that can share an order.
type split struct {
	number    int
	key       Key      // without carrier and part
	unable    []string // by carrier: why it takes no number of this kind, "" when it does
	rows      []int32
	covered   int            // numbers that some carrier covers
	lineTypes []lnp.LineType // theirs, verified or not, each once
	portType  lnp.PortType
	solution
}

// row is numbers of a split group that are alike in all that decides: where
// they are priced, and which carriers cover them.
type row struct {
	split   *split
	state   string
	takers  int32 // the set of the open carriers that cover them
	covered bool  // by one that can take numbers of this kind
	count   int
	tariff  *tariff
	least   int64    // the cost of the cheapest carrier that takes them
	options []option // within the tolerance, the preferred first
	chosen  int      // -1: no carrier takes them
}

// set is a set of carriers.
type set struct {
	carriers []int // ascending
	bits     string
}

func (s *set) has(g int) bool { return s.bits[g/8]&(1<<(g%8)) != 0 }

// none is the cost of a carrier that does not take a number.
const none = math.MaxInt64

// whole is what parts factor is counted in: ten-thousandths of a percent.
const whole = 1_000_000

func newPlan(r Request) *plan {
	p := &plan{Request: r, dearest: none / 2 / int64(max(1, len(r.Facts)))}
	p.factor = uint64(whole + min(max(0, r.Tolerance.Units()), math.MaxInt64/2))
	for i := range r.Carriers {
		p.carriers = append(p.carriers, &r.Carriers[i])
	}
	slices.SortFunc(p.carriers, func(a, b *carrier.Gaining) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID))
	})
	p.closed = make([]closed, len(p.carriers))
	for g, c := range p.carriers {
		p.closed[g].code, p.closed[g].words = c.Closed(r.AccountID)
		if p.closed[g].code != "" {
			continue
		}
		p.open = append(p.open, g)
		if c.Coverage.NamesExchanges() {
			p.exchanges = append(p.exchanges, g)
		}
	}
	return p
}

// within reports whether a cost is within the tolerance of the least one. The
// least one always is, also where it is below nothing.
func (p *plan) within(cost, least int64) bool {
	if cost <= least || least < 0 {
		return cost <= least
	}
	hi, lo := bits.Mul64(uint64(least), p.factor)
	if hi >= whole {
		return true
	}
	most, _ := bits.Div64(hi, lo, whole)
	return uint64(cost) <= most
}

// sort puts the numbers into rows. Most numbers share their exchange and all
// else with one before, so that one probe and a few comparisons of strings that
// are the same tell their row.
func (p *plan) sort() {
	s := sorter{
		plan: p, places: map[string]int32{}, states: map[string]uint64{},
		splits: map[string][]*split{}, rows: map[uint64]int32{}, sets: map[string]int32{}, bits: make([]byte, (len(p.carriers)+7)/8),
	}
	p.rowOf = make([]int32, len(p.Facts))
	for i := range p.Facts {
		at := s.row(i)
		p.rowOf[i] = at
		r := &p.rows[at]
		r.count++
		if r.covered {
			r.split.covered++
		}
	}
}

type sorter struct {
	*plan
	heads  nanp.ByExchange[int32] // the last of its entries, in seen from 1; 0: none
	seen   []entry
	places map[string]int32 // by the most telling name of a place: the last of its known
	known  []place
	states map[string]uint64   // numbered
	splits map[string][]*split // by losing carrier
	rows   map[uint64]int32    // by the numbers of split, state and takers
	sets   map[string]int32
	bits   []byte // scratch
}

// entry is the numbers of an exchange that are alike in all that can decide.
type entry struct {
	first int32 // the first of them
	next  int32 // entry of the same exchange, from 1; 0: none
	row   int32
}

// place is what areas name, but for the NPA-NXX.
type place struct {
	numberType lnp.NumberType
	country    lnp.Country
	state      string
	rateCentre string
	lata       string

	next   int32  // place of the same name, -1: none
	takers int32  // the set of the open carriers that cover it, exchanges aside
	number uint64 // of the state
}

// row returns the row of a number.
func (s *sorter) row(i int) int32 {
	f := &s.Facts[i]
	head := s.heads.At(f.Number)
	for at := *head; at != 0; {
		e := &s.seen[at-1]
		if alike(f, &s.Facts[e.first]) {
			return e.row
		}
		at = e.next
	}
	at := s.enter(f)
	s.seen = append(s.seen, entry{int32(i), *head, at})
	*head = int32(len(s.seen))
	return at
}

// alike reports whether two numbers of an exchange are alike in all that can
// decide. The line type counts unverified as well, since it has a part in the
// port type.
func alike(f, g *numbering.Facts) bool {
	return f.State == g.State && f.RateCentre == g.RateCentre && f.LATA == g.LATA && f.Type == g.Type && f.Country == g.Country &&
		f.Losing.LineType == g.Losing.LineType && f.Losing.Verified == g.Losing.Verified &&
		f.Losing.Sure() == g.Losing.Sure() && (!f.Losing.Sure() || f.Losing.ID == g.Losing.ID)
}

// enter finds the row of a number that is like none before in its exchange.
func (s *sorter) enter(f *numbering.Facts) int32 {
	sp := s.split(f)
	where := s.place(f)
	takers := s.takers(f, where.takers)
	key := uint64(sp.number)<<40 | where.number<<24 | uint64(takers)
	at, known := s.rows[key]
	if !known {
		r := row{split: sp, state: f.State, takers: takers, chosen: -1}
		r.covered = slices.ContainsFunc(s.plan.sets[r.takers].carriers, func(g int) bool { return sp.unable[g] == "" })
		at = int32(len(s.plan.rows))
		s.rows[key] = at
		s.plan.rows = append(s.plan.rows, r)
		sp.rows = append(sp.rows, at)
	}
	if s.plan.rows[at].covered && !slices.Contains(sp.lineTypes, f.Losing.LineType) {
		sp.lineTypes = append(sp.lineTypes, f.Losing.LineType)
	}
	return at
}

func (s *sorter) split(f *numbering.Facts) *split {
	key := Key{Country: f.Country, NumberType: f.Type}
	if f.Losing.Sure() {
		key.LosingID = f.Losing.ID
	}
	if f.Losing.Verified {
		key.LineType = f.Losing.LineType
	}
	for _, sp := range s.splits[key.LosingID] {
		if sp.key == key {
			return sp
		}
	}
	sp := &split{key: key, number: len(s.plan.splits), unable: make([]string, len(s.carriers))}
	for g, c := range s.carriers {
		sp.unable[g] = c.Unable(f.Type, f.Losing)
	}
	s.splits[key.LosingID] = append(s.splits[key.LosingID], sp)
	s.plan.splits = append(s.plan.splits, sp)
	return sp
}

// place returns the place of a number.
func (s *sorter) place(f *numbering.Facts) *place {
	name := cmp.Or(f.RateCentre, f.LATA, f.State)
	head, known := s.places[name]
	if !known {
		head = -1
	}
	for at := head; at >= 0; at = s.known[at].next {
		p := &s.known[at]
		if p.state == f.State && p.lata == f.LATA && p.rateCentre == f.RateCentre && p.country == f.Country && p.numberType == f.Type {
			return p
		}
	}
	clear(s.bits)
	for _, g := range s.open {
		if s.carriers[g].Coverage.HasPlace(f) {
			s.bits[g/8] |= 1 << (g % 8)
		}
	}
	number, known := s.states[f.State]
	if !known {
		number = uint64(len(s.states))
		s.states[f.State] = number
	}
	s.places[name] = int32(len(s.known))
	s.known = append(s.known, place{f.Type, f.Country, f.State, f.RateCentre, f.LATA, head, s.set(), number})
	return &s.known[len(s.known)-1]
}

// takers returns the set of the open carriers that cover a number of a place:
// those that cover the place, and those that cover the exchange.
func (s *sorter) takers(f *numbering.Facts, at int32) int32 {
	more := false
	for _, g := range s.exchanges {
		if s.plan.sets[at].has(g) || !s.carriers[g].Coverage.HasExchange(f) {
			continue
		}
		if !more {
			copy(s.bits, s.plan.sets[at].bits)
			more = true
		}
		s.bits[g/8] |= 1 << (g % 8)
	}
	if !more {
		return at
	}
	return s.set()
}

// set returns the set that is in bits.
func (s *sorter) set() int32 {
	at, known := s.sets[string(s.bits)]
	if !known {
		new := set{bits: string(s.bits)}
		for g := range s.carriers {
			if new.has(g) {
				new.carriers = append(new.carriers, g)
			}
		}
		at = int32(len(s.plan.sets))
		s.plan.sets = append(s.plan.sets, new)
		s.sets[new.bits] = at
	}
	return at
}
