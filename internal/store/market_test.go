package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/portin/portin/internal/audit"
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
)

// versions reads those of the market and of its losing carriers.
func (h *house) versions() (market, families string) {
	h.t.Helper()
	h.see(func(tx porting.Tx) error {
		var errMarket, errFamilies error
		market, errMarket = tx.MarketVersion()
		families, errFamilies = tx.FamiliesVersion()
		return errors.Join(errMarket, errFamilies)
	})
	return market, families
}

// TestTheMarketHasVersions: each change of it makes a new version that was never
// there, and only those of losing carriers make one of theirs.
func TestTheMarketHasVersions(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		seen := map[string]bool{}
		market, families := h.versions()
		if market != "" || families != "" {
			t.Errorf("an empty house has the versions %q and %q", market, families)
		}
		for _, c := range []struct {
			name     string
			change   func(tx porting.Tx) error
			families bool
		}{
			{"a carrier", func(tx porting.Tx) error { return tx.SaveCarrier(carrier.Gaining{ID: 1, Name: "A"}) }, false},
			{"the same carrier", func(tx porting.Tx) error { return tx.SaveCarrier(carrier.Gaining{ID: 1, Name: "A"}) }, false},
			{"its coverage", func(tx porting.Tx) error { return tx.SaveCoverage(1, carrier.Cover(carrier.Area{Type: lnp.Local})) }, false},
			{"a deck", func(tx porting.Tx) error { return tx.SaveDeck(pricing.Deck{ID: 1, CarrierID: 1}) }, false},
			{"nothing", porting.Tx.TouchMarket, false},
			{"a losing carrier", func(tx porting.Tx) error { return tx.SaveFamily(carrier.Family{ID: "a"}) }, true},
			{"its end", func(tx porting.Tx) error { return tx.RemoveFamily("a") }, true},
		} {
			h.do(c.change)
			m, f := h.versions()
			if seen[m] || m == "" || (f != families) != c.families {
				t.Errorf("after %s: %q, %q; before %q", c.name, m, f, families)
			}
			seen[m], families = true, f
		}
		h.see(func(tx porting.Tx) error {
			left, err := tx.Families()
			if len(left) != 0 {
				t.Errorf("after its end there is %v", left)
			}
			return err
		})
	})
}

// TestTheMarketIsHeld: what holds the market sees no change of it until the end.
func TestTheMarketIsHeld(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		h.do(porting.Tx.TouchMarket)
		was, _ := h.versions()
		h.do(func(tx porting.Tx) error {
			held, err := tx.HoldMarket()
			same(t, "the version", held, was)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			changed := h.Porting().Update(ctx, porting.Tx.TouchMarket)
			if changed == nil || ctx.Err() == nil {
				t.Errorf("the market was changed meanwhile: %v", changed)
			}
			now, errNow := tx.MarketVersion()
			same(t, "the version", now, was)
			return errors.Join(err, errNow)
		})
		h.do(porting.Tx.TouchMarket)
	})
}

// TestDraftsOfACarrier: what is made due for the drafts of a carrier is for
// those alone, of all accounts.
func TestDraftsOfACarrier(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		of := func(acct, carrierID int64, status order.Status, n nanp.Number) *order.Order {
			o := h.order(acct, n)
			o.Carrier, o.Status = order.CarrierRef{ID: carrierID, Name: "A", Gateway: "sim"}, status
			h.do(func(tx porting.Tx) error { return tx.SaveOrder(o) })
			return o
		}
		mine, theirs := of(h.account(), 7, order.Created, 9198002000), of(h.account(), 7, order.Created, 9198002001)
		others := []*order.Order{of(mine.AccountID, 8, order.Created, 9198002002), of(mine.AccountID, 7, order.Submitted, 9198002003)}
		due := order.Due{Kind: order.DueReplan, At: noon, Reason: "A was changed"}
		for range 2 { // the second time moves what is due already
			h.do(func(tx porting.Tx) error {
				n, err := tx.Drafts(7)
				same(t, "drafts", n, 2)
				return errors.Join(err, tx.SetDrafts(7, due))
			})
			for _, o := range []*order.Order{mine, theirs} {
				due.OrderID = o.ID
				same(t, "due", h.dues(o), []order.Due{due})
			}
			due.OrderID, due.At, due.Reason = 0, noon.Add(time.Minute), "A was changed again"
		}
		for _, o := range others {
			same(t, "due of another", h.dues(o), []order.Due(nil))
		}
	})
}

