package pricing

import (
	"cmp"
	"slices"
	"time"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
)

// Fee is what one number costs.
type Fee struct {
	PortFee Money
	MRC     Money
}

// Quote is the price of an order, with what it was computed from.
type Quote struct {
	ID           string    `json:"quote_id"`
	Subtotal     Money     `json:"subtotal"` // the port fees, and the order's own
	Taxes        Money     `json:"taxes"`
	Discount     Money     `json:"discount"`
	Total        Money     `json:"total"`         // to pay once: subtotal - discount + taxes
	MonthlyTotal Money     `json:"monthly_total"` // to pay a month
	Currency     string    `json:"currency"`
	Expires      time.Time `json:"quote_expires"`
	DeckID       int64     `json:"deck_id,omitempty"`
	Basis        Basis     `json:"basis,omitzero"`
	Charges      []Charge  `json:"charges,omitempty"` // what came to be paid later; no part of Total
}

// Charge is something that an order came to cost after its quote.
type Charge struct {
	What   string    `json:"what"` // the fee of the deck, as "cancel_after_foc"
	Amount Money     `json:"amount"`
	At     time.Time `json:"at"`
}

// Basis is what a quote was computed from: enough to compute it again by hand.
// The amounts of the lines and the order's fee make up the subtotal; those of
// the taxes do so too.
type Basis struct {
	Deck     DeckRef      `json:"deck,omitzero"`
	PortType lnp.PortType `json:"port_type,omitempty"`
	Lines    []Line       `json:"lines"`
	OrderFee Money        `json:"order_fee"` // of an order of toll-free numbers, once
	Discount Money        `json:"discount"`  // percent
	Taxes    []TaxLine    `json:"taxes"`
	Later    Later        `json:"later,omitzero"`
	Rounding string       `json:"rounding"`
}

// Priced returns how many numbers there was a rate for.
func (b *Basis) Priced() int {
	n := 0
	for _, l := range b.Lines {
		n += l.Count
	}
	return n
}

// DeckRef names the deck of a quote.
type DeckRef struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name,omitempty"`
	AccountID int64     `json:"account_id,omitempty"` // 0: the deck of every account
	From      time.Time `json:"from,omitzero"`
}

// Line is the numbers of a quote that one rate holds for. Numbers without a
// rate are in no line.
type Line struct {
	Rate
	Count  int   `json:"count"`
	Amount Money `json:"amount"` // Count port fees
}

// TaxLine is what is taxed in a state or province: the port fees of its
// numbers; under "" those of numbers without a state, and the order's fee.
type TaxLine struct {
	State    string `json:"state"`
	Amount   Money  `json:"amount"`
	Discount Money  `json:"discount"` // of Amount
	Base     Money  `json:"base"`     // Amount - Discount
	Percent  Money  `json:"percent"`
	Tax      Money  `json:"tax"` // Percent of Base
}

// Later are the deck's fees that are no part of a quote: each is to be paid
// when it comes to it.
type Later struct {
	Expedite       Money `json:"expedite"`
	Supplement     Money `json:"supplement"`
	CancelAfterFOC Money `json:"cancel_after_foc"`
}

// rounding says how a quote is rounded. All else is exact.
const rounding = "discount and tax half away from zero to cents, each once a state"

// Request is what a quote is computed from.
type Request struct {
	Prices    Prices
	CarrierID int64 // one without a deck prices nothing, nor does 0: an order without a carrier
	PortType  lnp.PortType
	Facts     []numbering.Facts
	Expires   time.Time
}

