package carrier

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
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

// areas are found by the most telling field that they name. What else they name
// is written once for all areas that name the same, so that a look-up in a long
// coverage reads little memory.
type areas struct {
	list     []Area // sorted, each once
	exchange *nanp.ByExchange[head]
	centre   map[string]head
	lata     map[string]head
	state    map[string]head
	rest     head // those that name nothing smaller than a country
	others   []Area
	links    []link
}

// head is where the areas of one name begin: from 1 on it is what else the only
// one names, below 0 the first of several, in links; 0 is none.
type head int32

// link is one of several areas of a name.
type link struct {
	next  head
	other int32 // what else it names
}

// Cover makes a coverage of areas.
func Cover(list ...Area) Coverage {
	x := &areas{list: slices.Clone(list), centre: map[string]head{}, lata: map[string]head{}, state: map[string]head{}}
	slices.SortFunc(x.list, Area.compare)
	x.list = slices.Compact(x.list)
	known := map[Area]int32{}
	for _, a := range x.list {
		other := a
		switch {
		case a.NPANXX != "":
			other.NPANXX = ""
			n, err := strconv.ParseUint(a.NPANXX, 10, 32)
			if err != nil || len(a.NPANXX) != 6 {
				continue
			}
			if x.exchange == nil {
				x.exchange = new(nanp.ByExchange[head])
			}
			h := x.exchange.At(nanp.Number(n * 1e4))
			*h = x.add(*h, other, known)
		case a.RateCentre != "":
			other.RateCentre = ""
			x.centre[a.RateCentre] = x.add(x.centre[a.RateCentre], other, known)
		case a.LATA != "":
			other.LATA = ""
			x.lata[a.LATA] = x.add(x.lata[a.LATA], other, known)
		case a.State != "":
			other.State = ""
			x.state[a.State] = x.add(x.state[a.State], other, known)
		default:
			x.rest = x.add(x.rest, other, known)
		}
	}
	return Coverage{x}
}

// add adds an area to those that begin at h, by what else it names.
func (x *areas) add(h head, other Area, known map[Area]int32) head {
	at, ok := known[other]
	if !ok {
		at = int32(len(x.others))
		known[other] = at
		x.others = append(x.others, other)
	}
	if h == 0 {
		return head(at + 1)
	}
	if h > 0 {
		x.links = append(x.links, link{other: int32(h - 1)})
		h = head(-len(x.links))
	}
	x.links = append(x.links, link{h, at})
	return head(-len(x.links))
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
	return c.NamesExchanges() && c.x.among(c.x.exchange.Get(f.Number), f)
}

// NamesExchanges reports whether any area names an NPA-NXX.
func (c Coverage) NamesExchanges() bool { return c.x != nil && c.x.exchange != nil }

func (x *areas) among(h head, f *numbering.Facts) bool {
	for h < 0 {
		l := x.links[-h-1]
		if x.others[l.other].has(f) {
			return true
		}
		h = l.next
	}
	return h > 0 && x.others[h-1].has(f)
}

// Areas returns the areas, sorted. The caller must not change them.
func (c Coverage) Areas() []Area {
	if c.x == nil {
		return nil
	}
	return c.x.list
}

// Equal reports whether the coverages have the same areas.
func (c Coverage) Equal(d Coverage) bool { return slices.Equal(c.Areas(), d.Areas()) }

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
