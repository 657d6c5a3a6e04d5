// Package order is the domain: an order of numbers to be ported, what it
// carries, what may happen to it next, and what a carrier's word does to it.
// It does no I/O and asks no clock.
package order

import (
	"fmt"
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/routing"
	"github.com/portin/portin/internal/seal"
)

// Order is a request to move numbers from one losing carrier to one gaining
// carrier, with all that is known of it. Its numbers are kept beside it,
// since there can be a hundred thousand.
type Order struct {
	ID        int64
	UID       seal.UID // binds what is encrypted in the order's row to that row
	AccountID int64
	UploadID  int64
	Version   int64 // grows by one with every change
	Status    Status

	Carrier     CarrierRef
	Country     lnp.Country
	NumberType  lnp.NumberType
	LineType    lnp.LineType // "" where the order's numbers differ or nobody knows
	Losing      numbering.Losing
	Reason      routing.Reason
	NumberCount int // numbers in the order, the removed ones included

	Quote        pricing.Quote
	Pinned       bool // the first confirmation pins the price
	Confirmation Confirmation
	Reference    string      // the customer's own, customer_reference
	RequestedFOC bizday.Date // zero until confirmed
	PON          string      // purchase order number towards the carrier; "" until confirmed
	PONVersion   int         // version of the request that was stored for sending last, from 1
	AnswerDue    time.Time   // when the losing carrier owes its answer, in pending
	FOC          *FOCDate
	Reject       *Rejection
	CancelReason string

	Sequence  int64 // of the last public event
	Created   time.Time
	Submitted time.Time // zero until confirmed
	Completed time.Time // zero until over
	Updated   time.Time
}

// CarrierRef names a gaining carrier; ID 0 is none.
type CarrierRef struct {
	ID      int64
	Name    string
	Gateway string // the adapter that speaks to it
}

// Number is one number of an order.
type Number struct {
	Facts   numbering.Facts
	Status  NumberStatus
	PortFee pricing.Money
	MRC     pricing.Money
	Message string // why it failed or was rejected; "" otherwise
}

// FOCDate is the firm order commitment: when the losing carrier lets go.
type FOCDate struct {
	Date           bizday.Date `json:"date"`            // in Zone
	Zone           string      `json:"timezone"`        // IANA
	ActivationTime time.Time   `json:"activation_time"` // an instant
	ConfirmedAt    time.Time   `json:"confirmed_at"`
}

// Rejection is why a carrier refused, and what helps.
type Rejection struct {
	Code        lnp.RejectCode `json:"code"`
	Message     string         `json:"message"`
	CarrierCode string         `json:"carrier_code,omitempty"`
	CarrierText string         `json:"carrier_text,omitempty"`
	Fields      []string       `json:"fields"`
	Fix         string         `json:"fix"`
	Path        lnp.RejectPath `json:"path"`
	At          time.Time      `json:"at"`
}

// PONOf returns the purchase order number of an order. It is a function of
// the order alone, so that a request whose answer was lost is recognised by
// the carrier when it is sent again.
func PONOf(orderID int64) string { return fmt.Sprintf("PI%08d", orderID) }

// CarrierEvent is what a carrier said about a request. Gateways return it;
// package porting applies it.
type CarrierEvent struct {
	// Key tells this answer from every other one of the order, so that an
	// answer that comes twice counts once.
	Key     string
	Version int   // of the request that it answers
	On      Event // Accepted, CarrierReject, FOCSet, Activation, CancelDone, CancelRefused; NumbersDone for what happened to Ported and Failed
	At      time.Time

	FOC         *FOCDate
	CarrierCode string
	CarrierText string
	Reject      lnp.RejectCode

	// Of NumbersDone: AllPorted, or the numbers one by one.
	AllPorted bool
	Ported    []nanp.Number
	Failed    []nanp.Number
}

// Request is what a carrier is sent: the complete content of an LSR or of a
// RespOrg change (lnp-rules §2).
type Request struct {
	OrderID      int64
	AccountID    int64
	CarrierID    int64
	PON          string
	Version      int
	PortType     lnp.PortType
	Losing       numbering.Losing
	RequestedFOC bizday.Date
	Zone         string // of RequestedFOC, IANA
	Confirmation Confirmation
	Numbers      []nanp.Number
}