// Compute returns the quote of an order, without an id, and the fee of each
// number, in the order given. The quote does not depend on that order.
func Compute(r Request) (Quote, []Fee) {
	s := r.Prices.tariffs[r.CarrierID]
	if s == nil {
		s = &tariff{}
	}
	q := Quote{
		Currency: cmp.Or(s.Currency, "USD"), Expires: r.Expires, DeckID: s.ID,
		Basis: Basis{
			Deck: DeckRef{s.ID, s.Name, s.AccountID, s.From}, PortType: r.PortType, Lines: []Line{}, Discount: s.Discount, Taxes: []TaxLine{},
			Later: Later{s.Fees.Expedite, s.Fees.Supplement, s.Fees.CancelAfterFOC}, Rounding: rounding,
		},
	}
	kinds, fees := s.sort(r)
	b := &q.Basis
	for _, k := range kinds {
		if k.rate >= 0 {
			b.add(s.Rates[k.rate], k.facts.State, k.count)
		}
	}
	if slices.ContainsFunc(kinds, func(k kind) bool { return k.facts.Type == lnp.TollFree }) && !s.Fees.TollFree.IsZero() {
		b.OrderFee = s.Fees.TollFree
		b.tax("").Amount = b.tax("").Amount.Add(b.OrderFee)
	}
	slices.SortFunc(b.Lines, func(x, y Line) int { return x.compare(y.Rate) })
	slices.SortFunc(b.Taxes, func(x, y TaxLine) int { return cmp.Compare(x.State, y.State) })
	for _, l := range b.Lines {
		q.Subtotal = q.Subtotal.Add(l.Amount)
		q.MonthlyTotal = q.MonthlyTotal.Add(l.MRC.Times(l.Count))
	}
	q.Subtotal = q.Subtotal.Add(b.OrderFee)
	for i := range b.Taxes {
		t := &b.Taxes[i]
		t.Discount = t.Amount.Percent(s.Discount)
		t.Base = t.Amount.Sub(t.Discount)
		t.Percent = s.tax(t.State)
		t.Tax = t.Base.Percent(t.Percent)
		q.Discount = q.Discount.Add(t.Discount)
		q.Taxes = q.Taxes.Add(t.Tax)
	}
	q.Total = q.Subtotal.Sub(q.Discount).Add(q.Taxes)
	return q, fees
}

// kind is numbers that are alike in all that a rate can ask for.
type kind struct {
	facts *numbering.Facts // of the first one
	rate  int              // its place in the deck; -1: none
	count int
	next  int // of the same state, -1: none
}

// sort counts the numbers of each kind, and returns each number's fee.
func (s *tariff) sort(r Request) ([]kind, []Fee) {
	var kinds []kind
	fees := make([]Fee, len(r.Facts))
	states := map[string]int{}
	for i := range r.Facts {
		f := &r.Facts[i]
		first, known := states[f.State]
		if !known {
			first = -1
		}
		at := first
		for at >= 0 && !alike(kinds[at].facts, f) {
			at = kinds[at].next
		}
		if at < 0 {
			at = len(kinds)
			kinds = append(kinds, kind{facts: f, rate: s.find(f, r.PortType), next: first})
			states[f.State] = at
		}
		k := &kinds[at]
		k.count++
		if k.rate >= 0 {
			fees[i] = Fee{s.Rates[k.rate].PortFee, s.Rates[k.rate].MRC}
		}
	}
	return kinds, fees
}

// alike reports whether no rate can tell two numbers of a state apart.
func alike(f, g *numbering.Facts) bool {
	return f.Type == g.Type && f.Country == g.Country &&
		f.Losing.Sure() == g.Losing.Sure() && (!f.Losing.Sure() || f.Losing.ID == g.Losing.ID)
}

// add adds numbers of a state that a rate holds for.
func (b *Basis) add(r Rate, state string, count int) {
	i := slices.IndexFunc(b.Lines, func(l Line) bool { return l.compare(r) == 0 })
	if i < 0 {
		i = len(b.Lines)
		b.Lines = append(b.Lines, Line{Rate: r})
	}
	l, amount := &b.Lines[i], r.PortFee.Times(count)
	l.Count += count
	l.Amount = l.Amount.Add(amount)
	t := b.tax(state)
	t.Amount = t.Amount.Add(amount)
}

// tax returns the line of a state. It is good until the next one is added.
func (b *Basis) tax(state string) *TaxLine {
	i := slices.IndexFunc(b.Taxes, func(t TaxLine) bool { return t.State == state })
	if i < 0 {
		i = len(b.Taxes)
		b.Taxes = append(b.Taxes, TaxLine{State: state})
	}
	return &b.Taxes[i]
}

// compare orders rates by the numbers that they are for.
func (r Rate) compare(o Rate) int {
	return cmp.Or(
		cmp.Compare(r.NumberType, o.NumberType), cmp.Compare(r.PortType, o.PortType), cmp.Compare(r.Country, o.Country),
		cmp.Compare(r.State, o.State), cmp.Compare(r.LosingID, o.LosingID),
	)
}
