package carrier

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
)

// Area is a set of numbers: those that have all that it names. Empty fields
// take every number.
type Area struct {
	Type       lnp.NumberType `json:"number_type"`
	Country    lnp.Country    `json:"country,omitempty"`
	State      string         `json:"state,omitempty"`       // state or province, two letters
	RateCentre string         `json:"rate_centre,omitempty"` // of State, as the reports abbreviate it
	LATA       string         `json:"lata,omitempty"`
	NPANXX     string         `json:"npa_nxx,omitempty"` // six digits
}

// Coverage is the areas whose numbers a carrier takes: those that are in one of
// them. The zero Coverage has none. It never changes.
type Coverage struct {
	areas  []Area // sorted, each once
	shapes []shape
	has    map[Area]struct{}
}

// shape is which fields areas name, as bits in the order of Area. A number is
// looked up once for each shape that occurs.
type shape uint8

const (
	byType shape = 1 << iota
	byCountry
	byState
	byRateCentre
	byLATA
	byNPANXX
)

func (a Area) shape() shape {
	var s shape
	for i, named := range []bool{a.Type != "", a.Country != "", a.State != "", a.RateCentre != "", a.LATA != "", a.NPANXX != ""} {
		if named {
			s |= 1 << i
		}
	}
	return s
}

// of returns the area of a shape in which a number is.
func (s shape) of(f numbering.Facts) Area {
	var a Area
	if s&byType != 0 {
		a.Type = f.Type
	}
	if s&byCountry != 0 {
		a.Country = f.Country
	}
	if s&byState != 0 {
		a.State = f.State
	}
	if s&byRateCentre != 0 {
		a.RateCentre = f.RateCentre
	}
	if s&byLATA != 0 {
		a.LATA = f.LATA
	}
	if s&byNPANXX != 0 {
		a.NPANXX = f.Number.String()[:6]
	}
	return a
}

// Cover makes a coverage of areas.
func Cover(areas ...Area) Coverage {
	c := Coverage{areas: slices.Clone(areas), has: make(map[Area]struct{}, len(areas))}
	slices.SortFunc(c.areas, Area.compare)
	c.areas = slices.Compact(c.areas)
	for _, a := range c.areas {
		c.has[a] = struct{}{}
		if s := a.shape(); !slices.Contains(c.shapes, s) {
			c.shapes = append(c.shapes, s)
		}
	}
	return c
}

func (a Area) compare(b Area) int {
	return cmp.Or(
		cmp.Compare(a.Type, b.Type), cmp.Compare(a.Country, b.Country), cmp.Compare(a.State, b.State),
		cmp.Compare(a.RateCentre, b.RateCentre), cmp.Compare(a.LATA, b.LATA), cmp.Compare(a.NPANXX, b.NPANXX),
	)
}

// Has reports whether the number is covered.
func (c Coverage) Has(f numbering.Facts) bool {
	for _, s := range c.shapes {
		_, ok := c.has[s.of(f)]
		if ok {
			return true
		}
	}
	return false
}

// Areas returns the areas, sorted. The caller must not change them.
func (c Coverage) Areas() []Area { return c.areas }

// Equal reports whether the coverages have the same areas.
func (c Coverage) Equal(d Coverage) bool { return slices.Equal(c.areas, d.areas) }

// MarshalJSON writes the list of the areas.
func (c Coverage) MarshalJSON() ([]byte, error) {
	if c.areas == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(c.areas)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Coverage) UnmarshalJSON(b []byte) error {
	var areas []Area
	err := json.Unmarshal(b, &areas)
	*c = Cover(areas...)
	return err
}
