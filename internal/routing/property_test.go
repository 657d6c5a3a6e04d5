package routing_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/routing"
)

// instance is a random upload in a random market, with its decks.
type instance struct {
	routing.Request
	decks []pricing.Deck
}

func (i *instance) price() { i.Prices = prices(i.decks...) }

func (i instance) with(change func(*instance)) instance {
	i.Facts, i.Carriers, i.decks = slices.Clone(i.Facts), slices.Clone(i.Carriers), slices.Clone(i.decks)
	change(&i)
	i.price()
	return i
}

// draw makes a field that is often empty.
func draw[T ~string](t *rapid.T, values ...T) T {
	return rapid.SampledFrom(append(values, "", "")).Draw(t, "field")
}

func anyMoney(t *rapid.T) pricing.Money {
	return pricing.MustParse(rapid.SampledFrom([]string{"1", "1", "1.02", "1.05", "1.2", "2", "0.0001", "0"}).Draw(t, "amount"))
}

var (
	states    = []string{"NC", "SC", "ON"}
	centres   = []string{"RALEIGH", "DURHAM"}
	latas     = []string{"426", "428"}
	exchanges = []int{919200, 919201, 919202, 800200}
	losers    = []string{"bell", "cable"}
)

func anyArea(t *rapid.T) carrier.Area {
	a := carrier.Area{Type: draw(t, lnp.Local, lnp.TollFree), Country: draw(t, lnp.US, lnp.US, lnp.CA), State: draw(t, states...), RateCentre: draw(t, centres...), LATA: draw(t, latas...)}
	if rapid.IntRange(0, 3).Draw(t, "by exchange") == 0 {
		a.NPANXX = fmt.Sprint(rapid.SampledFrom(exchanges).Draw(t, "exchange"))
	}
	return a
}

func anyLosing(t *rapid.T) numbering.Losing {
	l := numbering.Losing{ID: draw(t, losers...), LineType: draw(t, lnp.Wireline, lnp.Wireless), Source: "nanpa"}
	switch rapid.IntRange(0, 3).Draw(t, "sure") {
	case 0:
		l.Verified = true
	case 1:
		l.Source = numbering.SourceDeclared
	}
	return l
}

func anyFacts(t *rapid.T, line int) numbering.Facts {
	f := numbering.Facts{
		Number: nanp.Number(rapid.SampledFrom(exchanges).Draw(t, "exchange")*10000 + line), Type: lnp.Local, Country: lnp.US, Losing: anyLosing(t),
		State: rapid.SampledFrom(states[:2]).Draw(t, "state"), RateCentre: rapid.SampledFrom(centres).Draw(t, "centre"), LATA: rapid.SampledFrom(latas).Draw(t, "LATA"),
	}
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		f.Type, f.State, f.RateCentre, f.LATA = lnp.TollFree, "", "", ""
	case 1:
		f.Country, f.State, f.LATA = lnp.CA, "ON", ""
	}
	return f
}

