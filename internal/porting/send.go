package porting

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
)

// Sending is what a worker must hand to a carrier now.
type Sending struct {
	Gateway string
	Kind    order.SubmissionKind
	Request order.Request // of a cancellation: PON and Version of what is to be cancelled
	Reason  string        // of a cancellation
	// Ask says that an earlier attempt may have reached the carrier: it must
	// be asked for the PON and version before anything is sent again.
	Ask bool

	submission order.Submission
}

// Talk is a conversation with a carrier that goes on.
type Talk struct {
	OrderID int64
	Gateway string
	PON     string
	Version int
}

// work runs a use case of a worker or of the clock, again when the order
// moved under it.
func (s *Service) work(ctx context.Context, fn func(tx Tx) error) error {
	var err error
	for range attempts {
		err = s.Store.Update(ctx, fn)
		if !errors.Is(err, ErrMoved) {
			return err
		}
	}
	return err
}

// TakeSend takes what is to be sent for an order, and marks it as on its way
// before anybody sends it: whatever happens from here, it is known that the
// carrier may have it. Returns nil when there is nothing to do.
func (s *Service) TakeSend(ctx context.Context, orderID int64) (*Sending, error) {
	var out *Sending
	err := s.work(ctx, func(tx Tx) error {
		out = nil
		d, err := tx.Due(orderID, order.DueSend)
		if err != nil || d == nil || d.At.After(tx.Now()) {
			return err
		}
		sub, err := unsent(tx, orderID)
		if err != nil {
			return err
		}
		if sub == nil {
			return tx.ClearDue(orderID, order.DueSend)
		}
		if sub.State == order.SubmissionSending && sub.Lease.After(tx.Wall()) {
			return nil
		}
		o, err := tx.AnyOrder(orderID)
		if err != nil {
			return err
		}
		was := sub.State
		if sub.Kind == order.SendCancel && o.Status != order.CancelPending {
			// What the carrier said has crossed the cancellation, which would
			// hit what was submitted since.
			sub.State, sub.Lease = order.SubmissionWithdrawn, time.Time{}
			err = tx.SaveSubmission(sub, was)
			if err != nil {
				return err
			}
			return tx.ClearDue(orderID, order.DueSend)
		}
		if sub.State == order.SubmissionReady && sub.Kind == order.SendRequest {
			full, err := s.holdBack(tx, o, sub)
			if err != nil || full {
				return err
			}
		}
		sub.State = order.SubmissionSending
		sub.Attempts++
		sub.Lease = tx.Wall().Add(lease)
		err = tx.SaveSubmission(sub, was)
		if err != nil {
			return err
		}
		out = &Sending{Gateway: o.Carrier.Gateway, Kind: sub.Kind, Reason: o.CancelReason, Ask: sub.Attempts > 1, submission: *sub}
		out.Request = order.Request{
			OrderID: o.ID, AccountID: o.AccountID, CarrierID: o.Carrier.ID, PON: o.PON, Version: sub.Version,
		}
		if sub.Kind == order.SendCancel {
			return nil
		}
		numbers, err := tx.Numbers(o.ID)
		if err != nil {
			return err
		}
		pt, _ := portType(o, numbers)
		out.Request.PortType = pt
		out.Request.Losing = o.Losing
		out.Request.RequestedFOC = o.RequestedFOC
		out.Request.Zone = s.zoneOf(o, pt, numbers)
		out.Request.Confirmation = o.Confirmation
		out.Request.Numbers = make([]nanp.Number, 0, len(numbers))
		for _, n := range numbers {
			if !n.Status.Final() {
				out.Request.Numbers = append(out.Request.Numbers, n.Facts.Number)
			}
		}
		return nil
	})
	return out, err
}

// holdBack puts an order off to the carrier's next day when it would exceed
// what the carrier takes a day. What was submitted before may be corrected on
// any day, and an order that is larger than a day has one for itself.
func (s *Service) holdBack(tx Tx, o *order.Order, sub *order.Submission) (full bool, err error) {
	m, err := s.openMarket(tx)
	if err != nil {
		return false, err
	}
	g := m.carrier(o.Carrier.ID)
	if g == nil || g.Limits.NumbersPerDay == 0 || sub.Version > 1 {
		return false, nil
	}
	from, next := g.Limits.Day(tx.Now())
	sent, err := tx.SentNumbers(g.ID, from, next)
	if err != nil || sent == 0 || sent+o.NumberCount <= g.Limits.NumbersPerDay {
		return false, err
	}
	err = note(tx, o.ID, order.EntryHeldBack, string(order.System), map[string]any{"carrier": g.ID, "numbers_per_day": g.Limits.NumbersPerDay, "until": next})
	if err != nil {
		return false, err
	}
	return true, tx.SetDue(order.Due{OrderID: o.ID, Kind: order.DueSend, At: next, Reason: fmt.Sprintf("%s takes %d numbers a day", g.Name, g.Limits.NumbersPerDay)})
}

// unsent returns what is to be sent next for an order: its request before a
// cancellation of it. nil when everything is sent.
func unsent(tx Tx, orderID int64) (*order.Submission, error) {
	for _, kind := range []order.SubmissionKind{order.SendRequest, order.SendCancel} {
		sub, err := tx.LastSubmission(orderID, kind)
		if err != nil {
			return nil, err
		}
		if sub != nil && (sub.State == order.SubmissionReady || sub.State == order.SubmissionSending) {
			return sub, nil
		}
	}
	return nil, nil
}

