package pricing_test

import (
	"encoding/json"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/pricing"
)

var money = gocmp.Comparer(func(a, b pricing.Money) bool { return a.Equal(b) })

func deck() pricing.Deck {
	return pricing.Deck{
		ID: 1, CarrierID: 7, Name: "Autumn", Currency: "USD", Discount: pricing.MustParse("10"), From: now.AddDate(0, -1, 0),
		Rates: []pricing.Rate{
			{PortFee: pricing.MustParse("9")},
			{NumberType: lnp.Local, Country: lnp.US, PortFee: pricing.MustParse("5"), MRC: pricing.MustParse("0.5")},
			{NumberType: lnp.Local, Country: lnp.US, State: "NY", PortFee: pricing.MustParse("6.25"), MRC: pricing.MustParse("0.75")},
		},
		Fees:  pricing.Fees{TollFree: pricing.MustParse("25"), CancelAfterFOC: pricing.MustParse("50")},
		Taxes: []pricing.Tax{{State: "NY", Percent: pricing.MustParse("8.875")}},
	}
}

func compute(d pricing.Deck, facts ...numbering.Facts) (pricing.Quote, []pricing.Fee) {
	return pricing.Compute(pricing.Request{Prices: pricing.NewBook([]pricing.Deck{d}).For(d.AccountID, now), CarrierID: d.CarrierID, PortType: lnp.NonSimple, Facts: facts, Expires: now})
}

func local(state string) numbering.Facts {
	return numbering.Facts{Type: lnp.Local, Country: lnp.US, State: state}
}

