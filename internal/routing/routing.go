// Package routing decides which gaining carrier takes each number of an
// upload, and how the numbers are grouped into orders (api.md §1). It is a
// pure function of its input, and does not depend on the order of the numbers
// but for the order within a group.
//
// The objective: every number that a carrier covers is in one group; of the
// routes whose cost is within the tolerance of the number's cheapest one, as
// few orders as possible; then the least cost; then the carriers' priority;
// then the lower carrier id.
package routing

import (
	"fmt"
	"slices"
	"time"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/pricing"
)

// Request is an upload to be planned.
type Request struct {
	AccountID int64
	Facts     []numbering.Facts
	Declared  string // id of the losing carrier that the customer named; "" when not said
	Carriers  []carrier.Gaining
	Decks     []pricing.Deck
	Now       time.Time // which decks hold
	// Tolerance is by how many percent a route may cost more than a number's
	// cheapest one and still be used to save an order.
	Tolerance pricing.Money
	// AllowUnassigned puts numbers that no carrier takes into groups without a
	// carrier, for the desk to place, instead of refusing them.
	AllowUnassigned bool
}

// Result is a plan.
type Result struct {
	Groups  []Group // by their first number
	Refused []Refused
}

// Group is what becomes an order.
type Group struct {
	Carrier *carrier.Gaining // nil: the desk chooses
	Key     Key
	Reason  Reason
	Members []int // indexes into Request.Facts, ascending
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

// Reason says why an order is an order of its own.
type Reason struct {
	SplitBy []string `json:"split_by"` // the parts of the key in which the orders of the upload differ
	Key     Key      `json:"key"`
	Carrier string   `json:"carrier"` // why this carrier, in words
}

// Refused is a number that no carrier takes.
type Refused struct {
	Index   int
	Code    fault.Code
	Message string
}

// Plan decides.
func Plan(r Request) Result {
	m := newMarket(r)
	groups := map[Key]map[string]*class{} // by split key without a carrier, then by what decides routes
	var out Result
	var unassigned []int
	for i, f := range r.Facts {
		key := keyOf(f, r.Declared)
		byClass := groups[key]
		if byClass == nil {
			byClass = map[string]*class{}
			groups[key] = byClass
		}
		routes, id := m.routes(f)
		if len(routes) == 0 {
			unassigned = append(unassigned, i)
			continue
		}
		c := byClass[id]
		if c == nil {
			c = &class{routes: routes}
			byClass[id] = c
		}
		c.members = append(c.members, i)
	}
	for key, byClass := range groups {
		for g, members := range m.cover(byClass) {
			k := key
			k.CarrierID = m.carriers[g].ID
			out.Groups = append(out.Groups, limit(&m.carriers[g], k, members)...)
		}
	}
	if r.AllowUnassigned {
		byKey := map[Key][]int{}
		for _, i := range unassigned {
			key := keyOf(r.Facts[i], r.Declared)
			byKey[key] = append(byKey[key], i)
		}
		for key, members := range byKey {
			out.Groups = append(out.Groups, Group{Key: key, Members: members})
		}
	} else {
		for _, i := range unassigned {
			out.Refused = append(out.Refused, Refused{Index: i, Code: fault.CodeNoCoverage, Message: "no carrier takes " + r.Facts[i].Number.String()})
		}
	}
	slices.SortFunc(out.Groups, func(a, b Group) int { return a.Members[0] - b.Members[0] })
	explain(out.Groups, m)
	return out
}

func keyOf(f numbering.Facts, declared string) Key {
	k := Key{Country: f.Country, NumberType: f.Type}
	switch {
	case f.Losing.Verified:
		k.LosingID, k.LineType = f.Losing.ID, f.Losing.LineType
	case declared != "":
		k.LosingID = declared
	}
	return k
}

// class is the numbers of a split group that have the same routes.
type class struct {
	routes  []route
	members []int
}

// route is a carrier that takes a number, at a cost.
type route struct {
	carrier int // index into market.carriers
	cost    pricing.Money
}

// market is the carriers of a request, ready to be asked often.
type market struct {
	r        Request
	carriers []carrier.Gaining // by priority, then id
	decks    map[int64]pricing.Deck
	known    map[numbering.Facts]answer
}

type answer struct {
	routes []route
	id     string
}

func newMarket(r Request) *market {
	m := &market{r: r, carriers: slices.Clone(r.Carriers), decks: pricing.ByCarrier(r.Decks, r.AccountID, r.Now), known: map[numbering.Facts]answer{}}
	slices.SortFunc(m.carriers, func(a, b carrier.Gaining) int {
		if a.Priority != b.Priority {
			return a.Priority - b.Priority
		}
		return int(a.ID - b.ID)
	})
	return m
}

// routes returns the carriers that take a number within the tolerance, the
// preferred first, and an id of the list.
func (m *market) routes(f numbering.Facts) ([]route, string) {
	exchange := f
	exchange.Number -= exchange.Number % 1e4
	if a, ok := m.known[exchange]; ok {
		return a.routes, a.id
	}
	var all []route
	for i := range m.carriers {
		g := &m.carriers[i]
		if g.Refuses(f, m.r.AccountID) != nil {
			continue
		}
		rate, ok := m.decks[g.ID].Rate(f)
		if ok {
			all = append(all, route{i, rate.PortFee})
		}
	}
	var a answer
	if len(all) > 0 {
		least := slices.MinFunc(all, func(x, y route) int { return x.cost.Cmp(y.cost) }).cost
		most := least.Add(least.Percent(m.r.Tolerance))
		for _, r := range all {
			if r.cost.Cmp(most) <= 0 {
				a.routes = append(a.routes, r)
				a.id += fmt.Sprintf("%d:%s ", r.carrier, r.cost)
			}
		}
	}
	m.known[exchange] = a
	return a.routes, a.id
}

// explain writes the reasons, once all groups are known.
func explain(groups []Group, m *market) {
	parts := []struct {
		name string
		of   func(Key) any
	}{
		{"carrier", func(k Key) any { return k.CarrierID }},
		{"country", func(k Key) any { return k.Country }},
		{"number_type", func(k Key) any { return k.NumberType }},
		{"losing_carrier", func(k Key) any { return k.LosingID }},
		{"line_type", func(k Key) any { return k.LineType }},
		{"size", func(k Key) any { return k.Part }},
	}
	splitBy := []string{}
	for _, p := range parts {
		if slices.ContainsFunc(groups, func(g Group) bool { return p.of(g.Key) != p.of(groups[0].Key) }) {
			splitBy = append(splitBy, p.name)
		}
	}
	for i := range groups {
		g := &groups[i]
		g.Reason = Reason{SplitBy: splitBy, Key: g.Key, Carrier: "no carrier covers these numbers; the porting desk chooses one"}
		if g.Carrier == nil {
			continue
		}
		takers := 0
		for j := range m.carriers {
			if m.carriers[j].Refuses(m.r.Facts[g.Members[0]], m.r.AccountID) == nil {
				takers++
			}
		}
		g.Reason.Carrier = fmt.Sprintf("%s is the only carrier that takes these numbers", g.Carrier.Name)
		if takers > 1 {
			g.Reason.Carrier = fmt.Sprintf("%s is the best of %d carriers that take these numbers: fewest orders at the least cost", g.Carrier.Name, takers)
		}
	}
}

// limit cuts a group where the carrier takes fewer numbers in one order: full
// parts in the order of the upload, the rest in the last one.
func limit(g *carrier.Gaining, key Key, members []int) []Group {
	slices.Sort(members)
	size := g.Limits.NumbersPerOrder
	if size == 0 || len(members) <= size {
		return []Group{{Carrier: g, Key: key, Members: members}}
	}
	var out []Group
	for part := range slices.Chunk(members, size) {
		k := key
		k.Part = len(out) + 1
		out = append(out, Group{Carrier: g, Key: k, Members: part})
	}
	return out
}

// Candidate is a carrier that could take a number, or why not.
type Candidate struct {
	CarrierID int64
	Name      string
	Chosen    bool
	PortFee   pricing.Money
	MRC       pricing.Money
	Refusal   *carrier.Refusal // nil: it takes the number
}

// Candidates lists every carrier with what it says to a number, the preferred
// first. chosen is the one that the plan gave the number to, nil when none.
func Candidates(f numbering.Facts, chosen *carrier.Gaining, r Request) []Candidate {
	m := newMarket(r)
	out := make([]Candidate, 0, len(m.carriers))
	for i := range m.carriers {
		g := &m.carriers[i]
		c := Candidate{CarrierID: g.ID, Name: g.Name, Refusal: g.Refuses(f, r.AccountID), Chosen: chosen != nil && chosen.ID == g.ID}
		rate, ok := m.decks[g.ID].Rate(f)
		c.PortFee, c.MRC = rate.PortFee, rate.MRC
		if !ok && c.Refusal == nil {
			c.Refusal = &carrier.Refusal{Code: fault.CodeNoCoverage, Message: g.Name + " has no price for this number"}
		}
		out = append(out, c)
	}
	return out
}

// CanTake reports whether a carrier can take all numbers of an order, and for
// each that it cannot, why. The faults are named by the numbers' places.
func CanTake(g *carrier.Gaining, facts []numbering.Facts, account int64, decks map[int64]pricing.Deck) []fault.Field {
	var out []fault.Field
	for i, f := range facts {
		refusal := g.Refuses(f, account)
		if refusal == nil {
			if _, ok := decks[g.ID].Rate(f); !ok {
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
