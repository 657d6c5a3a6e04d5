package pricing

import (
	"slices"
	"time"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
)

// Deck is a price list of a gaining carrier, for every customer or for one,
// from an instant on. It is never changed: a newer one takes its place.
type Deck struct {
	ID        int64     `json:"id"`
	CarrierID int64     `json:"carrier_id"`
	AccountID int64     `json:"account_id,omitempty"` // 0: every account without a deck of its own
	Name      string    `json:"name,omitempty"`
	Currency  string    `json:"currency"`
	From      time.Time `json:"from,omitzero"`  // it holds from this instant on; zero: always
	Until     time.Time `json:"until,omitzero"` // it holds before this instant; zero: until a newer one
	Rates     []Rate    `json:"rates"`
	Fees      Fees      `json:"fees,omitzero"`
	Discount  Money     `json:"discount"` // percent of the subtotal
	Taxes     []Tax     `json:"taxes,omitempty"`
}

// Rate is what the port of a number costs once, and the number a month. Empty
// fields match every number; of the rates that match, the one holds that says
// most: the losing carrier before the port type before the state before the
// country before the type of number.
type Rate struct {
	NumberType lnp.NumberType `json:"number_type,omitempty"`
	PortType   lnp.PortType   `json:"port_type,omitempty"`
	Country    lnp.Country    `json:"country,omitempty"`
	State      string         `json:"state,omitempty"`
	LosingID   string         `json:"losing_carrier,omitempty"` // where it is verified or declared
	PortFee    Money          `json:"port_fee"`
	MRC        Money          `json:"mrc"` // monthly recurring charge
}

// Fees are what an order costs beside its numbers, each time.
type Fees struct {
	TollFree       Money `json:"toll_free"`        // a toll-free order, once; part of the quote
	Expedite       Money `json:"expedite"`         // a date earlier than the interval
	Supplement     Money `json:"supplement"`       // a change of what was submitted
	CancelAfterFOC Money `json:"cancel_after_foc"` // a cancellation once the date is firm
}

// Tax is a tax on port fees in a state or province, "" for all others.
type Tax struct {
	State   string `json:"state,omitempty"`
	Percent Money  `json:"percent"`
}

// matches reports whether the rate is for the number, and how much it says.
func (r Rate) matches(f numbering.Facts) (weight int, ok bool) {
	for _, c := range []struct {
		want, have string
		weight     int
	}{
		{string(r.NumberType), string(f.Type), 1}, {string(r.Country), string(f.Country), 2},
		{r.State, f.State, 4}, {r.LosingID, f.Losing.ID, 8},
	} {
		if c.want == "" {
			continue
		}
		if c.want != c.have {
			return 0, false
		}
		weight += c.weight
	}
	return weight, true
}

// Rate finds the rate of a number; ok is false when the deck has none.
func (d Deck) Rate(f numbering.Facts) (best Rate, ok bool) {
	most := -1
	for _, r := range d.Rates {
		w, matches := r.matches(f)
		if matches && w > most {
			best, most, ok = r, w, true
		}
	}
	return best, ok
}

func (d Deck) tax(state string) Money {
	for _, want := range []string{state, ""} {
		i := slices.IndexFunc(d.Taxes, func(t Tax) bool { return t.State == want })
		if i >= 0 {
			return d.Taxes[i].Percent
		}
	}
	return Money{}
}

// ByCarrier chooses for every carrier the deck that holds for an account at an
// instant: the account's own before the general one, then the latest.
func ByCarrier(decks []Deck, account int64, at time.Time) map[int64]Deck {
	out := map[int64]Deck{}
	for _, d := range decks {
		if d.From.After(at) || d.AccountID != 0 && d.AccountID != account {
			continue
		}
		have, ok := out[d.CarrierID]
		better := !ok || d.AccountID != 0 && have.AccountID == 0 ||
			(d.AccountID == have.AccountID && (d.From.After(have.From) || d.From.Equal(have.From) && d.ID > have.ID))
		if better {
			out[d.CarrierID] = d
		}
	}
	return out
}

// Fee is what one number costs.
type Fee struct {
	PortFee Money
	MRC     Money
}

// Quote is the price of an order, with what it was computed from.
type Quote struct {
	ID           string    `json:"quote_id"`
	Subtotal     Money     `json:"subtotal"` // the port fees
	Taxes        Money     `json:"taxes"`
	Discount     Money     `json:"discount"`
	Total        Money     `json:"total"`         // to pay once: subtotal - discount + taxes
	MonthlyTotal Money     `json:"monthly_total"` // to pay a month
	Currency     string    `json:"currency"`
	Expires      time.Time `json:"quote_expires"`
	DeckID       int64     `json:"deck_id,omitempty"`
}

// Request is what a quote is computed from.
type Request struct {
	Deck    Deck // the zero Deck prices nothing: an order without a carrier
	Facts   []numbering.Facts
	Expires time.Time
}

// Compute returns the quote of an order, without an id, and the fee of each
// number, in the order given. Taxes and the discount are computed on the port fees of each
// state, and rounded half away from zero to cents once a state.
func Compute(r Request) (Quote, []Fee) {
	q := Quote{Currency: r.Deck.Currency, Expires: r.Expires, DeckID: r.Deck.ID}
	if q.Currency == "" {
		q.Currency = "USD"
	}
	fees := make([]Fee, len(r.Facts))
	known := map[numbering.Facts]Fee{}
	byState := map[string]Money{}
	for i, f := range r.Facts {
		class := numbering.Facts{Type: f.Type, Country: f.Country, State: f.State, Losing: numbering.Losing{ID: f.Losing.ID}}
		fee, ok := known[class]
		if !ok {
			rate, _ := r.Deck.Rate(f)
			fee = Fee{PortFee: rate.PortFee, MRC: rate.MRC}
			known[class] = fee
		}
		fees[i] = fee
		byState[f.State] = byState[f.State].Add(fee.PortFee)
		q.MonthlyTotal = q.MonthlyTotal.Add(fee.MRC)
	}
	for state, sum := range byState {
		discount := sum.Percent(r.Deck.Discount)
		q.Subtotal = q.Subtotal.Add(sum)
		q.Discount = q.Discount.Add(discount)
		q.Taxes = q.Taxes.Add(sum.Sub(discount).Percent(r.Deck.tax(state)))
	}
	q.Total = q.Subtotal.Sub(q.Discount).Add(q.Taxes)
	return q, fees
}
