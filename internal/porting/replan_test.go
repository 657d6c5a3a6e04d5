package porting_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
)

// TestDraftsLeaveACarrier: when a carrier is switched off, an order that is not
// confirmed goes to another one, at its price, and can be confirmed then.
func TestDraftsLeaveACarrier(t *testing.T) {
	t.Parallel()
	h := open(t)
	id, other := h.draft(californian), h.draft(did1)
	submitted := h.confirmed(californian + 1)
	before := h.state(id).Order
	same(t, "the carrier", int64(8), before.Carrier.ID)
	h.turn(8, false)
	h.refused("a confirmation before it has moved", fault.CodeCarrierOff, func() error {
		_, err := h.service.Confirm(h.ctx(), ann, id, body(subscriber()))
		return err
	})
	h.must(h.service.Replan(h.ctx(), id))
	o := h.state(id).Order
	same(t, "the carrier", int64(7), o.Carrier.ID)
	same(t, "the total", "5.0", o.Quote.Total.String())
	if o.Version != before.Version+1 || !strings.Contains(o.Reason.Carrier, "Blue Ridge") || o.Quote.ID == before.Quote.ID {
		t.Errorf("the moved order: %+v", o)
	}
	entries := h.state(id).Entries
	last := entries[len(entries)-1]
	same(t, "its last event", order.EntryUpdated, last.Type)
	same(t, "what it tells", "Pacific Direct was changed", fmt.Sprint(last.Data["reason"]))
	h.confirm(ann, id, subscriber())

	calm := h.everything()
	for _, still := range []int64{id, other, submitted, 999} {
		h.must(h.service.Replan(h.ctx(), still))
	}
	same(t, "what is left alone", calm, h.everything())
	same(t, "the carrier of what was submitted", int64(8), h.state(submitted).Order.Carrier.ID)
}

// TestDraftsArePartedOverCarriers: where no single carrier takes all numbers,
// each part becomes an order of its own, and no number is lost or doubled.
func TestDraftsArePartedOverCarriers(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.turn(8, false)
	id := h.draft(did1, did2, californian)
	h.turn(8, true)
	out, err := h.service.SetCoverage(h.ctx(), porting.Operator, 7, carrier.Cover(carrier.Area{Type: lnp.Local, State: "NC"}), false)
	h.must(err)
	if !out.Applied || out.Drafts != 1 || out.AddedCount != 1 || out.RemovedCount != 1 {
		t.Errorf("the change: %+v", out)
	}
	h.must(h.service.Replan(h.ctx(), id))
	kept := h.state(id)
	same(t, "what the order keeps", []nanp.Number{did1, did2}, numbersOf(kept.Numbers))
	same(t, "its carrier", int64(7), kept.Order.Carrier.ID)
	second := h.state(id + 1)
	same(t, "the other part", []nanp.Number{californian}, numbersOf(second.Numbers))
	same(t, "its carrier", int64(8), second.Order.Carrier.ID)
	same(t, "its price", "4.0", second.Order.Quote.Total.String())
	h.confirm(ann, id, subscriber())
	h.confirm(ann, id+1, subscriber())
}

// TestALongDraftIsPartedByAndBy: no transaction parts an order of thousands as
// a whole, and none of its numbers is lost or doubled.
func TestALongDraftIsPartedByAndBy(t *testing.T) {
	t.Parallel()
	h := open(t)
	numbers := make([]nanp.Number, 5000)
	for i := range numbers {
		numbers[i] = did1 + nanp.Number(i)
	}
	id := h.draft(numbers...)
	_, err := h.service.ChangeCarrier(h.ctx(), porting.Operator, 7, func(g *carrier.Gaining) error {
		g.Limits.NumbersPerOrder = 900
		return nil
	})
	h.must(err)
	h.must(h.service.Replan(h.ctx(), id))
	same(t, "it is to go on", h.now.Now(), h.due(id, order.DueReplan).At)
	h.must(h.service.Replan(h.ctx(), id))
	same(t, "it is done", order.Due{}, h.due(id, order.DueReplan))
	var got []nanp.Number
	for i := range int64(6) {
		part := h.state(id + i)
		got = append(got, numbersOf(part.Numbers)...)
		if n := len(part.Numbers); n > 900 || n != part.Order.NumberCount || part.Order.Carrier.ID != 7 {
			t.Errorf("part %d: %d numbers, said to be %d, with carrier %d", i, n, part.Order.NumberCount, part.Order.Carrier.ID)
		}
	}
	slices.Sort(got)
	same(t, "the numbers", numbers, got)
}

