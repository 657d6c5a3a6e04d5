package porting_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

// claimed fails unless exactly these claims are held.
func (h *house) claimed(want map[nanp.Number]int64) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.claims()); diff != "" {
		h.t.Errorf("the claims (-want +got):\n%s", diff)
	}
}

// TestTheFirstToConfirm has the numbers. The other account is told of each that
// it cannot be ordered, and nothing else.
func TestTheFirstToConfirm(t *testing.T) {
	t.Parallel()
	h := open(t)
	mine := h.upload(ann, did1, did2, did3)[0]
	theirs := h.upload(bob, did2, did3)[0]
	h.claimed(map[nanp.Number]int64{})
	h.confirm(bob, theirs, subscriber())
	h.claimed(map[nanp.Number]int64{did2: theirs, did3: theirs})

	var refusal *fault.Error
	h.refused("confirm", fault.CodeNotAvailable, func() error {
		_, err := h.service.Confirm(h.ctx(), ann, mine, body(subscriber()))
		refusal, _ = errors.AsType[*fault.Error](err)
		return err
	})
	var told []string
	for _, f := range refusal.Fields {
		told = append(told, f.Field+" "+string(f.Code)+" "+f.Message)
	}
	same(t, "what the other one is told", []string{
		"tns[1].did not_available 9198002002 cannot be ordered at the moment", "tns[2].did not_available 9198002003 cannot be ordered at the moment",
	}, told)
	if strings.Contains(refusal.Error(), order.PONOf(theirs)) || len(refusal.Extra) > 0 {
		t.Errorf("the refusal tells of the other order: %v %v", refusal, refusal.Extra)
	}

	// What is free can be ordered: without the others, or split off.
	details := subscriber()
	details["tns"] = []fields{{"did": did2.String(), "remove": true}, {"did": did3.String(), "remove": true}}
	h.confirm(ann, mine, details)
	h.claimed(map[nanp.Number]int64{did1: mine, did2: theirs, did3: theirs})
}

// TestARehearsalClaimsNothing: a dry run answers as the call would, and leaves
// no trace.
func TestARehearsalClaimsNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(did1)
	before := h.everything()
	in := body(subscriber())
	in.DryRun = true
	v, err := h.service.Confirm(h.ctx(), ann, id, in)
	h.must(err)
	same(t, "the status", order.Created, v.Status)
	same(t, "what it changed", before, h.everything())
	h.confirm(bob, h.upload(bob, did1)[0], subscriber())
	h.refused("the dry run of what another account has", fault.CodeNotAvailable, func() error {
		_, err := h.service.Confirm(h.ctx(), ann, id, in)
		return err
	})
}

// TestClaimsEnd with the order, however it ends, and not before.
func TestClaimsEnd(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		story func(h *house) int64
		held  bool
	}{
		{"submitted", func(h *house) int64 { return h.at(order.Submitted, did1) }, true},
		{"pending", func(h *house) int64 { return h.at(order.Pending, did1) }, true},
		{"rejected", func(h *house) int64 { return h.at(order.Rejected, did1) }, true},
		{"foc", func(h *house) int64 { return h.at(order.FOC, did1) }, true},
		{"activating", func(h *house) int64 { return h.at(order.Activating, did1) }, true},
		{"cancel_pending", func(h *house) int64 { return h.at(order.CancelPending, did1) }, true},
		{"created", func(h *house) int64 { return h.at(order.Created, did1) }, false},
		{"expired", func(h *house) int64 { return h.at(order.Expired, did1) }, false},
		{"completed", func(h *house) int64 { return h.at(order.Completed, did1) }, false},
		{"canceled", func(h *house) int64 { return h.at(order.Canceled, did1) }, false},
		{"canceled before it was sent", func(h *house) int64 {
			id := h.confirmed(did1)
			h.cancel(id)
			return id
		}, false},
		{"failed", func(h *house) int64 {
			id := h.at(order.Activating, did1)
			h.says(id, failed(did1))
			return id
		}, false},
		{"canceled by the carrier", func(h *house) int64 {
			id := h.at(order.Rejected, did1)
			h.says(id, said(order.CancelDone))
			return id
		}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			id := c.story(h)
			theirs := h.upload(bob, did1)[0]
			if c.held {
				h.claimed(map[nanp.Number]int64{did1: id})
				h.refused("confirm", fault.CodeNotAvailable, func() error {
					_, err := h.service.Confirm(h.ctx(), bob, theirs, body(subscriber()))
					return err
				})
				return
			}
			h.confirm(bob, theirs, subscriber())
			h.claimed(map[nanp.Number]int64{did1: theirs})
		})
	}
}

