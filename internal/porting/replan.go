package porting

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/routing"
)

// Replan finds other carriers for an order that is not confirmed, when its own
// was switched off or does not take its numbers any more. Where no single one
// takes all of them, the order keeps the largest part, and each other part
// becomes an order of its own. What nobody takes waits for the desk, or for a
// carrier that takes it.
func (s *Service) Replan(ctx context.Context, orderID int64) error {
	return s.work(ctx, func(tx Tx) error {
		d, err := tx.Due(orderID, order.DueReplan)
		if err != nil || d == nil || d.At.After(tx.Now()) {
			return err
		}
		err = tx.ClearDue(orderID, order.DueReplan)
		if err != nil {
			return err
		}
		o, err := tx.AnyOrder(orderID)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || o.Status != order.Created {
			return err
		}
		return s.replan(tx, o, d.Reason)
	})
}

// partedAtOnce is how many numbers one transaction reads to part an order, if
// the first part leaves it the choice: others wait for it.
const partedAtOnce = 10_000

func (s *Service) replan(tx Tx, o *order.Order, why string) error {
	m, err := s.openMarket(tx)
	if err != nil {
		return err
	}
	all, err := tx.Numbers(o.ID)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(n order.Number) bool { return n.Status.Final() })
	facts := factsOf(all)
	prices := m.prices(o.AccountID, tx.Now())
	pt, _ := portType(o, all)
	g := m.carrier(o.Carrier.ID)
	takes := func(pt lnp.PortType) bool { return len(routing.CanTake(g, facts, o.AccountID, prices, pt)) == 0 }
	if g != nil && (takes(pt) || takes(cmp.Or(o.Quote.Basis.PortType, pt))) {
		return nil // parted numbers may have the price of the type before (price)
	}
	plan := routing.Plan(s.planning(m, o.AccountID, facts, prices, true))
	slices.SortStableFunc(plan.Groups, func(a, b routing.Group) int { return cmp.Compare(len(b.Members), len(a.Members)) })
	for i, g := range plan.Groups[1:] {
		if i*len(all) >= partedAtOnce {
			return tx.SetDue(order.Due{OrderID: o.ID, Kind: order.DueReplan, At: tx.Now(), Reason: why})
		}
		part := make([]nanp.Number, len(g.Members))
		for i, k := range g.Members {
			part[i] = all[k].Facts.Number
		}
		_, err = s.split(tx, system(o), o, part, func(second *order.Order) { assign(second, g) })
		if err != nil {
			return err
		}
	}
	if o.Carrier.ID == noCarrier && plan.Groups[0].Carrier == nil {
		return nil // as before
	}
	return s.reassign(tx, o, plan.Groups[0], prices, system(o), why)
}

// assign gives an order the carrier of a planned group.
func assign(o *order.Order, g routing.Group) {
	o.Carrier = order.CarrierRef{}
	if g.Carrier != nil {
		o.Carrier = order.CarrierRef{ID: g.Carrier.ID, Name: g.Carrier.Name, Gateway: g.Carrier.Gateway}
	}
	o.Reason = g.Reason
	o.Quote.Basis.PortType = cmp.Or(g.PortType, o.Quote.Basis.PortType)
}

// reassign moves an order to the carrier of a group, prices it anew, and tells
// of it.
func (s *Service) reassign(tx Tx, o *order.Order, g routing.Group, prices pricing.Prices, act act, why string) error {
	from := o.Carrier.ID
	assign(o, g)
	numbers, err := tx.Numbers(o.ID)
	if err != nil {
		return err
	}
	s.price(tx, o, numbers, prices)
	err = tx.SetFees(o.ID, numbers)
	if err != nil {
		return err
	}
	data := map[string]any{"status": o.Status, "carrier": o.Carrier.ID, "previous_carrier": from}
	if why != "" {
		data["reason"] = why
	}
	err = s.tell(tx, o, order.EntryUpdated, act, data)
	if err != nil {
		return err
	}
	return save(tx, o)
}

// settled refuses a confirmation of an order that is about to be moved to
// another carrier, at another price.
func (s *Service) settled(tx Tx, o *order.Order) error {
	d, err := tx.Due(o.ID, order.DueReplan)
	if err != nil {
		return err
	}
	if d == nil {
		return s.on(tx, o)
	}
	return &fault.Error{
		Kind: fault.Conflict, Code: fault.CodeCarrierOff, Message: "the carriers have changed, and the order is being planned again",
		Hint: "read the order again in a moment, and confirm what it costs then", RetryAfter: 2 * time.Second, Extra: stateOf(o),
	}
}

// on refuses a confirmation of a draft whose carrier is switched off.
func (s *Service) on(tx Tx, o *order.Order) error {
	m, err := s.openMarket(tx)
	if err != nil {
		return err
	}
	g := m.carrier(o.Carrier.ID)
	if o.Status != order.Created || g == nil || g.On {
		return nil
	}
	return &fault.Error{
		Kind: fault.Conflict, Code: fault.CodeCarrierOff, Message: g.Name + " is switched off",
		Hint: "choose another carrier; the check call names those that take the numbers", Extra: stateOf(o),
	}
}
