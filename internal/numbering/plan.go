package numbering

import (
	"cmp"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
)

// plan is what the area codes alone tell.
type plan [1000]planned

// planned is one area code.
type planned struct {
	typ     lnp.NumberType
	country lnp.Country
	state   string
	zone    string
	refusal fault.Code // why no number of it can be ported, "" when some can
}

// builtin is the plan of our own table of area codes.
var builtin = func() *plan {
	p := new(plan)
	for npa := range p {
		p[npa] = plannedOf(npa, areas[npa])
	}
	return p
}()

// plannedOf says what an area code tells that is in service there; nowhere
// when the area has no country.
func plannedOf(npa int, a Area) planned {
	// An exchange and a line that nothing speaks against.
	n := nanp.Number(npa*1e7 + 200_2000)
	refusal := n.Refusal()
	switch {
	case n.TollFree():
		return planned{typ: lnp.TollFree, country: lnp.US, refusal: refusal}
	case refusal != "":
		return planned{refusal: refusal}
	case a.Country == "":
		return planned{refusal: fault.CodeNPAUnassigned}
	case a.Country != string(lnp.US) && a.Country != string(lnp.CA):
		return planned{refusal: fault.CodeOutsideUSCA}
	}
	return planned{typ: lnp.Local, country: lnp.Country(a.Country), state: a.State, zone: a.Zone}
}

// facts returns what the area code tells of a number of it.
func (p *planned) facts(n nanp.Number) Facts {
	return Facts{Number: n, Type: p.typ, Country: p.country, State: p.state, Zone: p.zone, Refusal: p.refusal}
}

// Base returns what a number alone tells, without asking anybody. It refuses
// what nanp refuses, and numbers whose area code is not in service or in a
// country in which portin does not port.
func Base(n nanp.Number) Facts {
	f := builtin[n.NPA()].facts(n)
	f.Refusal = cmp.Or(f.Refusal, n.Refusal())
	return f
}
