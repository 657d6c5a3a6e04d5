package porting_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
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
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
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

// TestDraftsLeaveACarrier: when a carrier is switched off, an order that is not
// confirmed goes to another one, at its price, and can be confirmed then.
func TestDraftsLeaveACarrier(t *testing.T) {
	t.Parallel()
	h := open(t)
	id, other := h.draft(californian), h.draft(did1)
	submitted := h.confirmed(californian + 1)
	before := h.state(id).Order
	same(t, "the carrier", int64(8), before.Carrier.ID)
	h.turn(8, false)
	h.refused("a confirmation before it has moved", fault.CodeCarrierOff, func() error {
		_, err := h.service.Confirm(h.ctx(), ann, id, body(subscriber()))
		return err
	})
	h.must(h.service.Replan(h.ctx(), id))
	o := h.state(id).Order
	same(t, "the carrier", int64(7), o.Carrier.ID)
	same(t, "the total", "5.0", o.Quote.Total.String())
	if o.Version != before.Version+1 || !strings.Contains(o.Reason.Carrier, "Blue Ridge") || o.Quote.ID == before.Quote.ID {
		t.Errorf("the moved order: %+v", o)
	}
	entries := h.state(id).Entries
	last := entries[len(entries)-1]
	same(t, "its last event", order.EntryUpdated, last.Type)
	same(t, "what it tells", "Pacific Direct was changed", fmt.Sprint(last.Data["reason"]))
	h.confirm(ann, id, subscriber())

	calm := h.everything()
	for _, still := range []int64{id, other, submitted, 999} {
		h.must(h.service.Replan(h.ctx(), still))
	}
	same(t, "what is left alone", calm, h.everything())
	same(t, "the carrier of what was submitted", int64(8), h.state(submitted).Order.Carrier.ID)
}

// TestDraftsArePartedOverCarriers: where no single carrier takes all numbers,
// each part becomes an order of its own, and no number is lost or doubled.
func TestDraftsArePartedOverCarriers(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.turn(8, false)
	id := h.draft(did1, did2, californian)
	h.turn(8, true)
	out, err := h.service.SetCoverage(h.ctx(), porting.Operator, 7, carrier.Cover(carrier.Area{Type: lnp.Local, State: "NC"}), false)
	h.must(err)
	if !out.Applied || out.Drafts != 1 || out.AddedCount != 1 || out.RemovedCount != 1 {
		t.Errorf("the change: %+v", out)
	}
	h.must(h.service.Replan(h.ctx(), id))
	kept := h.state(id)
	same(t, "what the order keeps", []nanp.Number{did1, did2}, numbersOf(kept.Numbers))
	same(t, "its carrier", int64(7), kept.Order.Carrier.ID)
	second := h.state(id + 1)
	same(t, "the other part", []nanp.Number{californian}, numbersOf(second.Numbers))
	same(t, "its carrier", int64(8), second.Order.Carrier.ID)
	same(t, "its price", "4.0", second.Order.Quote.Total.String())
	h.confirm(ann, id, subscriber())
	h.confirm(ann, id+1, subscriber())
}

// TestALongDraftIsPartedByAndBy: no transaction parts an order of thousands as
// a whole, and none of its numbers is lost or doubled.
func TestALongDraftIsPartedByAndBy(t *testing.T) {
	t.Parallel()
	h := open(t)
	numbers := make([]nanp.Number, 5000)
	for i := range numbers {
		numbers[i] = did1 + nanp.Number(i)
	}
	id := h.draft(numbers...)
	_, err := h.service.ChangeCarrier(h.ctx(), porting.Operator, 7, func(g *carrier.Gaining) error {
		g.Limits.NumbersPerOrder = 900
		return nil
	})
	h.must(err)
	h.must(h.service.Replan(h.ctx(), id))
	same(t, "it is to go on", h.now.Now(), h.due(id, order.DueReplan).At)
	h.must(h.service.Replan(h.ctx(), id))
	same(t, "it is done", order.Due{}, h.due(id, order.DueReplan))
	var got []nanp.Number
	for i := range int64(6) {
		part := h.state(id + i)
		got = append(got, numbersOf(part.Numbers)...)
		if n := len(part.Numbers); n > 900 || n != part.Order.NumberCount || part.Order.Carrier.ID != 7 {
			t.Errorf("part %d: %d numbers, said to be %d, with carrier %d", i, n, part.Order.NumberCount, part.Order.Carrier.ID)
		}
	}
	slices.Sort(got)
	same(t, "the numbers", numbers, got)
}

