package api

import (
	"bytes"
	"fmt"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/sheet"
)

// GainingCarrier is a gaining carrier as the desk sees it.
type GainingCarrier struct {
	ID           int64                `json:"id"`
	Name         string               `json:"name"`
	Gateway      string               `json:"gateway" doc:"The adapter that speaks to it; empty where the desk works its orders by hand"`
	On           bool                 `json:"on"`
	OffReason    *string              `json:"off_reason"`
	Priority     int                  `json:"priority" doc:"The lower one is preferred at equal cost"`
	Capabilities carrier.Capabilities `json:"capabilities"`
	Limits       carrier.Limits       `json:"limits"`
	Documents    []lnp.DocumentRule   `json:"documents" doc:"Wanted beyond the port type's"`
	Allow        []int64              `json:"allow" doc:"Only these accounts; none: all"`
	Deny         []int64              `json:"deny" doc:"Never these accounts"`
	Areas        int                  `json:"areas" doc:"Rows of its coverage"`
}

func gainingOf(g carrier.Gaining) GainingCarrier {
	return GainingCarrier{
		ID: g.ID, Name: g.Name, Gateway: g.Gateway, On: g.On, OffReason: maybeText(g.OffReason), Priority: g.Priority, Capabilities: g.Capabilities,
		Limits: g.Limits, Documents: list(g.Documents), Allow: list(g.Allow), Deny: list(g.Deny), Areas: len(g.Coverage.Areas()),
	}
}

// carrierIn is what a gaining carrier is made or changed with.
type carrierIn struct {
	Name         string                      `json:"name,omitempty"`
	Gateway      string                      `json:"gateway,omitempty"`
	On           bool                        `json:"on,omitempty"`
	OffReason    string                      `json:"off_reason,omitempty" doc:"Necessary where it is off; customers read it in the reason of an order"`
	Priority     int                         `json:"priority,omitempty"`
	Capabilities exact[carrier.Capabilities] `json:"capabilities,omitzero"`
	Limits       exact[carrier.Limits]       `json:"limits,omitzero"`
	Documents    exact[[]lnp.DocumentRule]   `json:"documents,omitzero"`
	Allow        []int64                     `json:"allow,omitempty"`
	Deny         []int64                     `json:"deny,omitempty"`
}

// into puts what was sent into a carrier.
func (f fields) into(g *carrier.Gaining) error {
	in := carrierIn{
		Name: g.Name, Gateway: g.Gateway, On: g.On, OffReason: g.OffReason, Priority: g.Priority, Capabilities: exact[carrier.Capabilities]{g.Capabilities},
		Limits: exact[carrier.Limits]{g.Limits}, Documents: exact[[]lnp.DocumentRule]{g.Documents}, Allow: g.Allow, Deny: g.Deny,
	}
	err := fault.Fields(fill(&in, f, true))
	if err != nil {
		return err
	}
	g.Name, g.Gateway, g.On, g.OffReason, g.Priority = in.Name, in.Gateway, in.On, in.OffReason, in.Priority
	g.Capabilities, g.Limits, g.Documents, g.Allow, g.Deny = in.Capabilities.v, in.Limits.v, in.Documents.v, in.Allow, in.Deny
	return nil
}

// carriersBody lists the gaining carriers.
type carriersBody struct {
	Rows []GainingCarrier `json:"rows"`
}

func doCarriers(c *call, _ none) ([]carrier.Gaining, error) {
	return c.api.Service.Carriers(c.r.Context(), c.Call)
}

func showCarriers(_ *call, all []carrier.Gaining) carriersBody {
	b := carriersBody{Rows: make([]GainingCarrier, len(all))}
	for i, g := range all {
		b.Rows[i] = gainingOf(g)
	}
	return b
}

func doCarrier(c *call, _ none) (*carrier.Gaining, error) {
	return c.api.Service.Carrier(c.r.Context(), c.Call, c.ids["carrier_id"])
}

func showCarrier(_ *call, g *carrier.Gaining) GainingCarrier { return gainingOf(*g) }

// carrierSavedBody is a gaining carrier after a change.
type carrierSavedBody struct {
	GainingCarrier
	Drafts int `json:"drafts" doc:"Orders that are not confirmed, and are planned again because of the change"`
}

func doMakeCarrier(c *call, in fields) (porting.CarrierSaved, error) {
	var g carrier.Gaining
	err := in.into(&g)
	if err != nil {
		return porting.CarrierSaved{}, err
	}
	return c.api.Service.MakeCarrier(c.r.Context(), c.Call, g)
}

func doChangeCarrier(c *call, in fields) (porting.CarrierSaved, error) {
	return c.api.Service.ChangeCarrier(c.r.Context(), c.Call, c.ids["carrier_id"], in.into)
}

func showCarrierSaved(_ *call, g porting.CarrierSaved) carrierSavedBody {
	return carrierSavedBody{gainingOf(g.Gaining), g.Drafts}
}

func showCoverage(_ *call, g *carrier.Gaining) content {
	var out bytes.Buffer
	err := carrier.WriteCoverage(&out, g.Coverage)
	if err != nil {
		panic(fmt.Sprintf("api: a coverage cannot be written: %v", err))
	}
	return content{mediaType: csvType, name: fmt.Sprintf(`attachment; filename="coverage-%d.csv"`, g.ID), data: out.Bytes()}
}

// coverageSavedBody says what a new coverage changes.
type coverageSavedBody struct {
	Applied bool                   `json:"applied" doc:"false of a dry run"`
	Change  carrier.CoverageChange `json:"change" doc:"The first of the areas that come and go, and how many there are"`
	Drafts  int                    `json:"drafts" doc:"Orders of the carrier that are not confirmed, and are planned again"`
	Notes   []sheet.Note           `json:"notes" doc:"What is odd about the file, and no mistake"`
}

func doSetCoverage(c *call, in sheetIn[carrier.Coverage]) (noted[porting.CoverageSaved], error) {
	dry, err := c.flag("dry_run")
	if err != nil {
		return noted[porting.CoverageSaved]{}, err
	}
	out, err := c.api.Service.SetCoverage(c.r.Context(), c.Call, c.ids["carrier_id"], in.v, dry)
	return noted[porting.CoverageSaved]{out, in.notes}, err
}

func showCoverageSaved(_ *call, n noted[porting.CoverageSaved]) coverageSavedBody {
	return coverageSavedBody{Applied: n.done.Applied, Change: n.done.First(changesShown), Drafts: n.done.Drafts, Notes: list(n.notes)}
}
