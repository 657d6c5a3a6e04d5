// Package gatewaytest holds what every gateway must do, as one suite of tests
// that each adapter runs.
package gatewaytest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/gateway"
	"github.com/portin/portin/internal/order"
)

// Bench is a gateway with a carrier that knows nothing yet, and the means to
// let time pass.
type Bench struct {
	Gateway gateway.Gateway
	// Request makes a request that the carrier accepts and ports, with the
	// PON and version.
	Request func(pon string, version int) order.Request
	// Advance lets business time pass until an instant, for the carrier too.
	Advance func(to time.Time)
}

// Run runs the suite. setup makes a new bench for each test.
func Run(t *testing.T, setup func(t *testing.T) Bench) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Bench){
		"SubmitTwice":      submitTwice,
		"SubmitAtOnce":     submitAtOnce,
		"Find":             find,
		"Unknown":          unknown,
		"Life":             life,
		"PollRepeats":      pollRepeats,
		"Cancel":           cancel,
		"CancelTooLate":    cancelTooLate,
		"PONsAreSeparate":  ponsAreSeparate,
		"ContextCancelled": contextCancelled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, setup(t))
		})
	}
}

const pon = "PI00000001"

func (b Bench) submit(t *testing.T, pon string, version int) gateway.Receipt {
	t.Helper()
	r, err := b.Gateway.Submit(t.Context(), b.Request(pon, version))
	if err != nil {
		t.Fatalf("Submit(%s, %d): %v", pon, version, err)
	}
	if r.At.IsZero() || r.Next.Before(r.At) {
		t.Fatalf("Submit(%s, %d) = %+v: a receipt has a time, and Next is not before it", pon, version, r)
	}
	return r
}

func (b Bench) poll(t *testing.T, pon string) ([]order.CarrierEvent, time.Time) {
	t.Helper()
	events, next, err := b.Gateway.Poll(t.Context(), pon, 1)
	if err != nil {
		t.Fatalf("Poll(%s): %v", pon, err)
	}
	check(t, events)
	return events, next
}

// steps is more than any carrier takes to end an order.
const steps = 50

// finish polls and advances until the carrier has nothing more to say.
func (b Bench) finish(t *testing.T, pon string, from time.Time) []order.CarrierEvent {
	t.Helper()
	next := from
	for range steps {
		b.Advance(next)
		events, more := b.poll(t, pon)
		if more.IsZero() {
			return events
		}
		if !more.After(next) {
			t.Fatalf("at %v Poll says there will be more at %v, which is not later", next, more)
		}
		next = more
	}
	t.Fatalf("the carrier still has more to say after %d polls", steps)
	return nil
}

// check tests what holds of every answer to Poll.
func check(t *testing.T, events []order.CarrierEvent) {
	t.Helper()
	keys := map[string]bool{}
	for i, e := range events {
		if e.Key == "" || keys[e.Key] {
			t.Errorf("event %d (%s) has the key %q, which is empty or used twice", i, e.On, e.Key)
		}
		keys[e.Key] = true
		if e.Version < 1 {
			t.Errorf("event %d (%s) answers version %d", i, e.On, e.Version)
		}
		if e.At.IsZero() || i > 0 && e.At.Before(events[i-1].At) {
			t.Errorf("event %d (%s) is out of order: %v", i, e.On, e.At)
		}
		switch e.On {
		case order.FOCSet:
			if e.FOC == nil || e.FOC.Date.IsZero() || e.FOC.ActivationTime.IsZero() || e.FOC.Zone == "" {
				t.Errorf("event %d sets a date without saying which: %+v", i, e.FOC)
			}
		case order.CarrierReject:
			if e.Reject == "" {
				t.Errorf("event %d rejects without a code of the catalogue", i)
			}
		case order.NumbersDone:
			if !e.AllPorted && len(e.Ported)+len(e.Failed) == 0 {
				t.Errorf("event %d names no number", i)
			}
		case order.Accepted, order.Activation, order.CancelDone, order.CancelRefused:
		default:
			t.Errorf("event %d is %q, which no carrier says", i, e.On)
		}
	}
}

func kinds(events []order.CarrierEvent) []order.Event {
	out := make([]order.Event, len(events))
	for i, e := range events {
		out[i] = e.On
	}
	return out
}

func submitTwice(t *testing.T, b Bench) {
	first := b.submit(t, pon, 1)
	b.Advance(first.Next)
	second := b.submit(t, pon, 1)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the second Submit got another receipt (-first +second):\n%s", diff)
	}
	events := b.finish(t, pon, first.Next)
	if n := count(events, order.Accepted); n != 1 {
		t.Errorf("the carrier accepted %d times what was sent twice", n)
	}
}

func submitAtOnce(t *testing.T, b Bench) {
	receipts := make([]gateway.Receipt, 8)
	var wg sync.WaitGroup
	for i := range receipts {
		wg.Go(func() {
			r, err := b.Gateway.Submit(t.Context(), b.Request(pon, 1))
			if err != nil {
				t.Errorf("Submit: %v", err)
			}
			receipts[i] = r
		})
	}
	wg.Wait()
	for _, r := range receipts[1:] {
		if diff := cmp.Diff(receipts[0], r); diff != "" {
			t.Errorf("two receipts of one request (-one +other):\n%s", diff)
		}
	}
}

