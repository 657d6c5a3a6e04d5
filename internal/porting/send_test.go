package porting_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/sandbox"
)

// lease is for how long a worker has what it took.
const lease = 2 * time.Minute

// TestARequest: the carrier is given everything that it needs, and nothing of
// the numbers that were taken out.
func TestARequest(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(did1, did2, did3)
	details := subscriber()
	details["requested_foc_date"] = "2026-12-15"
	details["tns"] = []fields{{"did": did2.String(), "remove": true}}
	h.confirm(ann, id, details)
	w := h.take(id)
	o := h.state(id).Order
	same(t, "the adapter", "sim", w.Gateway)
	want := order.Request{
		OrderID: id, AccountID: 10001, CarrierID: 7, PON: order.PONOf(id), Version: 1, PortType: lnp.NonSimple,
		Losing: o.Losing, RequestedFOC: o.RequestedFOC, Zone: "America/New_York", Confirmation: o.Confirmation, Numbers: []nanp.Number{did1, did3},
	}
	same(t, "the request", want, w.Request)
	same(t, "the date", "2026-12-15", w.Request.RequestedFOC.String())
	same(t, "the account number", "4711-0815", w.Request.Confirmation.Text("account_number"))
	if w.Kind != order.SendRequest || w.Ask {
		t.Errorf("the first attempt: %s, ask %v", w.Kind, w.Ask)
	}
}

// TestTakingIsLeased: what one worker has, no other one is given, until its
// time by the wall clock is over. Who takes over must ask first.
func TestTakingIsLeased(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.confirmed(did1)
	first := h.take(id)
	h.nothing(id, "another worker has it")
	h.now.pass(100 * time.Hour)
	h.nothing(id, "the sandbox's clock was moved")
	h.wall.pass(lease - time.Millisecond)
	h.nothing(id, "a moment before the end")
	h.wall.pass(time.Millisecond)
	second := h.take(id)
	if !second.Ask || second.Request.Version != 1 {
		t.Errorf("who takes over is told version %d, ask %v", second.Request.Version, second.Ask)
	}
	h.nothing(id, "it was taken over")

	// The first one was not dead. What it has to say comes too late.
	before := h.everything()
	for what, err := range map[string]error{
		"sent":   h.service.Sent(h.ctx(), first, h.now.Now(), h.now.Now()),
		"failed": h.service.SendFailed(h.ctx(), first, errors.New("no route")),
	} {
		if !errors.Is(err, porting.ErrMoved) {
			t.Errorf("%s by the first worker: %v", what, err)
		}
	}
	same(t, "what the first worker changed", before, h.everything())
	h.sent(second)
	same(t, "the request", order.SubmissionSent, h.state(id).Request.State)
}

// TestAFailedAttempt: nobody knows whether the carrier got it. The next attempt
// comes at once and asks; the timeline tells the first failure.
func TestAFailedAttempt(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.confirmed(did1)
	before := h.state(id)
	for i := range 3 {
		w := h.take(id)
		if w.Ask != (i > 0) {
			t.Errorf("attempt %d asks: %v", i+1, w.Ask)
		}
		h.must(h.service.SendFailed(h.ctx(), w, fault.New(fault.Unavailable, fault.CodeBusy, "secret words of a carrier")))
	}
	after := h.state(id)
	same(t, "the events", []order.EntryType{order.EntrySendFailed}, after.events(len(before.Entries)))
	same(t, "what it tells", map[string]any{"kind": "request", "pon": order.PONOf(id), "pon_version": 1.0, "error": "unavailable"}, plain(t, after.Entries[len(before.Entries)].Data))
	same(t, "the order", before.Order, after.Order)
	same(t, "what is due", before.Dues, after.Dues)
	w := h.take(id)
	h.sent(w)
	sent := h.state(id)
	same(t, "the last event", map[string]any{"kind": "request", "pon": order.PONOf(id), "pon_version": 1.0, "attempts": 4.0}, plain(t, sent.Entries[len(sent.Entries)-1].Data))
	same(t, "what is due then", map[order.DueKind]time.Time{order.DuePoll: h.now.Now().Add(time.Second)}, sent.Dues)
	if !sent.Request.Sent.Equal(h.now.Now()) || !sent.Request.Lease.IsZero() {
		t.Errorf("the request: %+v", sent.Request)
	}
	if sent.Order.Status != order.Submitted {
		t.Errorf("the order is %s before the carrier has said anything", sent.Order.Status)
	}
}

