package refdata

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
)

// blank reports whether the row says nothing: no cell has a text, or only one
// has, and that is a date, as CNA's below the header.
func (p *parser) blank() bool {
	var only []byte
	for _, cell := range p.t.row {
		switch {
		case len(cell) == 0:
		case only != nil:
			return false
		default:
			only = cell
		}
	}
	return only == nil || !dateIn(only).IsZero()
}

func (p *parser) cell(key string) []byte { return p.t.cell(p.at[key]) }

// text returns a cell as a string, each text once.
func (p *parser) text(key string) string {
	b := p.cell(key)
	s, ok := p.texts[string(b)]
	if !ok {
		s = p.t.text(p.at[key])
		p.texts[s] = s
	}
	return s
}

// digits reads a cell of so many digits; a spreadsheet may have taken the
// leading zeros away.
func digits(b []byte, n int) (int, bool) {
	if len(b) == 0 || len(b) > n {
		return 0, false
	}
	v := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = 10*v + int(c-'0')
	}
	return v, true
}

// code reads area code and exchange.
func (p *parser) code(npa, nxx []byte) (uint32, bool) {
	a, okA := digits(npa, 3)
	x, okX := digits(nxx, 3)
	if !okA || !okX || a < 200 || x < 200 {
		p.f.bad(p.t, "area code and exchange are not two times three digits from 200 on")
		return 0, false
	}
	return uint32(a*1000 + x), true
}

// repeated remembers a key, and reports it when it was there before.
func (p *parser) repeated(key uint32, most int) bool {
	if p.seen == nil {
		p.seen = make([]uint64, most/64+1)
	}
	bit := uint64(1) << (key % 64)
	was := p.seen[key/64]&bit != 0
	p.seen[key/64] |= bit
	if was {
		p.f.bad(p.t, "the row stands further up as well")
	}
	return was
}

// ocn reads an operating company number: four letters or digits, of which a
// spreadsheet may have taken the leading zeros. It is "" where a word stands
// for that there is none.
func (p *parser) ocn(key string) (number string, ok bool) {
	s := strings.ToUpper(p.text(key))
	switch {
	case s == "" || s == "NONE" || s == "XXXX":
		return "", true
	case len(s) > 4 || strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return "", false
	}
	return strings.Repeat("0", 4-len(s)) + s, true
}

// several is NANPA's word for that a code or block has more than one holder.
const several = "MULT"

// holder reads who holds a code or a block: nobody known where there are
// several. ok is false, and the row bad, when there is neither an OCN nor, as
// far as that is enough, a company.
func (p *parser) holder(ocn, company string, enough bool) (h Holder, ok bool) {
	h.OCN, ok = p.ocn(ocn)
	if !ok {
		p.f.bad(p.t, "the OCN is not of four letters or digits")
		return h, false
	}
	if h.OCN == several {
		return Holder{}, true
	}
	h.Company = p.text(company)
	if strings.EqualFold(h.Company, "none") {
		h.Company = ""
	}
	if h.OCN == "" && (!enough || h.Company == "") {
		p.f.bad(p.t, "what is assigned has no OCN")
		return h, false
	}
	return h, true
}

// intern returns the place of a value in a list that has each value once.
func intern[T comparable](seen map[T]uint32, values *[]T, v T) uint32 {
	i, ok := seen[v]
	if !ok {
		i = uint32(len(*values))
		*values = append(*values, v)
		seen[v] = i
	}
	return i
}

func (p *parser) addCode(key uint32, status numbering.CodeStatus, h Holder, at Place) {
	c := &p.f.Content
	c.Codes = append(c.Codes, key)
	c.Status = append(c.Status, status)
	c.CodeOf = append(c.CodeOf, intern(p.holders, &c.Holders, h))
	c.PlaceOf = append(c.PlaceOf, intern(p.places, &c.Places, at))
}

func (p *parser) addBlock(key uint32, h Holder) {
	c := &p.f.Content
	c.Blocks = append(c.Blocks, key)
	c.BlockOf = append(c.BlockOf, intern(p.holders, &c.Holders, h))
}

// states are the states that NANPA writes in a way of its own.
var states = map[string]string{"NN": "MP"}

func (p *parser) state(key string) string {
	s := strings.ToUpper(p.text(key))
	if own, ok := states[s]; ok {
		return own
	}
	return s
}

// codeUS reads a row of NANPA's report of codes.
func (p *parser) codeUS() {
	npa, nxx, ok := bytes.Cut(p.cell("code"), []byte("-"))
	if !ok && len(npa) == 6 {
		npa, nxx = npa[:3], npa[3:]
	}
	key, ok := p.code(npa, nxx)
	if !ok || p.repeated(key, 1_000_000) {
		return
	}
	if use := p.text("use"); use != "AS" {
		p.f.Skipped["use "+use]++
		p.addCode(key, numbering.CodeIdle, Holder{}, Place{Country: lnp.US})
		return
	}
	h, ok := p.holder("ocn", "company", false)
	if ok {
		p.addCode(key, numbering.CodeLive, h, Place{Country: lnp.US, State: p.state("state"), RateCentre: p.centreName()})
	}
}

