package routing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/routing"
	"github.com/portin/portin/internal/sandbox"
)

var (
	now   = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	money = cmp.Comparer(func(a, b pricing.Money) bool { return a.Equal(b) })
)

func prices(decks ...pricing.Deck) pricing.Prices { return pricing.NewBook(decks).For(1, now) }

func request(facts ...numbering.Facts) routing.Request {
	return routing.Request{AccountID: 1, Facts: facts, Carriers: sandbox.Carriers(), Prices: prices(sandbox.Decks()...)}
}

func local(state string, line int) numbering.Facts {
	return numbering.Facts{Number: nanp.Number(9198000000 + line), Type: lnp.Local, Country: lnp.US, State: state}
}

func TestSandboxSplit(t *testing.T) {
	t.Parallel()
	canada, tollFree := local("ON", 5), local("", 6)
	canada.Country, tollFree.Type = lnp.CA, lnp.TollFree
	res := routing.Plan(request(local("NC", 1), local("CA", 2), local("NY", 3), local("WA", 4), canada, tollFree))
	var got []string
	for _, g := range res.Groups {
		got = append(got, fmt.Sprint(g.Carrier.Name, g.Members, g.PortType))
	}
	want := []string{"Blue Ridge Local[0 2]non_simple", "Pacific Direct[1 3]non_simple", "Maple Exchange[4]canada_wireline", "Eightfold Toll-Free[5]toll_free"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"carrier", "country", "number_type"}, res.Groups[0].Reason.SplitBy); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyWhatIsVerifiedOrDeclaredSplits(t *testing.T) {
	t.Parallel()
	of := func(id string, line lnp.LineType, verified bool, n int) numbering.Facts {
		f := local("NC", n)
		f.Losing = numbering.Losing{ID: id, LineType: line, Verified: verified}
		return f
	}
	inferred := routing.Plan(request(of("a", lnp.Wireline, false, 1), of("b", lnp.Wireless, false, 2)))
	if len(inferred.Groups) != 1 {
		t.Errorf("inferred facts made %d orders", len(inferred.Groups))
	}
	verified := routing.Plan(request(of("a", lnp.Wireline, true, 1), of("b", lnp.Wireline, true, 2), of("b", lnp.Wireless, true, 3)))
	if len(verified.Groups) != 3 || !slices.Equal(verified.Groups[0].Reason.SplitBy, []string{"losing_carrier", "line_type"}) {
		t.Errorf("verified facts made %d orders, split by %v", len(verified.Groups), verified.Groups[0].Reason.SplitBy)
	}
	named := of("a", lnp.Wireline, false, 1)
	named.Losing.Source = numbering.SourceDeclared
	if declared := routing.Plan(request(named, of("b", lnp.Wireline, true, 2))); len(declared.Groups) != 2 || declared.Groups[0].Key.LosingID != "a" {
		t.Errorf("a declared carrier made %+v", declared.Groups)
	}
}

