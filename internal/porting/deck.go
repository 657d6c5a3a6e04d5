package porting

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/pricing"
)

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
		err = errors.Join(tx.SaveDeck(d), planDrafts(tx, noCarrier, "there is a new deck"))
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
