package pricing_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/sheet"
)

// loose is a deck as people write it, and strict the same as it is written by
// portin.
const (
	loose = "item;Number Type;Port Type;Country;Province;Losing Carrier;Port-Fee;MRC;Amount\r\n" +
		"Rate;Toll-Free;;;;;12;;\r\n" +
		"rate;local;;;nc;;5.00;'0.50;\r\n" +
		"rate;local;non-simple;USA;North Carolina;example-tel;6.25;0;\r\n" +
		"# Canada\r\n" +
		"rate;;canada wireline;Canada;;123A;.5;0.0125;\r\n" +
		"Tax;;;;NY;;;;8.875\r\n" +
		"tax;;;;;;;;0\r\n" +
		"Discount;;;;;;;;10\r\n" +
		"expedite;;;;;;;;\"25\"\r\n" +
		"Cancel after FOC;;;;;;;;=\"50\"\r\n" +
		"supplement;;;;;;;;0\r\n"
	strict = "item,number_type,port_type,country,state,losing_carrier,port_fee,mrc,amount\n" +
		"rate,,canada_wireline,CA,,123A,0.5,0.0125,\n" +
		"rate,local,,US,NC,,5.0,0.5,\n" +
		"rate,local,non_simple,US,NC,example-tel,6.25,0.0,\n" +
		"rate,toll_free,,,,,12.0,0.0,\n" +
		"discount,,,,,,,,10.0\n" +
		"tax,,,,,,,,0.0\n" +
		"tax,,,,NY,,,,8.875\n" +
		"expedite,,,,,,,,25.0\n" +
		"cancel_after_foc,,,,,,,,50.0\n"
)

func written(t interface{ Fatal(...any) }, d pricing.Deck) string {
	var b strings.Builder
	err := pricing.WriteDeck(&b, d)
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDeckRoundTrip(t *testing.T) {
	t.Parallel()
	for text, rows := range map[string]int{loose: 10, strict: 9} {
		d, report, err := pricing.ReadDeck(strings.NewReader(text))
		if err != nil || report.Rows != rows {
			t.Fatalf("%d rows, %v", report.Rows, err)
		}
		if d := cmp.Diff(strict, written(t, d)); d != "" {
			t.Error(d)
		}
		// The rest is the caller's.
		d.Rates, d.Fees, d.Discount, d.Taxes = nil, pricing.Fees{}, pricing.Money{}, nil
		if d := cmp.Diff(pricing.Deck{}, d); d != "" {
			t.Error(d)
		}
	}
}

// A file without the column item is all rates.
func TestRatesAlone(t *testing.T) {
	t.Parallel()
	d, _, err := pricing.ReadDeck(strings.NewReader("state,nrc\n,9\nNC,5\nVA,6\n"))
	const want = "item,number_type,port_type,country,state,losing_carrier,port_fee,mrc,amount\nrate,,,,,,9.0,0.0,\nrate,,,US,NC,,5.0,0.0,\nrate,,,US,VA,,6.0,0.0,\n"
	if got := written(t, d); err != nil || got != want {
		t.Errorf("%v\n%s", err, cmp.Diff(want, got))
	}
}

// told are the mistakes as "line column code".
func told(r sheet.Report) []string {
	var out []string
	for _, m := range r.Mistakes {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s", m.Line, m.Column))+" "+string(m.Code))
	}
	return out
}

func TestDeckMistakes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/deck-mistakes.csv")
	if err != nil {
		t.Fatal(err)
	}
	d, report, err := pricing.ReadDeck(bytes.NewReader(text))
	if diff := cmp.Diff(pricing.Deck{}, d); diff != "" || !fault.Is(err, fault.Invalid) {
		t.Errorf("%v\n%s", err, diff)
	}
	want := []string{
		"3 ammount unknown_field",
		"7 item invalid_value", "8 item required", "9 number_type invalid_value", "10 port_type invalid_value", "11 country invalid_value", "12 state invalid_value", "13 state conflicting_values",
		"14 port_type conflicting_values", "15 port_type conflicting_values", "16 port_type conflicting_values", "17 port_type conflicting_values", "18 state must_be_empty", "19 country conflicting_values",
		"20 losing_carrier invalid_value", "21 losing_carrier scientific_notation",
		"22 port_fee required", "23 port_fee invalid_value", "24 port_fee invalid_value", "25 port_fee invalid_value", "26 port_fee invalid_value", "27 port_fee invalid_value", "28 port_fee invalid_value",
		"29 port_fee invalid_value", "30 port_fee invalid_value", "31 port_fee invalid_value", "32 mrc invalid_value", "33 amount must_be_empty", "34 repeated",
		"35 item repeated", "36 amount invalid_value", "37 amount invalid_value", "38 amount required", "39 item repeated", "40 country must_be_empty", "42 item repeated",
		"43 port_fee must_be_empty", "43 amount required", "44 amount invalid_value", "45 cell_count", "46 state bad_quotes",
	}
	if d := cmp.Diff(want, told(report)); d != "" {
		t.Error(d)
	}
	for line, part := range map[int]string{
		7: "mean rate?", 23: "decimal comma", 24: "1500 or 1.500", 25: "Write 1500.00", 26: "Write 5 alone", 27: "Write 5 alone", 28: "four decimals", 30: "negative", 31: "negative", 34: "line 4", 35: "line 5", 37: "Write 10 alone", 39: "tax NY stands in line 6", 42: "line 41",
	} {
		i := slices.IndexFunc(report.Mistakes, func(m sheet.Mistake) bool { return m.Line == line })
		if m := report.Mistakes[i]; !strings.Contains(m.Message+m.Fix, part) {
			t.Errorf("line %d does not say %q: %+v", line, part, m)
		}
	}
}

