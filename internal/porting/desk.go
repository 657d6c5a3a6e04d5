package porting

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/audit"
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pricing"
)

// The use cases of the porting desk, and of the operator, on what belongs to no
// account: gaining carriers, their coverage and decks, losing carriers.

// Operator is the call of somebody who acts on the machine itself.
var Operator = Call{}

// house is who acts on what belongs to no account.
func (c Call) house() act {
	by := "operator"
	if c.Principal.Username != "" {
		by = string(order.Desk) + ":" + c.Principal.Username
	}
	return act{accountID: audit.House, by: by, requestID: c.RequestID}
}

// deskRead runs fn on the market, for the desk.
func deskRead[T any](ctx context.Context, s *Service, c Call, fn func(tx Tx, m *market) (T, error)) (T, error) {
	var out T
	err := c.needDesk()
	if err != nil {
		return out, err
	}
	err = s.Store.View(ctx, func(tx Tx) error {
		m, err := s.openMarket(tx)
		if err != nil {
			return err
		}
		out, err = fn(tx, m)
		return err
	})
	return out, err
}

// deskWrite runs fn on the market, for the desk; nobody else changes it
// meanwhile. The market that fn gets is the one before.
func deskWrite[T any](ctx context.Context, s *Service, c Call, fn func(tx Tx, m *market) (T, error)) (T, error) {
	return do(ctx, s, c, func(tx Tx) (T, error) {
		var none T
		err := c.needDesk()
		if err != nil {
			return none, err
		}
		err = tx.TouchMarket()
		if err != nil {
			return none, err
		}
		m, err := readMarket(tx)
		if err != nil {
			return none, err
		}
		return fn(tx, m)
	})
}

