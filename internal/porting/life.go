package porting

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/portin/portin/internal/audit"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pricing"
)

// move takes an order to the status that the event leads to, with its numbers,
// its timeline and its audit. The caller saves the order. An event that cannot
// happen here is an internal error: callers ask first.
func (s *Service) move(tx Tx, o *order.Order, on order.Event, act act, data map[string]any) error {
	to, ok := order.Next(o.Status, on)
	if !ok {
		return fault.Wrap(nil, "order "+target(o.ID)+": "+string(on)+" cannot happen in "+string(o.Status))
	}
	from := o.Status
	o.Status = to
	if on == order.CancelDone {
		err := chargeCancel(tx, o)
		if err != nil {
			return err
		}
	}
	if ns, ok := order.NumbersAt(to); ok {
		err := tx.SetNumbers(o.ID, ns, "", nil)
		if err != nil {
			return err
		}
	}
	if to.Final() {
		err := s.end(tx, o)
		if err != nil {
			return err
		}
	}
	entry := to.Entered()
	if on == order.FOCSet && from == order.FOC {
		entry = order.EntryFOCChanged
	}
	full := map[string]any{"status": to, "previous_status": from}
	maps.Copy(full, data)
	return s.tell(tx, o, entry, act, full)
}

// chargeCancel charges the fee of the order's deck for a cancellation that was
// asked for when the date was firm.
func chargeCancel(tx Tx, o *order.Order) error {
	fee := o.Quote.Basis.Later.CancelAfterFOC
	if fee.IsZero() || o.FOC == nil {
		return nil
	}
	asked, err := tx.LastSubmission(o.ID, order.SendCancel)
	if err != nil || asked == nil || o.FOC.ConfirmedAt.After(asked.Created) {
		return err
	}
	o.Quote.Charges = append(o.Quote.Charges, pricing.Charge{What: "cancel_after_foc", Amount: fee, At: tx.Now()})
	return nil
}

// end closes an order for good: it holds no number and waits for nothing.
func (s *Service) end(tx Tx, o *order.Order) error {
	o.Completed = tx.Now()
	err := tx.Release(o.ID)
	if err != nil {
		return err
	}
	for _, kind := range []order.DueKind{order.DueSend, order.DuePoll, order.DueExpire, order.DueReplan} {
		err = tx.ClearDue(o.ID, kind)
		if err != nil {
			return err
		}
	}
	return nil
}

// act is who did something, and in which request.
type act struct {
	accountID int64
	by        string
	requestID string
}

func (c Call) act() act {
	return act{accountID: c.Principal.AccountID, by: c.by(), requestID: c.RequestID}
}

func system(o *order.Order) act     { return act{accountID: o.AccountID, by: string(order.System)} }
func carrierAct(o *order.Order) act { return act{accountID: o.AccountID, by: string(order.Carrier)} }

// tell adds a public entry to an order's timeline, and the act to the audit.
func (s *Service) tell(tx Tx, o *order.Order, what order.EntryType, act act, data map[string]any) error {
	o.Sequence++
	err := tx.AddEntry(&order.Entry{OrderID: o.ID, Sequence: o.Sequence, At: tx.Now(), Type: what, By: act.by, Data: data})
	if err != nil {
		return err
	}
	return s.audit(tx, act, string(what), "order/"+target(o.ID), data)
}

// note adds an entry that is not public.
func note(tx Tx, orderID int64, what order.EntryType, by string, data map[string]any) error {
	return tx.AddEntry(&order.Entry{OrderID: orderID, At: tx.Now(), Type: what, By: by, Data: data})
}

func (s *Service) audit(tx Tx, act act, what, target string, data map[string]any) error {
	return tx.Audit(audit.Entry{AccountID: act.accountID, At: tx.Now(), Actor: act.by, Action: what, Target: target, RequestID: act.requestID, Data: data})
}

// save stores a changed order.
func save(tx Tx, o *order.Order) error {
	o.Updated = tx.Now()
	return tx.SaveOrder(o)
}

// schedule makes something due, and queues it when it is due already.
func schedule(tx Tx, d order.Due) error {
	err := tx.SetDue(d)
	if err != nil {
		return err
	}
	if d.At.After(tx.Now()) {
		return nil
	}
	return tx.Enqueue(d, tx.Wall().Add(lease))
}

// Cancel ends an order that was confirmed. What no carrier has seen is over at
// once; otherwise the carrier is asked, and the order is cancel_pending until
// it answers.
func (s *Service) Cancel(ctx context.Context, c Call, id int64, reason string) (*View, error) {
	return do(ctx, s, c, func(tx Tx) (*View, error) {
		o, err := open(tx, c, id, order.DoCancel)
		if err != nil {
			return nil, err
		}
		err = s.frozen(tx, o)
		if err != nil {
			return nil, err
		}
		o.CancelReason = reason
		err = s.cancel(tx, o, order.Cancel, c.act(), "the customer asked for it")
		if err != nil {
			return nil, err
		}
		err = save(tx, o)
		if err != nil {
			return nil, err
		}
		return s.view(tx, o)
	})
}

