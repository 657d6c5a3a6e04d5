package porting_test

import (
	"testing"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/order"
)

// TestAReject: a reject takes the date away, says what is wrong and what helps,
// and gives the customer a time within which to correct it.
func TestAReject(t *testing.T) {
	t.Parallel()
	for _, since := range []order.Status{order.Submitted, order.Pending, order.FOC, order.Activating} {
		t.Run(string(since), func(t *testing.T) {
			t.Parallel()
			h := open(t)
			id := h.at(since, did1, did2)
			h.says(id, rejects(lnp.RejectAccountNumber))
			got := h.state(id)
			r := got.Order.Reject
			if got.Order.Status != order.Rejected || got.Order.FOC != nil || r == nil {
				t.Fatalf("%s, %v, %v", got.Order.Status, got.Order.FOC, r)
			}
			same(t, "the reject", order.Rejection{
				Code: lnp.RejectAccountNumber, Message: "The account number is not the one at the losing carrier.", CarrierCode: "6A", CarrierText: "ACCT NBR INV",
				Fields: []string{"account_number"}, Fix: lnp.RejectOf(lnp.RejectAccountNumber).Fix, Path: lnp.PathCorrect, At: h.now.Now(),
			}, *r)
			same(t, "the numbers", order.Counts{order.NumberRejected: 2}, got.Counts)
			end := h.now.Now().Add(14 * 24 * time.Hour)
			same(t, "what is due", map[order.DueKind]time.Time{order.DueExpire: end}, got.Dues)
			step := got.Order.Next(h.service.Limits)
			same(t, "the next step", order.Step{Who: order.Customer, What: r.Fix, By: end}, *step)
		})
	}
}

// TestAnUnknownReject: a code that is not in the catalogue is told as other,
// with what the carrier said, and the customer may confirm again unchanged.
func TestAnUnknownReject(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.Pending, did1)
	h.says(id, order.CarrierEvent{On: order.CarrierReject, Reject: "a_code_of_tomorrow", CarrierCode: "9Z", CarrierText: "SEE REMARKS"})
	r := h.state(id).Order.Reject
	same(t, "the reject", []string{"other", "escalate", "9Z", "SEE REMARKS"}, []string{string(r.Code), string(r.Path), r.CarrierCode, r.CarrierText})
	h.confirm(ann, id, fields{})
	h.is(id, order.Submitted)
}

// TestAnUnchangedCorrection: a rejected order is not sent again as it was,
// unless the customer insists by naming the version that was read.
func TestAnUnchangedCorrection(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.Rejected, did1)
	h.refused("unchanged", fault.CodeUnchanged, func() error {
		_, err := h.service.Confirm(h.ctx(), ann, id, body(subscriber()))
		return err
	})
	in := body(subscriber())
	in.Version = h.state(id).Order.Version
	_, err := h.service.Confirm(h.ctx(), ann, id, in)
	h.must(err)
	same(t, "the version of the request", 2, h.state(id).Order.PONVersion)
}

// TestANewLetterIsACorrection: what a reject asks for may be a document.
func TestANewLetterIsACorrection(t *testing.T) {
	t.Parallel()
	for _, why := range []lnp.RejectCode{lnp.RejectLOA, lnp.RejectAuthorized} {
		t.Run(string(why), func(t *testing.T) {
			t.Parallel()
			h := open(t)
			id := h.draft(tollFree)
			h.attach(ann, id, letter())
			h.confirm(ann, id, subscriber())
			h.send(id)
			h.now.pass(time.Hour)
			h.says(id, rejects(why))
			h.refused("the same letter", fault.CodeUnchanged, func() error {
				_, err := h.service.Confirm(h.ctx(), ann, id, body(fields{}))
				return err
			})
			bill := letter()
			bill.Kind = lnp.Bill
			h.attach(ann, id, bill)
			h.refused("another document", fault.CodeUnchanged, func() error {
				_, err := h.service.Confirm(h.ctx(), ann, id, body(fields{}))
				return err
			})
			h.attach(ann, id, letter())
			h.confirm(ann, id, fields{})
			h.is(id, order.Submitted)
		})
	}
}