// TestNobodyTakesADraft: an order that no carrier takes any more waits for the
// desk, and can be confirmed.
func TestNobodyTakesADraft(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(did1)
	h.turn(7, false)
	h.must(h.service.Replan(h.ctx(), id))
	o := h.state(id).Order
	if o.Carrier.ID != 0 || !o.Quote.Total.IsZero() {
		t.Errorf("an order that nobody takes: %+v", o)
	}
	v := h.confirm(ann, id, subscriber())
	same(t, "who acts next", order.Desk, v.Next.Who)
	h.nothing(id, "an order without a carrier")
}

// TestASplitKeepsWaiting: an order that is about to be planned again is split,
// and both halves are.
func TestASplitKeepsWaiting(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(californian, californian+1)
	h.turn(8, false)
	halves, err := h.service.Split(h.ctx(), ann, id, []nanp.Number{californian})
	h.must(err)
	for _, half := range []int64{id, halves.Made.ID} {
		h.must(h.service.Replan(h.ctx(), half))
		same(t, "the carrier of a half", int64(7), h.state(half).Order.Carrier.ID)
	}
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

// TestProfile: what a losing carrier wants holds for numbers of which it is
// sure that they are its own, and only helps with the others.
func TestProfile(t *testing.T) {
	t.Parallel()
	h := open(t)
	profile := carrier.Profile{
		Intervals:      map[lnp.PortType]carrier.Interval{lnp.Simple: {Days: 3, AnswerHours: 8}},
		Calendar:       carrier.Calendar{Closed: map[bizday.Date]string{bizday.NewDate(2026, 12, 1): "Founder's Day"}},
		RequiredFields: []string{"contact_phone"}, FreezeHours: 24, MaxDaysAhead: 20,
		Documents: []lnp.DocumentRule{{Kind: lnp.CSR, Required: true, Why: "it asks for it"}},
	}
	h.describe(carrier.Family{ID: "scenario-telephone", Name: "Scenario Telephone", OCNs: []string{"907A"}, Profile: profile})
	id := h.draft(scenario)
	v, err := h.service.Order(h.ctx(), ann, id)
	h.must(err)
	// Received on a Wednesday before the cut-off; Thursday and Friday are
	// holidays, Tuesday is the carrier's own.
	same(t, "the earliest date", "2026-12-03", v.Dates.Earliest.String())
	same(t, "the latest date", "2026-12-15", v.Dates.Latest.String())
	same(t, "the interval", "simple: 3 business days", v.Dates.Interval)
	h.refused("without what the carrier wants", fault.CodeRequired, func() error {
		_, err := h.service.Confirm(h.ctx(), ann, id, body(subscriber()))
		return err
	})
	details := subscriber()
	details["contact_phone"] = "9198002000"
	h.refused("without its document", fault.CodeDocumentMissing, func() error {
		_, err := h.service.Confirm(h.ctx(), ann, id, body(details))
		return err
	})
	csr := letter()
	csr.Kind = lnp.CSR
	h.attach(ann, id, csr)
	h.confirm(ann, id, details)
	h.send(id)
	h.says(id, order.CarrierEvent{On: order.Accepted}, order.CarrierEvent{On: order.FOCSet, FOC: h.date(2026, 12, 3)})
	h.now.set(h.date(2026, 12, 3).ActivationTime.Add(-23 * time.Hour))
	h.refused("a cancellation within the freeze", fault.CodeFrozen, func() error {
		_, err := h.service.Cancel(h.ctx(), ann, id, "")
		return err
	})
	h.now.set(h.date(2026, 12, 3).ActivationTime.Add(-24 * time.Hour))
	h.cancel(id)

	inferred := h.draft(did1)
	losing := h.state(inferred).Order.Losing
	h.describe(carrier.Family{ID: losing.ID, Name: losing.Name, OCNs: []string{losing.OCN}, Profile: profile})
	v, err = h.service.Order(h.ctx(), ann, inferred)
	h.must(err)
	same(t, "the interval of a carrier that is not sure", "simple: 1 business day", v.Dates.Interval)
	i := slices.IndexFunc(v.Requirements, func(r lnp.Requirement) bool { return r.Field == "contact_phone" })
	if i < 0 || v.Requirements[i].Required {
		t.Errorf("what a carrier asks for of which nobody is sure: %+v", v.Requirements)
	}
	h.confirm(ann, inferred, subscriber())
}

// TestRural: a rural carrier that need not port refuses numbers that are
// verified as its own, and warns of the others.
func TestRural(t *testing.T) {
	t.Parallel()
	h := open(t)
	rural := []carrier.Rural{{State: "NC", Until: bizday.NewDate(2026, 12, 31), Source: "NCUC docket P-1"}}
	h.describe(carrier.Family{ID: "scenario-telephone", Name: "Scenario Telephone", OCNs: []string{"907A"}, Profile: carrier.Profile{Rural: rural}})
	h.refused("a number of a rural carrier", fault.CodeRural, func() error {
		_, err := h.service.Upload(h.ctx(), ann, porting.UploadIn{Numbers: list(scenario)})
		return err
	})
	losing := h.state(h.draft(did1)).Order.Losing
	h.describe(carrier.Family{ID: losing.ID, Name: losing.Name, OCNs: []string{losing.OCN}, Profile: carrier.Profile{Rural: rural}})
	out, err := h.service.Upload(h.ctx(), ann, porting.UploadIn{Numbers: list(did2)})
	h.must(err)
	again, err := h.service.Upload(h.ctx(), ann, porting.UploadIn{Numbers: list(did2)})
	h.must(err)
	v, err := h.service.Order(h.ctx(), ann, out.Orders[0].ID)
	h.must(err)
	checked, err := h.service.Check(h.ctx(), ann, list(did3), "")
	h.must(err)
	for what, got := range map[string][]porting.Warning{"upload": out.Cautions[0], "again": again.Cautions[0], "order": v.Cautions, "check": checked[0].Cautions} {
		if len(got) != 1 || got[0].Code != fault.CodeRural || !strings.Contains(got[0].Message, "not verified") {
			t.Errorf("%s: %+v", what, got)
		}
	}
	h.now.set(time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC))
	h.draft(scenario + 1) // the suspension has ended
}

