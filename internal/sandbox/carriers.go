package sandbox

import (
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/pricing"
)

// Simulator is the adapter of the sandbox's carriers, which do not exist.
const Simulator = "sim"

// Carriers are the sandbox's gaining carriers.
func Carriers() []carrier.Gaining {
	can := carrier.Capabilities{Wireless: true, PartialPorts: true}
	local := func(country lnp.Country, states ...string) carrier.Coverage {
		if len(states) == 0 {
			return carrier.Cover(carrier.Area{Type: lnp.Local, Country: country})
		}
		var areas []carrier.Area
		for _, s := range states {
			areas = append(areas, carrier.Area{Type: lnp.Local, Country: country, State: s})
		}
		return carrier.Cover(areas...)
	}
	return []carrier.Gaining{
		{
			ID: 7, Name: "Blue Ridge Local", Gateway: Simulator, On: true, Priority: 10,
			Coverage: local(lnp.US), Capabilities: can, Limits: carrier.Limits{NumbersPerOrder: 5000, MaxDaysAhead: 90},
		},
		{
			ID: 8, Name: "Pacific Direct", Gateway: Simulator, On: true, Priority: 20,
			Coverage: local(lnp.US, "AZ", "CA", "NV", "OR", "WA"), Capabilities: can, Limits: carrier.Limits{NumbersPerOrder: 1000, MaxDaysAhead: 60},
		},
		{
			ID: 9, Name: "Maple Exchange", Gateway: Simulator, On: true, Priority: 10,
			Coverage: local(lnp.CA), Capabilities: can, Limits: carrier.Limits{NumbersPerOrder: 1000, MaxDaysAhead: 60},
		},
		{
			ID: 10, Name: "Eightfold Toll-Free", Gateway: Simulator, On: true, Priority: 10,
			Coverage: carrier.Cover(carrier.Area{Type: lnp.TollFree}), Capabilities: carrier.Capabilities{TollFree: true}, Limits: carrier.Limits{NumbersPerOrder: 1000, MaxDaysAhead: 30},
		},
		{
			ID: 11, Name: "Dormant Telecom", Gateway: Simulator, OffReason: "the interconnection is being rebuilt", Priority: 1,
			Coverage: local(lnp.US), Capabilities: can,
		},
	}
}

// Decks are the sandbox's prices.
func Decks() []pricing.Deck {
	deck := func(id, carrierID int64, fee, mrc string) pricing.Deck {
		return pricing.Deck{ID: id, CarrierID: carrierID, Currency: "USD", Rates: []pricing.Rate{{PortFee: pricing.MustParse(fee), MRC: pricing.MustParse(mrc)}}}
	}
	return []pricing.Deck{
		deck(1, 7, "5.0", "0.5"),
		deck(2, 8, "4.0", "0.45"),
		deck(3, 9, "7.5", "0.8"),
		deck(4, 10, "10.0", "1.25"),
		deck(5, 11, "1.0", "0.1"),
	}
}

// Families are the sandbox's losing carriers, those of numbering.Fictional.
func Families() []carrier.Family {
	return []carrier.Family{
		{ID: "sandbox-bell", Name: "Sandbox Bell", OCNs: []string{"901A"}, LineType: lnp.Wireline},
		{ID: "sandbox-cable", Name: "Sandbox Cable", OCNs: []string{"902A"}, LineType: lnp.Wireline},
		{ID: "sandbox-voice", Name: "Sandbox Voice", OCNs: []string{"903A"}, LineType: lnp.VoIP},
		{ID: "sandbox-wireless", Name: "Sandbox Wireless", OCNs: []string{"904A"}, LineType: lnp.Wireless},
		{ID: "sandbox-canada", Name: "Sandbox Canada", OCNs: []string{"905A"}, LineType: lnp.Wireline},
		{ID: "sandbox-canada-wireless", Name: "Sandbox Canada Wireless", OCNs: []string{"906A"}, LineType: lnp.Wireless},
		{ID: "sandbox-resporg", Name: "Sandbox RespOrg"},
		{ID: "scenario-telephone", Name: "Scenario Telephone", OCNs: []string{"907A"}, LineType: lnp.Wireline},
		{ID: "scenario-wireless", Name: "Scenario Wireless", OCNs: []string{"908A"}, LineType: lnp.Wireless},
	}
}