func TestSentTwice(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.confirmed(did1)
	w := h.take(id)
	h.sent(w)
	before := h.everything()
	for range 2 {
		err := h.service.Sent(h.ctx(), w, h.now.Now(), h.now.Now().Add(time.Hour))
		if !errors.Is(err, porting.ErrMoved) {
			t.Errorf("sent again: %v", err)
		}
		err = h.service.SendFailed(h.ctx(), w, errors.New("no route"))
		if !errors.Is(err, porting.ErrMoved) {
			t.Errorf("failed after it was sent: %v", err)
		}
	}
	same(t, "what it changed", before, h.everything())
	h.nothing(id, "it is sent")
}

// TestCancelBeforeItWasSent: what no carrier has seen is withdrawn, and over at
// once.
func TestCancelBeforeItWasSent(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.confirmed(did1, did2)
	before := h.state(id)
	v, err := h.service.Cancel(h.ctx(), ann, id, "not wanted any more")
	h.must(err)
	same(t, "the answer", order.Canceled, v.Status)
	got := h.state(id)
	same(t, "the request", order.SubmissionWithdrawn, got.Request.State)
	same(t, "the cancellation", (*order.Submission)(nil), got.Cancel)
	same(t, "the events", []order.EntryType{order.EntryCanceled}, got.events(len(before.Entries)))
	same(t, "the numbers", order.Counts{order.NumberRemoved: 2}, got.Counts)
	same(t, "the reason", "not wanted any more", got.Order.CancelReason)
	same(t, "what is due", map[order.DueKind]time.Time{}, got.Dues)
	same(t, "the claims", map[nanp.Number]int64{}, h.claims())
	h.nothing(id, "the job that was queued finds nothing")
	h.refused("cancel again", fault.CodeState, func() error {
		_, err := h.service.Cancel(h.ctx(), ann, id, "")
		return err
	})
}

// TestCancelWhileItIsSent: the cancellation follows the request, which the
// carrier may have.
func TestCancelWhileItIsSent(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		end  func(h *house, w *porting.Sending) // of the attempt that was on its way
	}{
		{"it arrives", func(h *house, w *porting.Sending) { h.sent(w) }},
		{"it fails", func(h *house, w *porting.Sending) {
			h.must(h.service.SendFailed(h.ctx(), w, errors.New("no route")))
			again := h.take(w.Request.OrderID)
			if again.Kind != order.SendRequest || !again.Ask {
				h.t.Errorf("after the failure comes the %s, ask %v", again.Kind, again.Ask)
			}
			h.sent(again)
		}},
		{"its worker dies", func(h *house, w *porting.Sending) {
			h.wall.pass(lease)
			again := h.take(w.Request.OrderID)
			if again.Kind != order.SendRequest || !again.Ask {
				h.t.Errorf("after the worker's death comes the %s, ask %v", again.Kind, again.Ask)
			}
			h.sent(again)
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			id := h.confirmed(did1)
			w := h.take(id)
			h.cancel(id)
			h.is(id, order.CancelPending)
			h.nothing(id, "the request is on its way")
			c.end(h, w)
			jobs := h.jobs(id, order.DueSend)
			cancel := h.take(id)
			same(t, "what is sent", order.SendCancel, cancel.Kind)
			same(t, "of what", order.Request{OrderID: id, AccountID: 10001, CarrierID: 7, PON: order.PONOf(id), Version: 1}, cancel.Request)
			same(t, "with the reason", "not wanted any more", cancel.Reason)
			h.sent(cancel)
			same(t, "what is due", []order.DueKind{order.DuePoll}, h.state(id).dues())
			if jobs < 2 {
				t.Errorf("there are %d jobs; nobody comes to send the cancellation", jobs)
			}
			h.says(id, said(order.CancelDone))
			h.is(id, order.Canceled)
		})
	}
}

