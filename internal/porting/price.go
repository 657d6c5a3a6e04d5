package porting

import (
	"encoding/base32"
	"fmt"

	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pricing"
)

// price gives an order a new quote for its numbers and their fees, and reports
// whether its carrier has a price for all of them. Numbers that were parted from
// others may be of another port type now: where that has no price, theirs
// holds.
func (s *Service) price(tx Tx, o *order.Order, numbers []order.Number, prices pricing.Prices) (whole bool) {
	facts := make([]numbering.Facts, 0, len(numbers))
	at := make([]int, 0, len(numbers))
	for i, n := range numbers {
		if n.Status != order.NumberRemoved {
			facts, at = append(facts, n.Facts), append(at, i)
		}
	}
	pt, _ := portType(o, numbers)
	in := pricing.Request{Prices: prices, CarrierID: o.Carrier.ID, PortType: pt, Facts: facts, Expires: tx.Now().Add(s.Limits.Quote)}
	q, fees := pricing.Compute(in)
	if before := o.Quote.Basis.PortType; q.Basis.Priced() < len(facts) && before != "" && before != pt {
		in.PortType = before
		q, fees = pricing.Compute(in)
	}
	q.ID = s.quoteID(o, q)
	for i, fee := range fees {
		numbers[at[i]].PortFee, numbers[at[i]].MRC = fee.PortFee, fee.MRC
	}
	q.Charges = o.Quote.Charges
	o.Quote = q
	return o.Carrier.ID == 0 || q.Basis.Priced() == len(facts)
}

// quoteID names what an order costs. The same price of the same order has the
// same name, so that a customer can agree to a quote that a refusal told of.
func (s *Service) quoteID(o *order.Order, q pricing.Quote) string {
	price := fmt.Sprint(q.Subtotal, q.Taxes, q.Discount, q.Total, q.MonthlyTotal, q.Currency)
	sum := s.Ring.MAC("quote", o.UID[:], []byte(price))
	return "q_" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16])
}
