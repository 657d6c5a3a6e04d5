package routing_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/routing"
)

// world is made-up places and their exchanges, as many as the reports have.
type world struct {
	rand      *rand.Rand
	states    []string
	centres   []numbering.Facts // a rate centre each: where a number can be
	exchanges []exchange
}

type exchange struct {
	npanxx int
	centre int
}

func newWorld() *world {
	w := &world{rand: rand.New(rand.NewPCG(1, 2))}
	for i := range 50 {
		w.states = append(w.states, string([]byte{byte('A' + i/26), byte('A' + i%26)}))
	}
	for i := range 18_000 {
		f := numbering.Facts{Type: lnp.Local, Country: lnp.US, State: w.states[i%50], RateCentre: fmt.Sprintf("CENTRE%d", i%13_000), LATA: fmt.Sprint(200 + (i%50)*4 + i%4)}
		if i >= 16_000 {
			f.Country, f.State, f.LATA = lnp.CA, []string{"ON", "QC", "BC", "AB", "MB", "SK", "NS", "NB"}[i%8], "888"
		}
		w.centres = append(w.centres, f)
	}
	for npa := 201; npa < 800; npa++ {
		for nxx := 200; nxx < 1000; nxx++ {
			if w.rand.IntN(100) < 40 {
				w.exchanges = append(w.exchanges, exchange{npa*1000 + nxx, w.rand.IntN(len(w.centres))})
			}
		}
	}
	return w
}

// numbers makes mixed numbers: one of ten toll-free, one of five with a losing
// carrier that somebody has verified.
func (w *world) numbers(n int) []numbering.Facts {
	losing := make([]numbering.Losing, 60)
	for i := range losing {
		losing[i] = numbering.Losing{ID: fmt.Sprintf("losing-carrier-%d", i), OCN: fmt.Sprint(1000 + i), LineType: []lnp.LineType{lnp.Wireline, lnp.Wireless, lnp.VoIP}[i%3], Source: "nanpa"}
	}
	out := make([]numbering.Facts, n)
	for i := range out {
		f := &out[i]
		if w.rand.IntN(10) == 0 {
			*f = numbering.Facts{Number: nanp.Number(8002000000 + w.rand.IntN(7_000_000)), Type: lnp.TollFree, Country: lnp.US}
			continue
		}
		x := w.exchanges[w.rand.IntN(len(w.exchanges))]
		*f = w.centres[x.centre]
		f.Number = nanp.Number(x.npanxx*10_000 + w.rand.IntN(10_000))
		f.Losing = losing[w.rand.IntN(len(losing))]
		if w.rand.IntN(5) == 0 {
			f.Losing = losing[w.rand.IntN(8)]
			f.Losing.Verified, f.Losing.Source = true, "dip"
		}
	}
	return out
}