// directory is a registry of RespOrgs.
type directory map[string]string

func (d directory) RespOrg(id string) (string, bool) {
	company, ok := d[id]
	return company, ok
}

func (directory) Operators() iter.Seq[numbering.Losing] {
	return slices.Values([]numbering.Losing{{ID: "example-tel", Name: "Example Tel", OCN: "12AB"}, {ID: "example-tel", Name: "Example Tel", OCN: "0034"}})
}

// TestRespOrgs: the RespOrg that the customer names is that of the toll-free
// numbers alone; what is special about it refuses or warns.
func TestRespOrgs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		named, id, name string
		caution         fault.Code
	}{
		{"exm01", "EXM01", "Example Toll-Free", ""},
		{"ABC12", "ABC12", "RespOrg ABC12", fault.CodeRespOrgUnknown},
		{"BRCUD", "BRCUD", "Help desk", fault.CodeRespOrgByHand},
		{"Somebody", "somebody", "Somebody", ""},
	} {
		h := open(t)
		h.service.Registry = directory{"EXM01": "Example Toll-Free", "BRCUD": "Help desk"}
		out, err := h.service.Upload(h.ctx(), ann, porting.UploadIn{Numbers: list(did1, tollFree), LosingCarrier: c.named})
		h.must(err)
		local, free := out.Orders[0], out.Orders[1]
		if free.Losing.ID != c.id || free.Losing.Name != c.name || free.Losing.Source != numbering.SourceDeclared {
			t.Errorf("%s: %+v", c.named, free.Losing)
		}
		if respOrg := c.id != "somebody"; respOrg == (local.Losing.ID == c.id) {
			t.Errorf("%s: the local number's is %+v", c.named, local.Losing)
		}
		var got fault.Code
		if len(out.Cautions[1]) > 0 {
			got = out.Cautions[1][0].Code
		}
		same(t, c.named, c.caution, got)
		same(t, "the local one", 0, len(out.Cautions[0]))
	}
	h := open(t)
	out, err := h.service.Upload(h.ctx(), ann, porting.UploadIn{Numbers: list(did1, tollFree), LosingCarrier: "ABC99"})
	h.must(err)
	if len(out.Orders) != 1 || len(out.Rejected) != 1 || out.Rejected[0].Code != fault.CodeRespOrgSpecial || out.Rejected[0].DID != tollFree.String() {
		t.Errorf("a RespOrg that holds what is not ported: %+v", out.Rejected)
	}
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

