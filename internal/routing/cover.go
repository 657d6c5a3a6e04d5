package routing

import (
	"math/bits"
	"slices"

	"github.com/portin/portin/internal/pricing"
)

// exactCarriers is up to how many carriers the cover is searched exactly: at
// most 2^16 sets of them. Beyond it carriers are dropped from the search, the
// most expensive first; no network chooses among so many at equal cost.
const exactCarriers = 16

// cover assigns the classes of one split group to carriers: the fewest
// carriers that take all, of those sets the cheapest, of those the preferred.
// It returns the members of each carrier that is used.
func (m *market) cover(classes map[string]*class) map[int][]int {
	var list []*class
	used := map[int]bool{}
	for _, c := range classes {
		list = append(list, c)
		for _, r := range c.routes {
			used[r.carrier] = true
		}
	}
	var carriers []int // ascending: the preferred first
	for i := range m.carriers {
		if used[i] {
			carriers = append(carriers, i)
		}
	}
	if len(carriers) > exactCarriers {
		carriers = m.cheapest(list, carriers)
	}
	best := m.search(list, carriers)
	out := map[int][]int{}
	for _, c := range list {
		r := best.pick(c)
		out[r.carrier] = append(out[r.carrier], c.members...)
	}
	return out
}

// set is a set of carriers.
type set map[int]bool

// pick returns the class's cheapest route into the set, the preferred one at
// equal cost.
func (s set) pick(c *class) route {
	best := route{carrier: -1}
	for _, r := range c.routes {
		if s[r.carrier] && (best.carrier < 0 || r.cost.Cmp(best.cost) < 0) {
			best = r
		}
	}
	return best
}

// search tries the sets of carriers by their size, and within a size by
// preference, and returns the first of the cheapest that takes all classes.
func (m *market) search(list []*class, carriers []int) set {
	masks := make([]uint32, len(list))
	for i, c := range list {
		for _, r := range c.routes {
			if k := slices.Index(carriers, r.carrier); k >= 0 {
				masks[i] |= 1 << k
			}
		}
	}
	slices.Sort(masks)
	masks = slices.Compact(masks)
	for size := 1; size <= len(carriers); size++ {
		var best set
		var least pricing.Money
		for candidate := range subsets(len(carriers), size) {
			if slices.ContainsFunc(masks, func(mask uint32) bool { return mask&candidate == 0 }) {
				continue
			}
			s := set{}
			for k, g := range carriers {
				if candidate&(1<<k) != 0 {
					s[g] = true
				}
			}
			cost := pricing.Money{}
			for _, c := range list {
				cost = cost.Add(s.pick(c).cost.Times(len(c.members)))
			}
			if best == nil || cost.Cmp(least) < 0 {
				best, least = s, cost
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// subsets yields the sets of k of n carriers, those with preferred (lower)
// carriers first.
func subsets(n, k int) func(yield func(uint32) bool) {
	return func(yield func(uint32) bool) {
		var walk func(from int, chosen uint32) bool
		walk = func(from int, chosen uint32) bool {
			if bits.OnesCount32(chosen) == k {
				return yield(chosen)
			}
			for i := from; i < n; i++ {
				if !walk(i+1, chosen|1<<i) {
					return false
				}
			}
			return true
		}
		walk(0, 0)
	}
}

// cheapest keeps, of many carriers, one that takes each class, and as many
// others as can be searched.
func (m *market) cheapest(list []*class, carriers []int) []int {
	keep := set{}
	all := set{}
	for _, g := range carriers {
		all[g] = true
	}
	for _, c := range list {
		keep[all.pick(c).carrier] = true
	}
	var out []int
	for _, g := range carriers {
		if keep[g] {
			out = append(out, g)
		}
	}
	for _, g := range carriers {
		if !keep[g] && len(out) < exactCarriers {
			out = append(out, g)
		}
	}
	slices.Sort(out)
	return out
}
