package routing

import (
	"fmt"
	"math/big"
	"math/bits"
	"slices"
	"strings"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/pricing"
)

// OrderCandidate is a carrier of the market with how it stands to the numbers
// of an order.
type OrderCandidate struct {
	CarrierID int64          `json:"id"`
	Name      string         `json:"name"`
	Takes     int            `json:"takes" doc:"How many of the order's numbers it takes"`
	Cost      *pricing.Money `json:"cost" nullable:"true" doc:"Of those: the port fees, and the monthly charges of the months that are counted in; null when it takes none"`
	Chosen    bool           `json:"chosen"`
	Why       string         `json:"why" doc:"Why it was chosen or not, in words that follow its name"`
}

// Candidate is a carrier of the market with how it stands to one number.
type Candidate struct {
	CarrierID int64
	Name      string
	Chosen    bool
	PortFee   pricing.Money // zero where it has no price
	MRC       pricing.Money
	Cost      pricing.Money    // by which routes are compared
	Refusal   *carrier.Refusal // why it does not take the number; nil when it does
	Lost      string           // why it was not chosen though it takes the number, in words that follow its name; "" when chosen or refused
}

// Explained is what a plan says of numbers that are alike.
type Explained struct {
	Key        Key          // of their order, or what it would be if a carrier took them
	PortType   lnp.PortType // of their split group, by which its rates were found
	Candidates []Candidate  // every carrier of the market, the preferred first
}

// Explain says of every number, by its index, why it went where it went. Like
// numbers share what is said of them, so it is not to be changed.
func (r Result) Explain() []*Explained {
	p := r.plan
	out := make([]*Explained, len(p.rowOf))
	candidates := make([][]Candidate, len(p.rows))
	for i := range p.rows {
		candidates[i] = p.candidates(int32(i))
	}
	explain := func(key func(at int32) Key, members []int) {
		of := map[int32]*Explained{}
		for _, i := range members {
			at := p.rowOf[i]
			if of[at] == nil {
				of[at] = &Explained{key(at), p.rows[at].split.portType, candidates[at]}
			}
			out[i] = of[at]
		}
	}
	for _, d := range p.drafts {
		explain(func(int32) Key { return d.Key }, d.Members)
	}
	explain(func(at int32) Key { return p.rows[at].split.key }, p.refused)
	return out
}

// candidates says how the carriers stand to a number of a row.
func (p *plan) candidates(at int32) []Candidate {
	r := &p.rows[at]
	out := make([]Candidate, len(p.carriers))
	for g, c := range p.carriers {
		o := r.tariff.offers[g]
		out[g] = Candidate{CarrierID: c.ID, Name: c.Name, Chosen: g == r.chosen, PortFee: o.fee.PortFee, MRC: o.fee.MRC, Cost: pricing.OfUnits(o.cost)}
		if g == r.chosen {
			continue
		}
		code, words := p.why(g, r.chosen, r.split, p.standing(g, []share{{at, 1}}))
		if code != "" {
			out[g].Refusal = &carrier.Refusal{Code: code, Message: c.Name + " " + words}
		} else {
			out[g].Lost = words
		}
	}
	return out
}

// reason writes the reasons of the groups.
func (p *plan) reason() {
	splitBy := p.splitBy()
	counts := make([]int, len(p.rows))
	for i := range p.drafts {
		d := &p.drafts[i]
		var shares []share
		for _, m := range d.Members {
			at := p.rowOf[m]
			if counts[at] == 0 {
				shares = append(shares, share{row: at})
			}
			counts[at]++
		}
		for k := range shares {
			s := &shares[k]
			s.numbers, counts[s.row] = counts[s.row], 0
		}
		d.Reason = p.because(d, shares)
		d.Reason.SplitBy = splitBy
	}
}