// codeCA reads a row of CNA's report of codes.
func (p *parser) codeCA() {
	key, ok := p.code(p.cell("npa"), p.cell("nxx"))
	if !ok || p.repeated(key, 1_000_000) {
		return
	}
	status := p.text("status")
	if status != "In Service" && status != "Assigned" {
		p.f.Skipped["status "+status]++
		p.addCode(key, numbering.CodeIdle, Holder{}, Place{Country: lnp.CA})
		return
	}
	h, ok := p.holder("ocn", "company", false)
	if ok {
		p.addCode(key, numbering.CodeLive, h, Place{Country: lnp.CA, State: p.state("state"), RateCentre: p.centreName()})
	}
}

// block reads area code, exchange and thousand.
func (p *parser) block() (uint32, bool) {
	code, ok := p.code(p.cell("npa"), p.cell("nxx"))
	if !ok {
		return 0, false
	}
	x, ok := digits(p.cell("x"), 1)
	if !ok {
		p.f.bad(p.t, "the block is not one digit")
		return 0, false
	}
	key := code*10 + uint32(x)
	return key, !p.repeated(key, 10_000_000)
}

// blockUS reads a row of NANPA's report of blocks.
func (p *parser) blockUS() {
	key, ok := p.block()
	if !ok {
		return
	}
	if p.at["status"] >= 0 && p.text("status") != "AS" {
		p.f.Skipped["status "+p.text("status")]++
		return
	}
	p.ownedBlock(key, "ocn", "holder")
}

// blockCA reads a row of CNA's report of blocks.
func (p *parser) blockCA() {
	key, ok := p.block()
	if !ok {
		return
	}
	if status := p.text("status"); p.at["status"] >= 0 && status != "AS" && status != "IS" && status != "In Service" && status != "Assigned" {
		p.f.Skipped["status "+status]++
		return
	}
	p.ownedBlock(key, "holder", "company")
}

func (p *parser) ownedBlock(key uint32, ocn, company string) {
	h, ok := p.holder(ocn, company, true)
	if ok {
		p.addBlock(key, h)
	}
}

// part reads which blocks of a code a row of our own form is of; whole is true
// when it is all of them.
func (p *parser) part() (first, last uint32, whole, ok bool) {
	x := p.cell("x")
	if len(x) > 0 && !bytes.Equal(x, []byte("-")) && !bytes.EqualFold(x, []byte("A")) {
		block, ok := digits(x, 1)
		if !ok {
			p.f.bad(p.t, "the block is not one digit")
		}
		return uint32(block), uint32(block), false, ok
	}
	if len(p.cell("from")) == 0 && len(p.cell("to")) == 0 {
		return 0, 9, true, true
	}
	from, okFrom := digits(p.cell("from"), 4)
	to, okTo := digits(p.cell("to"), 4)
	if !okFrom || !okTo || from%1000 != 0 || to%1000 != 999 || from > to {
		p.f.bad(p.t, "the range is not of whole thousands")
		return 0, 0, false, false
	}
	return uint32(from / 1000), uint32(to / 1000), from == 0 && to == 9999, true
}

// own reads a row of our own form. A row without a block is a whole code.
func (p *parser) own() {
	key, ok := p.code(p.cell("npa"), p.cell("nxx"))
	if !ok {
		return
	}
	first, last, whole, ok := p.part()
	if !ok {
		return
	}
	h, ok := p.holder("ocn", "company", false)
	if !ok {
		return
	}
	p.ownLine(h.OCN)
	if !whole {
		for x := first; x <= last; x++ {
			if !p.repeated(10*key+x, ownKeys) {
				p.addBlock(10*key+x, h)
			}
		}
		return
	}
	if p.repeated(wholeCode+key, ownKeys) {
		return
	}
	at := Place{Country: lnp.Country(strings.ToUpper(p.text("country"))), State: p.state("state"), RateCentre: p.centreName(), LATA: p.text("lata")}
	if at.Country != lnp.US && at.Country != lnp.CA {
		region, known := lnp.RegionOf(at.State)
		area, inService := numbering.LookupNPA(int(key / 1000))
		switch {
		case known:
			at.Country = region.Country
		case inService:
			at.Country = lnp.Country(area.Country)
		default:
			p.f.bad(p.t, "neither the state nor the area code tells the country")
			return
		}
	}
	if s := strings.ToUpper(p.text("status")); s != "" && s != "AS" && s != "LIVE" && s != "IN SERVICE" && s != "ASSIGNED" {
		p.f.Skipped["status "+s]++
		p.addCode(key, numbering.CodeIdle, Holder{}, Place{Country: at.Country})
		return
	}
	p.addCode(key, numbering.CodeLive, h, at)
}

