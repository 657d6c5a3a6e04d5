package routing

import (
	"cmp"
	"math/bits"
	"slices"
)

// line is numbers that cost the same with each carrier.
type line struct {
	numbers int64
	costs   []int64 // of each, by carrier; none: it is not to be used
}

func (l line) takes(g int) bool { return l.costs[g] != none }

// solution is which carriers take a split group.
type solution struct {
	chosen  []bool    // by carrier
	against []verdict // by carrier
}

// verdict is why a carrier that could be used is not: what the best plan with
// it would be like.
type verdict struct {
	known bool
	more  int   // orders
	cost  int64 // more, of as many orders
	// At the same cost won was preferred to lost.
	won, lost int
}

// steps is how much work the search for the best carriers of an upload may be,
// in lines and needs looked at: about a tenth of a second. As much again may be
// that for all verdicts. Every split group has the same share of it. A group of
// which a few carriers cover most takes a few thousand steps. What is not proved
// to be the best in time is the best that was found. The count, unlike a time,
// makes that the same on every machine.
const steps = 1 << 25

// solve chooses the carriers of a split group: the fewest that take all lines;
// of those covers the cheapest, when each line goes to its cheapest carrier; of
// those the preferred one, which has the lowest carrier where they first
// differ. Lower carriers are preferred.
func solve(carriers int, lines []line, steps int) solution {
	s := solution{chosen: make([]bool, carriers), against: make([]verdict, carriers)}
	lines = merge(lines)
	parts := divide(carriers, undominated(carriers, lines), lines)
	for _, p := range parts {
		budget, more := steps/len(parts), steps/len(parts)
		best := p.search(-1, &budget)
		for _, g := range best.carriers {
			s.chosen[g] = true
		}
		for g := range carriers {
			if best.whole && !s.chosen[g] && slices.ContainsFunc(p.lines, func(l line) bool { return l.takes(g) }) {
				s.against[g] = best.against(p.search(g, &more))
			}
		}
	}
	return s
}

// merge makes one line of those that cost the same, and brings them into an
// order that does not depend on that of the numbers.
func merge(lines []line) []line {
	slices.SortFunc(lines, func(a, b line) int { return slices.Compare(a.costs, b.costs) })
	var out []line
	for _, l := range lines {
		if n := len(out); n > 0 && slices.Equal(out[n-1].costs, l.costs) {
			out[n-1].numbers += l.numbers
		} else {
			out = append(out, l)
		}
	}
	return out
}

// undominated returns the carriers that can be in the best cover.
//
// A carrier is dominated by another one that takes all its lines, and either is
// preferred to it and takes none of them for more, or takes each of them for
// less. A dominated carrier is in no best cover. If the other one is in the
// cover too, the cover is larger than it must be. If not, put the other one in
// the carrier's place: the cover is as large, and costs no more. It is better,
// since it is preferred or costs less: without a line that the carrier takes
// alone, and the other one for less, the cover would again be too large.
// Dominance is a strict order, so all that are dominated can go at once. The
// same holds of the best cover that has a given carrier, of all but that one.
func undominated(carriers int, lines []line) []int {
	var out []int
	for g := range carriers {
		if !slices.ContainsFunc(lines, func(l line) bool { return l.takes(g) }) {
			continue
		}
		dominated := false
		for by := 0; by < carriers && !dominated; by++ {
			dominated = by != g && dominates(by, g, lines)
		}
		if !dominated {
			out = append(out, g)
		}
	}
	return out
}

func dominates(by, g int, lines []line) bool {
	for _, l := range lines {
		if l.takes(g) && (l.costs[by] > l.costs[g] || by > g && l.costs[by] == l.costs[g]) {
			return false
		}
	}
	return true
}

// part is carriers and lines that have nothing to do with those of other parts,
// so that the best covers of the parts make up the best cover of all: their
// sizes and their costs add up, and where two covers of a part first differ
// decides as well when the same carriers are added to both.
type part struct {
	carriers []int // ascending
	lines    []line
}

// divide finds the parts.
func divide(carriers int, usable []int, lines []line) []part {
	root := make([]int, carriers)
	for g := range root {
		root[g] = g
	}
	of := func(g int) int {
		for root[g] != g {
			g = root[g]
		}
		return g
	}
	first := func(l line) int { return usable[slices.IndexFunc(usable, l.takes)] }
	for _, l := range lines {
		for _, g := range usable {
			if l.takes(g) {
				root[of(g)] = of(first(l))
			}
		}
	}
	parts := map[int]*part{}
	var order []int
	for _, g := range usable {
		p := parts[of(g)]
		if p == nil {
			p = &part{}
			parts[of(g)] = p
			order = append(order, of(g))
		}
		p.carriers = append(p.carriers, g)
	}
	for _, l := range lines {
		p := parts[of(first(l))]
		p.lines = append(p.lines, l)
	}
	out := make([]part, len(order))
	for i, r := range order {
		out[i] = *parts[r]
	}
	return out
}

// cover is carriers that take all lines of a part.
type cover struct {
	carriers []int // ascending
	cost     int64
	whole    bool // it is known to be the best
}

// against compares the best cover with the best one that has another carrier.
func (c cover) against(with cover) verdict {
	v := verdict{known: with.whole, more: len(with.carriers) - len(c.carriers), cost: with.cost - c.cost}
	if v.more == 0 {
		v.won, v.lost = lowest(c, with), lowest(with, c)
	}
	return v
}

// lowest is the lowest carrier that one cover has and another one has not.
func lowest(of, not cover) int {
	return of.carriers[slices.IndexFunc(of.carriers, func(g int) bool { return !slices.Contains(not.carriers, g) })]
}