// because says why a group goes to its carrier.
func (p *plan) because(d *draft, shares []share) Reason {
	why := Reason{Key: d.Key, Carrier: "no carrier covers these numbers; the porting desk chooses one", Candidates: make([]OrderCandidate, len(p.carriers))}
	takers := 0
	for g, c := range p.carriers {
		s := p.standing(g, shares)
		o := OrderCandidate{CarrierID: c.ID, Name: c.Name, Takes: s.takes, Chosen: g == d.carrier}
		if s.takes > 0 {
			o.Cost = new(pricing.OfUnits(s.cost))
		}
		if s.takes == s.numbers {
			takers++
		}
		if !o.Chosen {
			_, o.Why = p.why(g, d.carrier, d.split, s)
		}
		why.Candidates[g] = o
	}
	if d.carrier < 0 {
		return why
	}
	words := "is the only carrier that takes these numbers"
	if takers > 1 {
		words = fmt.Sprintf("is the best of %d carriers that take these numbers: fewest orders at the least cost", takers)
	}
	why.Candidates[d.carrier].Why = words
	why.Carrier = d.Carrier.Name + " " + words
	return why
}

// splitBy names the parts of the key in which the groups differ.
func (p *plan) splitBy() []string {
	out := []string{}
	for _, part := range []struct {
		name string
		of   func(Key) any
	}{
		{"carrier", func(k Key) any { return k.CarrierID }},
		{"country", func(k Key) any { return k.Country }},
		{"number_type", func(k Key) any { return k.NumberType }},
		{"losing_carrier", func(k Key) any { return k.LosingID }},
		{"line_type", func(k Key) any { return k.LineType }},
		{"size", func(k Key) any { return k.Part }},
	} {
		if slices.ContainsFunc(p.drafts, func(d draft) bool { return part.of(d.Key) != part.of(p.drafts[0].Key) }) {
			out = append(out, part.name)
		}
	}
	return out
}

// share is some numbers of a row.
type share struct {
	row     int32
	numbers int
}

// standing is how a carrier stands to numbers of one split group.
type standing struct {
	numbers int
	covers  int // of the numbers
	takes   int // of those
	beyond  int // the tolerance, of those
	cost    int64
	lost    int64 // that the carriers chosen for the numbers cost less
	// The cost and the least one of those that are furthest beyond the
	// tolerance, and whether others are less far.
	worst, least int64
	differ       bool
}

func (p *plan) standing(g int, shares []share) standing {
	var s standing
	for _, sh := range shares {
		r, n := &p.rows[sh.row], sh.numbers
		s.numbers += n
		if r.split.unable[g] != "" || !p.sets[r.takers].has(g) {
			continue
		}
		s.covers += n
		if !r.split.takes(g, r) {
			continue
		}
		cost := r.tariff.offers[g].cost
		s.takes += n
		s.cost += int64(n) * cost
		if r.chosen >= 0 {
			s.lost += int64(n) * (cost - r.tariff.offers[r.chosen].cost)
		}
		if p.within(cost, r.least) {
			continue
		}
		worse := further(cost, r.least, s.worst, s.least)
		if s.beyond > 0 && (worse || further(s.worst, s.least, cost, r.least)) {
			s.differ = true
		}
		if s.beyond == 0 || worse {
			s.worst, s.least = cost, r.least
		}
		s.beyond += n
	}
	return s
}

// further reports whether a cost is more times its least one than another, each
// being more than its least one. Nothing is further from what costs nothing.
func further(cost, least, otherCost, otherLeast int64) bool {
	if least <= 0 || otherLeast <= 0 {
		return otherLeast > 0 || least <= 0 && cost > otherCost
	}
	hi, lo := bits.Mul64(uint64(cost), uint64(otherLeast))
	otherHi, otherLo := bits.Mul64(uint64(otherCost), uint64(least))
	return hi > otherHi || hi == otherHi && lo > otherLo
}