// TestVersions: all requests of an order have one purchase order number; each
// that a carrier may have seen has a version of its own.
func TestVersions(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.confirmed(did1)
	for v := 1; v <= 3; v++ {
		w := h.take(id)
		same(t, "the version", v, w.Request.Version)
		same(t, "the PON", order.PONOf(id), w.Request.PON)
		if w.Ask {
			t.Errorf("version %d is new, and the carrier is asked for it", v)
		}
		h.sent(w)
		h.says(id, rejects(lnp.RejectAccountNumber))
		h.confirm(ann, id, fields{"account_number": "4711-" + order.PONOf(int64(v))})
	}
	// The same confirmation again is no second submission.
	before := h.everything()
	h.confirm(ann, id, fields{"account_number": "4711-" + order.PONOf(3)})
	same(t, "what the same confirmation changed", before, h.everything())
	h.refused("another confirmation", fault.CodeAlreadySubmitted, func() error {
		_, err := h.service.Confirm(h.ctx(), ann, id, body(fields{"account_number": "1"}))
		return err
	})
}

// TestACorrectionIsWithdrawn: the customer corrects a rejected order, and
// cancels before the correction was sent. The carrier is asked to cancel what
// it has, and its answer is about that.
func TestACorrectionIsWithdrawn(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.Rejected, did1)
	h.confirm(ann, id, fields{"account_number": "4711-0816"})
	h.cancel(id)
	w := h.take(id)
	if w.Kind != order.SendCancel || w.Request.Version != 1 {
		t.Fatalf("a worker is given the %s of version %d", w.Kind, w.Request.Version)
	}
	h.sent(w)
	h.says(id, order.CarrierEvent{On: order.CancelRefused, Version: 1})
	h.is(id, order.Pending)
	got := h.state(id).Order
	if got.Reject != nil || got.CancelReason != "" {
		t.Errorf("the order waits for its carrier with the reject %v and the cancel reason %q", got.Reject, got.CancelReason)
	}

	// It goes on from there, and can be corrected again.
	h.says(id, order.CarrierEvent{On: order.CarrierReject, Version: 1, Reject: lnp.RejectZIP})
	h.is(id, order.Rejected)
	h.confirm(ann, id, fields{"zip": "27602"})
	h.cancel(id)
	same(t, "what is cancelled", 1, h.take(id).Request.Version)
	h.wall.pass(lease)
	h.says(id, order.CarrierEvent{On: order.Activation, Version: 1}, order.CarrierEvent{On: order.CarrierReject, Version: 1, Reject: lnp.RejectZIP})
	h.confirm(ann, id, fields{"zip": "27603"})
	w = h.take(id)
	if w.Kind != order.SendRequest || w.Request.Version != 2 || w.Request.Confirmation.Text("zip") != "27603" {
		t.Errorf("a worker is given the %s of version %d with the ZIP %s", w.Kind, w.Request.Version, w.Request.Confirmation.Text("zip"))
	}
	h.sent(w)
	h.says(id, order.CarrierEvent{On: order.FOCSet, Version: 2})
	h.is(id, order.FOC)
}

// TestACancellationIsOvertaken: before the cancellation could be sent, the
// carrier went on. It is not sent any more, least of all after a correction.
func TestACancellationIsOvertaken(t *testing.T) {
	t.Parallel()
	for _, tried := range []bool{false, true} {
		h := open(t)
		id := h.at(order.FOC, did1)
		h.cancel(id)
		if tried {
			h.must(h.service.SendFailed(h.ctx(), h.take(id), errors.New("no route")))
		}
		h.says(id, said(order.Activation))
		if !tried {
			h.nothing(id, "the numbers are being moved")
			same(t, "what is due", []order.DueKind{}, append([]order.DueKind{}, h.state(id).dues()...))
		}
		h.says(id, rejects(lnp.RejectZIP))
		h.confirm(ann, id, fields{"zip": "27602"})
		w := h.take(id)
		same(t, "what is sent", order.SendRequest, w.Kind)
		h.sent(w)
		h.nothing(id, "the cancellation is overtaken")
		same(t, "what is due then", []order.DueKind{order.DuePoll}, h.state(id).dues())
		same(t, "the cancellation", order.SubmissionWithdrawn, h.state(id).Cancel.State)
		// The customer may cancel the correction.
		h.cancel(id)
		w = h.take(id)
		if w.Kind != order.SendCancel || w.Request.Version != 2 {
			t.Errorf("a worker is given the %s of version %d", w.Kind, w.Request.Version)
		}
	}
}

