package porting

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/order"
)

// Carriers lists the gaining carriers, with their coverage.
func (s *Service) Carriers(ctx context.Context, c Call) ([]carrier.Gaining, error) {
	return deskRead(ctx, s, c, func(_ Tx, m *market) ([]carrier.Gaining, error) { return m.carriers, nil })
}

// Carrier returns a gaining carrier, with its coverage. Returns NotFound for an
// unknown id.
func (s *Service) Carrier(ctx context.Context, c Call, id int64) (*carrier.Gaining, error) {
	return deskRead(ctx, s, c, func(_ Tx, m *market) (*carrier.Gaining, error) { return m.known(id) })
}

// known is carrier, and NotFound where there is none.
func (m *market) known(id int64) (*carrier.Gaining, error) {
	g := m.carrier(id)
	if g == nil {
		return nil, fault.New(fault.NotFound, fault.CodeCarrierUnknown, "there is no carrier %d", id)
	}
	return g, nil
}

// CarrierSaved is a gaining carrier as it was stored, and how many orders that
// are not confirmed are looked at again because of it.
type CarrierSaved struct {
	carrier.Gaining
	Drafts int
}

// MakeCarrier stores a new gaining carrier, which covers nothing yet.
func (s *Service) MakeCarrier(ctx context.Context, c Call, g carrier.Gaining) (CarrierSaved, error) {
	return deskWrite(ctx, s, c, func(tx Tx, m *market) (CarrierSaved, error) {
		g.ID = 0
		return s.saveCarrier(tx, c, m, carrier.Gaining{}, g)
	})
}

// ChangeCarrier changes a gaining carrier, but for its coverage. The orders that
// are not confirmed are moved to other carriers when it does not take their
// numbers any more (Replan). change finds no lists, and those that it leaves out
// stay; it may run more than once.
func (s *Service) ChangeCarrier(ctx context.Context, c Call, id int64, change func(*carrier.Gaining) error) (CarrierSaved, error) {
	return deskWrite(ctx, s, c, func(tx Tx, m *market) (CarrierSaved, error) {
		was, err := m.known(id)
		if err != nil {
			return CarrierSaved{}, err
		}
		g := *was
		// Decoders write into the lists that they find.
		g.Documents, g.Allow, g.Deny = nil, nil, nil
		err = change(&g)
		if err != nil {
			return CarrierSaved{}, err
		}
		g.ID = id
		g.Documents, g.Allow, g.Deny = unless(g.Documents, was.Documents), unless(g.Allow, was.Allow), unless(g.Deny, was.Deny)
		return s.saveCarrier(tx, c, m, *was, g)
	})
}

// unless returns a list, or the one before where there is none. An empty list
// is one.
func unless[T any](is, was []T) []T {
	if is == nil {
		return was
	}
	return is
}

func (s *Service) saveCarrier(tx Tx, c Call, m *market, was, g carrier.Gaining) (CarrierSaved, error) {
	g.Name, g.OffReason, g.Coverage = strings.TrimSpace(g.Name), strings.TrimSpace(g.OffReason), was.Coverage
	if g.On {
		g.OffReason = ""
	}
	all, err := tx.Accounts()
	if err != nil {
		return CarrierSaved{}, err
	}
	accounts := make([]int64, len(all))
	for i, a := range all {
		accounts[i] = a.ID
	}
	faults := g.Check(s.Gateways, accounts)
	for _, other := range m.carriers {
		if other.ID != g.ID && carrier.Slug(other.Name) == carrier.Slug(g.Name) {
			faults = append(faults, fault.Field{Field: "name", Code: fault.CodeDuplicate, Message: fmt.Sprintf("carrier %d has this name", other.ID)})
		}
	}
	err = fault.Fields(faults)
	if err != nil {
		return CarrierSaved{}, err
	}
	what := "carrier_changed"
	if g.ID == 0 {
		what = "carrier_made"
		for _, other := range m.carriers {
			g.ID = max(g.ID, other.ID)
		}
		g.ID++
	}
	g.Documents = complete(g.Documents)
	err = tx.SaveCarrier(g)
	if err != nil {
		return CarrierSaved{}, err
	}
	err = s.audit(tx, c.house(), what, "carrier/"+target(g.ID), map[string]any{"was": was, "is": g})
	if err != nil {
		return CarrierSaved{}, err
	}
	out := CarrierSaved{Gaining: g}
	out.Drafts, err = lookAgain(tx, g.ID, g.Name+" was changed")
	return out, err
}

func complete(rules []lnp.DocumentRule) []lnp.DocumentRule {
	out := make([]lnp.DocumentRule, len(rules))
	for i, r := range rules {
		out[i] = r.Complete()
	}
	return out
}

// lookAgain makes the orders of a carrier that are not confirmed due to be
// planned again, and returns how many they are. Those that nobody took may find
// a carrier now, too.
func lookAgain(tx Tx, carrierID int64, why string) (int, error) {
	n, err := tx.Drafts(carrierID)
	return n, errors.Join(err, planDrafts(tx, carrierID, why), planDrafts(tx, noCarrier, why))
}

// noCarrier is the carrier's id of orders that nobody takes.
const noCarrier = 0

func planDrafts(tx Tx, carrierID int64, why string) error {
	return tx.SetDrafts(carrierID, order.Due{Kind: order.DueReplan, At: tx.Now(), Reason: why})
}

// CoverageSaved says what a new coverage of a carrier changes.
type CoverageSaved struct {
	carrier.CoverageChange
	Drafts  int // orders that are not confirmed, and are looked at again
	Applied bool
}

// SetCoverage replaces what numbers a gaining carrier takes; dry only says what
// that would change.
func (s *Service) SetCoverage(ctx context.Context, c Call, carrierID int64, cover carrier.Coverage, dry bool) (CoverageSaved, error) {
	change := func(tx Tx, m *market) (CoverageSaved, error) {
		g, err := m.known(carrierID)
		if err != nil {
			return CoverageSaved{}, err
		}
		out := CoverageSaved{CoverageChange: carrier.Compare(g.Coverage, cover), Applied: !dry}
		if dry {
			out.Drafts, err = tx.Drafts(carrierID)
			return out, err
		}
		err = tx.SaveCoverage(carrierID, cover)
		if err != nil {
			return CoverageSaved{}, err
		}
		err = s.audit(tx, c.house(), "coverage_set", "carrier/"+target(carrierID), map[string]any{"added": out.AddedCount, "removed": out.RemovedCount, "kept": out.Kept})
		if err != nil {
			return CoverageSaved{}, err
		}
		out.Drafts, err = lookAgain(tx, carrierID, "the coverage of "+g.Name+" was changed")
		return out, err
	}
	if dry {
		return deskRead(ctx, s, c, change)
	}
	return deskWrite(ctx, s, c, change)
}