func TestDeckRows(t *testing.T) {
	t.Parallel()
	const head = "item,number_type,port_type,country,state,losing_carrier,port_fee,mrc,amount\n"
	cases := []struct{ rows, want string }{
		{"rate,,,,,,0,,", ""}, {"rate,,,,,,5.0000,1.2345,", ""}, {"rate,,toll_free,US,,,5,,", ""}, {"rate,local,simple,US,,,5,,", ""}, {"rate,,canada_wireless,,ON,,5,,", ""},
		{"rate,,,,NC,,5,,\nrate,,,US,NC,,6,,", "3 repeated"},
		{"rate,,,,,,5,,\nrate,,,,,Vidéotron-2,6,,\nrate,,,,,vidéotron-2,6,,", ""},
		{"rate,,,,,a--b,5,,", "2 losing_carrier invalid_value"}, {"rate,,,,,-a,5,,", "2 losing_carrier invalid_value"}, {"rate,,,,,11-24-2026,5,,", "2 losing_carrier turned_into_date"},
		{"rate,,,,,,\"5,\",,", "2 port_fee invalid_value"}, {"rate,,,,,,1e2,,", "2 port_fee invalid_value"}, {"rate,,,,,,1E+02,,", "2 port_fee scientific_notation"},
		{"rate,toll_free,,CA,,,5,,", "2 country conflicting_values"}, {"rate,toll_free,canada_wireline,,,,5,,", "2 port_type conflicting_values"}, {"rate,,wireless,,ON,,5,,", "2 port_type conflicting_values"},
		{"rate,,,,,,5,,\nfee,,,,,,,,5", "3 item invalid_value"},
		{"rate,,,,,,5,,\ntax,,,,,,,,100\ntax,,,,,,,,1", "4 item repeated"},
		{"rate,,,,,,5,,\ndiscount,,,,NC,,,,1", "3 state must_be_empty"},
		{"", "1 port_fee required"}, {"tax,,,,,,,,5", "1 port_fee required"}, {"discount,,,,,,,,0", "1 port_fee required"}, {"rate,,,,,,x,,", "2 port_fee invalid_value"},
	}
	for _, c := range cases {
		d, report, err := pricing.ReadDeck(strings.NewReader(head + c.rows + "\n"))
		if all := strings.Join(told(report), ", "); all != c.want || (err == nil) != (c.want == "") || (len(d.Rates) > 0) != (err == nil) {
			t.Errorf("%s: %q, %v, %v; want %q", c.rows, all, err, d.Rates, c.want)
		}
	}
	d, _, err := pricing.ReadDeck(strings.NewReader("item,amount\ndiscount,5\n"))
	if err != nil || d.Discount.String() != "5.0" {
		t.Errorf("a deck that is a discount alone: %v, %v", d, err)
	}
}

// What no money is says what to write instead.
func TestNoMoney(t *testing.T) {
	t.Parallel()
	for cell, fix := range map[string]string{
		"1,50": "Write 1.50.", "0,5": "Write 0.5.", "10,0000": "Write 10.0000.", "1,250": "Write 1250 or 1.250.", "0,125": "Write 0.125.", "1,234,567": "Write 1234567.", "1 000": "Write 1000.", "1'000.50": "Write 1000.50.",
		"$5": "Write 5 alone; the currency is the deck's.", "US$ 5.25": "Write 5.25 alone; the currency is the deck's.", "5 CAD": "Write 5 alone; the currency is the deck's.", "€5": "Write 5 alone; the currency is the deck's.", "5%": "Write 5 alone.",
		"$1,50": "Write 1.50.", "5.00001": "Round it to four decimals.", "$0.00001": "Round it to four decimals.", "-1": "Write 0 or more.", "($5.00)": "Write 0 or more.",
		"free": "Write a decimal number: 5.25.", "1.2.3": "Write a decimal number: 5.25.", "99999999999999999999999": "Write a decimal number: 5.25.",
	} {
		_, report, err := pricing.ReadDeck(strings.NewReader("port_fee\tmrc\n" + cell + "\t\n"))
		if err == nil || len(report.Mistakes) != 1 || report.Mistakes[0].Fix != fix {
			t.Errorf("%s: %+v; want %q", cell, report.Mistakes, fix)
		}
	}
}

