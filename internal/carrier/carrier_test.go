package carrier_test

import (
	"testing"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
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
