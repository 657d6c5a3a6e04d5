package carrier

import (
	"slices"
	"strings"
)

// CoverageChange is what a new coverage changes. The lists are sorted.
type CoverageChange struct {
	Added        []Area `json:"added"`
	Removed      []Area `json:"removed"`
	AddedCount   int    `json:"added_count"` // how many there are, also when Added has only the first
	RemovedCount int    `json:"removed_count"`
	Kept         int    `json:"kept"`
}

// Compare returns what changes from one coverage to another.
func Compare(was, is Coverage) CoverageChange {
	c := CoverageChange{Added: []Area{}, Removed: []Area{}}
	a, b := was.Areas(), is.Areas()
	for len(a) > 0 && len(b) > 0 {
		switch order := a[0].compare(b[0]); {
		case order < 0:
			c.Removed, a = append(c.Removed, a[0]), a[1:]
		case order > 0:
			c.Added, b = append(c.Added, b[0]), b[1:]
		default:
			c.Kept++
			a, b = a[1:], b[1:]
		}
	}
	c.Removed, c.Added = append(c.Removed, a...), append(c.Added, b...)
	c.AddedCount, c.RemovedCount = len(c.Added), len(c.Removed)
	return c
}

// None reports whether nothing changes.
func (c CoverageChange) None() bool { return c.AddedCount == 0 && c.RemovedCount == 0 }

// First returns the change with no more than n areas in each list; the counts
// stay.
func (c CoverageChange) First(n int) CoverageChange {
	c.Added = slices.Clip(c.Added[:min(n, len(c.Added))])
	c.Removed = slices.Clip(c.Removed[:min(n, len(c.Removed))])
	return c
}

// String writes what the area names: "local US NC RALEIGH".
func (a Area) String() string {
	return strings.Join(slices.DeleteFunc([]string{string(a.Type), string(a.Country), a.State, a.RateCentre, a.LATA, a.NPANXX}, func(s string) bool { return s == "" }), " ")
}