func TestCompute(t *testing.T) {
	t.Parallel()
	q, fees := compute(deck(), local("NC"), local("NY"), local("NC"), numbering.Facts{Type: lnp.Local, Country: lnp.CA, State: "ON"})
	got := []string{q.Subtotal.String(), q.Discount.String(), q.Taxes.String(), q.Total.String(), q.MonthlyTotal.String()}
	// NC 10.00, NY 6.25, ON 9.00; discount 1.00 + 0.63 + 0.90; tax 8.875 % of 5.62.
	want := []string{"25.25", "2.53", "0.5", "23.22", "1.75"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if fees[1].PortFee.String() != "6.25" || fees[3].PortFee.String() != "9.0" {
		t.Errorf("fees %v", fees)
	}
	if q.Expires != now || q.Currency != "USD" || q.DeckID != 1 {
		t.Errorf("%+v", q)
	}
	basis, err := json.MarshalIndent(q.Basis, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(`{
  "deck": {
    "id": 1,
    "name": "Autumn",
    "from": "2026-10-24T00:00:00Z"
  },
  "port_type": "non_simple",
  "lines": [
    {
      "port_fee": 9.0,
      "mrc": 0.0,
      "count": 1,
      "amount": 9.0
    },
    {
      "number_type": "local",
      "country": "US",
      "port_fee": 5.0,
      "mrc": 0.5,
      "count": 2,
      "amount": 10.0
    },
    {
      "number_type": "local",
      "country": "US",
      "state": "NY",
      "port_fee": 6.25,
      "mrc": 0.75,
      "count": 1,
      "amount": 6.25
    }
  ],
  "order_fee": 0.0,
  "discount": 10.0,
  "taxes": [
    {
      "state": "NC",
      "amount": 10.0,
      "discount": 1.0,
      "base": 9.0,
      "percent": 0.0,
      "tax": 0.0
    },
    {
      "state": "NY",
      "amount": 6.25,
      "discount": 0.63,
      "base": 5.62,
      "percent": 8.875,
      "tax": 0.5
    },
    {
      "state": "ON",
      "amount": 9.0,
      "discount": 0.9,
      "base": 8.1,
      "percent": 0.0,
      "tax": 0.0
    }
  ],
  "later": {
    "expedite": 0.0,
    "supplement": 0.0,
    "cancel_after_foc": 50.0
  },
  "rounding": "discount and tax half away from zero to cents, each once a state"
}`, string(basis)); diff != "" {
		t.Error(diff)
	}
}

func TestTollFreeOrderFee(t *testing.T) {
	t.Parallel()
	d := deck()
	d.Taxes = []pricing.Tax{{Percent: pricing.MustParse("5")}}
	tollFree := numbering.Facts{Type: lnp.TollFree, Country: lnp.US}
	q, fees := compute(d, tollFree, tollFree)
	// 2 numbers at 9.00 and 25.00 once; 4.30 off; 5 % of 38.70 is 1.935.
	got := []string{q.Subtotal.String(), q.Discount.String(), q.Taxes.String(), q.Total.String(), fees[0].PortFee.String(), q.Basis.OrderFee.String()}
	if diff := gocmp.Diff([]string{"43.0", "4.3", "1.94", "40.64", "9.0", "25.0"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestNoCarrierNoPrice(t *testing.T) {
	t.Parallel()
	q, fees := pricing.Compute(pricing.Request{Facts: make([]numbering.Facts, 3)})
	if !q.Total.IsZero() || len(fees) != 3 || q.Currency != "USD" || len(q.Basis.Lines) != 0 {
		t.Errorf("%+v, %v", q, fees)
	}
}

// TestQuoteAddsUp: whatever the deck and the numbers, in whatever order.
func TestQuoteAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		percent := func(what string) pricing.Money {
			return pricing.MustParse("0.125").Times(rapid.IntRange(0, 200).Draw(t, what))
		}
		d := pricing.Deck{
			ID: 3, CarrierID: 7, Rates: rapid.SliceOf(rapid.Custom(anyRate)).Draw(t, "rates"), Discount: percent("discount"),
			Fees: pricing.Fees{TollFree: anyMoney(t, 9999)},
			Taxes: rapid.SliceOf(rapid.Custom(func(t *rapid.T) pricing.Tax {
				return pricing.Tax{State: draw(t, "NC", "NY", "ON"), Percent: pricing.MustParse("0.0625").Times(rapid.IntRange(0, 400).Draw(t, "tax"))}
			})).Draw(t, "taxes"),
		}
		facts := rapid.SliceOf(rapid.Custom(anyFacts)).Draw(t, "facts")
		for i := range facts {
			facts[i].Number = nanp.Number(2012000000 + i)
		}
		q, fees := compute(d, facts...)

		sum := func(what string, want pricing.Money, amounts ...pricing.Money) {
			got := pricing.Money{}
			for _, a := range amounts {
				got = got.Add(a)
			}
			if !got.Equal(want) {
				t.Fatalf("%s: %v make %s, not %s", what, amounts, got, want)
			}
		}
		var portFees, mrcs, lines, amounts, discounts, taxes, bases []pricing.Money
		for _, f := range fees {
			portFees, mrcs = append(portFees, f.PortFee), append(mrcs, f.MRC)
		}
		priced := 0
		for _, l := range q.Basis.Lines {
			sum("a line", l.Amount, l.PortFee.Times(l.Count))
			lines, priced = append(lines, l.Amount), priced+l.Count
		}
		for _, l := range q.Basis.Taxes {
			sum("a base", l.Base.Add(l.Discount), l.Amount)
			sum("a tax", l.Tax, l.Base.Percent(l.Percent))
			sum("a discount", l.Discount, l.Amount.Percent(d.Discount))
			amounts, discounts = append(amounts, l.Amount), append(discounts, l.Discount)
			taxes, bases = append(taxes, l.Tax), append(bases, l.Base)
		}
		sum("total", q.Total.Add(q.Discount), q.Subtotal, q.Taxes)
		sum("subtotal by line", q.Subtotal, append(lines, q.Basis.OrderFee)...)
		sum("subtotal by number", q.Subtotal, append(portFees, q.Basis.OrderFee)...)
		sum("subtotal by state", q.Subtotal, amounts...)
		sum("discount", q.Discount, discounts...)
		sum("taxes", q.Taxes, taxes...)
		sum("bases", q.Subtotal.Sub(q.Discount), bases...)
		sum("monthly", q.MonthlyTotal, mrcs...)

		prices, rated, tollFree := pricing.NewBook([]pricing.Deck{d}).For(0, now), 0, false
		for i, f := range facts {
			r, ok := prices.Rate(7, f, lnp.NonSimple)
			if !r.PortFee.Equal(fees[i].PortFee) || !r.MRC.Equal(fees[i].MRC) {
				t.Fatalf("number %d costs %v at the rate %v", i, fees[i], r)
			}
			if ok {
				rated++
			}
			tollFree = tollFree || f.Type == lnp.TollFree
		}
		if rated != priced || tollFree && !q.Basis.OrderFee.Equal(d.Fees.TollFree) || !tollFree && !q.Basis.OrderFee.IsZero() {
			t.Fatalf("%d numbers in lines, %d with a rate; order fee %s", priced, rated, q.Basis.OrderFee)
		}

		again, _ := compute(d, rapid.Permutation(facts).Draw(t, "shuffled")...)
		if diff := gocmp.Diff(q, again, money); diff != "" {
			t.Fatal("in another order:", diff)
		}
		b, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		var back pricing.Quote
		err = json.Unmarshal(b, &back)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(q, back, money); diff != "" {
			t.Fatal("after JSON:", diff)
		}
	})
}

func BenchmarkCompute100k(b *testing.B) {
	d := pricing.Deck{CarrierID: 7, Discount: pricing.MustParse("2.5"), Taxes: []pricing.Tax{{Percent: pricing.MustParse("7")}}}
	states := []string{"NC", "SC", "VA", "NY", "NJ", "CA", "WA", "OR", "TX", "FL", "GA", "TN", "OH", "MI", "IL", "MA", "PA", "CO"}
	for i, s := range states {
		d.Rates = append(d.Rates, pricing.Rate{NumberType: lnp.Local, State: s, PortFee: pricing.MustParse("0.25").Times(i), MRC: pricing.MustParse("0.5")})
	}
	r := pricing.Request{Prices: pricing.NewBook([]pricing.Deck{d}).For(1, now), CarrierID: 7, PortType: lnp.NonSimple, Expires: now.Add(time.Hour)}
	for i := range 100_000 {
		f := local(states[i*7919%len(states)])
		f.Number, f.Losing = nanp.Number(2012000000+i), numbering.Losing{ID: "bell", Verified: true}
		r.Facts = append(r.Facts, f)
	}
	for b.Loop() {
		pricing.Compute(r)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/number")
}