// market makes a dozen carriers that cover in all the ways that there are.
func (w *world) market() ([]carrier.Gaining, pricing.Prices) {
	can := carrier.Capabilities{Wireless: true, PartialPorts: true}
	var carriers []carrier.Gaining
	var decks []pricing.Deck
	fee := func(cents int) pricing.Money { return pricing.MustParse("0.01").Times(cents) }
	add := func(name string, cents int, can carrier.Capabilities, areas []carrier.Area) {
		id := int64(len(carriers) + 1)
		carriers = append(carriers, carrier.Gaining{ID: id, Name: name, On: true, Priority: int(id) % 3, Capabilities: can, Coverage: carrier.Cover(areas...), Limits: carrier.Limits{NumbersPerOrder: 5000}})
		d := pricing.Deck{ID: id, CarrierID: id, Rates: []pricing.Rate{{PortFee: fee(cents), MRC: fee(50)}, {NumberType: lnp.Local, PortType: lnp.WirelessPort, PortFee: fee(cents + 20), MRC: fee(50)}}}
		for i, s := range w.states {
			d.Rates = append(d.Rates, pricing.Rate{NumberType: lnp.Local, State: s, PortFee: fee(cents + (i*int(id))%40), MRC: fee(45)})
		}
		for i := range 20 {
			d.Rates = append(d.Rates, pricing.Rate{LosingID: fmt.Sprintf("losing-carrier-%d", i), PortFee: fee(cents + 10 + i%3), MRC: fee(55)})
		}
		d.Taxes = []pricing.Tax{{State: "AA", Percent: fee(625)}}
		decks = append(decks, d)
	}
	states := func(from, to int) (out []carrier.Area) {
		for _, s := range w.states[from:to] {
			out = append(out, carrier.Area{Type: lnp.Local, Country: lnp.US, State: s})
		}
		return out
	}
	centres := func(n int) (out []carrier.Area) {
		for _, k := range w.rand.Perm(16_000)[:n] {
			f := w.centres[k]
			out = append(out, carrier.Area{Type: lnp.Local, Country: lnp.US, State: f.State, RateCentre: f.RateCentre})
		}
		return out
	}
	var latas, exchanges []carrier.Area
	for i := range 150 {
		latas = append(latas, carrier.Area{Type: lnp.Local, LATA: fmt.Sprint(200 + i)})
	}
	for _, k := range w.rand.Perm(len(w.exchanges))[:60_000] {
		exchanges = append(exchanges, carrier.Area{Type: lnp.Local, NPANXX: fmt.Sprint(w.exchanges[k].npanxx)})
	}
	add("Nationwide", 500, can, []carrier.Area{{Type: lnp.Local, Country: lnp.US}})
	add("Second Nationwide", 520, carrier.Capabilities{}, []carrier.Area{{Type: lnp.Local, Country: lnp.US}})
	add("East", 450, can, states(0, 20))
	add("West", 460, can, states(20, 50))
	add("By LATA", 440, can, latas)
	add("By rate centre", 430, can, centres(12_000))
	add("By rate centre too", 435, can, centres(12_000))
	add("By exchange", 420, can, exchanges)
	add("Canada", 700, can, []carrier.Area{{Type: lnp.Local, Country: lnp.CA}})
	add("Toll-free", 1000, carrier.Capabilities{TollFree: true}, []carrier.Area{{Type: lnp.TollFree}})
	add("Toll-free and all", 1010, carrier.Capabilities{TollFree: true, Wireless: true}, []carrier.Area{{Country: lnp.US}})
	add("Switched off", 100, can, []carrier.Area{{Type: lnp.Local}})
	carriers[len(carriers)-1].On = false
	return carriers, prices(decks...)
}

// BenchmarkPlan100k plans and prices a hundred thousand mixed numbers.
func BenchmarkPlan100k(b *testing.B) {
	const n = 100_000
	w := newWorld()
	facts := w.numbers(n)
	carriers, all := w.market()
	for _, bench := range []struct {
		name      string
		tolerance string
	}{{"cheapest", "0"}, {"within 10 percent", "10"}} {
		b.Run(bench.name, func(b *testing.B) {
			r := routing.Request{AccountID: 1, Facts: facts, Carriers: carriers, Prices: all, Tolerance: pricing.MustParse(bench.tolerance), Months: 12}
			orders := 0
			for b.Loop() {
				res := routing.Plan(r)
				orders = len(res.Groups)
				for _, g := range res.Groups {
					members := make([]numbering.Facts, len(g.Members))
					for i, m := range g.Members {
						members[i] = facts[m]
					}
					pricing.Compute(pricing.Request{Prices: all, CarrierID: g.Carrier.ID, PortType: g.PortType, Facts: members, Expires: now})
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/number")
			b.ReportMetric(float64(orders), "orders")
		})
	}
}

// BenchmarkExplain100k tells of each of them why it goes where it goes.
func BenchmarkExplain100k(b *testing.B) {
	const n = 100_000
	w := newWorld()
	r := routing.Request{AccountID: 1, Facts: w.numbers(n), Tolerance: pricing.MustParse("10"), Months: 12}
	r.Carriers, r.Prices = w.market()
	res := routing.Plan(r)
	for b.Loop() {
		res.Explain()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/number")
}
