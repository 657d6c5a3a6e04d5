package porting_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/audit"
	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

// californian is a number that Pacific Direct takes for less than Blue Ridge.
const californian = nanp.Number(4152002000)

// scenario is a number whose losing carrier is verified.
const scenario = nanp.Number(9195550100)

func (h *house) turn(id int64, on bool) {
	h.t.Helper()
	_, err := h.service.ChangeCarrier(h.ctx(), porting.Operator, id, func(g *carrier.Gaining) error {
		g.On, g.OffReason = on, "for a test"
		return nil
	})
	h.must(err)
}

func (h *house) limit(id int64, perDay int) {
	h.t.Helper()
	_, err := h.service.ChangeCarrier(h.ctx(), porting.Operator, id, func(g *carrier.Gaining) error {
		g.Limits.NumbersPerDay = perDay
		return nil
	})
	h.must(err)
}

func (h *house) describe(f carrier.Family) {
	h.t.Helper()
	_, err := h.service.SaveFamily(h.ctx(), porting.Operator, f)
	h.must(err)
}

// TestCarriersDay: what exceeds a carrier's day waits for the next one, in the
// carrier's zone; smaller orders go on, and one that is larger than a day has
// one for itself.
func TestCarriersDay(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.limit(7, 2)
	first, pair, last := h.confirmed(did1), h.confirmed(did2, did3), h.confirmed(did1+10)
	triple := h.confirmed(did1+11, did1+12, did1+13)
	h.send(first)
	h.nothing(pair, "two more than the day has")
	h.send(last)
	h.nothing(triple, "more than any day has")
	midnight := time.Date(2026, 11, 26, 5, 0, 0, 0, time.UTC) // in New York
	for _, id := range []int64{pair, triple} {
		due := h.due(id, order.DueSend)
		same(t, "when it goes on", midnight, due.At)
		entries := h.state(id).Entries
		same(t, "what the timeline tells", order.EntryHeldBack, entries[len(entries)-1].Type)
	}
	h.now.set(midnight)
	h.send(pair)
	h.nothing(triple, "on a day that is used up")
	h.now.set(midnight.Add(24 * time.Hour))
	h.send(triple)
	h.now.set(midnight.Add(24*time.Hour + time.Minute))
	h.says(first, order.CarrierEvent{On: order.CarrierReject, Reject: lnp.RejectAccountNumber})
	h.confirm(ann, first, fields{"account_number": "4711-0816"})
	h.send(first) // a correction is on no day's account
}

func (h *house) due(id int64, kind order.DueKind) order.Due {
	h.t.Helper()
	var out order.Due
	h.must(h.service.Store.View(h.ctx(), func(tx porting.Tx) error {
		d, err := tx.Due(id, kind)
		if d != nil {
			out = *d
		}
		return err
	}))
	return out
}

// TestTheMarketIsFollowed: what one instance changes, another one sees with its
// next transaction; what was undone nobody sees.
func TestTheMarketIsFollowed(t *testing.T) {
	t.Parallel()
	h := open(t)
	other := &porting.Service{Store: h.service.Store, Ring: h.ring, Business: h.now, Wall: h.wall}
	on := func() bool {
		g, err := other.Carrier(h.ctx(), porting.Operator, 7)
		h.must(err)
		return g.On
	}
	same(t, "at first", true, on())
	h.turn(7, false)
	same(t, "after a change elsewhere", false, on())
	undone := fmt.Errorf("undone")
	err := h.service.Store.Update(h.ctx(), func(tx porting.Tx) error {
		g, err := h.service.Carrier(h.ctx(), porting.Operator, 7)
		if err != nil {
			return err
		}
		changed := *g
		changed.On = true
		err = tx.SaveCarrier(changed)
		if err != nil {
			return err
		}
		return undone
	})
	if err != undone {
		t.Fatal(err)
	}
	same(t, "after what was undone", false, on())
}

// TestOnlyTheDesk: what belongs to no account is the desk's and the operator's,
// and every change of it stands in the house's audit.
func TestOnlyTheDesk(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.refused("a customer", fault.CodeScope, func() error {
		_, err := h.service.MakeCarrier(h.ctx(), ann, carrier.Gaining{Name: "Mine", On: true})
		return err
	})
	if _, err := h.service.Carriers(h.ctx(), ann); !hasCode(err, fault.CodeScope) {
		t.Errorf("a customer reads the carriers: %v", err)
	}
	dora := porting.Call{Principal: account.Principal{AccountID: 10002, Username: "dora", Scopes: []account.Scope{account.Desk}}, RequestID: "req_desk"}
	made, err := h.service.MakeCarrier(h.ctx(), dora, carrier.Gaining{Name: "Acme CLEC", On: true})
	h.must(err)
	same(t, "the new id", int64(12), made.ID)
	h.turn(7, false)
	h.must(h.service.RemoveFamily(h.ctx(), porting.Operator, "sandbox-bell"))
	var trail []audit.Entry
	h.must(h.service.Store.View(h.ctx(), func(tx porting.Tx) error {
		var err error
		trail, err = tx.AuditTrail(audit.House)
		return err
	}))
	var got []string
	for _, e := range trail {
		got = append(got, e.Actor+" "+e.Action+" "+e.Target)
	}
	same(t, "the house's audit", []string{"desk:dora carrier_made carrier/12", "operator carrier_changed carrier/7", "operator losing_carrier_forgotten losing_carrier/sandbox-bell"}, got)
	bad, err := audit.Verify(h.ring.MAC, trail)
	if err != nil || bad != 0 {
		t.Errorf("the house's audit does not verify at %d: %v", bad, err)
	}
	accounts, err := h.service.Accounts(h.ctx())
	h.must(err)
	same(t, "accounts", 2, len(accounts))
	if _, err := h.service.MintTokenFor(h.ctx(), audit.House, "thief", porting.MintIn{Name: "x", Scopes: []account.Scope{account.Desk}}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a token of the house: %v", err)
	}
}

