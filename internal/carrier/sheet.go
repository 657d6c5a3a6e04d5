package carrier

import (
	"fmt"
	"io"
	"math/bits"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/sheet"
)

// The columns of the form of a coverage.
const (
	colType = iota
	colCountry
	colState
	colRateCentre
	colLATA
	colNPANXX
)

var coverageColumns = []sheet.Column{
	colType:       {Name: "number_type", Aliases: []string{"type", "tn_type"}, Must: true},
	colCountry:    {Name: "country", Aliases: []string{"country_code"}},
	colState:      {Name: "state", Aliases: []string{"province", "state_province", "prov", "st"}},
	colRateCentre: {Name: "rate_centre", Aliases: []string{"rate_center", "rc", "rc_abbr", "exchange_area"}},
	colLATA:       {Name: "lata", Aliases: []string{"lata_number", "lata_code", "rc_lata"}},
	colNPANXX:     {Name: "npa_nxx"},
}

// ReadCoverage reads the form of a coverage (docs/reference/coverage-and-decks.md).
// It returns the coverage, or an Invalid with all mistakes and no coverage, or
// why the file could not be read: an Invalid bad_encoding or too_many, a
// TooLarge, a Malformed. The report has the mistakes and the notes.
func ReadCoverage(r io.Reader) (Coverage, sheet.Report, error) {
	in, err := sheet.Open(r, coverageColumns)
	if err != nil {
		return Coverage{}, sheet.Report{}, err
	}
	rows := areaRows{Reader: in}
	for in.Next() {
		rows.row()
	}
	c := Cover(rows.areas...)
	if len(c.Areas()) < len(rows.areas) {
		rows.duplicates()
	}
	report, err := in.Report()
	if err != nil {
		return Coverage{}, report, err
	}
	report.Notes = rows.notes(c)
	return c, report, nil
}

// WriteCoverage writes the form of a coverage. Of a coverage that was read,
// reading gives the same again.
func WriteCoverage(w io.Writer, c Coverage) error {
	return sheet.Write(w, coverageColumns, func(yield func([]string) bool) {
		for _, a := range c.Areas() {
			if !yield([]string{string(a.Type), string(a.Country), a.State, a.RateCentre, a.LATA, a.NPANXX}) {
				return
			}
		}
	})
}

// areaRows are the rows of a coverage.
type areaRows struct {
	*sheet.Reader
	areas  []Area
	lines  []int      // where each stands
	closed sheet.Note // rows of area codes that are not in service
}

// row reads a row. All its mistakes are reported, each once.
func (in *areaRows) row() {
	a := Area{Type: in.NumberType(colType)}
	if in.Cell(colType) == "" {
		in.Wrong(colType, fault.CodeRequired, "Write local or toll_free.", "the type of the numbers is missing")
	}
	if a.Type == lnp.TollFree {
		const why = "toll-free numbers belong to no place"
		in.Empty(colState, why)
		in.Empty(colRateCentre, why)
		in.Empty(colLATA, why)
		a.Country, _ = in.Country(colCountry)
		if a.Country == lnp.CA {
			in.Wrong(colCountry, fault.CodeConflict, "Write US, or leave the country empty.", "toll-free numbers of both countries count as US")
		}
	} else {
		a.Country, a.State = in.Place(colCountry, colState)
		a.RateCentre = in.rateCentre()
		a.LATA = in.lata()
	}
	a.NPANXX = in.exchange(a)
	if a.LATA != "" && a.told().Country == lnp.CA {
		in.Wrong(colLATA, fault.CodeConflict, "Leave the LATA empty.", "the row is in Canada, which has no LATAs")
	}
	if !in.Bad() {
		in.areas, in.lines = append(in.areas, a), append(in.lines, in.Line())
	}
}

// duplicates reports the rows that say the same as one above.
func (in *areaRows) duplicates() {
	first := map[Area]int{}
	for i, a := range in.areas {
		line, again := first[a]
		if again {
			in.WrongLine(in.lines[i], fault.CodeRepeated, "Leave one of them out.", "the row says the same as line %d", line)
			continue
		}
		first[a] = in.lines[i]
	}
}