// frozen refuses what the losing carrier does not take any more, so near to
// the activation.
func (s *Service) frozen(tx Tx, o *order.Order) error {
	if o.Status != order.FOC || o.FOC == nil {
		return nil
	}
	m, err := s.openMarket(tx)
	if err != nil {
		return err
	}
	freeze := time.Duration(m.profile(o).FreezeHours) * time.Hour
	until := o.FOC.ActivationTime.Add(-freeze)
	if freeze == 0 || !tx.Now().After(until) {
		return nil
	}
	return &fault.Error{
		Kind: fault.Conflict, Code: fault.CodeFrozen,
		Message: fmt.Sprintf("the losing carrier takes no cancellation within %d hours of the activation at %s", int(freeze/time.Hour), o.FOC.ActivationTime.UTC().Format(time.RFC3339)),
		Hint:    fault.Explain(fault.CodeFrozen).Fix, Extra: stateOf(o),
	}
}

// cancel withdraws what is not sent yet, and asks the carrier to cancel what
// it has.
func (s *Service) cancel(tx Tx, o *order.Order, on order.Event, act act, why string) error {
	sub, err := tx.LastSubmission(o.ID, order.SendRequest)
	if err != nil {
		return err
	}
	data := map[string]any{"reason": why}
	if sub != nil && sub.State == order.SubmissionReady {
		sub.State = order.SubmissionWithdrawn
		err = tx.SaveSubmission(sub, order.SubmissionReady)
		if err != nil {
			return err
		}
		if o.PONVersion == 1 {
			return s.move(tx, o, order.CancelUnsent, act, data)
		}
		// What the carrier says next is about the version that it has.
		o.PONVersion--
	}
	err = tx.InsertSubmission(&order.Submission{OrderID: o.ID, Kind: order.SendCancel, Version: o.PONVersion, State: order.SubmissionReady, Created: tx.Now()})
	if err != nil {
		return err
	}
	err = s.move(tx, o, on, act, data)
	if err != nil {
		return err
	}
	err = tx.ClearDue(o.ID, order.DueExpire)
	if err != nil {
		return err
	}
	return schedule(tx, order.Due{OrderID: o.ID, Kind: order.DueSend, At: tx.Now(), Reason: "ask the carrier to cancel"})
}

// Expire ends a draft that was never confirmed, and asks the carrier to cancel
// a rejected order that nobody corrected. It does nothing when the time has
// not come.
func (s *Service) Expire(ctx context.Context, orderID int64) error {
	return s.work(ctx, func(tx Tx) error {
		d, err := tx.Due(orderID, order.DueExpire)
		if err != nil || d == nil || d.At.After(tx.Now()) {
			return err
		}
		o, err := tx.AnyOrder(orderID)
		if fault.Is(err, fault.NotFound) {
			return tx.ClearDue(orderID, order.DueExpire)
		}
		if err != nil {
			return err
		}
		switch o.Status {
		case order.Created:
			err = s.move(tx, o, order.Expire, system(o), map[string]any{"reason": d.Reason})
		case order.Rejected:
			o.CancelReason = d.Reason
			err = s.cancel(tx, o, order.Expire, system(o), d.Reason)
		default:
			return tx.ClearDue(orderID, order.DueExpire)
		}
		if err != nil {
			return err
		}
		return save(tx, o)
	})
}

// CarrierSaid applies what a carrier said about an order, in one transaction.
// Answers that were heard before count no second time; answers that no longer
// fit are kept on the timeline. next is when the carrier is asked again, zero
// when it has nothing more to say.
func (s *Service) CarrierSaid(ctx context.Context, orderID int64, events []order.CarrierEvent, next time.Time) error {
	return s.work(ctx, func(tx Tx) error {
		o, err := tx.AnyOrder(orderID)
		if err != nil {
			return err
		}
		changed := false
		for _, e := range events {
			fresh, err := tx.Heard(o.ID, e.Key)
			if err != nil {
				return err
			}
			if !fresh {
				continue
			}
			err = s.apply(tx, o, e)
			if err != nil {
				return err
			}
			changed = true
		}
		if changed {
			err = save(tx, o)
			if err != nil {
				return err
			}
		}
		if o.Status.Final() || next.IsZero() {
			return tx.ClearDue(o.ID, order.DuePoll)
		}
		return schedule(tx, order.Due{OrderID: o.ID, Kind: order.DuePoll, At: next, Reason: "ask the carrier for its answer"})
	})
}