// TestCarrierMistakes: all that is wrong with a description is told at once, and
// nothing is stored.
func TestCarrierMistakes(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.refused("a carrier", fault.CodeInvalidValue, func() error {
		_, err := h.service.MakeCarrier(h.ctx(), porting.Operator, carrier.Gaining{
			Name: "blue ridge LOCAL", Gateway: "smoke-signals", Priority: -1, Allow: []int64{10001, 4}, Deny: []int64{10001},
			Limits: carrier.Limits{NumbersPerOrder: -1, NumbersPerDay: -2, MaxDaysAhead: 1000, Zone: "Mars/Olympus"}, Documents: []lnp.DocumentRule{{Kind: "poem"}},
		})
		var got []string
		for _, f := range faultsOf(err) {
			got = append(got, f.Field)
		}
		want := []string{
			"allow[1]", "deny[0]", "documents[0].document", "documents[0].why", "gateway", "limits.max_days_ahead", "limits.numbers_per_day",
			"limits.numbers_per_order", "limits.timezone", "off_reason", "priority", "name",
		}
		same(t, "what is wrong with a carrier", want, got)
		return err
	})
	h.refused("a losing carrier", fault.CodeInvalidValue, func() error {
		_, err := h.service.SaveFamily(h.ctx(), porting.Operator, carrier.Family{
			ID: "a b", SPID: "65", OCNs: []string{"901A", "x"}, LineType: "string", Aliases: []string{"Sandbox Cable"},
			Profile: carrier.Profile{
				Intervals: map[lnp.PortType]carrier.Interval{lnp.WirelessPort: {Days: 1}, "teleport": {Days: 1}}, Calendar: carrier.Calendar{Base: "mars"},
				Hours: &carrier.Hours{Open: "17:00", CutOff: "13:00", Close: "08:00"}, RequiredFields: []string{"shoe_size"}, FreezeHours: -1, MaxDaysAhead: -1,
				Rural: []carrier.Rural{{State: "ON", From: bizday.NewDate(2027, 1, 1), Until: bizday.NewDate(2026, 1, 1)}},
			},
		})
		var got []string
		for _, f := range faultsOf(err) {
			got = append(got, f.Field)
		}
		want := []string{
			"aliases[0]", "id", "line_type", "name", "ocns[0]", "ocns[1]", "profile.calendar.base", "profile.freeze_hours", "profile.hours", "profile.intervals",
			"profile.intervals.wireless.days", "profile.max_days_ahead", "profile.required_fields[0]", "profile.rural[0].source", "profile.rural[0].state", "profile.rural[0].until", "spid",
		}
		same(t, "what is wrong with a losing carrier", want, got)
		return err
	})
	h.refused("a change of an unknown carrier", fault.CodeCarrierUnknown, func() error {
		_, err := h.service.ChangeCarrier(h.ctx(), porting.Operator, 99, func(*carrier.Gaining) error { return nil })
		return err
	})
}

func faultsOf(err error) []fault.Field {
	e, ok := err.(*fault.Error)
	if !ok {
		return nil
	}
	return e.Fields
}

// TestLargeUploadsWait: many large uploads at once go on one after the other,
// and each is whole.
func TestLargeUploadsWait(t *testing.T) {
	t.Parallel()
	h := open(t)
	const calls, size = 6, 50_000
	var group errgroup.Group
	for i := range calls {
		group.Go(func() error {
			numbers := make([]nanp.Number, size)
			for k := range numbers {
				numbers[k] = nanp.Number(9192300000 + i*size + k)
			}
			out, err := h.service.Upload(h.ctx(), ann, porting.UploadIn{Numbers: list(numbers...), DryRun: true})
			if err == nil && out.Accepted != size {
				err = fmt.Errorf("%d of %d numbers are taken", out.Accepted, size)
			}
			return err
		})
	}
	h.must(group.Wait())
	gone, cancel := context.WithCancel(h.ctx())
	cancel()
	_, err := h.service.Upload(gone, ann, porting.UploadIn{Numbers: list(did1), DryRun: true})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("who has gone is answered %v", err)
	}
}
