// Package porting holds the use cases: what a customer, the porting desk, a
// carrier and the passing of time do to orders. Each is one transaction: the
// order, its timeline, its audit, what is due and what must be sent
// (architecture.md). Nothing here speaks to the outside; package worker does.
package porting

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/blob"
	"github.com/portin/portin/internal/clock"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/seal"
)

// Service is the one way in. Its methods are safe for concurrent use.
type Service struct {
	Store    Store
	Facts    numbering.Source
	Blobs    blob.Store
	Ring     *seal.Ring
	Business clock.Clock
	Wall     clock.Clock
	Log      *slog.Logger
	Limits   order.Limits
	Intake   intake.Options
	Routing  Routing
	Registry Registry
	Gateways []string // the adapters that a carrier can have
	Sandbox  bool     // tokens are test tokens

	// AllowUnassigned takes numbers that no carrier covers into orders
	// without a carrier, for the desk to place.
	AllowUnassigned bool

	running running
	room    room
	market  atomic.Pointer[market] // as it was read last
}

// roomFor is how many numbers are looked up, planned and written at the same
// time: the largest uploads need a quarter of a gigabyte each.
const roomFor = 200_000

// room lets large uploads wait for one another.
type room struct {
	once sync.Once
	left *semaphore.Weighted
}

// enter waits until there is room for so many numbers; leave must be called
// then. Returns the error of ctx when it ends first.
func (r *room) enter(ctx context.Context, numbers int) (leave func(), err error) {
	r.once.Do(func() { r.left = semaphore.NewWeighted(roomFor) })
	n := int64(min(numbers, roomFor))
	err = r.left.Acquire(ctx, n)
	return func() { r.left.Release(n) }, err
}

// Routing says how carriers are chosen (package routing).
type Routing struct {
	Tolerance pricing.Money // by how many percent a route may cost more than a number's cheapest one to save an order
	Months    int           // how many monthly charges count as cost, beside the port fee
}

// DefaultRouting counts a year's charges, and spends nothing to save an order.
var DefaultRouting = Routing{Months: 12}

// Registry tells what reference data know beside numbers.
type Registry interface {
	// RespOrg returns the company of a RespOrg id; ok is false when no
	// directory has it.
	RespOrg(id string) (company string, ok bool)
	// Operators yields who holds codes and blocks, each OCN with the losing
	// carrier that it belongs to.
	Operators() iter.Seq[numbering.Losing]
}

// Call is who calls, and how the call is told from others.
type Call struct {
	Principal account.Principal
	RequestID string
	// Version is that of the order which the caller has read; 0: not said. A
	// change of an order that has another one is refused.
	Version int64
	Once    *Once // nil: the caller sent no idempotency key
}

// by names the caller on timelines and in the audit.
func (c Call) by() string { return string(order.Customer) + ":" + c.Principal.Username }

// Page is how much of a timeline to read.
type Page struct {
	After int64
	Rows  int
}

// lease is how long a job has, by the wall clock, before what it was to do is
// queued again. It must exceed the time limit of a job.
const lease = 2 * time.Minute

// needScope refuses a caller whose token lacks the scope. The doors check it
// first; this is the second lock.
func (c Call) needScope(s account.Scope) error {
	if !c.Principal.Has(s) {
		return fault.New(fault.Forbidden, fault.CodeScope, "the token has not the scope %s", s)
	}
	return nil
}

// Authenticate finds who a user name and a token belong to. Returns
// Unauthenticated for everything that is not a live token of that user,
// without saying why.
func (s *Service) Authenticate(ctx context.Context, username, token string) (account.Principal, error) {
	refused := fault.New(fault.Unauthenticated, fault.CodeUnauthenticated, "the user name and the token do not fit, or the token is not valid any more")
	keyID, ok := account.KeyID(token)
	if !ok {
		return account.Principal{}, refused
	}
	var p account.Principal
	err := s.Store.View(ctx, func(tx Tx) error {
		t, err := tx.TokenByKey(keyID)
		if err != nil {
			return err
		}
		if !t.Matches(token) || t.Username != username || !t.Live(tx.Wall()) {
			return refused
		}
		a, err := tx.Account(t.AccountID)
		if err != nil {
			return err
		}
		p = account.Principal{AccountID: a.ID, AccountName: a.Name, Username: t.Username, TokenID: t.ID, Scopes: t.Scopes}
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return account.Principal{}, refused
	}
	return p, err
}
