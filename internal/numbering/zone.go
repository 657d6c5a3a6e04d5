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

// propagateZones gives codes of area codes with two zones the zone that most
// codes of the same rate centre have: new codes and overlays are in no table,
// and a rate centre does not lie in two zones.
func (b *Builder) propagateZones() {
	type centre struct{ state, name string }
	votes := map[centre]map[string]int{}
	each := func(do func(code int, e *exchange, p place, at centre)) {
		for _, npa := range b.twoZones {
			codes := b.x.codes[npa]
			if codes == nil {
				continue
			}
			for nxx := range codes {
				e := &codes[nxx]
				if e.status == CodeLive {
					p := b.x.places[e.place]
					do(npa*1000+nxx, e, p, centre{p.state, p.rateCentre})
				}
			}
		}
	}
	each(func(code int, _ *exchange, _ place, at centre) {
		zone, known := exchangeZones[code]
		if !known {
			return
		}
		if votes[at] == nil {
			votes[at] = map[string]int{}
		}
		votes[at][zone]++
	})
	each(func(code int, e *exchange, p place, at centre) {
		if _, known := exchangeZones[code]; known {
			return
		}
		p.zone = cmp.Or(elected(votes[at]), p.zone)
		e.place = b.place(p)
	})
}