// Sent records that the carrier has it. next is when it is asked for its
// answer.
func (s *Service) Sent(ctx context.Context, w *Sending, at, next time.Time) error {
	return s.work(ctx, func(tx Tx) error {
		sub := w.submission
		sub.State, sub.Sent, sub.Lease = order.SubmissionSent, at, time.Time{}
		err := tx.SaveSubmission(&sub, order.SubmissionSending)
		if err != nil {
			return err
		}
		err = note(tx, sub.OrderID, order.EntrySent, string(order.System), map[string]any{
			"kind": sub.Kind, "pon": w.Request.PON, "pon_version": sub.Version, "attempts": sub.Attempts,
		})
		if err != nil {
			return err
		}
		more, err := unsent(tx, sub.OrderID)
		if err != nil {
			return err
		}
		o, err := tx.AnyOrder(sub.OrderID)
		if err != nil || o.Status.Final() {
			// The carrier's last word was faster than this.
			return err
		}
		if more != nil {
			err = schedule(tx, order.Due{OrderID: sub.OrderID, Kind: order.DueSend, At: tx.Now(), Reason: "send the " + string(more.Kind)})
		} else {
			err = tx.ClearDue(sub.OrderID, order.DueSend)
		}
		if err != nil {
			return err
		}
		return schedule(tx, order.Due{OrderID: sub.OrderID, Kind: order.DuePoll, At: next, Reason: "ask the carrier for its answer"})
	})
}

// SendFailed records that an attempt failed, without knowing whether the
// carrier got it. The job comes again and asks first.
func (s *Service) SendFailed(ctx context.Context, w *Sending, cause error) error {
	return s.work(ctx, func(tx Tx) error {
		sub := w.submission
		sub.Lease = time.Time{}
		err := tx.SaveSubmission(&sub, order.SubmissionSending)
		if err != nil || sub.Attempts > 1 {
			return err
		}
		return note(tx, sub.OrderID, order.EntrySendFailed, string(order.System), map[string]any{
			"kind": sub.Kind, "pon": w.Request.PON, "pon_version": sub.Version, "error": string(fault.KindOf(cause)),
		})
	})
}

// Conversation returns whom to ask about an order now, or nil when there is
// nothing to ask.
func (s *Service) Conversation(ctx context.Context, orderID int64) (*Talk, error) {
	var out *Talk
	err := s.Store.View(ctx, func(tx Tx) error {
		out = nil
		d, err := tx.Due(orderID, order.DuePoll)
		if err != nil || d == nil || d.At.After(tx.Now()) {
			return err
		}
		o, err := tx.AnyOrder(orderID)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		out = &Talk{OrderID: o.ID, Gateway: o.Carrier.Gateway, PON: o.PON, Version: o.PONVersion}
		return nil
	})
	return out, err
}

// sweepBatch is how many jobs one sweep queues at most.
const sweepBatch = 500

// Sweep queues what is due and has no job that is alive, and returns how much
// that was.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	var dues []order.Due
	find := func(tx Tx) error {
		var err error
		dues, err = tx.Unqueued(tx.Now(), sweepBatch)
		return err
	}
	err := s.Store.View(ctx, find)
	if err != nil || len(dues) == 0 {
		return 0, err
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		err := find(tx)
		if err != nil {
			return err
		}
		for _, d := range dues {
			err = tx.Enqueue(d, tx.Wall().Add(lease))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return len(dues), err
}

// NextDue returns the earliest business time at which something is due; ok is
// false when nothing is.
func (s *Service) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		var err error
		at, ok, err = tx.NextDue()
		return err
	})
	return at, ok, err
}

// LastEntry returns the id of the newest entry of all timelines.
func (s *Service) LastEntry(ctx context.Context) (id int64, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		var err error
		id, err = tx.LastEntry()
		return err
	})
	return id, err
}

// EntriesSince returns what happened to any order after an entry.
func (s *Service) EntriesSince(ctx context.Context, after int64, limit int) (out []order.Entry, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		var err error
		out, err = tx.AllEntries(after, limit)
		return err
	})
	return out, err
}

func target(id int64) string { return strconv.FormatInt(id, 10) }

// open loads an order of the caller's account for a change, and checks the
// version, if the caller said one, and the status.
func open(tx Tx, c Call, id int64, act order.Action) (*order.Order, error) {
	o, err := tx.Order(c.Principal.AccountID, id)
	if err != nil {
		return nil, err
	}
	if c.Version != 0 && c.Version != o.Version {
		return nil, &fault.Error{
			Kind: fault.Conflict, Code: fault.CodeVersion,
			Message: fmt.Sprintf("the order has version %d, not %d: it was changed since it was read", o.Version, c.Version),
			Hint:    "read the order again and send the call with its version",
			Extra:   stateOf(o),
		}
	}
	if !o.Status.Allows(act) {
		return nil, wrongState(o, act)
	}
	return o, nil
}

// stateOf is what every conflict tells about the order.
func stateOf(o *order.Order) map[string]any {
	return map[string]any{"status": o.Status, "allowed_actions": o.Status.Allowed(), "version": o.Version}
}

func wrongState(o *order.Order, act order.Action) error {
	return &fault.Error{
		Kind: fault.Conflict, Code: fault.CodeState,
		Message: fmt.Sprintf("%s is not possible while the order is %s", act, o.Status),
		Hint:    "allowed_actions lists what is",
		Extra:   stateOf(o),
	}
}