func anyInstance(t *rapid.T) instance {
	if rapid.Bool().Draw(t, "dense") {
		return anyDense(t)
	}
	var i instance
	i.AccountID = 1
	i.Tolerance = pricing.MustParse(rapid.SampledFrom([]string{"0", "2", "5", "20", "100"}).Draw(t, "tolerance"))
	i.Months = rapid.SampledFrom([]int{0, 0, 1, 12}).Draw(t, "months")
	i.AllowUnassigned = rapid.Bool().Draw(t, "unassigned")
	for id := range int64(rapid.IntRange(1, 5).Draw(t, "carriers")) {
		areas := rapid.SliceOfN(rapid.Custom(anyArea), 1, 4).Draw(t, "areas")
		g := carrier.Gaining{
			ID: id + 1, Name: fmt.Sprint("C", id+1), Priority: rapid.IntRange(0, 1).Draw(t, "priority"), Coverage: carrier.Cover(areas...),
			On:           rapid.IntRange(0, 9).Draw(t, "on") > 0,
			Capabilities: carrier.Capabilities{TollFree: rapid.Bool().Draw(t, "toll-free"), Wireless: rapid.Bool().Draw(t, "wireless")},
			Limits:       carrier.Limits{NumbersPerOrder: rapid.IntRange(0, 2).Draw(t, "limit"), NumbersPerDay: 1},
		}
		if rapid.IntRange(0, 9).Draw(t, "denied") == 0 {
			g.Deny = []int64{1}
		}
		i.Carriers = append(i.Carriers, g)
		d := pricing.Deck{ID: id + 1, CarrierID: id + 1}
		for range rapid.IntRange(0, 4).Draw(t, "rates") {
			d.Rates = append(d.Rates, pricing.Rate{
				NumberType: draw(t, lnp.Local), PortType: draw(t, lnp.Simple, lnp.NonSimple, lnp.WirelessPort), State: draw(t, states...), LosingID: draw(t, losers...),
				PortFee: anyMoney(t), MRC: anyMoney(t),
			})
		}
		if rapid.IntRange(0, 4).Draw(t, "general rate") > 0 {
			d.Rates = append(d.Rates, pricing.Rate{PortFee: anyMoney(t), MRC: anyMoney(t)})
		}
		i.decks = append(i.decks, d)
	}
	i.Carriers = rapid.Permutation(i.Carriers).Draw(t, "shuffled carriers")
	for line := range rapid.IntRange(1, 8).Draw(t, "numbers") {
		i.Facts = append(i.Facts, anyFacts(t, line))
	}
	i.price()
	return i
}

// anyDense makes an instance of one split group in which most numbers have
// several routes, so that covers compete.
func anyDense(t *rapid.T) instance {
	i := instance{}
	i.AccountID = 1
	i.Tolerance = pricing.MustParse(rapid.SampledFrom([]string{"20", "100"}).Draw(t, "tolerance"))
	var places []numbering.Facts
	for k := range 8 {
		places = append(places, numbering.Facts{Type: lnp.Local, Country: lnp.US, State: states[k%2], RateCentre: centres[k/2%2], LATA: latas[k/4]})
	}
	for id := range int64(rapid.IntRange(3, 5).Draw(t, "carriers")) {
		var areas []carrier.Area
		for k, f := range places {
			if rapid.Bool().Draw(t, "covered") {
				areas = append(areas, carrier.Area{State: f.State, RateCentre: f.RateCentre, LATA: latas[k/4]})
			}
		}
		i.Carriers = append(i.Carriers, carrier.Gaining{ID: id + 1, Name: fmt.Sprint("C", id+1), On: true, Priority: rapid.IntRange(0, 1).Draw(t, "priority"), Coverage: carrier.Cover(areas...)})
		d := pricing.Deck{ID: id + 1, CarrierID: id + 1, Rates: []pricing.Rate{{PortFee: anyFee(t)}}}
		if rapid.Bool().Draw(t, "by state") {
			d.Rates = append(d.Rates, pricing.Rate{State: "NC", PortFee: anyFee(t)})
		}
		i.decks = append(i.decks, d)
	}
	for line := range rapid.IntRange(4, 8).Draw(t, "numbers") {
		f := rapid.SampledFrom(places).Draw(t, "place")
		f.Number = nanp.Number(9192000000 + line)
		i.Facts = append(i.Facts, f)
	}
	i.price()
	return i
}

func anyFee(t *rapid.T) pricing.Money {
	return pricing.MustParse(rapid.SampledFrom([]string{"1", "1", "1.1", "1.2"}).Draw(t, "fee"))
}

// told is all that a plan tells of a number, in words that do not depend on
// the order of the numbers.
type told struct {
	Key        routing.Key
	PortType   lnp.PortType  // of the split group
	With       []nanp.Number // that are in its order, itself too
	Reason     routing.Reason
	Candidates []routing.Candidate
}

