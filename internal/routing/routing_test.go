package routing_test

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/routing"
	"github.com/portin/portin/internal/sandbox"
)

func request(facts ...numbering.Facts) routing.Request {
	return routing.Request{AccountID: 1, Facts: facts, Carriers: sandbox.Carriers(), Decks: sandbox.Decks()}
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
		got = append(got, fmt.Sprint(g.Carrier.Name, g.Members))
	}
	want := []string{"Blue Ridge Local[0 2]", "Pacific Direct[1 3]", "Maple Exchange[4]", "Eightfold Toll-Free[5]"}
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
	r := request(of("a", lnp.Wireline, false, 1), of("b", lnp.Wireline, true, 2))
	r.Declared = "a"
	if declared := routing.Plan(r); len(declared.Groups) != 2 || declared.Groups[0].Key.LosingID != "a" {
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
	var got [][]int
	for _, g := range routing.Plan(r).Groups {
		got = append(got, g.Members)
	}
	if diff := cmp.Diff([][]int{{0, 1, 2}, {3, 4, 5}, {6}}, got); diff != "" {
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
	r.AllowUnassigned = true
	res = routing.Plan(r)
	if len(res.Groups) != 1 || res.Groups[0].Carrier != nil || len(res.Groups[0].Members) != 2 {
		t.Errorf("%+v", res)
	}
}

func TestCanTake(t *testing.T) {
	t.Parallel()
	carriers := sandbox.Carriers()
	decks := pricing.ByCarrier(sandbox.Decks(), 1, local("NC", 1).Losing.AsOf)
	if wrong := routing.CanTake(&carriers[0], []numbering.Facts{local("CA", 1)}, 1, decks); len(wrong) != 0 {
		t.Errorf("%+v", wrong)
	}
	if wrong := routing.CanTake(&carriers[1], []numbering.Facts{local("CA", 1), local("NC", 2)}, 1, decks); len(wrong) != 1 || wrong[0].Field != "tns[1].did" {
		t.Errorf("%+v", wrong)
	}
}

// small makes a random instance that can be solved by trying everything.
func small(t *rapid.T) routing.Request {
	states := []string{"NC", "NY", "CA", "WA", "TX"}
	r := routing.Request{AccountID: 1, Tolerance: pricing.MustParse(rapid.SampledFrom([]string{"0", "20", "100"}).Draw(t, "tolerance"))}
	for id := range rapid.IntRange(1, 4).Draw(t, "carriers") {
		covered := rapid.SliceOfNDistinct(rapid.SampledFrom(states), 1, 5, rapid.ID).Draw(t, "states")
		var areas []carrier.Area
		for _, s := range covered {
			areas = append(areas, carrier.Area{Type: lnp.Local, State: s})
		}
		r.Carriers = append(r.Carriers, carrier.Gaining{ID: int64(id) + 1, Name: fmt.Sprint("C", id), On: true, Priority: rapid.IntRange(0, 2).Draw(t, "priority"), Coverage: carrier.Cover(areas...)})
		r.Decks = append(r.Decks, pricing.Deck{ID: int64(id) + 1, CarrierID: int64(id) + 1, Rates: []pricing.Rate{
			{PortFee: pricing.Money{}.Add(pricing.MustParse("1").Times(rapid.IntRange(1, 3).Draw(t, "fee")))},
			{State: "NC", PortFee: pricing.MustParse("1").Times(rapid.IntRange(1, 3).Draw(t, "fee NC"))},
		}})
	}
	for i := range rapid.IntRange(1, 7).Draw(t, "numbers") {
		f := local(rapid.SampledFrom(states).Draw(t, "state"), i*10000)
		if rapid.Bool().Draw(t, "verified") {
			f.Losing = numbering.Losing{ID: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "losing"), Verified: true}
		}
		r.Facts = append(r.Facts, f)
	}
	return r
}

func fee(r routing.Request, carrierID int64, f numbering.Facts) pricing.Money {
	rate, _ := r.Decks[carrierID-1].Rate(f)
	return rate.PortFee
}

