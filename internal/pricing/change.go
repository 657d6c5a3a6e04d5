package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// DeckChange is what a new deck changes in rates, fees, discount and taxes. The
// lists are sorted.
type DeckChange struct {
	Added        []Rate       `json:"added"`
	Removed      []Rate       `json:"removed"`
	Changed      []RateChange `json:"changed"` // for the same numbers, at another price
	Terms        []TermChange `json:"terms"`
	AddedCount   int          `json:"added_count"` // how many there are, also when Added has only the first
	RemovedCount int          `json:"removed_count"`
	ChangedCount int          `json:"changed_count"`
	Kept         int          `json:"kept"` // rates
}

// RateChange is a rate whose price changes.
type RateChange struct {
	Was Rate `json:"was"`
	Is  Rate `json:"is"`
}

// TermChange is a fee, the discount or a tax that changes.
type TermChange struct {
	Item  string `json:"item"`                // as in the form of a deck
	State string `json:"state,omitempty"`     // of a tax; "": all others
	Was   *Money `json:"was" nullable:"true"` // nil: there was no such tax
	Is    *Money `json:"is" nullable:"true"`
}

// Compare returns what changes from one deck to another. Of two rates for the
// same numbers the first one counts, as in a quote.
func Compare(was, is Deck) DeckChange {
	c := DeckChange{Added: []Rate{}, Removed: []Rate{}, Changed: []RateChange{}, Terms: []TermChange{}}
	a, b := sorted(was.Rates), sorted(is.Rates)
	for len(a) > 0 && len(b) > 0 {
		order := a[0].compare(b[0])
		switch {
		case order < 0:
			c.Removed, a = append(c.Removed, a[0]), a[1:]
			continue
		case order > 0:
			c.Added, b = append(c.Added, b[0]), b[1:]
			continue
		case a[0].PortFee.Equal(b[0].PortFee) && a[0].MRC.Equal(b[0].MRC):
			c.Kept++
		default:
			c.Changed = append(c.Changed, RateChange{Was: a[0], Is: b[0]})
		}
		a, b = a[1:], b[1:]
	}
	c.Removed, c.Added = append(c.Removed, a...), append(c.Added, b...)
	c.AddedCount, c.RemovedCount, c.ChangedCount = len(c.Added), len(c.Removed), len(c.Changed)
	c.Terms = append(c.Terms, changedTerms(was, is)...)
	return c
}

// sorted returns the rates sorted, of two for the same numbers the first one.
func sorted(rates []Rate) []Rate {
	if slices.IsSortedFunc(rates, func(a, b Rate) int { return cmp.Or(a.compare(b), -1) }) {
		return rates
	}
	out := slices.Clone(rates)
	slices.SortStableFunc(out, Rate.compare)
	return slices.CompactFunc(out, func(a, b Rate) bool { return a.compare(b) == 0 })
}

// changedTerms returns what changes beside the rates.
func changedTerms(was, is Deck) []TermChange {
	before, after := was.terms(), is.terms()
	all := slices.Concat(before, after)
	slices.SortStableFunc(all, func(a, b term) int {
		return cmp.Or(cmp.Compare(slices.Index(deckItems, a.item), slices.Index(deckItems, b.item)), cmp.Compare(a.state, b.state))
	})
	all = slices.CompactFunc(all, term.same)
	var out []TermChange
	for _, t := range all {
		had, has := t.in(before), t.in(after)
		if had == nil || has == nil || !had.Equal(*has) {
			out = append(out, TermChange{Item: t.item, State: t.state, Was: had, Is: has})
		}
	}
	return out
}

func (t term) same(o term) bool { return t.item == o.item && t.state == o.state }

// in returns the amount that a term has in a deck, nil when it is not there.
func (t term) in(terms []term) *Money {
	i := slices.IndexFunc(terms, t.same)
	if i < 0 {
		return nil
	}
	return new(terms[i].amount)
}

// None reports whether nothing changes.
func (c DeckChange) None() bool {
	return c.AddedCount == 0 && c.RemovedCount == 0 && c.ChangedCount == 0 && len(c.Terms) == 0
}

// First returns the change with no more than n rates in each list; the counts
// stay.
func (c DeckChange) First(n int) DeckChange {
	c.Added = slices.Clip(c.Added[:min(n, len(c.Added))])
	c.Removed = slices.Clip(c.Removed[:min(n, len(c.Removed))])
	c.Changed = slices.Clip(c.Changed[:min(n, len(c.Changed))])
	return c
}

// String writes for which numbers the rate is, and its prices: "local US NC:
// 5.0 and 0.5 a month".
func (r Rate) String() string {
	names := slices.DeleteFunc([]string{string(r.NumberType), string(r.PortType), string(r.Country), r.State, r.LosingID}, func(s string) bool { return s == "" })
	if len(names) == 0 {
		names = []string{"every number"}
	}
	return fmt.Sprintf("%s: %s and %s a month", strings.Join(names, " "), r.PortFee, r.MRC)
}

// String writes the new rate, and what it was.
func (c RateChange) String() string {
	return fmt.Sprintf("%s, instead of %s and %s", c.Is, c.Was.PortFee, c.Was.MRC)
}

// String writes the new value, and what it was.
func (c TermChange) String() string {
	is, was := "gone", "new"
	if c.Is != nil {
		is = c.Is.String()
	}
	if c.Was != nil {
		was = "instead of " + c.Was.String()
	}
	return fmt.Sprintf("%s: %s, %s", strings.TrimSpace(c.Item+" "+c.State), is, was)
}