// TestNobodyTakesADraft: an order that no carrier takes any more waits for the
// desk, and can be confirmed.
func TestNobodyTakesADraft(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(did1)
	h.turn(7, false)
	h.must(h.service.Replan(h.ctx(), id))
	o := h.state(id).Order
	if o.Carrier.ID != 0 || !o.Quote.Total.IsZero() {
		t.Errorf("an order that nobody takes: %+v", o)
	}
	v := h.confirm(ann, id, subscriber())
	same(t, "who acts next", order.Desk, v.Next.Who)
	h.nothing(id, "an order without a carrier")
}

// TestADraftFindsACarrier: an order that nobody takes is looked at again when
// somebody may, and nothing is told of it while nobody does.
func TestADraftFindsACarrier(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(h *house, id int64){
		"a carrier is on again": func(h *house, _ int64) { h.turn(7, true) },
		"a coverage is wider": func(h *house, _ int64) {
			cover := carrier.Cover(carrier.Area{Type: lnp.Local, Country: lnp.US, State: "NC"})
			_, err := h.service.SetCoverage(h.ctx(), porting.Operator, 8, cover, false)
			h.must(err)
		},
		"a deck has a rate": func(h *house, id int64) {
			h.addDeck(pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{rate("6", func(r *pricing.Rate) { r.State = "NY" })}})
			h.turn(7, true)
			h.must(h.service.Replan(h.ctx(), id))
			same(t, "a carrier without a rate", int64(0), h.state(id).Order.Carrier.ID)
			h.addDeck(pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{rate("6", func(r *pricing.Rate) { r.State = "NC" })}})
		},
	} {
		h := open(t)
		id := h.draft(did1)
		h.turn(7, false)
		h.must(h.service.Replan(h.ctx(), id))
		same(t, name+": its carrier before", int64(0), h.state(id).Order.Carrier.ID)
		before := len(h.state(id).Entries)
		h.turn(10, true) // who takes none of it
		h.must(h.service.Replan(h.ctx(), id))
		same(t, name+": what is told meanwhile", before, len(h.state(id).Entries))
		change(h, id)
		h.must(h.service.Replan(h.ctx(), id))
		o := h.state(id).Order
		if o.Carrier.ID == 0 || o.Quote.Total.IsZero() {
			t.Errorf("%s: carrier %d, %s", name, o.Carrier.ID, o.Quote.Total)
		}
		h.confirm(ann, id, subscriber())
	}
}

// TestASplitKeepsWaiting: an order that is about to be planned again is split,
// and both halves are.
func TestASplitKeepsWaiting(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(californian, californian+1)
	h.turn(8, false)
	halves, err := h.service.Split(h.ctx(), ann, id, []nanp.Number{californian})
	h.must(err)
	for _, half := range []int64{id, halves.Made.ID} {
		h.must(h.service.Replan(h.ctx(), half))
		same(t, "the carrier of a half", int64(7), h.state(half).Order.Carrier.ID)
	}
}

// TestAGroupGoesOnWithoutADraft: an order that is planned again holds the others
// of its upload not back.
func TestAGroupGoesOnWithoutADraft(t *testing.T) {
	t.Parallel()
	h := open(t)
	ids := h.upload(ann, did1, californian)
	h.turn(8, false)
	results, err := h.service.ConfirmGroup(h.ctx(), ann, h.state(ids[0]).Order.UploadID, body(subscriber()), nil)
	h.must(err)
	if len(results) != 2 || results[0].Err != nil || !hasCode(results[1].Err, fault.CodeCarrierOff) {
		t.Errorf("the results: %+v", results)
	}
	h.is(ids[0], order.Submitted)
	h.is(ids[1], order.Created)
}
