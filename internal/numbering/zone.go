package numbering

import (
	"cmp"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// zonesTable are the exchanges whose zone is known where an area code has more
// than one (lnp-rules §8.2).
//
//go:embed zones.txt
var zonesTable string

// exchangeZones are the zones of exchanges, by area code and exchange in one
// number.
var exchangeZones = parseZones(zonesTable)

func parseZones(table string) map[int]string {
	out := map[int]string{}
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		npa, err := strconv.Atoi(f[0])
		if err != nil {
			panic(fmt.Sprintf("the table of zones is broken at area code %q", f[0]))
		}
		_, err = time.LoadLocation(f[1])
		if err != nil {
			panic(fmt.Sprintf("the table of zones has an unknown one at area code %d", npa))
		}
		for _, code := range f[2:] {
			nxx, err := strconv.Atoi(code)
			if err != nil {
				panic(fmt.Sprintf("the table of zones is broken at area code %d", npa))
			}
			out[npa*1000+nxx] = f[1]
		}
	}
	return out
}

// twoZones are the area codes whose exchanges are in more than one zone
// (lnp-rules §8.2), overlays included.
var twoZones = []int{
	208, 986, 219, 250, 270, 364, 308, 418, 423, 448, 850, 458, 541, 574, 605, 606, 620, 701, 709, 879,
	775, 785, 807, 812, 930, 867, 906, 907, 915, 928, 931,
}

// otherZones are the zones of the exchanges that the table lacks, where it has
// those of the other zone alone: Pensacola's are in it, and Tallahassee's are
// not.
var otherZones = map[int]string{
	270: "America/New_York", 364: "America/New_York", 448: "America/New_York", 850: "America/New_York",
}

// stateZones are the zones of territories that share an area code with another.
var stateZones = map[string]string{"NT": "America/Edmonton", "NU": "America/Iqaluit"}

// A rate centre is in the zone that the table has for its exchanges when it has
// one in twenty of them. In a centre of fewer than six codes it may lack them
// all, and that says nothing.
const (
	centreShare = 20
	centreCodes = 6
)

// centreZones counts the codes of a rate centre.
type centreZones struct {
	codes int
	table map[string]int // those that the table of zones has, by zone
	has   int            // how many these are
}

// zone returns the zone of the centre's codes; "" when nobody knows it better
// than the area code does. other is the zone of what the table lacks.
func (c *centreZones) zone(other string) string {
	switch {
	case c.has*centreShare >= c.codes:
		return elected(c.table)
	case c.codes >= centreCodes:
		return other
	}
	return ""
}

// propagateZones gives the codes of a rate centre in an area code with two
// zones one zone: new codes and overlays are in no table, numbers of a code in
// the table may have moved, and a rate centre does not lie in two zones.
func (b *Builder) propagateZones() {
	type centre struct{ state, name string }
	centres := map[centre]*centreZones{}
	each := func(do func(npa int, zone string, e *exchange, c *centreZones)) {
		for _, npa := range b.twoZones {
			codes := b.x.codes[npa]
			if codes == nil {
				continue
			}
			for nxx := range codes {
				e := &codes[nxx]
				p := &b.x.places[e.place]
				if e.status != CodeLive || p.rateCentre == "" {
					continue
				}
				at := centre{b.x.regions[p.region].state, p.rateCentre}
				if centres[at] == nil {
					centres[at] = &centreZones{table: map[string]int{}}
				}
				do(npa, exchangeZones[npa*1000+nxx], e, centres[at])
			}
		}
	}
	each(func(_ int, zone string, _ *exchange, c *centreZones) {
		c.codes++
		if zone != "" {
			c.has++
			c.table[zone]++
		}
	})
	each(func(npa int, _ string, e *exchange, c *centreZones) {
		p := b.x.places[e.place]
		r := b.x.regions[p.region]
		r.zone = cmp.Or(c.zone(cmp.Or(otherZones[npa], stateZones[r.state], b.x.plan[npa].zone)), r.zone)
		p.region = b.region(r)
		e.place = b.place(p)
	})
}
