// Package routing decides which gaining carrier takes each number of an
// upload, and how the numbers are grouped into orders (api.md §1). It is a
// pure function of its input, and does not depend on the order of the numbers
// but for the order within a group.
//
// The objective: every number that a carrier takes is in one group; of the
// routes whose cost is within the tolerance of the number's cheapest one, as
// few orders as possible; then the least cost; then the carriers' priority;
// then the lower carrier id.
//
// Numbers of one split key (Key without its carrier) can share an order, so
// each split group is planned for itself: the fewest carriers that take all its
// numbers. How many a carrier takes in a day has no part in the plan; how many
// it takes in one order splits last.
package routing

import (
	"fmt"
	"slices"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/pricing"
)

// Request is an upload to be planned. A Result refers to it, so it must not be
// changed any more.
type Request struct {
	AccountID int64
	Facts     []numbering.Facts
	Carriers  []carrier.Gaining
	Prices    pricing.Prices // those that hold for the account now
	// Tolerance is by how many percent a route may cost more than a number's
	// cheapest one and still be used to save an order.
	Tolerance pricing.Money
	// Months is how many monthly charges count into the cost of a route, beside
	// its port fee.
	Months int
	// AllowUnassigned puts numbers that no carrier takes into groups without a
	// carrier, for the desk to place, instead of refusing them.
	AllowUnassigned bool
}

// Result is a plan.
type Result struct {
	Groups  []Group // by their first number
	Refused []Refused
	plan    *plan
}

// Group is what becomes an order.
type Group struct {
	Carrier *carrier.Gaining // of Request.Carriers; nil: the desk chooses
	Key     Key
	// PortType is the split group's, by which its rates were found: that of all
	// its numbers that some carrier covers, before carriers were chosen. So it
	// is the same for all orders of a group, and tears none apart.
	PortType lnp.PortType
	Reason   Reason
	Members  []int // indexes into Request.Facts, ascending
}

// Key is what all numbers of an order have in common. What nobody has
// verified or declared about a number is not part of it.
type Key struct {
	CarrierID  int64          `json:"carrier"`
	Country    lnp.Country    `json:"country"`
	NumberType lnp.NumberType `json:"number_type"`
	LosingID   string         `json:"losing_carrier,omitempty"` // verified or declared
	LineType   lnp.LineType   `json:"line_type,omitempty"`      // verified
	Part       int            `json:"part,omitempty"`           // from 1, where the carrier's limit split
}

// Reason says why an order is an order of its own, and why it goes where it
// goes.
type Reason struct {
	SplitBy    []string         `json:"split_by"` // the parts of the key in which the orders of the upload differ
	Key        Key              `json:"key"`
	Carrier    string           `json:"carrier"`    // why this carrier, in words
	Candidates []OrderCandidate `json:"candidates"` // every carrier of the market, the preferred first
}

// Refused is a number that no carrier takes.
type Refused struct {
	Index   int
	Code    fault.Code
	Message string
}

// Plan decides.
func Plan(r Request) Result {
	p := newPlan(r)
	p.sort()
	for _, s := range p.splits {
		p.route(s)
	}
	p.gather()
	out := Result{Groups: make([]Group, len(p.drafts)), plan: p}
	p.reason()
	for i, d := range p.drafts {
		out.Groups[i] = d.Group
	}
	for _, i := range p.refused {
		out.Refused = append(out.Refused, Refused{Index: i, Code: fault.CodeNoCoverage, Message: "no carrier takes " + r.Facts[i].Number.String()})
	}
	return out
}

// route finds the routes of a split group, and chooses among them.
func (p *plan) route(s *split) {
	s.portType, _ = lnp.PortTypeOf(lnp.PortFacts{Count: s.covered, NumberType: s.key.NumberType, Country: s.key.Country, LineTypes: s.lineTypes})
	tariffs := map[string]*tariff{}
	var lines []line
	for _, at := range s.rows {
		r := &p.rows[at]
		r.tariff = tariffs[r.state]
		if r.tariff == nil {
			r.tariff = p.tariff(s, r.state)
			tariffs[r.state] = r.tariff
		}
		p.options(s, r)
		if len(r.options) > 0 {
			l := line{numbers: int64(r.count), costs: make([]int64, len(p.carriers))}
			for g := range l.costs {
				l.costs[g] = none
			}
			for _, o := range r.options {
				l.costs[o.carrier] = o.cost
			}
			lines = append(lines, l)
		}
	}
	s.solution = solve(len(p.carriers), lines, steps/len(p.splits))
	for _, at := range s.rows {
		p.rows[at].choose(s.chosen)
	}
}

// tariff is what the carriers ask for the numbers of a split group in a state.
type tariff struct{ offers []offer }

type offer struct {
	priced bool
	fee    pricing.Fee
	cost   int64 // in units of money
}

func (p *plan) tariff(s *split, state string) *tariff {
	f := numbering.Facts{Type: s.key.NumberType, Country: s.key.Country, State: state, Losing: numbering.Losing{ID: s.key.LosingID, Verified: true}}
	t := &tariff{make([]offer, len(p.carriers))}
	for g, c := range p.carriers {
		rate, ok := p.Prices.Rate(c.ID, f, s.portType)
		if ok {
			cost := rate.PortFee.Add(rate.MRC.Times(p.Months)).Units()
			t.offers[g] = offer{true, pricing.Fee{PortFee: rate.PortFee, MRC: rate.MRC}, min(max(cost, -p.dearest), p.dearest)}
		}
	}
	return t
}