func TestLimitSplitsLast(t *testing.T) {
	t.Parallel()
	r := request()
	r.Carriers = []carrier.Gaining{{ID: 7, On: true, Coverage: carrier.Cover(carrier.Area{Type: lnp.Local}), Limits: carrier.Limits{NumbersPerOrder: 3}}}
	for i := range 7 {
		r.Facts = append(r.Facts, local("NC", i))
	}
	var got []string
	for _, g := range routing.Plan(r).Groups {
		got = append(got, fmt.Sprint(g.Members, g.Key.Part, g.Reason.SplitBy, g.Reason.Candidates[0].Takes, g.Reason.Candidates[0].Cost))
	}
	if diff := cmp.Diff([]string{"[0 1 2] 1 [size] 3 15.0", "[3 4 5] 2 [size] 3 15.0", "[6] 3 [size] 1 5.0"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestNobodyTakesIt(t *testing.T) {
	t.Parallel()
	r := request(local("NC", 1), local("NY", 2))
	r.Carriers = r.Carriers[1:2]
	res := routing.Plan(r)
	if len(res.Groups) != 0 || len(res.Refused) != 2 || res.Refused[0].Code != fault.CodeNoCoverage {
		t.Errorf("%+v", res)
	}
	want := []routing.Candidate{{
		CarrierID: 8, Name: "Pacific Direct", PortFee: pricing.MustParse("4"), MRC: pricing.MustParse("0.45"), Cost: pricing.MustParse("4"),
		Refusal: &carrier.Refusal{Code: fault.CodeNoCoverage, Message: "Pacific Direct does not cover this number"},
	}}
	if diff := cmp.Diff(want, res.Explain()[1].Candidates, money); diff != "" {
		t.Error(diff)
	}
	r.AllowUnassigned = true
	res = routing.Plan(r)
	if len(res.Groups) != 1 || res.Groups[0].Carrier != nil || len(res.Groups[0].Members) != 2 || res.Groups[0].PortType != lnp.NonSimple || len(res.Refused) != 0 {
		t.Fatalf("%+v", res)
	}
	if why := res.Groups[0].Reason; why.Candidates[0].Why != "covers none of the 2 numbers" || why.Candidates[0].Cost != nil {
		t.Errorf("%+v", why)
	}
}

func TestCanTake(t *testing.T) {
	t.Parallel()
	carriers := sandbox.Carriers()
	all := prices(sandbox.Decks()...)
	if wrong := routing.CanTake(&carriers[0], []numbering.Facts{local("CA", 1)}, 1, all, lnp.Simple); len(wrong) != 0 {
		t.Errorf("%+v", wrong)
	}
	if wrong := routing.CanTake(&carriers[1], []numbering.Facts{local("CA", 1), local("NC", 2)}, 1, all, lnp.NonSimple); len(wrong) != 1 || wrong[0].Field != "tns[1].did" {
		t.Errorf("%+v", wrong)
	}
	onlySimple := prices(pricing.Deck{CarrierID: 7, Rates: []pricing.Rate{{PortType: lnp.Simple}}})
	if wrong := routing.CanTake(&carriers[0], []numbering.Facts{local("CA", 1)}, 1, onlySimple, lnp.NonSimple); len(wrong) != 1 || wrong[0].Code != fault.CodeNoCoverage {
		t.Errorf("%+v", wrong)
	}
}

// gaining makes a carrier that takes local numbers of some states.
func gaining(id int64, states ...string) carrier.Gaining {
	var areas []carrier.Area
	for _, s := range states {
		areas = append(areas, carrier.Area{Type: lnp.Local, State: s})
	}
	return carrier.Gaining{ID: id, Name: fmt.Sprint("C", id), On: true, Coverage: carrier.Cover(areas...)}
}

func flat(id int64, fee string) pricing.Deck {
	return pricing.Deck{ID: id, CarrierID: id, Rates: []pricing.Rate{{PortFee: pricing.MustParse(fee)}}}
}

// TestWhy tells every reason that a carrier can have.
func TestWhy(t *testing.T) {
	t.Parallel()
	carriers := []carrier.Gaining{
		gaining(1, "NC", "SC", "VA"), gaining(2, "NC", "SC", "VA"), gaining(3, "NC", "SC", "VA"), gaining(4, "NC"), gaining(5, "NC", "SC", "VA"),
		gaining(6, "NC", "SC", "VA"), gaining(7, "NC", "SC", "VA"), gaining(8, "NC", "SC", "VA"), gaining(9), gaining(10, "NC", "SC", "VA"),
		gaining(11, "NC", "SC", "VA"), gaining(12, "NC", "SC", "VA"),
	}
	decks := []pricing.Deck{
		flat(1, "10"), flat(2, "10.5"), flat(3, "11.2"), flat(4, "1"), flat(5, "10"), flat(6, "10"), flat(7, "0"), flat(8, "0"), flat(9, "0"),
		{CarrierID: 11, Rates: []pricing.Rate{{State: "SC", PortFee: pricing.MustParse("10")}}},
		{CarrierID: 12, Rates: []pricing.Rate{{PortFee: pricing.MustParse("10")}, {State: "SC", PortFee: pricing.MustParse("12")}, {State: "VA", PortFee: pricing.MustParse("13")}}},
	}
	carriers[4].Priority = 1
	carriers[6].On, carriers[6].OffReason = false, "the contract ended"
	carriers[7].Deny = []int64{1}
	carriers[10].Priority, carriers[11].Priority = 2, 2
	r := routing.Request{AccountID: 1, Facts: []numbering.Facts{local("SC", 1), local("SC", 2), local("VA", 3)}, Carriers: carriers, Prices: prices(decks...), Tolerance: pricing.MustParse("5")}
	res := routing.Plan(r)
	if len(res.Groups) != 1 || res.Groups[0].Carrier.ID != 1 {
		t.Fatalf("%+v", res.Groups)
	}
	got := map[int64]string{}
	for _, c := range res.Groups[0].Reason.Candidates {
		cost := "null"
		if c.Cost != nil {
			cost = c.Cost.String()
		}
		got[c.CarrierID] = fmt.Sprintf("%d for %s: %s", c.Takes, cost, c.Why)
	}
	want := map[int64]string{
		1:  "3 for 30.0: is the best of 6 carriers that take these numbers: fewest orders at the least cost",
		2:  "3 for 31.5: would need as many orders, but cost 1.5 more",
		3:  "3 for 33.6: costs 12.0 % more than the cheapest, more than the tolerance of 5 %",
		4:  "0 for null: covers none of the 3 numbers",
		5:  "3 for 30.0: would need as many orders at the same cost, and C1 has the better priority",
		6:  "3 for 30.0: would need as many orders at the same cost, and C1 has the lower id",
		7:  "0 for null: is switched off: the contract ended",
		8:  "0 for null: is not open to this account",
		9:  "0 for null: covers none of the 3 numbers",
		10: "0 for null: has no price for these numbers",
		11: "2 for 20.0: has a price for 2 of the 3 numbers; would need an order more",
		12: "3 for 37.0: costs up to 30.0 % more than the cheapest, more than the tolerance of 5 %",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	// A number of NC that C4 takes for a tenth of the others: two orders, and
	// with C4 none less.
	r.Facts = append(r.Facts, local("NC", 4))
	res = routing.Plan(r)
	got = map[int64]string{}
	for _, g := range res.Groups {
		for _, c := range g.Reason.Candidates {
			if c.CarrierID == 4 || c.CarrierID == 1 {
				got[g.Carrier.ID*100+c.CarrierID] = c.Why
			}
		}
	}
	want = map[int64]string{
		101: "is the best of 6 carriers that take these numbers: fewest orders at the least cost",
		104: "covers none of the 3 numbers",
		401: "costs 900.0 % more than the cheapest, more than the tolerance of 5 %",
		404: "is the best of 7 carriers that take these numbers: fewest orders at the least cost",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestWhyOfAPart: only of a part of what a carrier takes can all numbers go to
// another carrier that has an order as well.
func TestWhyOfAPart(t *testing.T) {
	t.Parallel()
	for fee, want := range map[string]string{"1.5": "costs 1.0 more", "1": "costs the same, and C1 has the better priority"} {
		carriers := []carrier.Gaining{gaining(1, "NC", "VA"), gaining(2, "NC", "SC")}
		carriers[0].Limits.NumbersPerOrder, carriers[1].Priority = 2, 1
		r := routing.Request{
			AccountID: 1, Facts: []numbering.Facts{local("NC", 1), local("NC", 2), local("VA", 3), local("SC", 4)}, Carriers: carriers,
			Prices: prices(flat(1, "1"), flat(2, fee)), Tolerance: pricing.MustParse("100"),
		}
		res := routing.Plan(r)
		if len(res.Groups) != 3 || res.Groups[0].Reason.Candidates[1].Why != want || res.Groups[1].Reason.Candidates[1].Why != "does not cover this number" {
			t.Errorf("%+v; want %q", res.Groups, want)
		}
	}
}

func TestWhyOfNumbersAlike(t *testing.T) {
	t.Parallel()
	r := routing.Request{
		AccountID: 1, Carriers: []carrier.Gaining{gaining(1, "NC"), gaining(2, "NC", "SC"), gaining(3, "SC", "VA"), gaining(4, "NC", "VA")},
		Facts:  []numbering.Facts{local("NC", 1), local("SC", 2), local("VA", 3), local("NC", 4), {Number: 8002002000, Type: lnp.TollFree}, {Number: 4162002000, Type: lnp.Local, Country: lnp.CA, State: "ON"}},
		Prices: prices(flat(1, "1"), flat(2, "1"), flat(3, "1"), flat(4, "1.01")), Tolerance: pricing.MustParse("1"),
	}
	all := routing.Plan(r).Explain()
	got := map[int][]string{}
	for i, e := range all {
		for _, c := range e.Candidates {
			switch {
			case c.Chosen:
				got[i] = append(got[i], fmt.Sprint("to ", e.Key.CarrierID))
			case c.Refusal != nil:
				got[i] = append(got[i], c.Refusal.Message)
			default:
				got[i] = append(got[i], c.Lost)
			}
		}
	}
	no, tollFree := " does not cover this number", " takes no toll-free numbers"
	// NC goes to C1 or C2, SC and VA go to C3; or C2 and C4 share all.
	want := map[int][]string{
		0: {"to 1", "would need as many orders at the same cost, and C1 has the lower id", "C3" + no, "would need as many orders, but cost 0.01 more"},
		1: {"C1" + no, "would need as many orders at the same cost, and C1 has the lower id", "to 3", "C4" + no},
		2: {"C1" + no, "C2" + no, "to 3", "would need as many orders, but cost 0.01 more"},
		4: {"C1" + tollFree, "C2" + tollFree, "C3" + tollFree, "C4" + tollFree},
		5: {"C1" + no, "C2" + no, "C3" + no, "C4" + no},
	}
	want[3] = want[0]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if all[0] != all[3] {
		t.Error("numbers alike do not share what is said of them")
	}
}