// In our own form blocks have the keys up to wholeCode, and codes those from it
// on.
const (
	wholeCode = 10_000_000
	ownKeys   = wholeCode + 1_000_000
)

// ownLine takes the type of line of an operator out of our own form.
func (p *parser) ownLine(ocn string) {
	line := lineTypes[strings.ToLower(p.text("line"))]
	if line == "" || p.lines[ocn] {
		return
	}
	if p.lines == nil {
		p.lines = map[string]bool{}
	}
	p.lines[ocn] = true
	p.f.Content.Operators = append(p.f.Content.Operators, numbering.Operator{OCN: ocn, LineType: line})
}

// centreName reads the name of a rate centre.
func (p *parser) centreName() string {
	s := strings.ToUpper(p.text("centre"))
	if strings.Trim(s, "X") == "" {
		return ""
	}
	return s
}

// area reads a row of NANPA's report of area codes.
func (p *parser) area() {
	npa, ok := digits(p.cell("npa"), 3)
	if !ok || npa < 200 {
		p.f.bad(p.t, "the area code is not three digits from 200 on")
		return
	}
	if p.repeated(uint32(npa), 1000) {
		return
	}
	in := strings.ToUpper(p.text("inservice"))
	r := numbering.AreaRow{NPA: npa, InService: in == "Y" || in == "YES", Country: p.text("country"), Location: p.text("location"), Zone: p.text("zone")}
	r.Geographic = r.Country != ""
	if p.at["use"] >= 0 {
		r.Geographic = r.Geographic && strings.EqualFold(p.text("use"), "G")
	}
	for _, key := range []string{"complex", "parent"} {
		for _, code := range digitRuns.FindAll(p.cell(key), -1) {
			kin, ok := digits(code, 3)
			if ok && kin != npa {
				r.Kin = append(r.Kin, kin)
			}
		}
	}
	if !r.InService {
		p.f.Skipped["not in service"]++
	}
	p.f.Content.Areas = append(p.f.Content.Areas, r)
}

// digitRuns finds area codes in a list of them: 273/367/418 or 415, 628.
var digitRuns = regexp.MustCompile(`\d+`)

// centre reads a row of NANPA's report of rate centres.
func (p *parser) centre() {
	npa, okNPA := digits(p.cell("npa"), 3)
	lata, okLATA := digits(p.cell("lata"), 5)
	abbr := strings.ToUpper(p.text("abbr"))
	if !okNPA || !okLATA || lata == 0 || abbr == "" {
		p.f.bad(p.t, "the row lacks the area code, the abbreviation or the LATA")
		return
	}
	p.f.Content.Centres = append(p.f.Content.Centres, numbering.Centre{State: p.state("state"), NPA: npa, Abbr: abbr, LATA: p.text("lata")})
}

// lineTypes are the words for types of lines: our own, and the categories of
// LERG 1.
var lineTypes = map[string]lnp.LineType{
	"wireline": lnp.Wireline, "landline": lnp.Wireline, "ilec": lnp.Wireline, "rboc": lnp.Wireline, "i": lnp.Wireline, "cap": lnp.Wireline, "ulec": lnp.Wireline,
	"wireless": lnp.Wireless, "mobile": lnp.Wireless, "cmrs": lnp.Wireless, "pcs": lnp.Wireless, "w": lnp.Wireless, "w reseller": lnp.Wireless, "w reslle": lnp.Wireless,
	"voip": lnp.VoIP, "ivoip": lnp.VoIP, "ipes": lnp.VoIP, "clec": lnp.VoIP, "c": lnp.VoIP, "l reseller": lnp.VoIP, "l reslle": lnp.VoIP,
}

// operator reads a row of a table of OCNs.
func (p *parser) operator() {
	ocn, ok := p.ocn("ocn")
	if !ok || ocn == "" {
		p.f.bad(p.t, "the OCN is not of four letters or digits")
		return
	}
	o := numbering.Operator{OCN: ocn, Company: p.text("company"), LineType: lineTypes[strings.ToLower(p.text("line"))], Brand: p.text("brand")}
	p.f.Content.Operators = append(p.f.Content.Operators, o)
}

// respOrg reads a row of a table of RespOrgs.
func (p *parser) respOrg() {
	id := strings.ToUpper(p.text("id"))
	if len(id) != 5 || p.text("company") == "" {
		p.f.bad(p.t, "the row lacks an id of five characters, or the company")
		return
	}
	p.f.Content.RespOrgs = append(p.f.Content.RespOrgs, RespOrg{ID: id, Company: p.text("company")})
}