func (c Call) needDesk() error {
	if c.Principal.Username == "" {
		return nil
	}
	return c.needScope(account.Desk)
}

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
// planned again, and returns how many they are.
func lookAgain(tx Tx, carrierID int64, why string) (int, error) {
	n, err := tx.Drafts(carrierID)
	if err != nil || n == 0 {
		return n, err
	}
	return n, tx.SetDrafts(carrierID, order.Due{Kind: order.DueReplan, At: tx.Now(), Reason: why})
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

// Decks lists all decks, the past ones too.
func (s *Service) Decks(ctx context.Context, c Call) ([]pricing.Deck, error) {
	return deskRead(ctx, s, c, func(_ Tx, m *market) ([]pricing.Deck, error) { return m.decks, nil })
}

// Deck returns a deck. Returns NotFound for an unknown id.
func (s *Service) Deck(ctx context.Context, c Call, id int64) (pricing.Deck, error) {
	return deskRead(ctx, s, c, func(_ Tx, m *market) (pricing.Deck, error) { return m.deck(id) })
}

func (m *market) deck(id int64) (pricing.Deck, error) {
	for _, d := range m.decks {
		if d.ID == id {
			return d, nil
		}
	}
	return pricing.Deck{}, fault.New(fault.NotFound, fault.CodeNotFound, "there is no deck %d", id)
}

// DeckSaved is a deck that was stored, and what it changes beside the one that
// held before.
type DeckSaved struct {
	Deck     pricing.Deck
	Replaces int64 // the deck that would hold without it; 0: none
	pricing.DeckChange
	Warnings []Warning
	Applied  bool
}

// AddDeck stores a new deck, which holds from its From on, and from now on when
// that is past. dry only says what it would change. A deck of an account that
// has no rates takes them from the general deck of the carrier: it is a
// discount.
func (s *Service) AddDeck(ctx context.Context, c Call, d pricing.Deck, dry bool) (DeckSaved, error) {
	change := func(tx Tx, m *market) (DeckSaved, error) {
		if d.From.Before(tx.Now()) {
			d.From = tx.Now()
		}
		g, err := s.checkDeck(tx, m, &d)
		if err != nil {
			return DeckSaved{}, err
		}
		out := DeckSaved{Warnings: s.strangers(m, d), Applied: !dry}
		before, _ := m.prices(d.AccountID, d.From).Deck(d.CarrierID)
		general, _ := m.prices(0, d.From).Deck(d.CarrierID)
		out.Replaces, out.DeckChange = before.ID, pricing.Compare(before, d.Over(general))
		out.Deck = d
		if dry {
			return out, nil
		}
		for _, other := range m.decks {
			d.ID = max(d.ID, other.ID)
		}
		d.ID++
		out.Deck = d
		err = tx.SaveDeck(d)
		if err != nil {
			return DeckSaved{}, err
		}
		return out, s.audit(tx, c.house(), "deck_made", "deck/"+target(d.ID), map[string]any{
			"carrier": g.ID, "account": d.AccountID, "from": d.From, "rates": len(d.Rates), "discount": d.Discount, "replaces": before.ID,
		})
	}
	if dry {
		return deskRead(ctx, s, c, change)
	}
	return deskWrite(ctx, s, c, change)
}

// defaultCurrency is that of a house that has no deck yet.
const defaultCurrency = "USD"

func (s *Service) checkDeck(tx Tx, m *market, d *pricing.Deck) (*carrier.Gaining, error) {
	var faults []fault.Field
	wrong := func(field string, code fault.Code, format string, args ...any) {
		faults = append(faults, fault.Field{Field: field, Code: code, Message: fmt.Sprintf(format, args...)})
	}
	g := m.carrier(d.CarrierID)
	if g == nil {
		wrong("carrier_id", fault.CodeCarrierUnknown, "there is no carrier %d", d.CarrierID)
	}
	if d.AccountID != 0 {
		_, err := tx.Account(d.AccountID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if err != nil {
			wrong("account_id", fault.CodeInvalidValue, "there is no account %d", d.AccountID)
		}
	}
	currency := defaultCurrency
	if len(m.decks) > 0 {
		currency = m.decks[0].Currency
	}
	d.Currency = cmp.Or(d.Currency, currency)
	if d.Currency != currency {
		wrong("currency", fault.CodeInvalidValue, "the other decks are in %s: costs can be compared in one currency only", currency)
	}
	if !d.Until.IsZero() && !d.Until.After(d.From) {
		wrong("until", fault.CodeInvalidValue, "until is not after from")
	}
	if len(d.Name) > nameMax {
		wrong("name", fault.CodeTooLong, "name takes %d characters", nameMax)
	}
	if len(d.Rates) == 0 && (d.AccountID == 0 || d.Discount.IsZero()) {
		wrong("rates", fault.CodeRequired, "the deck has no rate: only a discount of an account can be without")
	}
	return g, fault.Fields(faults)
}

// nameMax is the length of a name that the desk gives, in bytes.
const nameMax = 100

// strangers warns of rates for losing carriers that nobody knows: they would
// never hold.
func (s *Service) strangers(m *market, d pricing.Deck) []Warning {
	known := map[string]bool{}
	for _, f := range m.families {
		known[f.ID] = true
	}
	if s.Registry != nil {
		for l := range s.Registry.Operators() {
			known[l.ID] = true
		}
	}
	var out []Warning
	for _, r := range d.Rates {
		_, _, respOrg := s.respOrg(r.LosingID)
		if r.LosingID == "" || known[r.LosingID] || respOrg {
			continue
		}
		known[r.LosingID] = true // told once
		out = append(out, Warning{Field: "losing_carrier", Code: fault.CodeInvalidValue, Message: fmt.Sprintf("no losing carrier %s is known", r.LosingID)})
	}
	return out
}

// EndDeck ends a deck now, or before it begins. What was priced by it stays.
func (s *Service) EndDeck(ctx context.Context, c Call, id int64) (pricing.Deck, error) {
	return deskWrite(ctx, s, c, func(tx Tx, m *market) (pricing.Deck, error) {
		d, err := m.deck(id)
		if err != nil {
			return d, err
		}
		end := tx.Now()
		if d.From.After(end) {
			end = d.From
		}
		if !d.Until.IsZero() && !d.Until.After(end) {
			return d, &fault.Error{Kind: fault.Conflict, Code: fault.CodeState, Message: fmt.Sprintf("deck %d has ended already", id), Hint: "nothing; a deck that has ended stays as it was"}
		}
		d.Until = end
		err = tx.SaveDeck(d)
		if err != nil {
			return d, err
		}
		err = s.audit(tx, c.house(), "deck_ended", "deck/"+target(id), map[string]any{"until": end})
		if err != nil {
			return d, err
		}
		_, err = lookAgain(tx, d.CarrierID, "a deck has ended")
		return d, err
	})
}

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
