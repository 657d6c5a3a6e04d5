// Package gateway is how portin speaks to gaining carriers: one interface, and
// one adapter a folder that translates between it and a carrier's own system.
//
// An adapter touches nothing but its carrier (and records of its own): it
// returns what the carrier said, and package porting decides what that means.
package gateway

import (
	"context"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/order"
)

// Receipt says that a carrier has something.
type Receipt struct {
	At   time.Time // when the carrier got it, business time
	Next time.Time // when it is worth asking for its answer
}

// Gateway speaks to one gaining carrier. It is safe for concurrent use.
//
// A request is named by its purchase order number and its version; both are a
// function of the order alone, so what is sent twice is recognised. Every
// method may be called again after any outcome.
//
// A carrier that refuses an order for a reason of the trade says so with an
// event, order.CarrierReject. Errors are about the conversation itself:
// Unavailable, or anything that is no *fault.Error, means that nobody knows
// whether the carrier has what was sent; NotFound and Invalid mean that the
// carrier has not taken it. Errors are logged, so they hold nothing personal.
type Gateway interface {
	// Submit hands a request over. The same PON and version again changes
	// nothing and returns the first receipt. Returns Invalid for a request
	// that the carrier's system cannot take in this form.
	Submit(ctx context.Context, r order.Request) (Receipt, error)

	// Find asks whether the carrier has a request. It is what a caller does
	// who does not know how an earlier Submit ended.
	Find(ctx context.Context, pon string, version int) (r Receipt, found bool, err error)

	// Poll returns everything that the carrier has said so far about the PON,
	// in all its versions, in the order in which it was said. What was
	// returned once is returned again with the same Key, so that a caller can
	// tell what is new. next is when there will be more, zero when the carrier
	// has nothing more to say. version is the newest one that the caller has
	// sent. Returns NotFound for a PON that the carrier never got.
	Poll(ctx context.Context, pon string, version int) (events []order.CarrierEvent, next time.Time, err error)

	// Cancel asks the carrier to cancel a request that it has. Whether it does
	// is said by an event, order.CancelDone or order.CancelRefused. The same
	// again changes nothing and returns the first receipt, so after an unknown
	// outcome Cancel is simply called again. Returns NotFound for a PON and
	// version that the carrier never got.
	Cancel(ctx context.Context, pon string, version int, reason string) (Receipt, error)
}

// Set holds the gateways by the name that carriers refer to.
type Set map[string]Gateway

// Named returns a gateway. Returns Unavailable for a name that is not set up
// here.
func (s Set) Named(name string) (Gateway, error) {
	g, ok := s[name]
	if !ok {
		return nil, fault.New(fault.Unavailable, fault.CodeNotReady, "no gateway of the name %q is set up", name)
	}
	return g, nil
}
