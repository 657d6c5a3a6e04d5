// Package sim plays the carriers of the sandbox.
//
// What the simulated carriers say is a pure function of what they got and
// when: PON, version, numbers, the date asked for. So only the receipts are
// kept, and no moment can be missed or told twice, however often portin is
// stopped or killed.
package sim

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/clock"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/gateway"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
)

// Receipt is what the simulated carriers keep of what they were sent: nothing
// personal.
type Receipt struct {
	PON     string
	Version int
	Kind    order.SubmissionKind
	At      time.Time // business time, whole milliseconds

	// Of a request.
	Numbers   []nanp.Number
	Requested bizday.Date // zero: none was asked for
	Zone      string      // of Requested, IANA
}

// location is the zone of the receipt's dates. Submit takes no other than
// known zones.
func (r Receipt) location() *time.Location {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Receipts keeps receipts, each in a transaction of its own.
type Receipts interface {
	// Keep stores a receipt, unless there is one of its PON, version and kind
	// already, and returns the one that is stored.
	Keep(ctx context.Context, r Receipt) (Receipt, error)
	// Of returns what was received about a PON, the oldest first.
	Of(ctx context.Context, pon string) ([]Receipt, error)
}

// Sim is the gateway to the simulated carriers.
type Sim struct {
	receipts Receipts
	business clock.Clock
	// mu makes taking the time and reading or keeping receipts one act: what
	// was said at a time can then never be taken back by a receipt of an
	// earlier time.
	mu sync.Mutex
}

var _ gateway.Gateway = (*Sim)(nil)

// New returns a gateway to simulated carriers that live by the business clock.
func New(receipts Receipts, business clock.Clock) *Sim {
	return &Sim{receipts: receipts, business: business}
}

// Submit implements gateway.Gateway. Returns Invalid for a zone that does not
// exist.
func (s *Sim) Submit(ctx context.Context, r order.Request) (gateway.Receipt, error) {
	_, err := time.LoadLocation(r.Zone)
	if err != nil {
		return gateway.Receipt{}, fault.New(fault.Invalid, fault.CodeInvalidValue, "the request's zone does not exist")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keep(ctx, Receipt{
		PON: r.PON, Version: r.Version, Kind: order.SendRequest, At: s.now(),
		Numbers: r.Numbers, Requested: r.RequestedFOC, Zone: r.Zone,
	})
}

// Find implements gateway.Gateway.
func (s *Sim) Find(ctx context.Context, pon string, version int) (gateway.Receipt, bool, error) {
	got, err := s.receipts.Of(ctx, pon)
	if err != nil {
		return gateway.Receipt{}, false, err
	}
	i := slices.IndexFunc(got, isRequest(version))
	if i < 0 {
		return gateway.Receipt{}, false, nil
	}
	return got[i].given(), true, nil
}

// Poll implements gateway.Gateway.
func (s *Sim) Poll(ctx context.Context, pon string, _ int) (events []order.CarrierEvent, next time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.business.Now()
	got, err := s.receipts.Of(ctx, pon)
	if err != nil {
		return nil, time.Time{}, err
	}
	if len(got) == 0 {
		return nil, time.Time{}, unknown()
	}
	events, next = at(got, now)
	return events, next, nil
}

// Cancel implements gateway.Gateway. The carriers cancel until the numbers are
// being moved.
func (s *Sim) Cancel(ctx context.Context, pon string, version int, _ string) (gateway.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got, err := s.receipts.Of(ctx, pon)
	if err != nil {
		return gateway.Receipt{}, err
	}
	if !slices.ContainsFunc(got, isRequest(version)) {
		return gateway.Receipt{}, unknown()
	}
	return s.keep(ctx, Receipt{PON: pon, Version: version, Kind: order.SendCancel, At: s.now()})
}

// now is the time of a receipt.
func (s *Sim) now() time.Time { return s.business.Now().Truncate(time.Millisecond) }

func (s *Sim) keep(ctx context.Context, r Receipt) (gateway.Receipt, error) {
	kept, err := s.receipts.Keep(ctx, r)
	if err != nil {
		return gateway.Receipt{}, err
	}
	return kept.given(), nil
}

// given is the receipt as the sender gets it.
func (r Receipt) given() gateway.Receipt {
	after := acceptAfter
	if r.Kind == order.SendCancel {
		after = cancelAfter
	}
	return gateway.Receipt{At: r.At, Next: r.At.Add(after)}
}

func isRequest(version int) func(Receipt) bool {
	return func(r Receipt) bool { return r.Kind == order.SendRequest && r.Version == version }
}

func unknown() error {
	return fault.New(fault.NotFound, fault.CodeNotFound, "the simulated carriers have no such request")
}

// at returns what has been said by a time, and when there will be more.
func at(receipts []Receipt, now time.Time) (said []order.CarrierEvent, next time.Time) {
	all := answers(receipts)
	n := slices.IndexFunc(all, func(e order.CarrierEvent) bool { return e.At.After(now) })
	if n < 0 {
		return all, time.Time{}
	}
	return all[:n], all[n].At
}