func amount(t *rapid.T) pricing.Money {
	n := rapid.IntRange(0, 1_000_000).Draw(t, "ten-thousandths")
	return pricing.MustParse(fmt.Sprintf("%d.%04d", n/10_000, n%10_000))
}

// rate draws a rate as ReadDeck makes them.
func rate(t *rapid.T) pricing.Rate {
	draw := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	r := pricing.Rate{LosingID: draw("losing", "", "example-tel", "123A", "EXM01"), PortFee: amount(t), MRC: amount(t)}
	switch draw("kind", "any", "US", "Canada", "toll-free") {
	case "US":
		r.NumberType, r.PortType, r.Country = lnp.NumberType(draw("numbers", "", "local")), lnp.PortType(draw("port", "", "simple", "non_simple", "wireless")), lnp.US
		r.State = draw("state", "", "NC", "PR", "VA")
	case "Canada":
		r.NumberType, r.PortType, r.Country = lnp.NumberType(draw("numbers", "", "local")), lnp.PortType(draw("port", "", "canada_wireline", "canada_wireless")), lnp.CA
		r.State = draw("state", "", "ON", "QC")
	case "toll-free":
		r.NumberType, r.PortType, r.Country = lnp.TollFree, lnp.PortType(draw("port", "", "toll_free")), lnp.Country(draw("country", "", "US"))
	}
	return r
}

func selector(r pricing.Rate) string {
	return fmt.Sprint(r.NumberType, "/", r.PortType, "/", r.Country, "/", r.State, "/", r.LosingID)
}

// aDeck draws a deck as ReadDeck makes them, but for the order of its rates.
func aDeck(t *rapid.T) pricing.Deck {
	d := pricing.Deck{Rates: rapid.SliceOfNDistinct(rapid.Custom(rate), 1, 20, selector).Draw(t, "rates"), Discount: pricing.MustParse(rapid.SampledFrom([]string{"0", "10", "99.9999"}).Draw(t, "discount"))}
	for _, f := range []*pricing.Money{&d.Fees.TollFree, &d.Fees.Expedite, &d.Fees.Supplement, &d.Fees.CancelAfterFOC} {
		if rapid.Bool().Draw(t, "fee") {
			*f = amount(t)
		}
	}
	for _, state := range []string{"", "NY", "ON"} {
		if rapid.Bool().Draw(t, "tax") {
			d.Taxes = append(d.Taxes, pricing.Tax{State: state, Percent: pricing.MustParse(rapid.SampledFrom([]string{"0", "8.875", "100"}).Draw(t, "percent"))})
		}
	}
	return d
}

func TestWrittenDeckReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := aDeck(t)
		text := written(t, d)
		got, _, err := pricing.ReadDeck(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if c := pricing.Compare(d, got); !c.None() || c.Kept != len(d.Rates) || len(got.Rates) != len(d.Rates) {
			t.Fatalf("%+v", c)
		}
		if again := written(t, got); again != text {
			t.Fatal(cmp.Diff(text, again))
		}
	})
}

func TestDeckChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		was, is := aDeck(t), aDeck(t)
		if rapid.Bool().Draw(t, "related") {
			is.Rates = slices.Concat(is.Rates[:1], slices.DeleteFunc(slices.Clone(was.Rates), func(r pricing.Rate) bool { return selector(r) == selector(is.Rates[0]) }))
		}
		c := pricing.Compare(was, is)
		got := map[string]pricing.Rate{}
		for _, r := range was.Rates {
			got[selector(r)] = r
		}
		for _, r := range c.Removed {
			delete(got, selector(r))
		}
		for _, r := range c.Added {
			got[selector(r)] = r
		}
		for _, r := range c.Changed {
			if had := got[selector(r.Was)]; selector(r.Was) != selector(r.Is) || !same(had, r.Was) {
				t.Fatalf("%+v was %+v", r, had)
			}
			got[selector(r.Is)] = r.Is
		}
		for _, r := range is.Rates {
			if !same(got[selector(r)], r) {
				t.Fatalf("%+v is %+v", r, got[selector(r)])
			}
		}
		if len(got) != len(is.Rates) || c.Kept+len(c.Changed)+len(c.Added) != len(is.Rates) || c.Kept+len(c.Changed)+len(c.Removed) != len(was.Rates) {
			t.Fatalf("%d rates and %d: %+v", len(was.Rates), len(is.Rates), c)
		}
		back := pricing.Compare(is, was)
		if len(back.Added) != len(c.Removed) || len(back.Removed) != len(c.Added) || len(back.Changed) != len(c.Changed) || len(back.Terms) != len(c.Terms) || c.None() != back.None() {
			t.Fatalf("%+v, and back %+v", c, back)
		}
		few := c.First(1)
		if len(few.Added) != min(1, len(c.Added)) || len(few.Removed) != min(1, len(c.Removed)) || len(few.Changed) != min(1, len(c.Changed)) || few.AddedCount != len(c.Added) || few.RemovedCount != len(c.Removed) || few.ChangedCount != len(c.Changed) || len(few.Terms) != len(c.Terms) {
			t.Fatalf("the first of %+v: %+v", c, few)
		}
	})
}