// TestLosingCarriers: those that the reference data make are listed beside the
// described ones, with the OCNs that belong together.
func TestLosingCarriers(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.service.Registry = directory{}
	found, err := h.service.LosingCarriers(h.ctx(), porting.Operator, "0034")
	h.must(err)
	if len(found) != 1 || found[0].ID != "example-tel" || found[0].Described || !slices.Equal(found[0].Codes, []string{"0034", "12AB"}) {
		t.Errorf("%+v", found)
	}
	h.describe(carrier.Family{ID: "example-tel", Name: "Example Telephone", OCNs: []string{"12AB"}})
	one, err := h.service.LosingCarrier(h.ctx(), porting.Operator, "example-tel")
	h.must(err)
	if !one.Described || one.Name != "Example Telephone" || len(one.Codes) != 2 {
		t.Errorf("%+v", one)
	}
	_, err = h.service.LosingCarrier(h.ctx(), porting.Operator, "nobody")
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("nobody: %v", err)
	}
}

// addDeck puts a deck in force.
func (h *house) addDeck(d pricing.Deck) porting.DeckSaved {
	h.t.Helper()
	out, err := h.service.AddDeck(h.ctx(), porting.Operator, d, false)
	h.must(err)
	return out
}

// rate is a rate of so much once and nothing a month.
func rate(fee string, more func(*pricing.Rate)) pricing.Rate {
	r := pricing.Rate{PortFee: pricing.MustParse(fee)}
	if more != nil {
		more(&r)
	}
	return r
}

// TestDecks: a deck holds from its time on for those whose it is; what was
// quoted before keeps its price.
func TestDecks(t *testing.T) {
	t.Parallel()
	h := open(t)
	before := h.draft(did1)
	same(t, "the first price", "5.0", h.state(before).Order.Quote.Total.String())
	dry, err := h.service.AddDeck(h.ctx(), porting.Operator, pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{rate("9", nil)}}, true)
	h.must(err)
	if dry.Applied || dry.ChangedCount != 1 || dry.Replaces != 1 || dry.Deck.ID != 0 {
		t.Errorf("a rehearsal: %+v", dry)
	}
	later := h.addDeck(pricing.Deck{CarrierID: 7, From: h.now.Now().Add(time.Hour), Rates: []pricing.Rate{rate("6", nil)}, Taxes: []pricing.Tax{{State: "NC", Percent: pricing.MustParse("10")}}})
	mine := h.addDeck(pricing.Deck{CarrierID: 7, AccountID: 10001, Discount: pricing.MustParse("20")})
	same(t, "what a discount replaces", int64(1), mine.Replaces)
	same(t, "its rates", 1, mine.Kept)
	h.now.pass(2 * time.Hour)
	same(t, "ann's price", "5.28", h.state(h.draft(did2)).Order.Quote.Total.String()) // 6 - 20 % + 10 %
	theirs := h.upload(bob, did3)
	same(t, "bob's price", "6.6", h.state(theirs[0]).Order.Quote.Total.String())
	basis := h.state(theirs[0]).Order.Quote.Basis
	if basis.Deck.ID != later.Deck.ID || len(basis.Lines) != 1 || basis.Lines[0].Count != 1 || basis.Taxes[0].Base.String() != "6.0" {
		t.Errorf("what bob's quote was computed from: %+v", basis)
	}
	h.confirm(ann, before, subscriber())
	same(t, "what was quoted before", "5.0", h.state(before).Order.Quote.Total.String())

	_, err = h.service.EndDeck(h.ctx(), porting.Operator, later.Deck.ID)
	h.must(err)
	same(t, "after its end", "4.0", h.state(h.draft(did1+20)).Order.Quote.Total.String())
	h.refused("a deck that has ended", fault.CodeState, func() error {
		_, err := h.service.EndDeck(h.ctx(), porting.Operator, later.Deck.ID)
		return err
	})
	h.refused("a deck without a rate", fault.CodeRequired, func() error {
		_, err := h.service.AddDeck(h.ctx(), porting.Operator, pricing.Deck{CarrierID: 7}, false)
		return err
	})
}

// TestAPriceThatIsGone: a quote that ran out is not renewed at nothing when the
// carrier has no price for the numbers any more.
func TestAPriceThatIsGone(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(did1)
	h.addDeck(pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{rate("6", func(r *pricing.Rate) { r.State = "NY" })}})
	h.now.pass(h.service.Limits.Quote)
	h.refused("a confirmation without a price", fault.CodeCarrierCannot, func() error {
		_, err := h.service.Confirm(h.ctx(), ann, id, body(subscriber()))
		return err
	})
}

