package api

import (
	"encoding/json"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/routing"
)

// checkIn is what the portability check asks about.
type checkIn struct {
	DIDs          []json.RawMessage `json:"dids"`
	LosingCarrier string            `json:"losing_carrier,omitempty"`
}

// checkBody answers the portability check, in the order asked.
type checkBody struct {
	Rows []checkRow `json:"rows"`
}

// checkRow is what is known of one number.
type checkRow struct {
	DID           string         `json:"did"`
	Portable      bool           `json:"portable"`
	Reason        *refusalBody   `json:"reason" doc:"Why it is not portable; null when it is"`
	NumberType    *string        `json:"number_type"`
	LineType      *lnp.LineType  `json:"line_type"`
	State         *string        `json:"state"`
	RateCentre    *string        `json:"ratecenter"`
	LATA          *string        `json:"lata"`
	Timezone      *string        `json:"timezone"`
	LosingCarrier losingBody     `json:"losing_carrier"`
	Carrier       *carrierBody   `json:"carrier" doc:"Who would take it"`
	SplitKey      *splitKey      `json:"split_key" doc:"What all numbers of its order would have in common; null when it is not portable"`
	PortType      *lnp.PortType  `json:"port_type" doc:"By which it was priced"`
	Candidates    []candidateRow `json:"candidates"`
	Warnings      []warningBody  `json:"warnings" doc:"What is special about who loses the number"`
}

// refusalBody is why a number is not taken.
type refusalBody struct {
	_       struct{}   `nullable:"true"`
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Fix     string     `json:"fix,omitempty"`
	OrderID int64      `json:"order_id,omitempty"`
}

// candidateRow is a carrier with what it says to a number.
type candidateRow struct {
	ID      int64         `json:"id"`
	Name    string        `json:"name"`
	Chosen  bool          `json:"chosen"`
	PortFee pricing.Money `json:"port_fee"`
	MRC     pricing.Money `json:"mrc"`
	Cost    pricing.Money `json:"cost" doc:"By which carriers are compared: the port fee, and the monthly charges that count"`
	Reason  *refusalBody  `json:"reason" doc:"Why it does not take the number; null when it does"`
	Lost    *string       `json:"lost" doc:"Why it is not chosen though it takes the number; null when it is, or does not"`
}

// splitKey is what all numbers of an order have in common.
type splitKey struct {
	_ struct{} `nullable:"true"`
	routing.Key
}

func doCheck(c *call, in checkIn) ([]porting.Checked, error) {
	numbers, err := c.numbers(in.DIDs)
	if err != nil {
		return nil, err
	}
	return c.api.Service.Check(c.r.Context(), c.Call, numbers, in.LosingCarrier)
}

func showCheck(_ *call, checked []porting.Checked) checkBody {
	b := checkBody{Rows: make([]checkRow, len(checked))}
	for i, k := range checked {
		f := k.Facts
		row := checkRow{
			DID: k.Written, Portable: k.Refusal == nil, NumberType: maybeText(string(f.Type)), State: maybeText(f.State),
			RateCentre: maybeText(f.RateCentre), LATA: maybeText(f.LATA), Timezone: maybeText(f.Zone), LosingCarrier: losingOf(f.Losing),
			Candidates: make([]candidateRow, len(k.Candidates)), Warnings: warningsOf(k.Cautions),
		}
		row.LineType = row.LosingCarrier.LineType
		if k.Key != nil {
			row.SplitKey = &splitKey{Key: *k.Key}
		}
		if k.PortType != "" {
			row.PortType = &k.PortType
		}
		if k.Number != nanp.Number(0) {
			row.DID = k.Number.String()
		}
		if r := k.Refusal; r != nil {
			row.Reason = &refusalBody{Code: r.Code, Message: r.Message, Fix: r.Fix, OrderID: r.OrderID}
		}
		for j, candidate := range k.Candidates {
			row.Candidates[j] = candidateRow{ID: candidate.CarrierID, Name: candidate.Name, Chosen: candidate.Chosen, PortFee: candidate.PortFee, MRC: candidate.MRC, Cost: candidate.Cost, Lost: maybeText(candidate.Lost)}
			if r := candidate.Refusal; r != nil {
				row.Candidates[j].Reason = &refusalBody{Code: r.Code, Message: r.Message}
			}
			if candidate.Chosen {
				row.Carrier = &carrierBody{ID: candidate.CarrierID, Name: candidate.Name}
			}
		}
		b.Rows[i] = row
	}
	return b
}

// lrnBody answers an LRN look-up in the form of the original.
type lrnBody struct {
	LRN      string   `json:"lrn" doc:"The number that calls are routed by; the number itself, since no report knows it"`
	LERG     lergBody `json:"lerg"`
	Source   *string  `json:"source" doc:"Who says so"`
	AsOf     maybe    `json:"as_of"`
	Verified bool     `json:"verified" doc:"Somebody who knows was asked; else it is the holder of the code"`
}

// lergBody is where a number belongs, and who holds it.
type lergBody struct {
	NPA     string  `json:"npa"`
	NXX     string  `json:"nxx"`
	Y       string  `json:"y" doc:"The block of a thousand numbers"`
	LATA    *string `json:"lata"`
	OCN     *string `json:"ocn"`
	Company *string `json:"company"`
	RC      *string `json:"rc"`
	State   *string `json:"state"`
}

func doLRN(c *call, _ none) (numbering.Facts, error) {
	if f := c.r.URL.Query().Get("format"); f != "" && f != "json" {
		return numbering.Facts{}, fault.OneField("format", fault.CodeInvalidValue, "", "format takes json")
	}
	n, code := nanp.Parse(c.r.PathValue("did"))
	if code != "" {
		return numbering.Facts{}, fault.OneField("did", code, fault.Explain(code).Fix, "%s", fault.Explain(code).Cause)
	}
	return c.api.Service.LRN(c.r.Context(), n)
}

func showLRN(_ *call, f numbering.Facts) lrnBody {
	did := f.Number.String()
	return lrnBody{
		LRN: did, Source: maybeText(f.Losing.Source), AsOf: maybe(f.Losing.AsOf), Verified: f.Losing.Verified,
		LERG: lergBody{
			NPA: did[:3], NXX: did[3:6], Y: did[6:7], LATA: maybeText(f.LATA), OCN: maybeText(f.Losing.OCN), Company: maybeText(f.Losing.Name),
			RC: maybeText(f.RateCentre), State: maybeText(f.State),
		},
	}
}