// TestWhatACarrierWasSent: the numbers of first requests that were sent within
// a day, or are on their way.
func TestWhatACarrierWasSent(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		h.do(func(tx porting.Tx) error { return tx.SaveCarrier(carrier.Gaining{ID: 7, Name: "A"}) })
		acct := h.account()
		next := nanp.Number(9198002000)
		request := func(carrierID int64, numbers int, kind order.SubmissionKind, version int, state order.SubmissionState, sent time.Time) {
			var all []nanp.Number
			for range numbers {
				all = append(all, next)
				next++
			}
			o := h.order(acct, all...)
			o.Carrier = order.CarrierRef{ID: carrierID}
			s := order.Submission{OrderID: o.ID, Kind: kind, Version: version, State: order.SubmissionReady, Created: noon}
			h.do(func(tx porting.Tx) error {
				err := errors.Join(tx.SaveOrder(o), tx.InsertSubmission(&s))
				if err != nil {
					return err
				}
				s.State, s.Sent = state, sent
				return tx.SaveSubmission(&s, order.SubmissionReady)
			})
		}
		request(7, 1, order.SendRequest, 1, order.SubmissionSent, noon)
		request(7, 2, order.SendRequest, 1, order.SubmissionSent, noon.Add(time.Hour-time.Millisecond))
		request(7, 4, order.SendRequest, 1, order.SubmissionSending, time.Time{})
		for _, not := range []struct {
			carrier int64
			kind    order.SubmissionKind
			version int
			state   order.SubmissionState
			sent    time.Time
		}{
			{7, order.SendRequest, 1, order.SubmissionSent, noon.Add(-time.Millisecond)}, {7, order.SendRequest, 1, order.SubmissionSent, noon.Add(time.Hour)},
			{8, order.SendRequest, 1, order.SubmissionSent, noon}, {7, order.SendRequest, 2, order.SubmissionSent, noon},
			{7, order.SendCancel, 1, order.SubmissionSent, noon}, {7, order.SendRequest, 1, order.SubmissionWithdrawn, time.Time{}},
		} {
			request(not.carrier, 8, not.kind, not.version, not.state, not.sent)
		}
		h.do(func(tx porting.Tx) error {
			n, err := tx.SentNumbers(7, noon, noon.Add(time.Hour))
			same(t, "numbers", n, 7)
			none, errNone := tx.SentNumbers(9, noon, noon.Add(time.Hour))
			same(t, "of a stranger", none, 0)
			return errors.Join(err, errNone)
		})
	})
}

// TestTheHouseIsNoAccount: what belongs to no account has an audit chain, and
// cannot be found as an account.
func TestTheHouseIsNoAccount(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		id := h.account()
		for range 2 {
			h.do(func(tx porting.Tx) error {
				return tx.Audit(audit.Entry{AccountID: audit.House, At: noon, Actor: "operator", Action: "carrier_made", Target: "carrier/1"})
			})
		}
		h.see(func(tx porting.Tx) error {
			all, err := tx.Accounts()
			if len(all) != 1 || all[0].ID != id {
				t.Errorf("the accounts are %v", all)
			}
			_, errHouse := tx.Account(audit.House)
			if !fault.Is(errHouse, fault.NotFound) {
				t.Errorf("the house is found as an account: %v", errHouse)
			}
			trail, errTrail := tx.AuditTrail(audit.House)
			bad, errVerify := audit.Verify(h.config.Ring.MAC, trail)
			if len(trail) != 2 || bad != 0 {
				t.Errorf("the house's audit has %d entries, bad at %d", len(trail), bad)
			}
			return errors.Join(err, errTrail, errVerify)
		})
	})
}
