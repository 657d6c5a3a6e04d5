package carrier

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

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

// has reports whether a number has all that the area names but for the NPA-NXX.
func (a *Area) has(f *numbering.Facts) bool {
	return (a.Type == "" || a.Type == f.Type) &&
		(a.Country == "" || a.Country == f.Country) &&
		(a.State == "" || a.State == f.State) &&
		(a.RateCentre == "" || a.RateCentre == f.RateCentre) &&
		(a.LATA == "" || a.LATA == f.LATA)
}

func (a Area) compare(b Area) int {
	return cmp.Or(
		cmp.Compare(a.Type, b.Type), cmp.Compare(a.Country, b.Country), cmp.Compare(a.State, b.State),
		cmp.Compare(a.RateCentre, b.RateCentre), cmp.Compare(a.LATA, b.LATA), cmp.Compare(a.NPANXX, b.NPANXX),
	)
}

// Coverage is the areas whose numbers a carrier takes: those that are in one of
// them. The zero Coverage has none. It never changes, and a look-up makes no
// garbage.
type Coverage struct{ x *areas }

// areas are chained by the most telling field that they name, so that a look-up
// reads only the few that name the same. A chain is the place of its first area
// in list, from 1; 0 ends it.
type areas struct {
	list     []Area  // sorted, each once
	next     []int32 // by the place of an area: the next of its chain
	exchange map[uint32]int32
	centre   map[string]int32
	lata     map[string]int32
	state    map[string]int32
	rest     int32 // those that name nothing smaller than a country
}

// Cover makes a coverage of areas.
func Cover(list ...Area) Coverage {
	x := &areas{
		list: slices.Clone(list), exchange: map[uint32]int32{},
		centre: map[string]int32{}, lata: map[string]int32{}, state: map[string]int32{},
	}
	slices.SortFunc(x.list, Area.compare)
	x.list = slices.Compact(x.list)
	x.next = make([]int32, len(x.list)+1)
	for i := range x.list {
		a, at := &x.list[i], int32(i+1)
		switch {
		case a.NPANXX != "":
			n, err := strconv.ParseUint(a.NPANXX, 10, 32)
			if err == nil && len(a.NPANXX) == 6 {
				x.next[at], x.exchange[uint32(n)] = x.exchange[uint32(n)], at
			}
		case a.RateCentre != "":
			x.next[at], x.centre[a.RateCentre] = x.centre[a.RateCentre], at
		case a.LATA != "":
			x.next[at], x.lata[a.LATA] = x.lata[a.LATA], at
		case a.State != "":
			x.next[at], x.state[a.State] = x.state[a.State], at
		default:
			x.next[at], x.rest = x.rest, at
		}
	}
	return Coverage{x}
}

// Has reports whether the number is covered.
func (c Coverage) Has(f numbering.Facts) bool { return c.HasPlace(&f) || c.HasExchange(&f) }

// HasPlace reports whether the number is in an area that names no NPA-NXX. It
// asks only for the number's type, country, state, rate centre and LATA.
func (c Coverage) HasPlace(f *numbering.Facts) bool {
	x := c.x
	return x != nil && (x.among(x.rest, f) || x.among(x.state[f.State], f) || x.among(x.lata[f.LATA], f) || x.among(x.centre[f.RateCentre], f))
}

// HasExchange reports whether the number is in an area that names its NPA-NXX.
func (c Coverage) HasExchange(f *numbering.Facts) bool {
	return c.x != nil && len(c.x.exchange) > 0 && c.x.among(c.x.exchange[uint32(f.Number/1e4)], f)
}

// NamesExchanges reports whether any area names an NPA-NXX.
func (c Coverage) NamesExchanges() bool { return c.x != nil && len(c.x.exchange) > 0 }

func (x *areas) among(at int32, f *numbering.Facts) bool {
	for ; at != 0; at = x.next[at] {
		if x.list[at-1].has(f) {
			return true
		}
	}
	return false
}

// Areas returns the areas, sorted. The caller must not change them.
func (c Coverage) Areas() []Area {
	if c.x == nil {
		return nil
	}
	return c.x.list
}

// MarshalJSON writes the list of the areas.
func (c Coverage) MarshalJSON() ([]byte, error) {
	if len(c.Areas()) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal(c.Areas())
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Coverage) UnmarshalJSON(b []byte) error {
	var list []Area
	err := json.Unmarshal(b, &list)
	*c = Cover(list...)
	return err
}
