package order

// Status is where an order stands. The comment of each says who acts next.
type Status string

const (
	Created       Status = "created"        // the customer confirms
	Submitted     Status = "submitted"      // portin hands it to the gaining carrier
	Pending       Status = "pending"        // the losing carrier answers
	Rejected      Status = "rejected"       // the customer corrects and confirms again
	FOC           Status = "foc"            // everybody waits for the date
	Activating    Status = "activating"     // the carriers move the numbers
	Completed     Status = "completed"      // nobody: every number is ported, failed or removed, one at least ported
	CancelPending Status = "cancel_pending" // the carrier agrees to the cancellation, or refuses
	Canceled      Status = "canceled"       // nobody: over, nothing ported
	Expired       Status = "expired"        // nobody: never confirmed within its time
)

// Statuses lists every status in the order of an order's life.
var Statuses = []Status{Created, Submitted, Pending, Rejected, FOC, Activating, Completed, CancelPending, Canceled, Expired}

// Final reports whether nothing can happen to the order any more. An order
// that is not final holds its numbers within its account.
func (s Status) Final() bool {
	return s == Completed || s == Canceled || s == Expired
}

// NumberStatus is where one number of an order stands.
type NumberStatus string

const (
	NumberCreated   NumberStatus = "created"
	NumberSubmitted NumberStatus = "submitted"
	NumberPending   NumberStatus = "pending"
	NumberRejected  NumberStatus = "rejected"
	NumberFOC       NumberStatus = "foc"
	NumberPorted    NumberStatus = "ported"
	NumberFailed    NumberStatus = "failed"
	NumberRemoved   NumberStatus = "removed"
)

// Final reports whether the number's port is over.
func (s NumberStatus) Final() bool {
	return s == NumberPorted || s == NumberFailed || s == NumberRemoved
}

// Event is what happens to an order and may move it.
type Event string

const (
	Confirm       Event = "confirm"         // the customer confirms, or corrects a reject
	CancelUnsent  Event = "cancel_unsent"   // the customer cancels what no carrier has seen
	Cancel        Event = "cancel"          // the customer cancels; the carrier is asked
	Expire        Event = "expire"          // the draft, or the unanswered reject, ran out of time
	Accepted      Event = "accepted"        // the gaining carrier has it, the losing one has the request
	CarrierReject Event = "reject"          // a carrier refuses
	FOCSet        Event = "foc"             // a firm date, the first one or another
	Activation    Event = "activating"      // the numbers are being moved
	NumbersDone   Event = "numbers_done"    // every number is ported, failed or removed; one at least ported
	NonePorted    Event = "none_ported"     // every number failed or was removed
	CancelDone    Event = "canceled"        // the carrier has cancelled
	CancelRefused Event = "cancel_refused"  // the carrier will not cancel any more; there is no date yet
	CancelTooLate Event = "cancel_too_late" // the carrier will not cancel any more; the FOC date stands
)

// Actor is who causes an event or must act next.
type Actor string

const (
	Customer Actor = "customer"
	Carrier  Actor = "carrier"
	Desk     Actor = "desk"
	System   Actor = "portin"
)

// Transition is one row of the state machine.
type Transition struct {
	From Status
	On   Event
	To   Status
	By   Actor
}

// Transitions is the whole state machine; what is not in it does not happen.
// A carrier may leave steps out (a FOC without a word before it), and its
// answers may cross a cancellation: then the fact wins, since a number that
// is ported is ported.
var Transitions = []Transition{
	{Created, Confirm, Submitted, Customer},
	{Created, Expire, Expired, System},

	{Submitted, CancelUnsent, Canceled, Customer},
	{Submitted, Cancel, CancelPending, Customer},
	{Submitted, Accepted, Pending, Carrier},
	{Submitted, CarrierReject, Rejected, Carrier},
	{Submitted, FOCSet, FOC, Carrier},
	{Submitted, Activation, Activating, Carrier},
	{Submitted, NumbersDone, Completed, Carrier},
	{Submitted, NonePorted, Canceled, Carrier},
	{Submitted, CancelDone, Canceled, Carrier},

	{Pending, Cancel, CancelPending, Customer},
	{Pending, CarrierReject, Rejected, Carrier},
	{Pending, FOCSet, FOC, Carrier},
	{Pending, Activation, Activating, Carrier},
	{Pending, NumbersDone, Completed, Carrier},
	{Pending, NonePorted, Canceled, Carrier},
	{Pending, CancelDone, Canceled, Carrier},

	{Rejected, Confirm, Submitted, Customer},
	{Rejected, Cancel, CancelPending, Customer},
	{Rejected, Expire, CancelPending, System},
	{Rejected, NumbersDone, Completed, Carrier},
	{Rejected, NonePorted, Canceled, Carrier},
	{Rejected, CancelDone, Canceled, Carrier},

	{FOC, Cancel, CancelPending, Customer},
	{FOC, CarrierReject, Rejected, Carrier},
	{FOC, FOCSet, FOC, Carrier},
	{FOC, Activation, Activating, Carrier},
	{FOC, NumbersDone, Completed, Carrier},
	{FOC, NonePorted, Canceled, Carrier},
	{FOC, CancelDone, Canceled, Carrier},

	{Activating, CarrierReject, Rejected, Carrier},
	{Activating, NumbersDone, Completed, Carrier},
	{Activating, NonePorted, Canceled, Carrier},
	{Activating, CancelDone, Canceled, Carrier},

	{CancelPending, CancelDone, Canceled, Carrier},
	{CancelPending, CancelRefused, Pending, Carrier},
	{CancelPending, CancelTooLate, FOC, Carrier},
	{CancelPending, Activation, Activating, Carrier},
	{CancelPending, NumbersDone, Completed, Carrier},
	{CancelPending, NonePorted, Canceled, Carrier},
}

// Next returns the status to which the event moves an order; ok is false when
// the event cannot happen in this status.
func Next(from Status, on Event) (to Status, ok bool) {
	for _, t := range Transitions {
		if t.From == from && t.On == on {
			return t.To, true
		}
	}
	return from, false
}

// numberStatus is what the numbers of an order that are not done yet become
// when the order reaches a status.
var numberStatus = map[Status]NumberStatus{
	Created:   NumberCreated,
	Submitted: NumberSubmitted,
	Pending:   NumberPending,
	Rejected:  NumberRejected,
	FOC:       NumberFOC,
	Canceled:  NumberRemoved,
	Expired:   NumberRemoved,
}

// NumbersAt returns the status of the numbers that are not done yet in an
// order of the status; ok is false where they keep what they have.
func NumbersAt(s Status) (ns NumberStatus, ok bool) {
	ns, ok = numberStatus[s]
	return ns, ok
}

// Counts says how many numbers of an order stand where.
type Counts map[NumberStatus]int

// Done says how the order ended once all its numbers are done: NumbersDone or
// NonePorted. ok is false while a number is still on its way.
func (c Counts) Done() (on Event, ok bool) {
	for s, n := range c {
		if n > 0 && !s.Final() {
			return "", false
		}
	}
	if c[NumberPorted] > 0 {
		return NumbersDone, true
	}
	return NonePorted, true
}
