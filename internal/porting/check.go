package porting

import (
	"context"
	"slices"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/routing"
)

// Check tells of each number whether it can be ported, by whom and why not,
// in the order asked. It changes nothing.
func (s *Service) Check(ctx context.Context, c Call, in *intake.Result, losing string) ([]Checked, error) {
	leave, err := s.room.enter(ctx, len(in.Numbers))
	if err != nil {
		return nil, err
	}
	defer leave()
	k, err := s.know(ctx, in)
	if err != nil {
		return nil, err
	}
	p, err := s.plan(ctx, c, UploadIn{Numbers: in, LosingCarrier: losing, DryRun: true}, k)
	if err != nil {
		return nil, err
	}
	if p.repeated != nil {
		// The numbers are in orders that nobody has touched; they are as
		// portable as they were.
		p = &plan{places: k.places, facts: k.facts, rejected: slices.Clone(k.rejected)}
		err = s.Store.View(ctx, func(tx Tx) error { return s.route(tx, p, c.Principal.AccountID, losing) })
		if err != nil {
			return nil, err
		}
	}
	known := make(map[nanp.Number]int, len(k.places))
	for i, a := range k.places {
		known[a.Number] = i
	}
	m, now := p.market, s.Business.Now()
	explained := p.routes.Explain()
	type row struct {
		place intake.Place
		Checked
	}
	var rows []row
	for _, g := range p.routes.Groups {
		for _, i := range g.Members {
			e := explained[i]
			rows = append(rows, row{p.places[i].Place, Checked{
				Number: p.facts[i].Number, Facts: p.facts[i], Key: &g.Key, PortType: e.PortType, Candidates: e.Candidates, Cautions: s.cautions(m, p.facts[i:i+1], now),
			}})
		}
	}
	refused := map[nanp.Number]*routing.Explained{} // that no carrier takes
	for _, r := range p.routes.Refused {
		refused[p.facts[r.Index].Number] = explained[r.Index]
	}
	for _, r := range p.rejected {
		checked := Checked{Written: r.DID, Refusal: &Refusal{Code: r.Code, Message: r.Message, Fix: r.Fix, OrderID: r.OrderID}}
		n, code := nanp.Parse(r.DID)
		if code == "" {
			checked.Number = n
			if i, ok := known[n]; ok {
				checked.Facts = k.facts[i]
			}
			if e := refused[n]; e != nil {
				checked.PortType, checked.Candidates = e.PortType, e.Candidates
			}
		}
		rows = append(rows, row{r.Place, checked})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return byPlace(a.place, b.place) })
	out := make([]Checked, len(rows))
	for i, r := range rows {
		out[i] = r.Checked
	}
	return out, nil
}

// LRN tells who serves one number. Returns Invalid with why nobody can port it.
func (s *Service) LRN(ctx context.Context, n nanp.Number) (numbering.Facts, error) {
	facts, err := s.Facts.Lookup(ctx, []nanp.Number{n})
	if err != nil {
		return numbering.Facts{}, err
	}
	if code := facts[0].Refusal; code != "" {
		return numbering.Facts{}, fault.OneField("did", code, fault.Explain(code).Fix, "%s: %s", n, fault.Explain(code).Cause)
	}
	return facts[0], nil
}
