package numbering

import (
	"context"
	"hash/fnv"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
)

// Fictional is the sandbox's source of facts: true places and zones, and
// losing carriers that do not exist, always the same for an exchange.
type Fictional struct{}

// fictionalSource names the sandbox as the source of a fact.
const fictionalSource = "sandbox"

// The fictional losing carriers. They stand for the holders of the codes, so
// nothing about them is verified: they warn, and split nothing.
var (
	fictionalUS = []Losing{
		{ID: "sandbox-bell", OCN: "901A", Name: "Sandbox Bell", LineType: lnp.Wireline},
		{ID: "sandbox-cable", OCN: "902A", Name: "Sandbox Cable", LineType: lnp.Wireline},
		{ID: "sandbox-voice", OCN: "903A", Name: "Sandbox Voice", LineType: lnp.VoIP},
		{ID: "sandbox-wireless", OCN: "904A", Name: "Sandbox Wireless", LineType: lnp.Wireless},
	}
	fictionalCanada = []Losing{
		{ID: "sandbox-canada", OCN: "905A", Name: "Sandbox Canada", LineType: lnp.Wireline},
		{ID: "sandbox-canada-wireless", OCN: "906A", Name: "Sandbox Canada Wireless", LineType: lnp.Wireless},
	}
	fictionalResporg = Losing{ID: "sandbox-resporg", Name: "Sandbox RespOrg"}

	// The scenario numbers 555-01XX belong to the simulator, which knows them:
	// they are verified, and split.
	scenarioWireline = Losing{ID: "scenario-telephone", OCN: "907A", Name: "Scenario Telephone", LineType: lnp.Wireline, Verified: true}
	scenarioWireless = Losing{ID: "scenario-wireless", OCN: "908A", Name: "Scenario Wireless", LineType: lnp.Wireless, Verified: true}
)

// scenarioIsWireless are the last two digits of the scenario number that is a
// wireless one among wireline ones.
const scenarioIsWireless = 2

// Lookup implements Source. It asks nobody and never fails. Numbers that nobody
// has are the sandbox's own.
func (Fictional) Lookup(_ context.Context, numbers []nanp.Number) ([]Facts, error) {
	out := make([]Facts, len(numbers))
	for i, n := range numbers {
		f := Base(n)
		if f.Refusal == fault.CodeFictional {
			f.Refusal = ""
		}
		if f.Refusal == "" {
			f.Losing = fictionalLosing(n, f)
			f.Losing.Source = fictionalSource
		}
		out[i] = f
	}
	return out, nil
}

func fictionalLosing(n nanp.Number, f Facts) Losing {
	switch {
	case f.Type == lnp.TollFree:
		return fictionalResporg
	case n.Fictional() && n.Line()%100 == scenarioIsWireless:
		return scenarioWireless
	case n.Fictional():
		return scenarioWireline
	}
	among := fictionalUS
	if f.Country == lnp.CA {
		among = fictionalCanada
	}
	h := fnv.New32a()
	h.Write([]byte{byte(n.NPA()), byte(n.NPA() >> 8), byte(n.NXX()), byte(n.NXX() >> 8)})
	return among[h.Sum32()%uint32(len(among))]
}

// Registered is production's source of facts without reference data: what a
// number alone tells. Nobody knows its losing carrier.
type Registered struct{}

// Lookup implements Source.
func (Registered) Lookup(_ context.Context, numbers []nanp.Number) ([]Facts, error) {
	out := make([]Facts, len(numbers))
	for i, n := range numbers {
		out[i] = Base(n)
	}
	return out, nil
}
