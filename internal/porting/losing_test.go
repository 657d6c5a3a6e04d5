package porting_test

import (
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

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