func same(a, b pricing.Rate) bool {
	return selector(a) == selector(b) && a.PortFee.Equal(b.PortFee) && a.MRC.Equal(b.MRC)
}

func TestDeckChangeJSON(t *testing.T) {
	t.Parallel()
	was := pricing.Deck{Rates: []pricing.Rate{{PortFee: pricing.MustParse("9")}, {State: "NC", Country: lnp.US, PortFee: pricing.MustParse("5.00")}, {State: "VA", Country: lnp.US}}, Taxes: []pricing.Tax{{State: "NY", Percent: pricing.MustParse("8")}}, Discount: pricing.MustParse("10")}
	is := pricing.Deck{Rates: []pricing.Rate{{NumberType: lnp.TollFree}, {State: "NC", Country: lnp.US, PortFee: pricing.MustParse("5")}, {PortFee: pricing.MustParse("8")}}, Taxes: []pricing.Tax{{}}, Fees: pricing.Fees{Expedite: pricing.MustParse("25")}, Discount: pricing.MustParse("10.0")}
	got, err := json.MarshalIndent(pricing.Compare(was, is), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var have, want any
	err = json.Unmarshal(got, &have)
	if err != nil {
		t.Fatal(err)
	}
	err = json.Unmarshal([]byte(`{"added": [{"number_type": "toll_free", "port_fee": 0.0, "mrc": 0.0}], "removed": [{"country": "US", "state": "VA", "port_fee": 0.0, "mrc": 0.0}],
		"changed": [{"was": {"port_fee": 9.0, "mrc": 0.0}, "is": {"port_fee": 8.0, "mrc": 0.0}}],
		"terms": [{"item": "tax", "was": null, "is": 0.0}, {"item": "tax", "state": "NY", "was": 8.0, "is": null}, {"item": "expedite", "was": 0.0, "is": 25.0}],
		"added_count": 1, "removed_count": 1, "changed_count": 1, "kept": 1}`), &want)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
}

// No file makes the reader panic. It gives mistakes or a deck, never both, and
// what it gave writes and reads the same.
func FuzzReadDeck(f *testing.F) {
	bad, err := os.ReadFile("testdata/deck-mistakes.csv")
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{loose, strict, string(bad), "", "port_fee\n5", "port_fee;item\n1,50;rate\n\"", "nrc,spid\r5,A-1\r", "state,port_fee\nNC,$5\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, report, err := pricing.ReadDeck(bytes.NewReader(text))
		if err != nil {
			if diff := cmp.Diff(pricing.Deck{}, d); diff != "" {
				t.Fatalf("%v, and a deck: %s", err, diff)
			}
			lines := 1 + bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte("\r"))
			for _, m := range report.Mistakes {
				if m.Line < 1 || m.Line > lines || m.Message == "" || m.Fix == "" || fault.Explain(m.Code).Cause == "" {
					t.Fatalf("%+v of %d lines", m, lines)
				}
			}
			return
		}
		if len(report.Mistakes)+report.More > 0 || len(d.Rates) == 0 && d.Discount.IsZero() {
			t.Fatalf("taken with %+v", report)
		}
		again, _, err := pricing.ReadDeck(strings.NewReader(written(t, d)))
		if c := pricing.Compare(d, again); err != nil || !c.None() || c.Kept != len(d.Rates) || len(again.Rates) != len(d.Rates) {
			t.Fatalf("%v, %+v", err, c)
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	var was, is pricing.Deck
	for i := range 200_000 {
		r := pricing.Rate{NumberType: lnp.Local, LosingID: fmt.Sprintf("%06X", i), PortFee: pricing.MustParse("5")}
		was.Rates = append(was.Rates, r)
		if i%2 == 0 {
			r.PortFee = pricing.MustParse("6")
		}
		is.Rates = append(is.Rates, r)
	}
	b.ReportAllocs()
	for b.Loop() {
		if c := pricing.Compare(was, is); c.ChangedCount != 100_000 {
			b.Fatal(c.ChangedCount)
		}
	}
}