// TestNoNumberIsFree: numbers that are priced anew, since others were split off
// or removed, are not confirmed at nothing when the carrier has no price for
// them any more.
func TestNoNumberIsFree(t *testing.T) {
	t.Parallel()
	h := open(t)
	split, removed := h.draft(did1, did2), h.draft(did3, did1+20)
	h.addDeck(pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{rate("6", func(r *pricing.Rate) { r.State = "NY" })}})
	halves, err := h.service.Split(h.ctx(), ann, split, []nanp.Number{did2})
	h.must(err)
	without := subscriber()
	without["tns"] = []fields{{"did": did3.String(), "remove": true}}
	for id, f := range map[int64]fields{halves.Kept.ID: subscriber(), halves.Made.ID: subscriber(), removed: without} {
		h.refused("a confirmation without a price", fault.CodeCarrierCannot, func() error {
			_, err := h.service.Confirm(h.ctx(), ann, id, body(f))
			return err
		})
	}
}

// TestAGroupGoesOnWithoutADraft: an order that is planned again holds the others
// of its upload not back.
func TestAGroupGoesOnWithoutADraft(t *testing.T) {
	t.Parallel()
	h := open(t)
	ids := h.upload(ann, did1, californian)
	h.turn(8, false)
	results, err := h.service.ConfirmGroup(h.ctx(), ann, h.state(ids[0]).Order.UploadID, body(subscriber()), nil)
	h.must(err)
	if len(results) != 2 || results[0].Err != nil || !hasCode(results[1].Err, fault.CodeCarrierOff) {
		t.Errorf("the results: %+v", results)
	}
	h.is(ids[0], order.Submitted)
	h.is(ids[1], order.Created)
}

// TestPortTypesPrice: a rate may be for a type of port. Numbers that were parted
// from others keep the price of theirs where they have none of their own.
func TestPortTypesPrice(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.addDeck(pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{
		rate("11", func(r *pricing.Rate) { r.PortType = lnp.NonSimple }),
		rate("3", func(r *pricing.Rate) { r.PortType, r.State = lnp.Simple, "NY" }),
	}})
	id := h.draft(did1, did2)
	o := h.state(id).Order
	same(t, "two numbers", "22.0", o.Quote.Total.String())
	same(t, "their port type", lnp.NonSimple, o.Quote.Basis.PortType)
	halves, err := h.service.Split(h.ctx(), ann, id, []nanp.Number{did2})
	h.must(err)
	for _, half := range []*porting.View{halves.Kept, halves.Made} {
		same(t, "a half", "11.0", half.Quote.Total.String())
		same(t, "its fee", "11.0", half.Numbers[0].PortFee.String())
	}
	h.turn(7, true) // and nothing is changed
	h.must(h.service.Replan(h.ctx(), halves.Made.ID))
	o = h.state(halves.Made.ID).Order
	same(t, "its carrier", int64(7), o.Carrier.ID)
	same(t, "its price", "11.0", o.Quote.Total.String())
}

// TestCancellationAfterTheFOC: it is charged as the quote said, once, and no
// earlier one is.
func TestCancellationAfterTheFOC(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.addDeck(pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{rate("5", nil)}, Fees: pricing.Fees{CancelAfterFOC: pricing.MustParse("25")}})
	early, late, crossed := h.at(order.Pending, did1), h.at(order.FOC, did2), h.at(order.Pending, did3)
	for _, id := range []int64{early, late, crossed} {
		h.cancel(id)
		h.send(id)
	}
	h.now.pass(time.Minute)
	h.says(crossed, order.CarrierEvent{On: order.FOCSet})
	for _, id := range []int64{early, late, crossed} {
		h.says(id, order.CarrierEvent{On: order.CancelDone})
		h.is(id, order.Canceled)
	}
	for id, want := range map[int64]int{early: 0, late: 1, crossed: 0} {
		if got := h.state(id).Order.Quote.Charges; len(got) != want || want > 0 && (got[0].What != "cancel_after_foc" || got[0].Amount.String() != "25.0") {
			t.Errorf("order %d is charged %+v", id, got)
		}
	}
	same(t, "the total", "5.0", h.state(late).Order.Quote.Total.String())
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
