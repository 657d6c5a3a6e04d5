package routing_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
)

// regional makes a market in which a carrier takes the numbers of some LATAs,
// and an upload of a number of each.
func regional(carriers, latas int, takes func(g, lata int) bool) instance {
	i := instance{}
	i.AccountID = 1
	for g := range carriers {
		var areas []carrier.Area
		for l := range latas {
			if takes(g, l) {
				areas = append(areas, carrier.Area{Type: lnp.Local, LATA: fmt.Sprint(100 + l)})
			}
		}
		id := int64(g + 1)
		i.Carriers = append(i.Carriers, carrier.Gaining{ID: id, Name: fmt.Sprint("C", id), On: true, Coverage: carrier.Cover(areas...)})
		i.decks = append(i.decks, flat(id, "5"))
	}
	for l := range latas {
		i.Facts = append(i.Facts, numbering.Facts{Number: nanp.Number(2122000000 + l), Type: lnp.Local, Country: lnp.US, State: "NY", LATA: fmt.Sprint(100 + l)})
	}
	i.price()
	return i
}

// carriersOf plans, and plans again in another order, and returns how many
// carriers the numbers go to; and the words of a carrier that lost.
func carriersOf(t *testing.T, i instance) (carriers int, lost []string) {
	t.Helper()
	all := tell(i)
	if diff := gocmp.Diff(all, tell(i.with(func(i *instance) { slices.Reverse(i.Facts); slices.Reverse(i.Carriers) })), money); diff != "" {
		t.Fatal("in another order:", diff)
	}
	used := map[int64]bool{}
	for _, x := range all {
		if x.Key.CarrierID == 0 {
			t.Fatalf("a number was refused: %+v", x)
		}
		used[x.Key.CarrierID] = true
		for _, c := range x.Candidates {
			if c.Lost != "" {
				lost = append(lost, c.Lost)
			}
		}
	}
	slices.Sort(lost)
	return len(used), slices.Compact(lost)
}

// TestManyCarriersAreStillSolved: what makes a market large without making it
// hard does not cost the best plan.
func TestManyCarriersAreStillSolved(t *testing.T) {
	t.Parallel()
	const latas = 40
	cases := []struct {
		name  string
		takes func(g, lata int) bool
		want  int
	}{
		{"all alike", func(int, int) bool { return true }, 1},
		{"ten regions of six", func(g, lata int) bool { return g%10 == lata%10 }, 10},
		{"ten regions, halved in six ways", func(g, lata int) bool { return g%10 == lata%10 && (lata/10+g/10)%4 < 2 }, 20},
		{"each another one's neighbour", func(g, lata int) bool { return lata%20 == g%20 || lata%20 == (g+1)%20 }, 10},
	}
	for _, c := range cases {
		got, lost := carriersOf(t, regional(60, latas, c.takes))
		if got != c.want || slices.Contains(lost, "is not in the best plan that was found") {
			t.Errorf("%s: %d carriers, want %d; %q", c.name, got, c.want, lost)
		}
	}
}

// TestHardMarketEndsTheSameEverywhere: where the search is cut off, and where
// there are too many carriers to search, the plan is a good one and does not
// depend on the order of anything.
func TestHardMarketEndsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	random := map[[2]int]bool{}
	for g := range 60 {
		for l := range 300 {
			random[[2]int{g, l}] = l%60 == g || r.IntN(10) == 0
		}
	}
	cases := []struct {
		name            string
		carriers, latas int
		takes           func(g, lata int) bool
		most            int
	}{
		{"random", 60, 300, func(g, lata int) bool { return random[[2]int{g, lata}] }, 30},
		{"a ring of more than a mask holds", 100, 100, func(g, lata int) bool { return lata == g || lata == (g+1)%100 }, 60},
	}
	for _, c := range cases {
		got, lost := carriersOf(t, regional(c.carriers, c.latas, c.takes))
		if got > c.most || !slices.Contains(lost, "is not in the best plan that was found") {
			t.Errorf("%s: %d carriers, want at most %d; %q", c.name, got, c.most, lost)
		}
	}
}