func tell(i instance) map[nanp.Number]told {
	res := routing.Plan(i.Request)
	out := map[nanp.Number]told{}
	explained := res.Explain()
	for _, g := range res.Groups {
		var with []nanp.Number
		for _, m := range g.Members {
			with = append(with, i.Facts[m].Number)
		}
		slices.Sort(with)
		for _, m := range g.Members {
			out[i.Facts[m].Number] = told{g.Key, explained[m].PortType, with, g.Reason, explained[m].Candidates}
		}
	}
	for _, x := range res.Refused {
		out[i.Facts[x.Index].Number] = told{Key: explained[x.Index].Key, PortType: explained[x.Index].PortType, Candidates: explained[x.Index].Candidates}
	}
	return out
}

// TestPlanKeepsItsPromises: what every plan must be, whatever is best.
func TestPlanKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		i := anyInstance(t)
		res := routing.Plan(i.Request)
		explained := res.Explain()
		seen := make([]int, len(i.Facts))
		for k, g := range res.Groups {
			if !slices.IsSorted(g.Members) || len(g.Members) == 0 || k > 0 && g.Members[0] < res.Groups[k-1].Members[0] {
				t.Fatalf("members %v", g.Members)
			}
			for _, m := range g.Members {
				seen[m]++
				f := i.Facts[m]
				key := keyOf(f)
				key.Part = g.Key.Part
				if g.Carrier != nil {
					key.CarrierID = g.Carrier.ID
					if wrong := routing.CanTake(g.Carrier, []numbering.Facts{f}, 1, i.Prices, g.PortType); wrong != nil {
						t.Fatalf("%v", wrong)
					}
				} else if !i.AllowUnassigned {
					t.Fatal("an order without a carrier")
				}
				if key != g.Key || explained[m].Key != g.Key || g.Reason.Key != g.Key {
					t.Fatalf("a number of %+v, explained as of %+v, in an order of %+v", key, explained[m].Key, g.Key)
				}
			}
			if g.Carrier != nil && g.Carrier.Limits.NumbersPerOrder > 0 && len(g.Members) > g.Carrier.Limits.NumbersPerOrder {
				t.Fatalf("%d numbers for %s", len(g.Members), g.Carrier.Name)
			}
		}
		for _, x := range res.Refused {
			seen[x.Index]++
			for _, c := range explained[x.Index].Candidates {
				if c.Refusal == nil {
					t.Fatalf("%s takes a number that was refused", c.Name)
				}
			}
		}
		for m, n := range seen {
			if n != 1 {
				t.Fatalf("number %d is in %d places", m, n)
			}
		}
	})
}

func TestPlanDoesNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		i := anyInstance(t).with(func(i *instance) {
			// Where a limit cuts depends on the order, and shall.
			for k := range i.Carriers {
				i.Carriers[k].Limits = carrier.Limits{}
			}
		})
		shuffled := i.with(func(i *instance) {
			i.Facts = rapid.Permutation(i.Facts).Draw(t, "facts")
			i.Carriers = rapid.Permutation(i.Carriers).Draw(t, "carriers")
			i.decks = rapid.Permutation(i.decks).Draw(t, "decks")
		})
		if diff := gocmp.Diff(tell(i), tell(shuffled), money); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestUnverifiedFactsDecideNothing: what nobody has verified or declared of the