// TestTheCarrierIsFaster: it answers before the worker has recorded that it
// was given anything.
func TestTheCarrierIsFaster(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.confirmed(did1)
	w := h.take(id)
	h.says(id, said(order.FOCSet), allPorted)
	h.is(id, order.Completed)
	h.sent(w)
	got := h.state(id)
	same(t, "what is due", map[order.DueKind]time.Time{}, got.Dues)
	same(t, "the request", order.SubmissionSent, got.Request.State)
	same(t, "the last event", order.EntrySent, got.Entries[len(got.Entries)-1].Type)

	// The correction of a reject goes out before what was rejected is
	// recorded as sent.
	id = h.confirmed(did2)
	w = h.take(id)
	h.says(id, rejects(lnp.RejectZIP))
	h.confirm(ann, id, fields{"zip": "27602"})
	next := h.take(id)
	same(t, "the version", 2, next.Request.Version)
	h.sent(w)
	h.nothing(id, "the correction is on its way")
	h.sent(next)
	same(t, "what is due then", []order.DueKind{order.DuePoll}, h.state(id).dues())
}

// TestNoCarrier: an order that nobody takes waits for the desk, without
// bothering a worker, and can be cancelled.
func TestNoCarrier(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.must(h.service.Store.Update(h.ctx(), func(tx porting.Tx) error {
		for _, c := range sandbox.Carriers() {
			c.On = false
			err := tx.SaveCarrier(c)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	id := h.confirmed(did1)
	got := h.state(id)
	same(t, "the carrier", order.CarrierRef{}, got.Order.Carrier)
	same(t, "the status", order.Submitted, got.Order.Status)
	same(t, "what is due", map[order.DueKind]time.Time{}, got.Dues)
	same(t, "who acts next", order.Desk, got.Order.Next(h.service.Limits).Who)
	same(t, "the jobs", 0, h.jobs(id, order.DueSend))
	h.nothing(id, "there is no carrier")
	same(t, "the claim", id, h.claims()[did1])
	h.now.pass(1000 * time.Hour)
	h.wall.pass(1000 * time.Hour)
	n, err := h.service.Sweep(h.ctx())
	h.must(err)
	same(t, "what a sweep queues", 0, n)
	h.cancel(id)
	h.is(id, order.Canceled)
}

// TestSweep queues what is due and has no live job, and nothing else.
func TestSweep(t *testing.T) {
	t.Parallel()
	h := open(t)
	sweep := func(why string, want int) {
		t.Helper()
		n, err := h.service.Sweep(h.ctx())
		h.must(err)
		if n != want {
			t.Errorf("%s: the sweep queued %d; want %d", why, n, want)
		}
	}
	draft := h.draft(did2)
	id := h.confirmed(did1)
	same(t, "the jobs of a confirmation", 1, h.jobs(id, order.DueSend))
	sweep("there is a job", 0)
	h.wall.pass(lease - time.Millisecond)
	sweep("the job may be alive", 0)
	h.wall.pass(time.Millisecond)
	sweep("the job has died", 1)
	sweep("it was queued just now", 0)
	same(t, "the jobs", 2, h.jobs(id, order.DueSend))
	h.send(id)
	h.wall.pass(time.Hour)
	sweep("the answer is not due", 0)
	h.now.pass(time.Second)
	sweep("the answer is due", 1)
	same(t, "the polls", 1, h.jobs(id, order.DuePoll))
	h.must(h.service.CarrierSaid(h.ctx(), id, nil, h.now.Now().Add(time.Minute)))
	h.wall.pass(time.Hour)
	sweep("the next answer is not due", 0)
	h.now.pass(time.Minute)
	sweep("the next answer is due", 1)
	h.says(id, rejects(lnp.RejectZIP))
	h.wall.pass(time.Hour)
	sweep("the order is rejected", 0)
	h.now.pass(h.service.Limits.Answer)
	sweep("the reject was not corrected", 1)
	at, ok, err := h.service.NextDue(h.ctx())
	h.must(err)
	if !ok || at.After(h.now.Now()) {
		t.Errorf("the next instant is %v, %v", at, ok)
	}
	h.now.pass(h.service.Limits.Draft)
	sweep("the draft is over", 1)
	same(t, "the ends", 1, h.jobs(draft, order.DueExpire))
	var args porting.Job
	h.must(json.Unmarshal([]byte(h.rows(`SELECT json(args) FROM river_job ORDER BY id DESC LIMIT 1`)[0][0].(string)), &args))
	same(t, "the last job", porting.Job{OrderID: draft, What: order.DueExpire}, args)
}
