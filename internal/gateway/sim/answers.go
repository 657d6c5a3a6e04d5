package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/order"
)

// How long the simulated carriers take, in business time.
const (
	acceptAfter = time.Second     // from the receipt until the gaining carrier has passed it on
	answerAfter = 2 * time.Second // from the receipt until the losing carrier answers
	cancelAfter = time.Second     // from the receipt of a cancellation until its answer
	portAfter   = time.Second     // from the activation until every number is ported
)

// answers returns everything that the carriers will ever say about a PON if
// nothing more is sent to them, by the time at which they say it. receipts are
// all that they got about it, the oldest first.
//
// What is sent never changes what was said before it came: it only takes the
// place of what would have been said later.
func answers(receipts []Receipt) []order.CarrierEvent {
	var said []order.CarrierEvent
	for _, r := range receipts {
		moving := slices.ContainsFunc(said, func(e order.CarrierEvent) bool { return e.On == order.Activation && !e.At.After(r.At) })
		switch {
		case moving && r.Kind == order.SendCancel:
			said = append(said, event(r, order.CancelRefused, cancelAfter))
		case moving:
			// The numbers are on their way; a correction comes too late.
		case r.Kind == order.SendCancel:
			return sorted(append(until(said, r.At), event(r, order.CancelDone, cancelAfter)))
		default:
			said = append(until(said, r.At), answer(r)...)
		}
	}
	return sorted(said)
}

// until returns what was said up to a time.
func until(said []order.CarrierEvent, t time.Time) []order.CarrierEvent {
	return slices.DeleteFunc(said, func(e order.CarrierEvent) bool { return e.At.After(t) })
}

func sorted(said []order.CarrierEvent) []order.CarrierEvent {
	slices.SortStableFunc(said, func(a, b order.CarrierEvent) int { return a.At.Compare(b.At) })
	return said
}

// answer returns what the carriers say to one request that nothing follows.
func answer(r Receipt) []order.CarrierEvent {
	accepted := event(r, order.Accepted, acceptAfter)
	if reject, ok := storyOf(r.Numbers).rejectOf(r.Version); ok {
		e := event(r, order.CarrierReject, answerAfter)
		e.Reject, e.CarrierCode, e.CarrierText = reject.Code, reject.CarrierCode, reject.CarrierText
		return []order.CarrierEvent{accepted, e}
	}
	foc := event(r, order.FOCSet, answerAfter)
	foc.FOC = firmDate(r, foc.At)
	activation := event(r, order.Activation, 0)
	activation.At = foc.FOC.ActivationTime
	done := event(r, order.NumbersDone, 0)
	done.At, done.AllPorted = activation.At.Add(portAfter), true
	return []order.CarrierEvent{accepted, foc, activation, done}
}

// firmDate is the date asked for, or the day of the answer when that has
// passed. The numbers move at midnight, since the NPAC normalises the due
// times of wireline and intermodal ports to 00:00 (lnp-rules §1.3); when the
// answer comes after that midnight, a second after the answer.
func firmDate(r Receipt, answered time.Time) *order.FOCDate {
	zone := r.location()
	date := r.Requested
	if today := bizday.DateOf(answered, zone); date.IsZero() || today.After(date) {
		date = today
	}
	at := date.At(0, 0, zone).UTC()
	if earliest := answered.Add(time.Second); at.Before(earliest) {
		at = earliest
	}
	return &order.FOCDate{Date: date, Zone: zone.String(), ActivationTime: at, ConfirmedAt: answered}
}

func event(r Receipt, on order.Event, after time.Duration) order.CarrierEvent {
	return order.CarrierEvent{Key: fmt.Sprintf("%s/%d/%s", r.Kind, r.Version, on), Version: r.Version, On: on, At: r.At.Add(after)}
}
