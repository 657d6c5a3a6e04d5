package pricing_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/pricing"
)

var now = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func TestBook(t *testing.T) {
	t.Parallel()
	hour := func(n int) time.Time { return now.Add(time.Duration(n) * time.Hour) }
	book := pricing.NewBook([]pricing.Deck{
		{ID: 1, CarrierID: 7},
		{ID: 2, CarrierID: 7, From: hour(-1)},
		{ID: 3, CarrierID: 7, From: hour(1), Until: hour(3)},
		{ID: 4, CarrierID: 7, AccountID: 10, Until: hour(5)},
		{ID: 5, CarrierID: 8, AccountID: 11},
		{ID: 6, CarrierID: 9, From: hour(1)},
		{ID: 7, CarrierID: 9, From: hour(1)},
	})
	cases := []struct {
		name             string
		account, carrier int64
		at               time.Time
		want             int64
	}{
		{"the latest", 9, 7, now, 2},
		{"a newer one begins", 9, 7, hour(1), 3},
		{"and ends; the one before holds again", 9, 7, hour(3), 2},
		{"the account's own, though older", 10, 7, hour(1), 4},
		{"which ends", 10, 7, hour(5), 2},
		{"another account's", 9, 8, now, 0},
		{"its own", 11, 8, now, 5},
		{"of two of one instant the higher id", 9, 9, hour(2), 7},
		{"not yet", 9, 9, now, 0},
		{"no such carrier", 9, 6, now, 0},
	}
	for _, c := range cases {
		d, ok := book.For(c.account, c.at).Deck(c.carrier)
		if d.ID != c.want || ok != (c.want != 0) {
			t.Errorf("%s: deck %d, %v; want %d", c.name, d.ID, ok, c.want)
		}
	}
	if _, ok := (pricing.Prices{}).Deck(7); ok {
		t.Error("no prices have a deck")
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	fee := func(s string) pricing.Money { return pricing.MustParse(s) }
	prices := pricing.NewBook([]pricing.Deck{{CarrierID: 7, Rates: []pricing.Rate{
		{NumberType: lnp.Local, PortFee: fee("1")},
		{Country: lnp.US, PortFee: fee("2")},
		{NumberType: lnp.Local, State: "NC", PortFee: fee("3")},
		{PortType: lnp.Simple, PortFee: fee("4")},
		{LosingID: "bell", PortFee: fee("5")},
		{Country: lnp.US, PortFee: fee("6")}, // the same again
	}}}).For(1, now)
	bell := numbering.Losing{ID: "bell", Verified: true}
	cases := []struct {
		name string
		f    numbering.Facts
		pt   lnp.PortType
		want string // "": none
	}{
		{"by type", numbering.Facts{Type: lnp.Local, Country: lnp.CA}, lnp.CanadaWireline, "1.0"},
		{"by country", numbering.Facts{Type: lnp.Local, Country: lnp.US}, lnp.NonSimple, "2.0"},
		{"by state", numbering.Facts{Type: lnp.Local, Country: lnp.US, State: "NC"}, lnp.NonSimple, "3.0"},
		{"by port type", numbering.Facts{Type: lnp.Local, Country: lnp.US, State: "NC"}, lnp.Simple, "4.0"},
		{"by losing carrier", numbering.Facts{Type: lnp.Local, Country: lnp.US, State: "NC", Losing: bell}, lnp.Simple, "5.0"},
		{"declared", numbering.Facts{Type: lnp.Local, Losing: numbering.Losing{ID: "bell", Source: numbering.SourceDeclared}}, "", "5.0"},
		{"inferred", numbering.Facts{Type: lnp.Local, Losing: numbering.Losing{ID: "bell", Source: "nanpa"}}, "", "1.0"},
		{"none", numbering.Facts{Type: lnp.TollFree, Country: lnp.CA}, lnp.TollFreePort, ""},
	}
	for _, c := range cases {
		r, ok := prices.Rate(7, c.f, c.pt)
		if ok != (c.want != "") || ok && r.PortFee.String() != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, r.PortFee, ok, c.want)
		}
	}
	if _, ok := prices.Rate(8, cases[0].f, ""); ok {
		t.Error("a carrier without a deck has a rate")
	}
}