// losing carriers can be anything, and the plan is the same in every word. Only
// the line types have a way into it: those of a split group's numbers make its
// port type (lnp.PortTypeOf), and so decide which rates by port type hold.
// Where the port types stay, or no rate asks for them, the plan stays.
func TestUnverifiedFactsDecideNothing(t *testing.T) {
	t.Parallel()
	change := func(t *rapid.T, i *instance, lineTypes bool) {
		for k := range i.Facts {
			l := &i.Facts[k].Losing
			if l.Sure() && !lineTypes {
				continue
			}
			if !l.Sure() {
				l.ID, l.OCN, l.Name, l.Source = draw(t, losers...), draw(t, "901A"), draw(t, "Bell"), draw(t, "cna", "nanpa")
			}
			if lineTypes && !l.Verified {
				l.LineType = draw(t, lnp.Wireline, lnp.Wireless, lnp.VoIP)
			}
		}
	}
	portTypes := func(all map[nanp.Number]told) map[nanp.Number]lnp.PortType {
		out := map[nanp.Number]lnp.PortType{}
		for n, x := range all {
			out[n] = x.PortType
		}
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		i := anyInstance(t)
		before := tell(i)
		after := tell(i.with(func(i *instance) { change(t, i, false) }))
		if diff := gocmp.Diff(before, after, money); diff != "" {
			t.Fatal("another carrier:", diff)
		}
		after = tell(i.with(func(i *instance) { change(t, i, true) }))
		if diff := gocmp.Diff(before, after, money); diff != "" && gocmp.Equal(portTypes(before), portTypes(after)) {
			t.Fatal("other line types, the same port types:", diff)
		}
		i = i.with(func(i *instance) {
			for k := range i.decks {
				i.decks[k].Rates = slices.DeleteFunc(slices.Clone(i.decks[k].Rates), func(r pricing.Rate) bool { return r.PortType != "" })
			}
		})
		before, after = tell(i), tell(i.with(func(i *instance) { change(t, i, true) }))
		exceptPortType := gocmp.FilterPath(func(p gocmp.Path) bool { return p.Last().String() == ".PortType" }, gocmp.Ignore())
		if diff := gocmp.Diff(before, after, money, exceptPortType); diff != "" {
			t.Fatal("other line types, no rates by port type:", diff)
		}
	})
}

func keyOf(f numbering.Facts) routing.Key {
	k := routing.Key{Country: f.Country, NumberType: f.Type}
	if f.Losing.Sure() {
		k.LosingID = f.Losing.ID
	}
	if f.Losing.Verified {
		k.LineType = f.Losing.LineType
	}
	return k
}

// candidate is a set of carriers that takes all numbers of a split group.
type candidate struct {
	carriers []carrier.Gaining // by priority, then id
	cost     int64
}

func preferred(a, b carrier.Gaining) int {
	return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID))
}

// better is the objective of a split group.
func better(a, b candidate) int {
	return cmp.Or(cmp.Compare(len(a.carriers), len(b.carriers)), cmp.Compare(a.cost, b.cost), slices.CompareFunc(a.carriers, b.carriers, preferred))
}

func (c candidate) has(id int64) bool {
	return slices.ContainsFunc(c.carriers, func(g carrier.Gaining) bool { return g.ID == id })
}

// solved is the best plan of a split group, found by trying everything.
type solved struct {
	i        instance
	portType lnp.PortType
	members  []int
	options  map[int]map[int64]int64 // by number and carrier: the cost, within the tolerance
	all      []candidate             // that cover, the best first
}

// tryAll solves a split group by its definition.
func tryAll(i instance, members []int) solved {
	s := solved{i: i, options: map[int]map[int64]int64{}}
	facts := lnp.PortFacts{}
	for _, m := range members {
		f := i.Facts[m]
		if !slices.ContainsFunc(i.Carriers, func(g carrier.Gaining) bool { return g.Refuses(f, 1) == nil }) {
			continue
		}
		facts.Count++
		facts.NumberType, facts.Country = f.Type, f.Country
		facts.LineTypes = append(facts.LineTypes, f.Losing.LineType)
	}
	s.portType, _ = lnp.PortTypeOf(facts)
	for _, m := range members {
		f := i.Facts[m]
		costs := map[int64]int64{}
		least := int64(-1)
		for _, g := range i.Carriers {
			r, ok := i.Prices.Rate(g.ID, f, s.portType)
			if g.Refuses(f, 1) == nil && ok {
				costs[g.ID] = r.PortFee.Add(r.MRC.Times(i.Months)).Units()
				if least < 0 || costs[g.ID] < least {
					least = costs[g.ID]
				}
			}
		}
		for id, c := range costs {
			if c*1_000_000 > least*(1_000_000+i.Tolerance.Units()) {
				delete(costs, id)
			}
		}
		if len(costs) > 0 {
			s.members = append(s.members, m)
			s.options[m] = costs
		}
	}
	for chosen := range 1 << len(i.Carriers) {
		var c candidate
		for k, g := range i.Carriers {
			if chosen&(1<<k) != 0 {
				c.carriers = append(c.carriers, g)
			}
		}
		slices.SortFunc(c.carriers, preferred)
		covers := true
		for _, m := range s.members {
			g, ok := s.pick(c, m)
			covers = covers && ok
			c.cost += s.options[m][g.ID]
		}
		if covers {
			s.all = append(s.all, c)
		}
	}
	slices.SortFunc(s.all, better)
	return s
}