// TestASplitClaims: a number that is split off is free until the new order is
// confirmed; what is left stays claimed.
func TestASplitClaims(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.Rejected, did1, did2, did3)
	h.claimed(map[nanp.Number]int64{did1: id, did2: id, did3: id})
	halves, err := h.service.Split(h.ctx(), ann, id, []nanp.Number{did2})
	h.must(err)
	h.claimed(map[nanp.Number]int64{did1: id, did3: id})
	made := h.state(halves.Made.ID)
	same(t, "the new order", order.Counts{order.NumberCreated: 1}, made.Counts)
	same(t, "what is left", order.Counts{order.NumberRejected: 2}, h.state(id).Counts)
	o := made.Order
	if o.PON != "" || o.PONVersion != 0 || o.Reject != nil || !o.RequestedFOC.IsZero() || !o.AnswerDue.IsZero() || !o.Submitted.IsZero() || o.Pinned {
		t.Errorf("the new order has a history: %+v", o)
	}
	h.confirm(ann, halves.Made.ID, fields{})
	h.claimed(map[nanp.Number]int64{did1: id, did2: halves.Made.ID, did3: id})
	same(t, "the version of its request", 1, h.take(halves.Made.ID).Request.Version)

	// Its owner may be too late.
	halves, err = h.service.Split(h.ctx(), ann, id, []nanp.Number{did3})
	h.must(err)
	h.confirm(bob, h.upload(bob, did3)[0], subscriber())
	h.refused("the half that another account has taken", fault.CodeNotAvailable, func() error {
		_, err := h.service.Confirm(h.ctx(), ann, halves.Made.ID, body(fields{}))
		return err
	})
}

// TestARemovedNumber is free for others once the order is confirmed without
// it.
func TestARemovedNumber(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.Rejected, did1, did2)
	h.confirm(ann, id, fields{"tns": []fields{{"did": did1.String(), "remove": true}}})
	h.claimed(map[nanp.Number]int64{did2: id})
	same(t, "what is sent", []nanp.Number{did2}, h.take(id).Request.Numbers)
	theirs := h.upload(bob, did1)[0]
	h.confirm(bob, theirs, subscriber())
	h.claimed(map[nanp.Number]int64{did1: theirs, did2: id})
}

// TestBadSplits: a split leaves a number that can be ported in both halves.
func TestBadSplits(t *testing.T) {
	t.Parallel()
	h := open(t)
	const did4 = did3 + 1
	id := h.draft(did1, did2, did3, did4)
	details := subscriber()
	details["tns"] = []fields{{"did": did1.String(), "remove": true}}
	h.confirm(ann, id, details)
	h.send(id)
	h.says(id, ported(did2), rejects("zip_mismatch"))
	same(t, "the numbers", order.Counts{order.NumberRemoved: 1, order.NumberPorted: 1, order.NumberRejected: 2}, h.state(id).Counts)
	for _, c := range []struct {
		name    string
		numbers []nanp.Number
		want    fault.Code
	}{
		{"none", nil, fault.CodeRequired},
		{"twice", []nanp.Number{did3, did3}, fault.CodeDuplicate},
		{"a stranger", []nanp.Number{2125552000}, fault.CodeNotInOrder},
		{"a removed one", []nanp.Number{did1}, fault.CodeNotInOrder},
		{"a ported one", []nanp.Number{did2}, fault.CodeNotInOrder},
		{"all that can be ported", []nanp.Number{did3, did4}, fault.CodeSplitEverything},
	} {
		h.refused(c.name, c.want, func() error {
			_, err := h.service.Split(h.ctx(), ann, id, c.numbers)
			return err
		})
	}
	for _, c := range []struct {
		name string
		gone []fields
	}{
		{"all", []fields{{"did": did2.String(), "remove": true}, {"did": did3.String(), "remove": true}, {"did": did4.String(), "remove": true}}},
		{"all that can be ported", []fields{{"did": did3.String(), "remove": true}, {"did": did4.String(), "remove": true}}},
	} {
		h.refused("remove "+c.name, fault.CodeSplitEverything, func() error {
			_, err := h.service.Confirm(h.ctx(), ann, id, body(fields{"tns": c.gone}))
			return err
		})
	}
	_, err := h.service.Split(h.ctx(), ann, id, []nanp.Number{did3})
	h.must(err)
}

// TestAGroupIsConfirmedOneByOne: an order of an upload that is refused holds
// none of the others back.
func TestAGroupIsConfirmedOneByOne(t *testing.T) {
	t.Parallel()
	h := open(t)
	const california = nanp.Number(4152002000)
	h.confirm(bob, h.upload(bob, california)[0], subscriber())
	out, err := h.service.Upload(h.ctx(), ann, porting.UploadIn{Numbers: list(did1, california, tollFree)})
	h.must(err)
	results, err := h.service.ConfirmGroup(h.ctx(), ann, out.UploadID, body(subscriber()), nil)
	h.must(err)
	got := map[nanp.Number]string{}
	for _, r := range results {
		n := h.state(r.OrderID).Numbers[0].Facts.Number
		switch {
		case r.Err == nil:
			got[n] = string(r.View.Status)
		case hasCode(r.Err, fault.CodeNotAvailable):
			got[n] = "not available"
		case hasCode(r.Err, fault.CodeDocumentMissing):
			got[n] = "without a letter"
		}
		if r.Err != nil && h.state(r.OrderID).Order.Status != order.Created {
			t.Errorf("%s was refused and is %s", n, h.state(r.OrderID).Order.Status)
		}
	}
	same(t, "the results", map[nanp.Number]string{did1: "submitted", california: "not available", tollFree: "without a letter"}, got)
	h.refused("an override of a stranger", fault.CodeInvalidValue, func() error {
		_, err := h.service.ConfirmGroup(h.ctx(), ann, out.UploadID, body(subscriber()), map[int64]porting.ConfirmBody{1: {}})
		return err
	})
}
