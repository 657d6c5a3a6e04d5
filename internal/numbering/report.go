package numbering

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
)

// AreaRow is a row of NANPA's report of area codes.
type AreaRow struct {
	NPA        int
	InService  bool
	Geographic bool
	Country    string // as NANPA writes it: "US", "CANADA", "JAMAICA"
	Location   string // "NC", "CNMI", "ONTARIO", "NOVA SCOTIA - PRINCE EDWARD ISLAND"
	Zone       string // NANPA's letters: "E", "CM", "(UTC+10)"
	Kin        []int  // those that overlay it, then the one that it was split from
}

// report lays NANPA's report over our own table of area codes. It knows those
// that are newer than the table, and those that are not in service; where both
// know one, the table is more exact. It returns the new area codes that lie in
// more than one zone.
func (p *plan) report(rows []AreaRow) (twoZones []int) {
	known := *areas
	for _, r := range rows {
		alone := plannedOf(r.NPA, Area{})
		switch {
		case !r.InService:
			p[r.NPA] = alone
		case !r.Geographic:
			if alone.refusal == fault.CodeNPAUnassigned {
				alone.refusal = fault.CodeNonGeographic
			}
			p[r.NPA] = alone
		case known[r.NPA].Country == "":
			var two bool
			known[r.NPA], two = r.area(&known)
			p[r.NPA] = plannedOf(r.NPA, known[r.NPA])
			if two {
				twoZones = append(twoZones, r.NPA)
			}
		}
	}
	return twoZones
}

// area tells where an area code is that our table does not have. Its zone is
// that of the area codes around it, as far as NANPA's letters agree; two is
// true when the letters name more than one.
func (r *AreaRow) area(known *[1000]Area) (a Area, two bool) {
	a.Country = country(r.Country)
	states := regionsIn(r.Location)
	if a.Country == "" {
		states = regionsIn(r.Country)
	}
	switch {
	case len(states) > 0:
		a.Country, a.State = string(states[0].Country), states[0].Code
	case a.Country == "":
		return Area{Country: r.Country}, false
	}
	offset, one := standardOffset(r.Zone)
	fits := func(b Area) bool { return b.Country == a.Country && (!one || offsets()[b.Zone] == offset) }
	for _, npa := range r.Kin {
		kin := known[npa]
		same := func(s lnp.Region) bool { return s.Code == kin.State }
		if fits(kin) && (len(states) == 0 || slices.ContainsFunc(states, same)) {
			return kin, !one
		}
	}
	a.Zone = predominant(func(b Area) bool { return b.State == a.State && fits(b) })
	if a.Zone == "" && one {
		a.Zone = predominant(fits)
	}
	return a, !one
}

// country reads a country as NANPA writes it; "" for all but two.
func country(text string) string {
	switch strings.ToUpper(text) {
	case "US", "USA":
		return string(lnp.US)
	case "CANADA":
		return string(lnp.CA)
	}
	return ""
}

// oddRegions are the names that only NANPA has for a state.
var oddRegions = map[string]string{"CNMI": "MP", "NN": "MP", "USVI": "VI", "NEWFOUNDLAND": "NL"}

// regionsIn returns the states that a text of NANPA's names.
func regionsIn(text string) []lnp.Region {
	var out []lnp.Region
	for part := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == '-' || c == '/' || c == ',' }) {
		part = strings.ToUpper(strings.TrimSpace(part))
		if code, odd := oddRegions[part]; odd {
			part = code
		}
		region, ok := lnp.RegionOf(part)
		if ok {
			out = append(out, region)
		}
	}
	return out
}

// letters are NANPA's letters for zones (lnp-rules §8.2), with their standard
// time in seconds east of UTC.
var letters = map[string]int{"A": -4 * 3600, "E": -5 * 3600, "C": -6 * 3600, "M": -7 * 3600, "P": -8 * 3600, "AK": -9 * 3600, "N": -12600, "NA": -12600}

// standardOffset reads NANPA's letters, in seconds east of UTC; ok is false
// when they name no zone or several.
func standardOffset(text string) (seconds int, ok bool) {
	text = strings.Trim(strings.ToUpper(text), " ()")
	hours, utc := strings.CutPrefix(text, "UTC")
	if !utc {
		seconds, ok = letters[text]
		return seconds, ok
	}
	n, err := strconv.Atoi(hours)
	return n * 3600, err == nil
}

// offsets are the standard times of the zones in our table.
var offsets = sync.OnceValue(func() map[string]int {
	out := map[string]int{}
	for _, a := range areas {
		zone, err := time.LoadLocation(a.Zone)
		if err == nil {
			_, out[a.Zone] = time.Date(2026, time.January, 15, 12, 0, 0, 0, zone).Zone()
		}
	}
	return out
})

// predominant returns the zone that most of some area codes have.
func predominant(of func(Area) bool) string {
	votes := map[string]int{}
	for _, a := range areas {
		if a.Country != "" && of(a) {
			votes[a.Zone]++
		}
	}
	return elected(votes)
}

// elected returns the zone with the most votes; of two, the first by name.
func elected(votes map[string]int) string {
	best, most := "", 0
	for zone, n := range votes {
		if n > most || n == most && zone < best {
			best, most = zone, n
		}
	}
	return best
}
