package porting

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
)

// Losing is a losing carrier with all that is known of it.
type Losing struct {
	carrier.Family
	Described bool     // somebody has; else it is made of the reference data alone
	Codes     []string // OCNs of codes and blocks that are held in its name
}

// LosingCarriers lists the losing carriers whose id, name, alias or OCN has the
// text: those that are described, and those that the reference data make.
func (s *Service) LosingCarriers(ctx context.Context, c Call, text string) ([]Losing, error) {
	return deskRead(ctx, s, c, func(_ Tx, m *market) ([]Losing, error) {
		text = strings.ToLower(strings.TrimSpace(text))
		all := s.losing(m)
		return slices.DeleteFunc(all, func(l Losing) bool {
			names := slices.Concat([]string{l.ID, l.SPID, l.Name}, l.Aliases, l.OCNs, l.Codes)
			return !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(strings.ToLower(n), text) })
		}), nil
	})
}

// LosingCarrier returns a losing carrier. Returns NotFound for an unknown id.
func (s *Service) LosingCarrier(ctx context.Context, c Call, id string) (Losing, error) {
	return deskRead(ctx, s, c, func(_ Tx, m *market) (Losing, error) {
		all := s.losing(m)
		i := slices.IndexFunc(all, func(l Losing) bool { return l.ID == id })
		if i < 0 {
			return Losing{}, unknownFamily()
		}
		return all[i], nil
	})
}

func unknownFamily() error {
	return fault.New(fault.NotFound, fault.CodeNotFound, "there is no losing carrier with this id")
}

// losing lists all losing carriers by id.
func (s *Service) losing(m *market) []Losing {
	byID := map[string]*Losing{}
	for _, f := range m.families {
		byID[f.ID] = &Losing{Family: f, Described: true}
	}
	if s.Registry != nil {
		for o := range s.Registry.Operators() {
			l := byID[o.ID]
			if l == nil {
				l = &Losing{Family: carrier.Family{ID: o.ID, Name: o.Name, LineType: o.LineType}}
				byID[o.ID] = l
			}
			if o.OCN != "" && !slices.Contains(l.Codes, o.OCN) {
				l.Codes = append(l.Codes, o.OCN)
			}
			if !l.Described && l.LineType != o.LineType {
				l.LineType = ""
			}
		}
	}
	out := make([]Losing, 0, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		slices.Sort(byID[id].Codes)
		out = append(out, *byID[id])
	}
	return out
}

// SaveFamily stores the description of a losing carrier. Numbers that are
// looked up from now on have it; orders keep what they were made with.
func (s *Service) SaveFamily(ctx context.Context, c Call, f carrier.Family) (carrier.Family, error) {
	return deskWrite(ctx, s, c, func(tx Tx, m *market) (carrier.Family, error) {
		f.Name = strings.TrimSpace(f.Name)
		err := fault.Fields(f.Check(m.families))
		if err != nil {
			return f, err
		}
		f.Profile.Documents = complete(f.Profile.Documents)
		was, known := m.families.ByID(f.ID)
		data := map[string]any{"is": f}
		if known {
			data["was"] = was
		}
		err = tx.SaveFamily(f)
		if err != nil {
			return f, err
		}
		return f, s.audit(tx, c.house(), "losing_carrier_described", "losing_carrier/"+f.ID, data)
	})
}

// RemoveFamily forgets the description of a losing carrier. Returns NotFound
// where there is none.
func (s *Service) RemoveFamily(ctx context.Context, c Call, id string) error {
	_, err := deskWrite(ctx, s, c, func(tx Tx, m *market) (struct{}, error) {
		was, known := m.families.ByID(id)
		if !known {
			return struct{}{}, unknownFamily()
		}
		err := tx.RemoveFamily(id)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.audit(tx, c.house(), "losing_carrier_forgotten", "losing_carrier/"+id, map[string]any{"was": was})
	})
	return err
}