// centreMax is how long the name of a rate centre may be, in bytes.
const centreMax = 60

// isCentre reports whether a text is made of what names of rate centres are
// made of in the reports: O'FALLON, ST. JOHN'S, DUNN-ERWIN, LAKE (EAST).
func isCentre(name string) bool {
	for i, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && (i == 0 || !strings.ContainsRune(" .'&/()#-", r)) {
			return false
		}
	}
	return len(name) <= centreMax
}

func (in *areaRows) rateCentre() string {
	name := strings.ToUpper(in.Cell(colRateCentre))
	switch {
	case name == "", in.Damaged(colRateCentre):
		return ""
	case !isCentre(name):
		in.Wrong(colRateCentre, fault.CodeInvalidValue, "Write it as the numbering plan's reports abbreviate it: RALEIGH.", "%s is no name of a rate centre", sheet.Quote(name))
		return ""
	}
	if in.Cell(colState) == "" {
		in.Wrong(colState, fault.CodeRequired, "Write the state or province of the rate centre.", "the rate centre %s has no state; there may be one of the same name in another", name)
	}
	return name
}

func (in *areaRows) lata() string {
	lata := in.Cell(colLATA)
	if lata != "" && (len(lata) != 3 && len(lata) != 5 || strings.Trim(lata, "0123456789") != "") {
		in.Wrong(colLATA, fault.CodeInvalidValue, "Write the digits alone: 426.", "%s is no LATA of three or five digits", sheet.Quote(lata))
		return ""
	}
	return lata
}

// exchangeForm is how area code and exchange are written.
var exchangeForm = regexp.MustCompile(`^\(?([0-9]{3})\)?[-./ ]{0,2}([0-9]{3})$`)

// exchange reads area code and exchange, and holds them against the rest of the
// row.
func (in *areaRows) exchange(a Area) string {
	cell := in.Cell(colNPANXX)
	if cell == "" {
		return ""
	}
	code := cell
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		parts := exchangeForm.FindStringSubmatch(cell)
		if parts == nil {
			in.Wrong(colNPANXX, fault.CodeInvalidValue, "Write three digits of area code and three of exchange: 919800.", "%s is not six digits", sheet.Quote(cell))
			return ""
		}
		code = parts[1] + parts[2]
	}
	// 0100 is a line that fiction has of 555, which the sandbox takes.
	n, refusal := nanp.Parse(code + "0100")
	if refusal == "" {
		refusal = n.Refusal()
	}
	if refusal != "" && refusal != fault.CodeFictional {
		in.Wrong(colNPANXX, refusal, "Correct the code, or leave the row out.", "%s has no numbers that can be ported. %s", code, fault.Explain(refusal).Cause)
		return ""
	}
	in.agrees(a, n)
	return code
}

// agrees holds the area code of a number against the rest of the row.
func (in *areaRows) agrees(a Area, n nanp.Number) {
	const fix = "Correct the one that is wrong."
	conflict := func(format string, args ...any) { in.Wrong(colNPANXX, fault.CodeConflict, fix, format, args...) }
	switch {
	case n.TollFree() && a.Type == lnp.Local:
		conflict("%d is a toll-free code, and the row is of local numbers", n.NPA())
		return
	case n.TollFree():
		return
	case a.Type == lnp.TollFree:
		conflict("%d is no toll-free code, and the row is of toll-free numbers", n.NPA())
		return
	}
	area, ok := numbering.LookupNPA(n.NPA())
	country := lnp.Country(area.Country)
	switch {
	case !ok:
		if in.closed.Count == 0 {
			in.closed.Line = in.Line()
		}
		in.closed.Count++
	case country != lnp.US && country != lnp.CA:
		in.Wrong(colNPANXX, fault.CodeOutsideUSCA, "Leave the row out.", "%d is neither in the United States nor in Canada", n.NPA())
	case a.Country != "" && a.Country != country:
		conflict("%d is in %s, and the row is in %s", n.NPA(), where(area.State, country), where(a.State, a.Country))
	case a.State != "" && a.State != area.State && !slices.Contains(sharedAreas[n.NPA()], a.State):
		conflict("%d is in %s, and the row is in %s", n.NPA(), area.State, a.State)
	}
}