// maskable is how many carriers of a part can be searched. Of more, none of
// which another one makes needless, the greedy cover is taken.
const maskable = 64

// search finds the best cover of the part that has a given carrier, -1 for
// none, and takes its steps from the budget.
func (p part) search(with int, budget *int) cover {
	carriers := p.carriers
	if with >= 0 && !slices.Contains(carriers, with) {
		carriers = append(slices.Clone(carriers), with)
		slices.Sort(carriers)
	}
	greedy := p.greedy(carriers, with)
	if len(carriers) > maskable {
		return cover{carriers: greedy, cost: p.cost(greedy)}
	}
	s := searcher{part: p, bits: carriers, best: cover{carriers: greedy, cost: p.cost(greedy)}, budget: budget}
	var given uint64
	if with >= 0 {
		given = 1 << slices.Index(carriers, with)
	}
	s.needs = p.needs(carriers, given)
	for s.size = bits.OnesCount64(given); !s.found && *budget >= 0; s.size++ {
		s.walk(given, 0)
	}
	s.best.whole = *budget >= 0
	return s.best
}

// needs are the sets of carriers, as masks of bits, of which a cover must have
// one each beside the given ones. One that has to be met anyway, since it holds
// another one, is left out.
func (p part) needs(carriers []int, given uint64) []uint64 {
	var all []uint64
	for _, l := range p.lines {
		var mask uint64
		for bit, g := range carriers {
			if l.takes(g) {
				mask |= 1 << bit
			}
		}
		if mask&given == 0 {
			all = append(all, mask)
		}
	}
	slices.SortFunc(all, func(a, b uint64) int {
		return cmp.Or(cmp.Compare(bits.OnesCount64(a), bits.OnesCount64(b)), cmp.Compare(a, b))
	})
	var out []uint64
	for _, n := range all {
		if !slices.ContainsFunc(out, func(m uint64) bool { return m&n == m }) {
			out = append(out, n)
		}
	}
	return out
}

// searcher finds covers by size.
type searcher struct {
	part
	bits   []int // the carriers that the bits of masks stand for, ascending
	needs  []uint64
	size   int // of the covers looked for; there are none of less
	found  bool
	best   cover
	budget *int
}

// walk weighs every cover of the size that has all chosen carriers and none of
// the refused ones, each once. That it misses none: such a cover has one of the
// carriers of every need that the chosen ones leave open. Take the need with
// the fewest that are not refused, and of its carriers that the cover has the
// lowest; the loop comes to it with just the lower ones, which the cover does
// not have, refused in addition. So the call for it is for a set of covers that
// the cover is in, and no other call of the loop is. It has one more chosen, so
// this ends, with no need left, at the cover itself.
// What is cut off has no such cover: where a need has none left, and where the
// needs left that share no carrier, each of which takes one more, are more than
// the size allows.
func (s *searcher) walk(chosen, refused uint64) {
	if *s.budget < 0 {
		return
	}
	*s.budget -= 1 + len(s.needs)
	var narrow, apart uint64
	more := 0
	for _, n := range s.needs {
		if n&chosen != 0 {
			continue
		}
		n &^= refused
		if n == 0 {
			return
		}
		if narrow == 0 || bits.OnesCount64(n) < bits.OnesCount64(narrow) {
			narrow = n
		}
		if n&apart == 0 {
			apart |= n
			more++
		}
	}
	switch {
	case narrow == 0:
		s.weigh(chosen)
	case bits.OnesCount64(chosen)+more <= s.size:
		for left := narrow; left != 0; left &= left - 1 {
			g := left & -left
			s.walk(chosen|g, refused)
			refused |= g
		}
	}
}

// weigh takes a cover if it is better than the best one so far.
func (s *searcher) weigh(chosen uint64) {
	*s.budget -= len(s.lines)
	s.found = true
	carriers := make([]int, 0, s.size)
	for left := chosen; left != 0; left &= left - 1 {
		carriers = append(carriers, s.bits[bits.TrailingZeros64(left)])
	}
	c := cover{carriers: carriers, cost: s.cost(carriers)}
	if cmp.Or(cmp.Compare(len(c.carriers), len(s.best.carriers)), cmp.Compare(c.cost, s.best.cost), slices.Compare(c.carriers, s.best.carriers)) < 0 {
		s.best = c
	}
}

// cost is what the lines cost, each with its cheapest carrier.
func (p part) cost(carriers []int) int64 {
	var sum int64
	for _, l := range p.lines {
		least := int64(none)
		for _, g := range carriers {
			least = min(least, l.costs[g])
		}
		sum += l.numbers * least
	}
	return sum
}

// greedy finds a cover from which no carrier but the given one can be left out:
// by taking, again and again, the carrier that takes most of the lines left.
func (p part) greedy(carriers []int, with int) []int {
	var out []int
	if with >= 0 {
		out = append(out, with)
	}
	taken := func(l line) bool { return slices.ContainsFunc(out, l.takes) }
	for left := slices.DeleteFunc(slices.Clone(p.lines), taken); len(left) > 0; left = slices.DeleteFunc(left, taken) {
		best, most := -1, 0
		for _, g := range carriers {
			n := 0
			for _, l := range left {
				if l.takes(g) {
					n++
				}
			}
			if n > most {
				best, most = g, n
			}
		}
		out = append(out, best)
	}
	slices.Sort(out)
	for i := len(out) - 1; i >= 0; i-- {
		without := slices.Delete(slices.Clone(out), i, i+1)
		if out[i] != with && !slices.ContainsFunc(p.lines, func(l line) bool { return !slices.ContainsFunc(without, l.takes) }) {
			out = without
		}
	}
	return out
}
