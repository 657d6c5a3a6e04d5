package porting_test

import (
	"testing"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
)

// addDeck puts a deck in force.
func (h *house) addDeck(d pricing.Deck) porting.DeckSaved {
	h.t.Helper()
	out, err := h.service.AddDeck(h.ctx(), porting.Operator, d, false)
	h.must(err)
	return out
}

// rate is a rate of so much once and nothing a month.
func rate(fee string, more func(*pricing.Rate)) pricing.Rate {
	r := pricing.Rate{PortFee: pricing.MustParse(fee)}
	if more != nil {
		more(&r)
	}
	return r
}

// TestDecks: a deck holds from its time on for those whose it is; what was
// quoted before keeps its price.
func TestDecks(t *testing.T) {
	t.Parallel()
	h := open(t)
	before := h.draft(did1)
	same(t, "the first price", "5.0", h.state(before).Order.Quote.Total.String())
	dry, err := h.service.AddDeck(h.ctx(), porting.Operator, pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{rate("9", nil)}}, true)
	h.must(err)
	if dry.Applied || dry.ChangedCount != 1 || dry.Replaces != 1 || dry.Deck.ID != 0 {
		t.Errorf("a rehearsal: %+v", dry)
	}
	later := h.addDeck(pricing.Deck{CarrierID: 7, From: h.now.Now().Add(time.Hour), Rates: []pricing.Rate{rate("6", nil)}, Taxes: []pricing.Tax{{State: "NC", Percent: pricing.MustParse("10")}}})
	mine := h.addDeck(pricing.Deck{CarrierID: 7, AccountID: 10001, Discount: pricing.MustParse("20")})
	same(t, "what a discount replaces", int64(1), mine.Replaces)
	same(t, "its rates", 1, mine.Kept)
	h.now.pass(2 * time.Hour)
	same(t, "ann's price", "5.28", h.state(h.draft(did2)).Order.Quote.Total.String()) // 6 - 20 % + 10 %
	theirs := h.upload(bob, did3)
	same(t, "bob's price", "6.6", h.state(theirs[0]).Order.Quote.Total.String())
	basis := h.state(theirs[0]).Order.Quote.Basis
	if basis.Deck.ID != later.Deck.ID || len(basis.Lines) != 1 || basis.Lines[0].Count != 1 || basis.Taxes[0].Base.String() != "6.0" {
		t.Errorf("what bob's quote was computed from: %+v", basis)
	}
	h.confirm(ann, before, subscriber())
	same(t, "what was quoted before", "5.0", h.state(before).Order.Quote.Total.String())

	_, err = h.service.EndDeck(h.ctx(), porting.Operator, later.Deck.ID)
	h.must(err)
	same(t, "after its end", "4.0", h.state(h.draft(did1+20)).Order.Quote.Total.String())
	h.refused("a deck that has ended", fault.CodeState, func() error {
		_, err := h.service.EndDeck(h.ctx(), porting.Operator, later.Deck.ID)
		return err
	})
	h.refused("a deck without a rate", fault.CodeRequired, func() error {
		_, err := h.service.AddDeck(h.ctx(), porting.Operator, pricing.Deck{CarrierID: 7}, false)
		return err
	})
}

// TestAPriceThatIsGone: a quote that ran out is not renewed at nothing when the
// carrier has no price for the numbers any more.
func TestAPriceThatIsGone(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(did1)
	h.addDeck(pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{rate("6", func(r *pricing.Rate) { r.State = "NY" })}})
	h.now.pass(h.service.Limits.Quote)
	h.refused("a confirmation without a price", fault.CodeCarrierCannot, func() error {
		_, err := h.service.Confirm(h.ctx(), ann, id, body(subscriber()))
		return err
	})
}

// TestNoNumberIsFree: numbers that are priced anew, since others were split off
// or removed, are not confirmed at nothing when the carrier has no price for
// them any more.
func TestNoNumberIsFree(t *testing.T) {
	t.Parallel()
	h := open(t)
	split, removed := h.draft(did1, did2), h.draft(did3, did1+20)
	h.addDeck(pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{rate("6", func(r *pricing.Rate) { r.State = "NY" })}})
	halves, err := h.service.Split(h.ctx(), ann, split, []nanp.Number{did2})
	h.must(err)
	without := subscriber()
	without["tns"] = []fields{{"did": did3.String(), "remove": true}}
	for id, f := range map[int64]fields{halves.Kept.ID: subscriber(), halves.Made.ID: subscriber(), removed: without} {
		h.refused("a confirmation without a price", fault.CodeCarrierCannot, func() error {
			_, err := h.service.Confirm(h.ctx(), ann, id, body(f))
			return err
		})
	}
}

// TestPortTypesPrice: a rate may be for a type of port. Numbers that were parted
// from others keep the price of theirs where they have none of their own.
func TestPortTypesPrice(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.addDeck(pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{
		rate("11", func(r *pricing.Rate) { r.PortType = lnp.NonSimple }),
		rate("3", func(r *pricing.Rate) { r.PortType, r.State = lnp.Simple, "NY" }),
	}})
	id := h.draft(did1, did2)
	o := h.state(id).Order
	same(t, "two numbers", "22.0", o.Quote.Total.String())
	same(t, "their port type", lnp.NonSimple, o.Quote.Basis.PortType)
	halves, err := h.service.Split(h.ctx(), ann, id, []nanp.Number{did2})
	h.must(err)
	for _, half := range []*porting.View{halves.Kept, halves.Made} {
		same(t, "a half", "11.0", half.Quote.Total.String())
		same(t, "its fee", "11.0", half.Numbers[0].PortFee.String())
	}
	h.turn(7, true) // and nothing is changed
	h.must(h.service.Replan(h.ctx(), halves.Made.ID))
	o = h.state(halves.Made.ID).Order
	same(t, "its carrier", int64(7), o.Carrier.ID)
	same(t, "its price", "11.0", o.Quote.Total.String())
}

// TestCancellationAfterTheFOC: it is charged as the quote said, once, and no
// earlier one is.
func TestCancellationAfterTheFOC(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.addDeck(pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{rate("5", nil)}, Fees: pricing.Fees{CancelAfterFOC: pricing.MustParse("25")}})
	early, late, crossed := h.at(order.Pending, did1), h.at(order.FOC, did2), h.at(order.Pending, did3)
	for _, id := range []int64{early, late, crossed} {
		h.cancel(id)
		h.send(id)
	}
	h.now.pass(time.Minute)
	h.says(crossed, order.CarrierEvent{On: order.FOCSet})
	for _, id := range []int64{early, late, crossed} {
		h.says(id, order.CarrierEvent{On: order.CancelDone})
		h.is(id, order.Canceled)
	}
	for id, want := range map[int64]int{early: 0, late: 1, crossed: 0} {
		if got := h.state(id).Order.Quote.Charges; len(got) != want || want > 0 && (got[0].What != "cancel_after_foc" || got[0].Amount.String() != "25.0") {
			t.Errorf("order %d is charged %+v", id, got)
		}
	}
	same(t, "the total", "5.0", h.state(late).Order.Quote.Total.String())
}