// sharedAreas are the area codes of which exchanges are in other provinces than most
// of them, as CNA reports them.
var sharedAreas = map[int][]string{
	902: {"PE"}, 782: {"PE"},
	867: {"NT", "NU"},
	613: {"QC"}, 343: {"QC"}, 753: {"QC"},
}

// where names a place, the country alone when there is no state.
func where(state string, country lnp.Country) string {
	if state == "" {
		return string(country)
	}
	return state + ", " + string(country)
}

// told fills in what the area code of an area tells of its place.
func (a Area) told() Area {
	if a.NPANXX == "" || a.Type != lnp.Local {
		return a
	}
	npa, err := strconv.Atoi(a.NPANXX[:3])
	if err != nil {
		return a
	}
	at, ok := numbering.LookupNPA(npa)
	if !ok {
		return a
	}
	a.Country = lnp.Country(at.Country)
	if a.State == "" && sharedAreas[npa] == nil {
		a.State = at.State
	}
	return a
}

// shape is which fields an area names, as bits in the order of Area.
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

// part returns an area with the fields of a shape alone.
func (s shape) part(a Area) Area {
	if s&byType == 0 {
		a.Type = ""
	}
	if s&byCountry == 0 {
		a.Country = ""
	}
	if s&byState == 0 {
		a.State = ""
	}
	if s&byRateCentre == 0 {
		a.RateCentre = ""
	}
	if s&byLATA == 0 {
		a.LATA = ""
	}
	if s&byNPANXX == 0 {
		a.NPANXX = ""
	}
	return a
}

// notes tells of rows that change nothing: those that are contained in wider
// ones, and those in which no number is.
func (in *areaRows) notes(c Coverage) []sheet.Note {
	var out []sheet.Note
	if len(in.areas) == 0 {
		out = append(out, sheet.Note{Line: 1, Message: "there are no rows: nothing is covered"})
	}
	if in.closed.Count > 0 {
		in.closed.Message = "the area code is not in service: no number is in the row"
		out = append(out, in.closed)
	}
	// What takes a whole country, or all there is, is told by itself.
	var notes []*sheet.Note
	rest, contained := new(sheet.Note), map[Area]*sheet.Note{}
	all := widths{has: make(map[Area]struct{}, len(c.Areas()))}
	for _, a := range c.Areas() {
		all.has[a] = struct{}{}
		if s := a.shape(); !slices.Contains(all.shapes, s) {
			all.shapes = append(all.shapes, s)
		}
	}
	for i, a := range in.areas {
		wide, ok := all.wider(a)
		if !ok {
			continue
		}
		note := rest
		message := "the row is contained in another one, as here in line %d"
		if wide.shape()&^(byType|byCountry) == 0 {
			message = "the row is contained in line %d, which takes every number of its kind"
			if contained[wide] == nil {
				contained[wide] = new(sheet.Note)
			}
			note = contained[wide]
		}
		if note.Count == 0 {
			note.Line = in.lines[i]
			note.Message = fmt.Sprintf(message, in.lines[slices.Index(in.areas, wide)])
			notes = append(notes, note)
		}
		note.Count++
	}
	for _, n := range notes {
		out = append(out, *n)
	}
	return out
}

// widths are the areas of a coverage by what they name.
type widths struct {
	shapes []shape
	has    map[Area]struct{}
}

// wider returns the widest other area that contains an area.
func (x widths) wider(a Area) (widest Area, ok bool) {
	own, told := a.shape(), a.told()
	for _, s := range x.shapes {
		if s == own || s&^own != 0 && (own&byNPANXX == 0 || s&byNPANXX != 0) {
			continue
		}
		w := s.part(told)
		_, there := x.has[w]
		if there && w.shape() == s && (!ok || bits.OnesCount8(uint8(s)) < bits.OnesCount8(uint8(widest.shape()))) {
			widest, ok = w, true
		}
	}
	return widest, ok
}
