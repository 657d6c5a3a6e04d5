package api

import (
	"bytes"
	"fmt"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/sheet"
)

// Deck is a price list of a gaining carrier.
type Deck struct {
	ID        *int64        `json:"id" doc:"null for a dry run"`
	CarrierID int64         `json:"carrier_id"`
	AccountID *int64        `json:"account_id" doc:"null: for every account without a deck of its own"`
	Name      *string       `json:"name"`
	Currency  string        `json:"currency"`
	From      maybe         `json:"from" doc:"It holds from this instant on; null: always"`
	Until     maybe         `json:"until" doc:"It holds before this instant; null: until a newer one"`
	Rates     int           `json:"rates" doc:"How many"`
	Fees      pricing.Fees  `json:"fees"`
	Discount  pricing.Money `json:"discount" doc:"Percent"`
	Taxes     []pricing.Tax `json:"taxes"`
}

func deckOf(d pricing.Deck) Deck {
	return Deck{
		ID: maybeID(d.ID), CarrierID: d.CarrierID, AccountID: maybeID(d.AccountID), Name: maybeText(d.Name), Currency: d.Currency, From: maybe(d.From), Until: maybe(d.Until),
		Rates: len(d.Rates), Fees: d.Fees, Discount: d.Discount, Taxes: list(d.Taxes),
	}
}

// decksBody lists decks.
type decksBody struct {
	Rows []Deck `json:"rows"`
}

var deckQuery = []param{{name: "carrier_id", doc: "Decks of this carrier", kind: "integer"}}

func doDecks(c *call, _ none) ([]pricing.Deck, error) {
	id, err := c.id("carrier_id")
	if err != nil {
		return nil, err
	}
	all, err := c.api.Service.Decks(c.r.Context(), c.Call)
	var out []pricing.Deck
	for _, d := range all {
		if id == 0 || d.CarrierID == id {
			out = append(out, d)
		}
	}
	return out, err
}

func showDecks(_ *call, all []pricing.Deck) decksBody {
	b := decksBody{Rows: make([]Deck, len(all))}
	for i, d := range all {
		b.Rows[i] = deckOf(d)
	}
	return b
}

func doDeck(c *call, _ none) (pricing.Deck, error) {
	return c.api.Service.Deck(c.r.Context(), c.Call, c.ids["deck_id"])
}

func showDeck(_ *call, d pricing.Deck) Deck { return deckOf(d) }

func showRates(_ *call, d pricing.Deck) content {
	var out bytes.Buffer
	err := pricing.WriteDeck(&out, d)
	if err != nil {
		panic(fmt.Sprintf("api: a deck cannot be written: %v", err))
	}
	return content{mediaType: csvType, name: fmt.Sprintf(`attachment; filename="deck-%d.csv"`, d.ID), data: out.Bytes()}
}

var newDeckQuery = []param{
	{name: "carrier_id", doc: "Whose prices they are", kind: "integer"},
	{name: "account_id", doc: "For this account only", kind: "integer"},
	{name: "name", doc: "What it is", kind: "string"},
	{name: "currency", doc: "That of the other decks", kind: "string"},
	{name: "from", doc: "It holds from this instant on; without it, from now on", kind: "string"},
	{name: "until", doc: "It holds before this instant", kind: "string"},
	dryRun,
}

func doAddDeck(c *call, in sheetIn[pricing.Deck]) (noted[porting.DeckSaved], error) {
	var none noted[porting.DeckSaved]
	q, d := c.r.URL.Query(), in.v
	dry, err := c.flag("dry_run")
	if err != nil {
		return none, err
	}
	d.CarrierID, err = c.id("carrier_id")
	if err != nil {
		return none, err
	}
	d.AccountID, err = c.id("account_id")
	if err != nil {
		return none, err
	}
	d.Name, d.Currency = q.Get("name"), q.Get("currency")
	for name, into := range map[string]*time.Time{"from": &d.From, "until": &d.Until} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		*into, err = time.Parse(time.RFC3339, text)
		if err != nil {
			return none, fault.OneField(name, fault.CodeInvalidValue, "", "%s takes an instant like 2027-01-01T00:00:00Z", name)
		}
	}
	out, err := c.api.Service.AddDeck(c.r.Context(), c.Call, d, dry)
	return noted[porting.DeckSaved]{out, in.notes}, err
}

// deckSavedBody is a new deck, and what it changes.
type deckSavedBody struct {
	Applied  bool               `json:"applied" doc:"false of a dry run"`
	Deck     Deck               `json:"deck"`
	Replaces *int64             `json:"replaces" doc:"The deck that holds before it"`
	Change   pricing.DeckChange `json:"change" doc:"The first of the rates that come, go and change, and how many there are"`
	Warnings []warningBody      `json:"warnings"`
	Notes    []sheet.Note       `json:"notes" doc:"What is odd about the file, and no mistake"`
}

func showDeckSaved(_ *call, n noted[porting.DeckSaved]) deckSavedBody {
	s := n.done
	return deckSavedBody{
		Applied: s.Applied, Deck: deckOf(s.Deck), Replaces: maybeID(s.Replaces), Change: s.First(changesShown), Warnings: warningsOf(s.Warnings), Notes: list(n.notes),
	}
}

func doEndDeck(c *call, _ none) (pricing.Deck, error) {
	return c.api.Service.EndDeck(c.r.Context(), c.Call, c.ids["deck_id"])
}