// why says why a carrier is not the chosen one (-1: there is none) of numbers,
// in words that follow its name; with a code when it takes none of them.
func (p *plan) why(g, chosen int, s *split, st standing) (fault.Code, string) {
	one := st.numbers == 1
	switch {
	case p.closed[g].code != "":
		return p.closed[g].code, p.closed[g].words
	case s.unable[g] != "":
		return fault.CodeNoCoverage, s.unable[g]
	case st.covers == 0 && one:
		return fault.CodeNoCoverage, "does not cover this number"
	case st.covers == 0:
		return fault.CodeNoCoverage, fmt.Sprintf("covers none of the %d numbers", st.numbers)
	case st.takes == 0 && one:
		return fault.CodeNoCoverage, "has no price for this number"
	case st.takes == 0:
		return fault.CodeNoCoverage, "has no price for these numbers"
	case st.covers < st.numbers:
		return "", fmt.Sprintf("covers %d of the %d numbers", st.covers, st.numbers) + p.further(g, s)
	case st.takes < st.numbers:
		return "", fmt.Sprintf("has a price for %d of the %d numbers", st.takes, st.numbers) + p.further(g, s)
	case st.beyond > 0:
		return "", p.tooDear(st)
	case !s.chosen[g]:
		return "", p.lost(s.against[g])
	case st.lost > 0:
		return "", fmt.Sprintf("costs %s more", pricing.OfUnits(st.lost))
	}
	return "", "costs the same, and " + p.preferred(chosen, g)
}

// tooDear tells of the numbers beyond the tolerance.
func (p *plan) tooDear(st standing) string {
	some, upTo := "", ""
	if st.beyond < st.numbers {
		some = fmt.Sprintf(" for %d of the %d numbers", st.beyond, st.numbers)
	}
	if st.differ {
		upTo = "up to "
	}
	tolerance := strings.TrimSuffix(p.Tolerance.String(), ".0")
	if st.least <= 0 {
		return fmt.Sprintf("costs %s%s more than the cheapest%s, which costs %s; the tolerance is %s %%", upTo, pricing.OfUnits(st.worst-st.least), some, pricing.OfUnits(st.least), tolerance)
	}
	return fmt.Sprintf("costs %s%s %% more than the cheapest%s, more than the tolerance of %s %%", upTo, p.percent(st.worst-st.least, st.least), some, tolerance)
}

// percent writes how many percent of the least cost another one is more, with
// as many decimals as tell it from the tolerance.
func (p *plan) percent(more, least int64) string {
	r := new(big.Rat).Mul(big.NewRat(more, least), big.NewRat(100, 1))
	tolerance, ok := new(big.Rat).SetString(p.Tolerance.String())
	for decimals := 1; decimals < 6; decimals++ {
		text := r.FloatString(decimals)
		if shown, known := new(big.Rat).SetString(text); !ok || known && shown.Cmp(tolerance) > 0 {
			return text
		}
	}
	return r.FloatString(6)
}

// further says, of a carrier that takes some of an order's numbers and that the
// plan does without, what it would be like with it.
func (p *plan) further(g int, s *split) string {
	if s.chosen[g] || !s.against[g].known {
		return ""
	}
	return "; " + p.lost(s.against[g])
}

// lost says why a carrier that could be used is not.
func (p *plan) lost(v verdict) string {
	switch {
	case !v.known:
		return "is not in the best plan that was found"
	case v.more == 1:
		return "would need an order more"
	case v.more > 1:
		return fmt.Sprintf("would need %d orders more", v.more)
	case v.cost > 0:
		return fmt.Sprintf("would need as many orders, but cost %s more", pricing.OfUnits(v.cost))
	}
	return "would need as many orders at the same cost, and " + p.preferred(v.won, v.lost)
}

// preferred says why one carrier stands before another.
func (p *plan) preferred(g, other int) string {
	if p.carriers[g].Priority != p.carriers[other].Priority {
		return p.carriers[g].Name + " has the better priority"
	}
	return p.carriers[g].Name + " has the lower id"
}