// option is a carrier that takes numbers within the tolerance.
type option struct {
	carrier int
	cost    int64 // of each
}

// options finds the carriers that take the numbers of a row within the
// tolerance.
func (p *plan) options(s *split, r *row) {
	takers := p.sets[r.takers].carriers
	r.least = none
	for _, g := range takers {
		if s.takes(g, r) {
			r.least = min(r.least, r.tariff.offers[g].cost)
		}
	}
	for _, g := range takers {
		if s.takes(g, r) && p.within(r.tariff.offers[g].cost, r.least) {
			r.options = append(r.options, option{g, r.tariff.offers[g].cost})
		}
	}
}

// takes reports whether a carrier that covers a row takes its numbers.
func (s *split) takes(g int, r *row) bool { return s.unable[g] == "" && r.tariff.offers[g].priced }

// choose gives the row to its cheapest carrier of those chosen, at equal cost
// to the preferred one.
func (r *row) choose(chosen []bool) {
	least := int64(none)
	for _, o := range r.options {
		if chosen[o.carrier] && o.cost < least {
			r.chosen, least = o.carrier, o.cost
		}
	}
}

// draft is a group with what its reason is found from.
type draft struct {
	Group
	split   *split
	carrier int // -1: none
}

// gather makes the groups of the rows.
func (p *plan) gather() {
	type heap struct {
		draft
		room int
	}
	var heaps []heap
	heapOf := make([]int, len(p.rows))
	for _, s := range p.splits {
		first := len(heaps)
		for _, at := range s.rows {
			r := &p.rows[at]
			if r.chosen < 0 && !p.AllowUnassigned {
				heapOf[at] = -1
				continue
			}
			i := slices.IndexFunc(heaps[first:], func(h heap) bool { return h.carrier == r.chosen })
			if i < 0 {
				i = len(heaps) - first
				heaps = append(heaps, heap{draft: draft{Group: Group{Key: s.key, PortType: s.portType}, split: s, carrier: r.chosen}})
			}
			heapOf[at] = first + i
			heaps[first+i].room += r.count
		}
	}
	for i := range heaps {
		heaps[i].Members = make([]int, 0, heaps[i].room)
	}
	for i, at := range p.rowOf {
		h := heapOf[at]
		if h < 0 {
			p.refused = append(p.refused, i)
			continue
		}
		heaps[h].Members = append(heaps[h].Members, i)
	}
	for _, h := range heaps {
		p.drafts = append(p.drafts, p.limit(h.draft)...)
	}
	slices.SortFunc(p.drafts, func(a, b draft) int { return a.Members[0] - b.Members[0] })
}

// limit cuts a group where its carrier takes fewer numbers in one order: full
// parts in the order of the upload, the rest in the last one.
func (p *plan) limit(d draft) []draft {
	if d.carrier < 0 {
		d.PortType = p.portType(d.Members)
		return []draft{d}
	}
	d.Carrier = p.carriers[d.carrier]
	d.Key.CarrierID = d.Carrier.ID
	size := d.Carrier.Limits.NumbersPerOrder
	if size <= 0 || len(d.Members) <= size {
		return []draft{d}
	}
	var out []draft
	for members := range slices.Chunk(d.Members, size) {
		d.Members = members
		d.Key.Part++
		out = append(out, d)
	}
	return out
}

// portType is that of numbers that no carrier takes.
func (p *plan) portType(members []int) lnp.PortType {
	f := p.Facts[members[0]]
	facts := lnp.PortFacts{Count: len(members), NumberType: f.Type, Country: f.Country}
	for _, i := range members {
		l := p.Facts[i].Losing.LineType
		if !slices.Contains(facts.LineTypes, l) {
			facts.LineTypes = append(facts.LineTypes, l)
		}
	}
	pt, _ := lnp.PortTypeOf(facts)
	return pt
}

// CanTake reports whether a carrier can take all numbers of an order in a port
// of a type, and for each that it cannot, why. The faults are named by the
// numbers' places.
func CanTake(g *carrier.Gaining, facts []numbering.Facts, account int64, prices pricing.Prices, pt lnp.PortType) []fault.Field {
	var out []fault.Field
	for i, f := range facts {
		refusal := g.Refuses(f, account)
		if refusal == nil {
			if _, ok := prices.Rate(g.ID, f, pt); !ok {
				refusal = &carrier.Refusal{Code: fault.CodeNoCoverage, Message: g.Name + " has no price for this number"}
			}
		}
		if refusal != nil {
			out = append(out, fault.Field{Field: fmt.Sprintf("tns[%d].did", i), Code: refusal.Code, Message: f.Number.String() + ": " + refusal.Message})
		}
	}
	if size := g.Limits.NumbersPerOrder; size > 0 && len(facts) > size {
		out = append(out, fault.Field{Field: "tns", Code: fault.CodeCarrierLimit, Message: fmt.Sprintf("%s takes %d numbers in one order; this one has %d", g.Name, size, len(facts))})
	}
	return out
}