// bruteForce tries every assignment of a split group and returns the number of
// orders and the cost of the best one.
func bruteForce(r routing.Request, members []int) (orders int, cost pricing.Money) {
	var allowed [][]int64
	for _, i := range members {
		var ids []int64
		var least *pricing.Money
		for _, g := range r.Carriers {
			if g.Refuses(r.Facts[i], 1) == nil {
				c := fee(r, g.ID, r.Facts[i])
				if least == nil || c.Cmp(*least) < 0 {
					least = &c
				}
			}
		}
		for _, g := range r.Carriers {
			if g.Refuses(r.Facts[i], 1) == nil && fee(r, g.ID, r.Facts[i]).Cmp(least.Add(least.Percent(r.Tolerance))) <= 0 {
				ids = append(ids, g.ID)
			}
		}
		allowed = append(allowed, ids)
	}
	orders = -1
	var walk func(k int, used []int64, sum pricing.Money)
	walk = func(k int, used []int64, sum pricing.Money) {
		if k == len(members) {
			distinct := slices.Clone(used)
			slices.Sort(distinct)
			n := len(slices.Compact(distinct))
			if orders < 0 || n < orders || n == orders && sum.Cmp(cost) < 0 {
				orders, cost = n, sum
			}
			return
		}
		for _, id := range allowed[k] {
			walk(k+1, append(used, id), sum.Add(fee(r, id, r.Facts[members[k]])))
		}
	}
	walk(0, nil, pricing.Money{})
	return orders, cost
}

func TestPlanProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := small(t)
		res := routing.Plan(r)
		seen := make([]int, len(r.Facts))
		type split struct {
			losing string
		}
		orders, cost, members := map[split]int{}, map[split]pricing.Money{}, map[split][]int{}
		for _, g := range res.Groups {
			for _, i := range g.Members {
				seen[i]++
				if g.Carrier.Refuses(r.Facts[i], 1) != nil {
					t.Fatalf("%s got a number that it refuses", g.Carrier.Name)
				}
				if v := r.Facts[i].Losing; v.ID != g.Key.LosingID {
					t.Fatalf("an order of %q holds a number of %q", g.Key.LosingID, v.ID)
				}
				s := split{g.Key.LosingID}
				cost[s] = cost[s].Add(fee(r, g.Carrier.ID, r.Facts[i]))
				members[s] = append(members[s], i)
			}
			orders[split{g.Key.LosingID}]++
		}
		for _, x := range res.Refused {
			seen[x.Index]++
			for _, g := range r.Carriers {
				if g.Refuses(r.Facts[x.Index], 1) == nil {
					t.Fatal("a number that a carrier covers was refused")
				}
			}
		}
		for i, n := range seen {
			if n != 1 {
				t.Fatalf("number %d is in %d places", i, n)
			}
		}
		for s, m := range members {
			n, c := bruteForce(r, m)
			if orders[s] != n || cost[s].Cmp(c) != 0 {
				t.Fatalf("%d orders for %s; the best is %d for %s", orders[s], cost[s], n, c)
			}
		}
	})
}

func TestPlanDoesNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := small(t)
		assigned := func(r routing.Request) map[nanp.Number]routing.Key {
			out := map[nanp.Number]routing.Key{}
			for _, g := range routing.Plan(r).Groups {
				for _, i := range g.Members {
					out[r.Facts[i].Number] = g.Key
				}
			}
			return out
		}
		before := assigned(r)
		shuffle := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		r.Facts = slices.Clone(r.Facts)
		shuffle.Shuffle(len(r.Facts), func(i, j int) { r.Facts[i], r.Facts[j] = r.Facts[j], r.Facts[i] })
		if diff := cmp.Diff(before, assigned(r)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func BenchmarkPlan100k(b *testing.B) {
	var numbers []nanp.Number
	for i := range 100_000 {
		numbers = append(numbers, nanp.Number([]int{919, 415, 212, 702, 416, 800}[i%6]*1e7+2000000+i))
	}
	facts, err := numbering.Fictional{}.Lookup(b.Context(), numbers)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		routing.Plan(request(facts...))
	}
}
