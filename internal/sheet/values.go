package sheet

import (
	"regexp"
	"strings"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
)

var (
	// exponent is what a spreadsheet makes of a long number, and of a code like
	// 12E4.
	exponent = regexp.MustCompile(`^[+-]?\d+([.,]\d+)?[eE][+-]\d+$`)
	// date is what a spreadsheet makes of a code like 11-24 or MAY-5.
	date = regexp.MustCompile(`(?i)^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4})|\d{1,2}[- ](` + months + `)[a-z]*\.?([- ,]+\d{2,4})?|(` + months + `)[a-z]*[- ]\d{2,4})([ T]\d{1,2}:\d{2}(:\d{2})?)?$`)
)

const months = `jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec`

// Damaged reports the cell if a spreadsheet has made something else of it, and
// whether it has.
func (s *Reader) Damaged(column int) bool {
	const fix = "Format the column as text, enter the value again, and export the file again."
	cell := s.Cell(column)
	switch {
	case !strings.ContainsAny(cell, "0123456789") || !strings.ContainsAny(cell, "+-/. "):
		return false // the common case
	case exponent.MatchString(cell):
		s.wrong(column, fault.CodeScientific, fix, "%s is what a spreadsheet makes of a long value", Quote(cell))
	case date.MatchString(cell):
		s.wrong(column, fault.CodeTurnedDate, fix, "%s is a date, which a spreadsheet makes of a value like one", Quote(cell))
	default:
		return false
	}
	return true
}

// Empty reports the cell if it is filled: why says why it must not be.
func (s *Reader) Empty(column int, why string) {
	cell := s.Cell(column)
	if cell != "" {
		s.wrong(column, fault.CodeMustBeEmpty, "Leave the cell empty.", "%s is %s: %s", s.columns[column].Name, Quote(cell), why)
	}
}

// NumberType reads a type of numbers, "" when the cell is empty.
func (s *Reader) NumberType(column int) lnp.NumberType {
	cell := s.Cell(column)
	switch cell {
	case "", string(lnp.Local), string(lnp.TollFree):
		return lnp.NumberType(cell)
	}
	switch Key(cell) {
	case "local":
		return lnp.Local
	case "toll_free", "tollfree":
		return lnp.TollFree
	}
	s.Wrong(column, fault.CodeInvalidValue, "Write local or toll_free.", "%s is no type of numbers", Quote(cell))
	return ""
}

// countries are the countries by the Keys of their names.
var countries = map[string]lnp.Country{
	"us": lnp.US, "usa": lnp.US, "u_s": lnp.US, "u_s_a": lnp.US, "united_states": lnp.US, "united_states_of_america": lnp.US,
	"ca": lnp.CA, "can": lnp.CA, "canada": lnp.CA,
}

// State reads a state or province by its code or name, the zero Region when the
// cell is empty.
func (s *Reader) State(column int) lnp.Region {
	cell := s.Cell(column)
	if cell == "" {
		return lnp.Region{}
	}
	region, ok := lnp.RegionOf(cell)
	if !ok {
		s.Wrong(column, fault.CodeInvalidValue, "Write the two letters of the state or province, or its name.", "%s is no state or province", Quote(cell))
	}
	return region
}

// Place reads a country and a state or province, "" for what is empty. A state
// tells its country.
func (s *Reader) Place(country, state int) (lnp.Country, string) {
	c, ok := s.Country(country)
	region := s.State(state)
	switch {
	case !ok || region.Code == "":
	case c == "":
		c = region.Country
	case c != region.Country:
		s.Wrong(state, fault.CodeConflict, "Correct one of them, or leave the country empty.", "%s is in %s, and the country is %s", region.Code, region.Country, c)
	}
	return c, region.Code
}

// Country reads a country, "" when the cell is empty; ok is false when it is
// none.
func (s *Reader) Country(column int) (c lnp.Country, ok bool) {
	cell := s.Cell(column)
	switch cell {
	case "", string(lnp.US), string(lnp.CA):
		return lnp.Country(cell), true
	}
	c, ok = countries[Key(cell)]
	if ok {
		return c, true
	}
	fix := "Write US or CA."
	region, isState := lnp.RegionOf(cell)
	if isState {
		fix = "Write " + string(region.Country) + ", and " + region.Code + " as the state."
	}
	s.Wrong(column, fault.CodeInvalidValue, fix, "%s is no country in which numbers are ported", Quote(cell))
	return "", false
}