func TestALookUpMakesNoGarbage(t *testing.T) {
	p := pricing.NewBook([]pricing.Deck{{CarrierID: 7, Rates: []pricing.Rate{{LosingID: "bell"}, {State: "NC", PortType: lnp.Simple}, {Country: lnp.CA}, {NumberType: lnp.Local}}}}).For(1, now)
	f := numbering.Facts{Type: lnp.Local, Country: lnp.US, State: "VA", Losing: numbering.Losing{ID: "cable", Verified: true}}
	found := true
	if n := testing.AllocsPerRun(100, func() {
		_, ok := p.Rate(7, f, lnp.Simple)
		found = found && ok
	}); n != 0 || !found {
		t.Errorf("%v allocations; found: %v", n, found)
	}
}

// draw makes a field that is often empty.
func draw[T ~string](t *rapid.T, values ...T) T {
	return rapid.SampledFrom(append(values, "")).Draw(t, "field")
}

func anyFacts(t *rapid.T) numbering.Facts {
	return numbering.Facts{
		Type: draw(t, lnp.Local, lnp.TollFree), Country: draw(t, lnp.US, lnp.CA), State: draw(t, "NC", "NY", "ON"),
		Losing: numbering.Losing{ID: draw(t, "bell", "cable"), Verified: rapid.Bool().Draw(t, "verified"), Source: draw(t, numbering.SourceDeclared, "nanpa")},
	}
}

func anyRate(t *rapid.T) pricing.Rate {
	return pricing.Rate{
		NumberType: draw(t, lnp.Local, lnp.TollFree), PortType: draw(t, lnp.Simple, lnp.NonSimple), Country: draw(t, lnp.US, lnp.CA), State: draw(t, "NC", "NY", "ON"),
		LosingID: draw(t, "bell", "cable"), PortFee: anyMoney(t, 400), MRC: anyMoney(t, 40),
	}
}

// anyMoney draws an amount of quarters of a cent.
func anyMoney(t *rapid.T, most int) pricing.Money {
	return pricing.MustParse("0.0025").Times(rapid.IntRange(0, most).Draw(t, "amount"))
}

// TestRateIsTheOneThatSaysMost compares the look-up with reading all rates.
func TestRateIsTheOneThatSaysMost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rates := rapid.SliceOf(rapid.Custom(anyRate)).Draw(t, "rates")
		f, pt := anyFacts(t), draw(t, lnp.Simple, lnp.NonSimple)
		losing := ""
		if f.Losing.Sure() {
			losing = f.Losing.ID
		}
		best, most := -1, -1
		for i, r := range rates {
			says := 0
			matches := true
			for k, field := range [][2]string{{string(r.NumberType), string(f.Type)}, {string(r.Country), string(f.Country)}, {r.State, f.State}, {string(r.PortType), string(pt)}, {r.LosingID, losing}} {
				if field[0] == "" {
					continue
				}
				says |= 1 << k
				matches = matches && field[0] == field[1]
			}
			if matches && says > most {
				best, most = i, says
			}
		}
		got, ok := pricing.NewBook([]pricing.Deck{{CarrierID: 1, Rates: rates}}).For(0, now).Rate(1, f, pt)
		if ok != (best >= 0) || ok && !gocmp.Equal(got, rates[best], money) {
			t.Fatalf("%+v, %v; want rate %d", got, ok, best)
		}
	})
}

// TestBookChoosesByTheRule compares the choice with sorting all decks.
func TestBookChoosesByTheRule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		instant := func(what string) time.Time {
			n := rapid.IntRange(0, 4).Draw(t, what)
			if n == 0 {
				return time.Time{}
			}
			return now.Add(time.Duration(n) * time.Hour)
		}
		var decks []pricing.Deck
		for id := range rapid.IntRange(0, 8).Draw(t, "decks") {
			decks = append(decks, pricing.Deck{ID: int64(id + 1), CarrierID: 7, AccountID: int64(rapid.IntRange(0, 2).Draw(t, "account")), From: instant("from"), Until: instant("until")})
		}
		at := now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "at")) * time.Hour)
		holding := slices.DeleteFunc(slices.Clone(decks), func(d pricing.Deck) bool {
			return d.AccountID > 1 || d.From.After(at) || !d.Until.IsZero() && !d.Until.After(at)
		})
		slices.SortFunc(holding, func(a, b pricing.Deck) int {
			return cmp.Or(cmp.Compare(b.AccountID, a.AccountID), b.From.Compare(a.From), cmp.Compare(b.ID, a.ID))
		})
		got, ok := pricing.NewBook(decks).For(1, at).Deck(7)
		if ok != (len(holding) > 0) || ok && got.ID != holding[0].ID {
			t.Fatalf("deck %d, %v of %v", got.ID, ok, holding)
		}
	})
}