func find(t *testing.T, b Bench) {
	_, found, err := b.Gateway.Find(t.Context(), pon, 1)
	if err != nil || found {
		t.Fatalf("Find before Submit = %v, %v; want false", found, err)
	}
	sent := b.submit(t, pon, 1)
	got, found, err := b.Gateway.Find(t.Context(), pon, 1)
	if err != nil || !found {
		t.Fatalf("Find after Submit = %v, %v; want true", found, err)
	}
	if diff := cmp.Diff(sent, got); diff != "" {
		t.Errorf("Find returns another receipt than Submit (-Submit +Find):\n%s", diff)
	}
	_, found, err = b.Gateway.Find(t.Context(), pon, 2)
	if err != nil || found {
		t.Errorf("Find of version 2 = %v, %v; want false", found, err)
	}
}

func unknown(t *testing.T, b Bench) {
	_, _, err := b.Gateway.Poll(t.Context(), pon, 1)
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("Poll of an unknown PON: %v; want NotFound", err)
	}
	_, err = b.Gateway.Cancel(t.Context(), pon, 1, "")
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("Cancel of an unknown PON: %v; want NotFound", err)
	}
	b.submit(t, pon, 1)
	_, err = b.Gateway.Cancel(t.Context(), pon, 2, "")
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("Cancel of an unknown version: %v; want NotFound", err)
	}
}

func life(t *testing.T, b Bench) {
	r := b.submit(t, pon, 1)
	events := b.finish(t, pon, r.Next)
	if len(events) == 0 || events[len(events)-1].On != order.NumbersDone {
		t.Fatalf("the carrier said %v; want an end with %s", kinds(events), order.NumbersDone)
	}
	if events[0].At.Before(r.At) {
		t.Errorf("the first answer is of %v, before the receipt of %v", events[0].At, r.At)
	}
}

func pollRepeats(t *testing.T, b Bench) {
	r := b.submit(t, pon, 1)
	var before []order.CarrierEvent
	next := r.Next
	for range steps {
		b.Advance(next)
		events, more := b.poll(t, pon)
		if len(events) < len(before) {
			t.Fatalf("Poll returned %v, then %v", kinds(before), kinds(events))
		}
		if diff := cmp.Diff(before, events[:len(before)], sameEvents()); diff != "" {
			t.Fatalf("what was said once changed (-before +now):\n%s", diff)
		}
		if more.IsZero() {
			return
		}
		before, next = events, more
	}
	t.Fatalf("the carrier still has more to say after %d polls", steps)
}

func cancel(t *testing.T, b Bench) {
	r := b.submit(t, pon, 1)
	b.Advance(r.Next)
	first, err := b.Gateway.Cancel(t.Context(), pon, 1, "the customer asked for it")
	if err != nil {
		t.Fatalf("Cancel: %v", err)
	}
	second, err := b.Gateway.Cancel(t.Context(), pon, 1, "the customer asked for it")
	if err != nil {
		t.Fatalf("Cancel again: %v", err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the second Cancel got another receipt (-first +second):\n%s", diff)
	}
	events := b.finish(t, pon, first.Next)
	if count(events, order.CancelDone) != 1 || count(events, order.NumbersDone) != 0 {
		t.Errorf("after a cancellation in time the carrier said %v; want one %s and no number ported", kinds(events), order.CancelDone)
	}
}

func cancelTooLate(t *testing.T, b Bench) {
	r := b.submit(t, pon, 1)
	events := b.finish(t, pon, r.Next)
	r, err := b.Gateway.Cancel(t.Context(), pon, 1, "")
	if err != nil {
		t.Fatalf("Cancel: %v", err)
	}
	after := b.finish(t, pon, r.Next)
	if diff := cmp.Diff(events, after[:len(events)], sameEvents()); diff != "" {
		t.Fatalf("a late cancellation changed what was said (-before +now):\n%s", diff)
	}
	if count(after, order.CancelRefused) != 1 || count(after, order.CancelDone) != 0 {
		t.Errorf("after the port the carrier said %v; want one %s", kinds(after), order.CancelRefused)
	}
}

func ponsAreSeparate(t *testing.T, b Bench) {
	a := b.submit(t, pon, 1)
	b.submit(t, "PI00000002", 1)
	_, err := b.Gateway.Cancel(t.Context(), "PI00000002", 1, "")
	if err != nil {
		t.Fatalf("Cancel: %v", err)
	}
	events := b.finish(t, pon, a.Next)
	if count(events, order.CancelDone) != 0 || count(events, order.NumbersDone) == 0 {
		t.Errorf("cancelling another PON made the carrier say %v", kinds(events))
	}
}

func contextCancelled(t *testing.T, b Bench) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := b.Gateway.Submit(ctx, b.Request(pon, 1))
	_, found, ferr := b.Gateway.Find(t.Context(), pon, 1)
	if ferr != nil {
		t.Fatalf("Find: %v", ferr)
	}
	if err == nil && !found {
		t.Error("Submit said yes to a caller who had gone, and the carrier has nothing")
	}
	r := b.submit(t, pon, 1)
	if events := b.finish(t, pon, r.Next); count(events, order.Accepted) != 1 {
		t.Errorf("after a Submit that was broken off and one that was not the carrier said %v", kinds(events))
	}
}

func count(events []order.CarrierEvent, on order.Event) int {
	n := 0
	for _, e := range events {
		if e.On == on {
			n++
		}
	}
	return n
}

// sameEvents takes no answer and an empty one for the same.
func sameEvents() cmp.Option {
	return cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(bizday.Date{})}
}