// apply lets one answer of the carrier act on the order.
func (s *Service) apply(tx Tx, o *order.Order, e order.CarrierEvent) error {
	if e.On == order.NumbersDone {
		return s.applyNumbers(tx, o, e)
	}
	on := e.On
	if on == order.FOCSet && e.FOC == nil {
		s.Log.Error("a carrier set a FOC and told no date", slog.Int64("order", o.ID))
		return s.late(tx, o, e)
	}
	if on == order.CancelRefused && o.FOC != nil {
		on = order.CancelTooLate
	}
	_, fits := order.Next(o.Status, on)
	current := e.Version >= o.PONVersion
	if on == order.FOCSet && current && o.Status == order.CancelPending {
		// It stands if the carrier refuses to cancel.
		o.FOC = e.FOC
	}
	if !fits || !current && on != order.CancelDone {
		return s.late(tx, o, e)
	}
	data := map[string]any{"pon": o.PON, "pon_version": e.Version}
	switch on {
	case order.Accepted:
		var err error
		o.AnswerDue, err = s.answerDue(tx, o, e.At)
		if err != nil {
			return err
		}
	case order.CarrierReject:
		o.FOC = nil
		o.Reject = rejection(e)
		data["code"], data["fields"] = o.Reject.Code, o.Reject.Fields
		err := schedule(tx, order.Due{OrderID: o.ID, Kind: order.DueExpire, At: e.At.Add(s.Limits.Answer), Reason: "the reject was not corrected in time"})
		if err != nil {
			return err
		}
	case order.FOCSet:
		o.FOC = e.FOC
	case order.CancelDone:
		counts, err := tx.Counts(o.ID)
		if err != nil {
			return err
		}
		if counts[order.NumberPorted] > 0 {
			// A number that is ported is ported; the rest is cancelled.
			err = tx.SetNumbers(o.ID, order.NumberRemoved, "", nil)
			if err != nil {
				return err
			}
			on = order.NumbersDone
		}
	case order.CancelRefused, order.CancelTooLate:
		o.CancelReason, o.Reject = "", nil
	}
	if to, _ := order.Next(o.Status, on); to == order.FOC {
		data["foc_date"], data["activation_time"] = o.FOC.Date, o.FOC.ActivationTime
	}
	return s.move(tx, o, on, carrierAct(o), data)
}

// numbersTold is how many numbers an entry of the timeline names; the order
// has them all.
const numbersTold = 100

// applyNumbers takes in which numbers are ported and which are not.
func (s *Service) applyNumbers(tx Tx, o *order.Order, e order.CarrierEvent) error {
	if _, fits := order.Next(o.Status, order.NumbersDone); !fits {
		s.Log.Error("a carrier moved numbers of an order that is over", slog.Int64("order", o.ID), slog.String("status", string(o.Status)))
		return s.late(tx, o, e)
	}
	var ported, failed int
	var err error
	switch {
	case e.AllPorted:
		ported, err = endNumbers(tx, o, order.NumberPorted, "", nil)
	case len(e.Ported) > 0:
		ported, err = endNumbers(tx, o, order.NumberPorted, "", e.Ported)
	}
	if err != nil {
		return err
	}
	if len(e.Failed) > 0 {
		failed, err = endNumbers(tx, o, order.NumberFailed, e.CarrierText, e.Failed)
		if err != nil {
			return err
		}
	}
	if ported+failed == 0 {
		return s.late(tx, o, e)
	}
	if ported > 0 {
		told := map[string]any{"all": e.AllPorted, "count": ported}
		if !e.AllPorted {
			told["dids"] = e.Ported[:min(len(e.Ported), numbersTold)]
		}
		err = s.tell(tx, o, order.EntryNumberPorted, carrierAct(o), told)
		if err != nil {
			return err
		}
	}
	if failed > 0 {
		err = s.tell(tx, o, order.EntryNumberFailed, carrierAct(o), map[string]any{"count": failed, "dids": e.Failed[:min(len(e.Failed), numbersTold)]})
		if err != nil {
			return err
		}
	}
	counts, err := tx.Counts(o.ID)
	if err != nil {
		return err
	}
	on, done := counts.Done()
	if !done {
		return nil
	}
	if on == order.NonePorted && o.CancelReason == "" {
		o.CancelReason = e.CarrierText
	}
	return s.move(tx, o, on, carrierAct(o), map[string]any{"ported": counts[order.NumberPorted], "failed": counts[order.NumberFailed]})
}

// endNumbers ends the numbers named, or all when only is nil, and returns how
// many of them were not over before.
func endNumbers(tx Tx, o *order.Order, to order.NumberStatus, message string, only []nanp.Number) (int, error) {
	before, err := tx.Counts(o.ID)
	if err != nil {
		return 0, err
	}
	err = tx.SetNumbers(o.ID, to, message, only)
	if err != nil {
		return 0, err
	}
	after, err := tx.Counts(o.ID)
	return after[to] - before[to], err
}

// late keeps an answer that does not fit any more: one to a request that was
// corrected since, or one that came after the order was over.
func (s *Service) late(tx Tx, o *order.Order, e order.CarrierEvent) error {
	return note(tx, o.ID, order.EntryLate, string(order.Carrier), map[string]any{"event": e.On, "pon_version": e.Version, "status": o.Status})
}

// rejection reads a carrier's reject by the catalogue.
func rejection(e order.CarrierEvent) *order.Rejection {
	r := lnp.RejectOf(e.Reject)
	return &order.Rejection{
		Code: r.Code, Message: r.Meaning, CarrierCode: e.CarrierCode, CarrierText: e.CarrierText,
		Fields: slices.Clone(r.Fields), Fix: r.Fix, Path: r.Path, At: e.At,
	}
}