// pick is the cheapest of some carriers for a number, at equal cost the
// preferred one.
func (s solved) pick(c candidate, m int) (best carrier.Gaining, ok bool) {
	for _, g := range c.carriers {
		cost, takes := s.options[m][g.ID]
		if takes && (!ok || cost < s.options[m][best.ID]) {
			best, ok = g, true
		}
	}
	return best, ok
}

// lost is why a carrier that takes a number within the tolerance does not get it.
func (s solved) lost(m int, id int64) string {
	best := s.all[0]
	winner, _ := s.pick(best, m)
	than := func(a, b carrier.Gaining) string {
		if a.Priority < b.Priority {
			return a.Name + " has the better priority"
		}
		return a.Name + " has the lower id"
	}
	if best.has(id) {
		if more := s.options[m][id] - s.options[m][winner.ID]; more > 0 {
			return fmt.Sprintf("costs %s more", pricing.OfUnits(more))
		}
		g := s.i.Carriers[slices.IndexFunc(s.i.Carriers, func(g carrier.Gaining) bool { return g.ID == id })]
		return "costs the same, and " + than(winner, g)
	}
	with := s.all[slices.IndexFunc(s.all, func(c candidate) bool { return c.has(id) })]
	switch more := len(with.carriers) - len(best.carriers); {
	case more == 1:
		return "would need an order more"
	case more > 1:
		return fmt.Sprintf("would need %d orders more", more)
	}
	if more := with.cost - best.cost; more > 0 {
		return fmt.Sprintf("would need as many orders, but cost %s more", pricing.OfUnits(more))
	}
	alone := func(of, not candidate) carrier.Gaining {
		return of.carriers[slices.IndexFunc(of.carriers, func(g carrier.Gaining) bool { return !not.has(g.ID) })]
	}
	return "would need as many orders at the same cost, and " + than(alone(best, with), alone(with, best))
}

// TestPlanIsTheBest compares plans with what trying everything finds, number by
// number, and the reasons of the carriers that lost.
func TestPlanIsTheBest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		i := anyInstance(t)
		res := routing.Plan(i.Request)
		explained := res.Explain()
		got, portTypes := map[int]int64{}, map[int]lnp.PortType{}
		for _, g := range res.Groups {
			for _, m := range g.Members {
				portTypes[m] = explained[m].PortType
				if g.Carrier != nil && g.PortType != portTypes[m] {
					t.Fatalf("an order of port type %s holds a number of %s", g.PortType, portTypes[m])
				}
				if g.Carrier != nil {
					got[m] = g.Carrier.ID
				}
			}
		}
		groups := map[routing.Key][]int{}
		for m := range i.Facts {
			key := keyOf(i.Facts[m])
			groups[key] = append(groups[key], m)
		}
		want := map[int]int64{}
		for _, members := range groups {
			s := tryAll(i, members)
			for _, m := range s.members {
				g, _ := s.pick(s.all[0], m)
				want[m] = g.ID
				if portTypes[m] != s.portType {
					t.Fatalf("number %d: port type %s, want %s", m, portTypes[m], s.portType)
				}
				for _, c := range explained[m].Candidates {
					if c.Chosen != (c.CarrierID == g.ID) {
						t.Fatalf("number %d: %+v is chosen: %v", m, c, c.Chosen)
					}
					if _, takes := s.options[m][c.CarrierID]; takes && !c.Chosen && (c.Refusal != nil || c.Lost != s.lost(m, c.CarrierID)) {
						t.Fatalf("number %d: %s %q, %v; want %q", m, c.Name, c.Lost, c.Refusal, s.lost(m, c.CarrierID))
					}
				}
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("carriers by number (-best +plan):\n%s", diff)
		}
	})
}
