package porting

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
)

// declare puts the losing carrier that the customer named into the facts of
// those numbers of which it can be the carrier: a RespOrg into those of the
// toll-free ones, everybody else into all.
func (s *Service) declare(m *market, facts []numbering.Facts, name string) {
	if name == "" {
		return
	}
	l := numbering.Losing{ID: carrier.Slug(name), Name: name, Source: numbering.SourceDeclared}
	id, company, respOrg := s.respOrg(name)
	f, known := m.families.Find(name)
	switch {
	case known:
		l.ID, l.Name = f.ID, f.Name
	case respOrg:
		l.ID, l.Name = id, company
	}
	for i := range facts {
		have := &facts[i].Losing
		switch {
		case have.Verified, respOrg && !known && facts[i].Type != lnp.TollFree:
		case have.ID == l.ID:
			have.Source = numbering.SourceDeclared
		default:
			declared := l
			declared.LineType, declared.AsOf = have.LineType, have.AsOf
			*have = declared
		}
	}
}

// respOrgLength is how many letters and digits a RespOrg id has (lnp-rules
// §2.4).
const respOrgLength = 5

// respOrg reads a text as a RespOrg id: one of the directory, or one that looks
// like it.
func (s *Service) respOrg(text string) (id, company string, ok bool) {
	id = strings.ToUpper(strings.TrimSpace(text))
	if len(id) != respOrgLength || strings.Trim(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", "", false
	}
	if s.Registry != nil {
		company, ok = s.Registry.RespOrg(id)
	}
	if !ok {
		company, ok = "RespOrg "+id, strings.ContainsAny(id, "0123456789")
	}
	return id, company, ok
}

// respOrgsByHand are those whose numbers only Somos's help desk moves
// (lnp-rules §2.4).
var respOrgsByHand = []string{"BRCUD", "BRRCC", "BRDUP"}

// dropLost rejects the numbers that their losing carrier does not let go, where
// it is verified or declared.
func (s *Service) dropLost(m *market, p *plan, now time.Time) {
	today := bizday.DateOf(now, nil)
	kept := 0
	for i, f := range p.facts {
		w := s.caution(m, f, today)
		if f.Losing.Sure() && w != nil && (w.Code == fault.CodeRural || w.Code == fault.CodeRespOrgSpecial) {
			bad := intake.Reject(p.places[i], w.Code)
			bad.Message = w.Message
			p.rejected = append(p.rejected, bad)
			continue
		}
		p.facts[kept], p.places[kept] = f, p.places[i]
		kept++
	}
	p.facts, p.places = p.facts[:kept], p.places[:kept]
}

// caution says what is special about the losing carrier of a number; nil when
// nothing is.
func (s *Service) caution(m *market, f numbering.Facts, today bizday.Date) *Warning {
	id := f.Losing.ID
	if f.Type != lnp.TollFree {
		i := slices.IndexFunc(m.rural, func(r carrier.Family) bool { return r.ID == id })
		if i < 0 {
			return nil
		}
		r := m.rural[i].Profile.Suspends(f.State, today)
		if r == nil {
			return nil
		}
		w := &Warning{Code: fault.CodeRural, Message: fmt.Sprintf("%s need not port in %s: %s", m.rural[i].Name, f.State, r.Source)}
		if !f.Losing.Sure() {
			w.Message += "; whether it serves the number is not verified"
		}
		return w
	}
	_, _, respOrg := s.respOrg(id)
	switch {
	case !respOrg:
		return nil
	case strings.HasSuffix(id, "99"):
		return &Warning{Code: fault.CodeRespOrgSpecial, Message: "the RespOrg " + id + " holds numbers that are not ported"}
	case slices.Contains(respOrgsByHand, id):
		return &Warning{Code: fault.CodeRespOrgByHand, Message: "Somos moves the numbers of " + id + " by hand"}
	}
	if s.Registry != nil {
		_, ok := s.Registry.RespOrg(id)
		if ok {
			return nil
		}
	}
	return &Warning{Code: fault.CodeRespOrgUnknown, Message: "no directory that was imported has the RespOrg " + id}
}

// cautions are those of the numbers of an order, each once.
func (s *Service) cautions(m *market, facts []numbering.Facts, now time.Time) []Warning {
	today := bizday.DateOf(now, nil)
	var out []Warning
	for _, f := range facts {
		w := s.caution(m, f, today)
		if w != nil && !slices.Contains(out, *w) {
			out = append(out, *w)
		}
	}
	return out
}
