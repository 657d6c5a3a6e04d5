package api

import (
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/porting"
)

// LosingCarrier is a losing carrier with all that is known of it.
type LosingCarrier struct {
	ID        string          `json:"id"`
	SPID      *string         `json:"spid"`
	Name      string          `json:"name"`
	Aliases   []string        `json:"aliases"`
	OCNs      []string        `json:"ocns" doc:"That belong to it by its description"`
	LineType  *lnp.LineType   `json:"line_type"`
	Profile   carrier.Profile `json:"profile" doc:"How it wants its ports; what is absent is as for every other carrier"`
	Described bool            `json:"described" doc:"false: it is made of the reference data alone"`
	Codes     []string        `json:"codes" doc:"OCNs of codes and blocks that are held in its name"`
}

func losingCarrierOf(l porting.Losing) LosingCarrier {
	b := LosingCarrier{
		ID: l.ID, SPID: maybeText(l.SPID), Name: l.Name, Aliases: list(l.Aliases), OCNs: list(l.OCNs), Profile: l.Profile, Described: l.Described, Codes: list(l.Codes),
	}
	if l.LineType != "" {
		b.LineType = &l.LineType
	}
	return b
}

// losingCarriersBody lists losing carriers.
type losingCarriersBody struct {
	Rows        []LosingCarrier `json:"rows"`
	HasNextPage bool            `json:"has_next_page" doc:"There are more; ask for a part of their name with q"`
}

var losingQuery = []param{{name: "q", doc: "A part of the id, of a name or of an OCN", kind: "string"}, rows}

type losingOut struct {
	all  []porting.Losing
	rows int
}

func doLosingCarriers(c *call, _ none) (losingOut, error) {
	n, err := c.count("rows", 1, rowsMax, rowsShown)
	if err != nil {
		return losingOut{}, err
	}
	all, err := c.api.Service.LosingCarriers(c.r.Context(), c.Call, c.r.URL.Query().Get("q"))
	return losingOut{all, n}, err
}

func showLosingCarriers(_ *call, l losingOut) losingCarriersBody {
	b := losingCarriersBody{Rows: []LosingCarrier{}, HasNextPage: len(l.all) > l.rows}
	for _, one := range l.all[:min(len(l.all), l.rows)] {
		b.Rows = append(b.Rows, losingCarrierOf(one))
	}
	return b
}

func (c *call) losing() string { return c.r.PathValue("losing_carrier") }

func doLosingCarrier(c *call, _ none) (porting.Losing, error) {
	return c.api.Service.LosingCarrier(c.r.Context(), c.Call, c.losing())
}

func showLosingCarrier(_ *call, l porting.Losing) LosingCarrier { return losingCarrierOf(l) }

// losingIn describes a losing carrier, as a whole.
type losingIn struct {
	SPID     string                 `json:"spid,omitempty"`
	Name     string                 `json:"name"`
	Aliases  []string               `json:"aliases,omitempty"`
	OCNs     []string               `json:"ocns,omitempty"`
	LineType lnp.LineType           `json:"line_type,omitempty"`
	Profile  exact[carrier.Profile] `json:"profile,omitzero"`
}

func doDescribe(c *call, in losingIn) (carrier.Family, error) {
	return c.api.Service.SaveFamily(c.r.Context(), c.Call, carrier.Family{
		ID: c.losing(), SPID: in.SPID, Name: in.Name, Aliases: in.Aliases, OCNs: in.OCNs, LineType: in.LineType, Profile: in.Profile.v,
	})
}

func showDescribed(_ *call, f carrier.Family) LosingCarrier {
	return losingCarrierOf(porting.Losing{Family: f, Described: true})
}

func doForget(c *call, _ none) (struct{}, error) {
	return struct{}{}, c.api.Service.RemoveFamily(c.r.Context(), c.Call, c.losing())
}
