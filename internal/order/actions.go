package order

import (
	"fmt"
	"time"
)

// Action is something that the customer can do with an order.
type Action string

const (
	DoConfirm       Action = "confirm"
	DoFiles         Action = "files"
	DoChooseCarrier Action = "choose_carrier"
	DoSplit         Action = "split"
	DoDelete        Action = "delete"
	DoCancel        Action = "cancel"
	DoComment       Action = "comment"
	DoNote          Action = "note"
)

// actions says what the customer can do in which status (api.md, Order
// status). A note is for the account's own eyes and is always allowed.
var actions = map[Status][]Action{
	Created:       {DoConfirm, DoFiles, DoChooseCarrier, DoSplit, DoDelete, DoComment, DoNote},
	Submitted:     {DoCancel, DoFiles, DoComment, DoNote},
	Pending:       {DoCancel, DoFiles, DoComment, DoNote},
	Rejected:      {DoConfirm, DoSplit, DoFiles, DoCancel, DoComment, DoNote},
	FOC:           {DoCancel, DoFiles, DoComment, DoNote},
	Activating:    {DoComment, DoFiles, DoNote},
	Completed:     {DoComment, DoNote},
	CancelPending: {DoComment, DoFiles, DoNote},
	Canceled:      {DoNote},
	Expired:       {DoNote},
}

// Allowed lists what the customer can do with an order of the status.
func (s Status) Allowed() []Action { return actions[s] }

// Allows reports whether the customer can do that with an order of the status.
func (s Status) Allows(a Action) bool {
	for _, b := range actions[s] {
		if a == b {
			return true
		}
	}
	return false
}

// Step is the next thing that must happen to an order: who must do what by
// when. By is zero where there is no deadline.
type Step struct {
	Who  Actor     `json:"who"`
	What string    `json:"what"`
	By   time.Time `json:"by,omitzero"`
}

// Next says who must do what by when; nil once the order is over. limits are
// the operator's deadlines.
func (o *Order) Next(limits Limits) *Step {
	switch o.Status {
	case Created:
		return &Step{Customer, "confirm the order with the subscriber's details", o.Created.Add(limits.Draft)}
	case Submitted:
		if o.Carrier.ID == 0 {
			return &Step{Who: Desk, What: "choose the gaining carrier; the order waits to be sent"}
		}
		if o.Carrier.Gateway == "" {
			return &Step{Who: Desk, What: fmt.Sprintf("hand the order to %s by hand", o.Carrier.Name)}
		}
		return &Step{Who: System, What: fmt.Sprintf("hand the order to %s", o.Carrier.Name)}
	case Pending:
		return &Step{Carrier, "the losing carrier confirms a date or rejects", o.AnswerDue}
	case Rejected:
		s := &Step{Who: Customer, What: "correct what the reject names and confirm again"}
		if o.Reject != nil {
			s.What, s.By = o.Reject.Fix, o.Reject.At.Add(limits.Answer)
		}
		return s
	case FOC:
		s := &Step{Who: Carrier, What: "the numbers are moved on the FOC date"}
		if o.FOC != nil {
			s.By = o.FOC.ActivationTime
		}
		return s
	case Activating:
		return &Step{Who: Carrier, What: "the carriers move the numbers"}
	case CancelPending:
		return &Step{Who: Carrier, What: "the carrier agrees to the cancellation, or refuses it"}
	}
	return nil
}

// Limits are the operator's deadlines.
type Limits struct {
	Draft  time.Duration // a created order expires
	Quote  time.Duration // a quote holds
	Answer time.Duration // a rejected order is canceled when nobody corrects it
}

// DefaultLimits are those of api.md, Order status.
var DefaultLimits = Limits{Draft: 30 * 24 * time.Hour, Quote: 7 * 24 * time.Hour, Answer: 14 * 24 * time.Hour}
