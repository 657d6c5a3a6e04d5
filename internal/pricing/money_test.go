package pricing_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/pricing"
)

func TestMoney(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"5": "5.0", "5.0": "5.0", "5.10": "5.1", "0.5": "0.5", "12.3456": "12.3456", "0": "0.0", "-1": "-1.0"} {
		m, err := pricing.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(m)
		if err != nil || string(b) != want {
			t.Errorf("%s: %s, %v; want %s", in, b, err, want)
		}
		var back pricing.Money
		err = json.Unmarshal(b, &back)
		if err != nil || !back.Equal(m) {
			t.Errorf("%s does not come back: %v, %v", in, back, err)
		}
		v, err := m.Value()
		if err != nil {
			t.Fatal(err)
		}
		err = back.Scan(v)
		if err != nil || !back.Equal(m) {
			t.Errorf("%s is not stored: %v, %v", in, back, err)
		}
	}
	for _, bad := range []string{"", "x", "1e5", "0.00001", "1,5", "999999999999999999999"} {
		if m, err := pricing.Parse(bad); err == nil {
			t.Errorf("%q reads as %v", bad, m)
		}
	}
	tenth := pricing.MustParse("0.1")
	sum := pricing.Money{}
	for range 10 {
		sum = sum.Add(tenth)
	}
	if sum.Cmp(pricing.MustParse("1")) != 0 {
		t.Errorf("ten tenths are %v", sum)
	}
}

func deck() pricing.Deck {
	return pricing.Deck{
		ID: 1, CarrierID: 7, Currency: "USD", Discount: pricing.MustParse("10"),
		Rates: []pricing.Rate{
			{PortFee: pricing.MustParse("9")},
			{NumberType: lnp.Local, Country: lnp.US, PortFee: pricing.MustParse("5"), MRC: pricing.MustParse("0.5")},
			{NumberType: lnp.Local, Country: lnp.US, State: "NY", PortFee: pricing.MustParse("6.25"), MRC: pricing.MustParse("0.75")},
		},
		Taxes: []pricing.Tax{{State: "NY", Percent: pricing.MustParse("8.875")}},
	}
}

func TestCompute(t *testing.T) {
	t.Parallel()
	local := func(state string) numbering.Facts {
		return numbering.Facts{Type: lnp.Local, Country: lnp.US, State: state}
	}
	expires := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	q, fees := pricing.Compute(pricing.Request{Deck: deck(), Expires: expires, Facts: []numbering.Facts{local("NC"), local("NY"), local("NC"), {Type: lnp.TollFree, Country: lnp.US}}})
	got := []string{q.Subtotal.String(), q.Discount.String(), q.Taxes.String(), q.Total.String(), q.MonthlyTotal.String()}
	// NC 10.00, NY 6.25, toll-free 9.00; discount 1.00 + 0.63 + 0.90; tax 8.875 % of 5.62.
	want := []string{"25.25", "2.53", "0.5", "23.22", "1.75"}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("quote %v, want %v", got, want)
			break
		}
	}
	if fees[1].PortFee.String() != "6.25" || fees[3].PortFee.String() != "9.0" {
		t.Errorf("fees %v", fees)
	}
	if q.Expires != expires || q.Currency != "USD" || q.DeckID != 1 {
		t.Errorf("%+v", q)
	}
}

func TestNoCarrierNoPrice(t *testing.T) {
	t.Parallel()
	q, fees := pricing.Compute(pricing.Request{Facts: make([]numbering.Facts, 3)})
	if !q.Total.IsZero() || len(fees) != 3 || q.Currency != "USD" {
		t.Errorf("%+v, %v", q, fees)
	}
}

func TestByCarrier(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	decks := []pricing.Deck{
		{ID: 1, CarrierID: 7},
		{ID: 2, CarrierID: 7, From: now.Add(-time.Hour)},
		{ID: 3, CarrierID: 7, From: now.Add(time.Hour)},
		{ID: 4, CarrierID: 7, AccountID: 10},
		{ID: 5, CarrierID: 8, AccountID: 11},
	}
	if got := pricing.ByCarrier(decks, 9, now); got[7].ID != 2 || len(got) != 1 {
		t.Errorf("a stranger: %v", got)
	}
	if got := pricing.ByCarrier(decks, 10, now); got[7].ID != 4 {
		t.Errorf("an account with a deck of its own: %v", got)
	}
	if got := pricing.ByCarrier(decks, 9, now.Add(2*time.Hour)); got[7].ID != 3 {
		t.Errorf("later: %v", got)
	}
}
