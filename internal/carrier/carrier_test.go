package carrier_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
)

func TestRefuses(t *testing.T) {
	t.Parallel()
	base := carrier.Gaining{ID: 1, Name: "C", On: true, Coverage: carrier.Cover(carrier.Area{Type: lnp.Local, Country: lnp.US, State: "NC"})}
	with := func(change func(*carrier.Gaining)) carrier.Gaining {
		g := base
		change(&g)
		return g
	}
	raleigh := numbering.Facts{Number: 9198002000, Type: lnp.Local, Country: lnp.US, State: "NC", RateCentre: "RALEIGH", LATA: "426"}
	wireless := func(verified bool) numbering.Facts {
		f := raleigh
		f.Losing = numbering.Losing{LineType: lnp.Wireless, Verified: verified}
		return f
	}
	tollFree := numbering.Facts{Number: 8002002000, Type: lnp.TollFree, Country: lnp.US}
	area := func(a carrier.Area) func(*carrier.Gaining) {
		return func(g *carrier.Gaining) { g.Coverage = carrier.Cover(a) }
	}
	cases := []struct {
		name string
		g    carrier.Gaining
		f    numbering.Facts
		want fault.Code
	}{
		{"takes it", base, raleigh, ""},
		{"off", with(func(g *carrier.Gaining) { g.On = false }), raleigh, fault.CodeCarrierOff},
		{"another state", with(area(carrier.Area{Type: lnp.Local, State: "VA"})), raleigh, fault.CodeNoCoverage},
		{"rate centre", with(area(carrier.Area{Type: lnp.Local, State: "NC", RateCentre: "RALEIGH"})), raleigh, ""},
		{"another LATA", with(area(carrier.Area{Type: lnp.Local, LATA: "422"})), raleigh, fault.CodeNoCoverage},
		{"exchange", with(area(carrier.Area{Type: lnp.Local, NPANXX: "919800"})), raleigh, ""},
		{"toll-free", base, tollFree, fault.CodeNoCoverage},
		{"allowed", with(func(g *carrier.Gaining) { g.Allow = []int64{5} }), raleigh, ""},
		{"not allowed", with(func(g *carrier.Gaining) { g.Allow = []int64{6} }), raleigh, fault.CodeNoCoverage},
		{"denied", with(func(g *carrier.Gaining) { g.Deny = []int64{5} }), raleigh, fault.CodeNoCoverage},
		{"verified wireless", base, wireless(true), fault.CodeNoCoverage},
		{"inferred wireless", base, wireless(false), ""},
		{"wireless carrier", with(func(g *carrier.Gaining) { g.Capabilities.Wireless = true }), wireless(true), ""},
	}
	for _, c := range cases {
		var got fault.Code
		if r := c.g.Refuses(c.f, 5); r != nil {
			got = r.Code
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestCoverageIsAnyOfItsAreas compares the look-up with reading all areas.
func TestCoverageIsAnyOfItsAreas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pick := func(values ...string) string { return rapid.SampledFrom(values).Draw(t, "field") }
		areas := make([]carrier.Area, rapid.IntRange(0, 12).Draw(t, "areas"))
		for i := range areas {
			areas[i] = carrier.Area{
				Type: lnp.NumberType(pick("", "local", "toll_free")), Country: lnp.Country(pick("", "US", "CA")), State: pick("", "NC", "ON"),
				RateCentre: pick("", "", "RALEIGH", "DURHAM"), LATA: pick("", "", "426", "422"), NPANXX: pick("", "", "919800", "919801", "91980", "x"),
			}
		}
		f := numbering.Facts{
			Number: nanp.Number(rapid.SampledFrom([]int{9198002000, 9198012000, 9198022000}).Draw(t, "number")), Type: lnp.NumberType(pick("local", "toll_free")),
			Country: lnp.Country(pick("US", "CA")), State: pick("", "NC", "ON"), RateCentre: pick("", "RALEIGH", "DURHAM"), LATA: pick("", "426", "422"),
		}
		want := slices.ContainsFunc(areas, func(a carrier.Area) bool {
			return (a.Type == "" || a.Type == f.Type) && (a.Country == "" || a.Country == f.Country) && (a.State == "" || a.State == f.State) &&
				(a.RateCentre == "" || a.RateCentre == f.RateCentre) && (a.LATA == "" || a.LATA == f.LATA) && (a.NPANXX == "" || a.NPANXX == f.Number.String()[:6])
		})
		c := carrier.Cover(areas...)
		if c.Has(f) != want {
			t.Fatalf("%+v in %+v: %v", f, areas, !want)
		}
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back carrier.Coverage
		err = json.Unmarshal(b, &back)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.Areas(), back.Areas(), cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestALookUpMakesNoGarbage(t *testing.T) {
	c := carrier.Cover(
		carrier.Area{Type: lnp.Local, NPANXX: "919801"}, carrier.Area{State: "NC", RateCentre: "DURHAM"}, carrier.Area{LATA: "422"},
		carrier.Area{State: "VA"}, carrier.Area{Type: lnp.TollFree},
	)
	f := numbering.Facts{Number: 9198002000, Type: lnp.Local, State: "NC", RateCentre: "RALEIGH", LATA: "426"}
	covered := false
	if n := testing.AllocsPerRun(100, func() { covered = covered || c.Has(f) }); n != 0 || covered {
		t.Errorf("%v allocations; covered: %v", n, covered)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	fs := carrier.Families{{ID: "att", Name: "AT&T", Aliases: []string{"SBC"}, OCNs: []string{"9417"}}, {ID: "verizon", Name: "Verizon"}}
	for text, want := range map[string]string{"AT&T": "att", "at t": "att", "sbc": "att", "9417": "att", "VERIZON": "verizon"} {
		if f, ok := fs.Find(text); !ok || f.ID != want {
			t.Errorf("%q: %q, %v", text, f.ID, ok)
		}
	}
	if f, ok := fs.Find("nobody"); ok {
		t.Errorf("nobody is %q", f.ID)
	}
}

// TestHours: a carrier may take ports until it closes.
func TestHours(t *testing.T) {
	t.Parallel()
	f := carrier.Family{ID: "acme", Name: "Acme", Profile: carrier.Profile{Hours: &carrier.Hours{Open: "08:00", CutOff: "17:00", Close: "17:00"}}}
	if faults := f.Check(nil); len(faults) > 0 {
		t.Errorf("the hours: %+v", faults)
	}
	want := bizday.Hours{Open: 8 * time.Hour, CutOff: 17 * time.Hour, Close: 17 * time.Hour}
	if got := f.Profile.Rules(bizday.Rules{Calendar: bizday.USCalendar}).Hours; got != want {
		t.Errorf("the hours are %+v, want %+v", got, want)
	}
}

// TestFamilyIDs: a family that the reference data make can be described by its
// id.
func TestFamilyIDs(t *testing.T) {
	t.Parallel()
	id, name := carrier.Families{}.Of(numbering.Operator{OCN: "8000", Company: "Société Éxemple Inc."})
	f := carrier.Family{ID: id, Name: name}
	if faults := f.Check(nil); len(faults) > 0 {
		t.Errorf("%s: %+v", id, faults)
	}
}
