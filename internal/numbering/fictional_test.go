package numbering_test

import (
	"testing"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
)

func lookup(t *testing.T, numbers ...nanp.Number) []numbering.Facts {
	t.Helper()
	facts, err := numbering.Fictional{}.Lookup(t.Context(), numbers)
	if err != nil || len(facts) != len(numbers) {
		t.Fatalf("%d facts, %v", len(facts), err)
	}
	return facts
}

func TestFictional(t *testing.T) {
	t.Parallel()
	f := lookup(t, 9198002000, 9198009999, 9195550100, 9195550102, 8002002000, 4162002000)
	if f[0].State != "NC" || f[0].Losing.ID == "" || f[0].Losing.Verified || f[0].Losing.Source != "sandbox" {
		t.Errorf("a local number: %+v", f[0])
	}
	if f[0].Losing != f[1].Losing {
		t.Error("two numbers of an exchange have two losing carriers")
	}
	if !f[2].Losing.Verified || f[2].Losing.LineType != lnp.Wireline {
		t.Errorf("a scenario number: %+v", f[2])
	}
	if !f[3].Losing.Verified || f[3].Losing.LineType != lnp.Wireless {
		t.Errorf("the wireless scenario number: %+v", f[3])
	}
	if f[4].Type != lnp.TollFree || f[4].Losing.LineType != "" {
		t.Errorf("a toll-free number: %+v", f[4])
	}
	if f[5].Country != lnp.CA || f[5].State != "ON" {
		t.Errorf("a Canadian number: %+v", f[5])
	}
	again := lookup(t, 9198002000)
	if again[0] != f[0] {
		t.Error("the same number has other facts the second time")
	}
}

func TestFictionalCarriersAreMixed(t *testing.T) {
	t.Parallel()
	count := map[lnp.LineType]int{}
	const n = 800
	for nxx := range n {
		count[lookup(t, nanp.Number(9190002000+(200+nxx)*10000))[0].Losing.LineType]++
	}
	if w := count[lnp.Wireless]; w < n/8 || w > n/2 {
		t.Errorf("%d of %d exchanges are wireless", w, n)
	}
}

// TestRefused: every source says itself what cannot be ported.
func TestRefused(t *testing.T) {
	t.Parallel()
	numbers := []nanp.Number{9198002000, 2002002000, 8762002000, 5002002000, 9199582000, 9195550100, 8222002000}
	for _, c := range []struct {
		source numbering.Source
		want   []fault.Code
	}{
		{numbering.Registered{}, []fault.Code{"", fault.CodeNPAUnassigned, fault.CodeOutsideUSCA, fault.CodeNonGeographic, fault.CodeServiceCode, fault.CodeFictional, fault.CodeTollFreeClosed}},
		{numbering.Fictional{}, []fault.Code{"", fault.CodeNPAUnassigned, fault.CodeOutsideUSCA, fault.CodeNonGeographic, fault.CodeServiceCode, "", fault.CodeTollFreeClosed}},
	} {
		facts, err := c.source.Lookup(t.Context(), numbers)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range facts {
			if f.Number != numbers[i] || f.Refusal != c.want[i] || f.Refusal != "" && f.Losing != (numbering.Losing{}) {
				t.Errorf("%T says of %s %+v; want %q", c.source, numbers[i], f, c.want[i])
			}
		}
	}
}
