// Package carrier describes carriers as data: those that gain numbers, with
// what they cover, can do and take, and those that lose them.
package carrier

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
)

// Gaining is a carrier to which numbers can go.
type Gaining struct {
	ID           int64              `json:"id"`
	Name         string             `json:"name"`
	Gateway      string             `json:"gateway"` // the adapter that speaks to it
	On           bool               `json:"on"`
	OffReason    string             `json:"off_reason,omitempty"`
	Priority     int                `json:"priority"` // the lower one is preferred at equal cost
	Coverage     []Area             `json:"coverage"` // a number is covered when one of them has it
	Capabilities Capabilities       `json:"capabilities"`
	Limits       Limits             `json:"limits"`
	Documents    []lnp.DocumentRule `json:"documents,omitempty"` // wanted beyond the port type's
	Allow        []int64            `json:"allow,omitempty"`     // only these accounts; none: all
	Deny         []int64            `json:"deny,omitempty"`      // never these accounts
}

// Capabilities are what a carrier can do beyond a plain wireline port.
type Capabilities struct {
	Wireless     bool `json:"wireless"`
	PartialPorts bool `json:"partial_ports"`
	DateTimes    bool `json:"date_times"` // takes a time of day with the FOC date
}

// Limits are how much a carrier takes. 0 is no limit.
type Limits struct {
	NumbersPerOrder int `json:"numbers_per_order,omitempty"`
	MaxDaysAhead    int `json:"max_days_ahead,omitempty"` // of the FOC date
}

// Area is a set of numbers; empty fields take all.
type Area struct {
	Type        lnp.NumberType `json:"type"`
	Country     lnp.Country    `json:"country,omitempty"`
	States      []string       `json:"states,omitempty"`
	LATAs       []string       `json:"latas,omitempty"`
	RateCentres []string       `json:"rate_centres,omitempty"` // as "NC RALEIGH"
	NPANXX      []string       `json:"npa_nxx,omitempty"`
}

// Has reports whether the number is in the area.
func (a Area) Has(f numbering.Facts) bool {
	return a.Type == f.Type &&
		(a.Country == "" || a.Country == f.Country) &&
		(len(a.States) == 0 || slices.Contains(a.States, f.State)) &&
		(len(a.LATAs) == 0 || slices.Contains(a.LATAs, f.LATA)) &&
		(len(a.RateCentres) == 0 || slices.Contains(a.RateCentres, f.State+" "+f.RateCentre)) &&
		(len(a.NPANXX) == 0 || slices.Contains(a.NPANXX, f.Number.String()[:6]))
}

// Refusal is why a carrier does not take a number.
type Refusal struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
}

// Refuses says why the carrier does not take a number of an account; nil when
// it does. What nobody has verified about a number refuses nothing.
func (g *Gaining) Refuses(f numbering.Facts, account int64) *Refusal {
	no := func(code fault.Code, format string, args ...any) *Refusal {
		return &Refusal{Code: code, Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case !g.On && g.OffReason != "":
		return no(fault.CodeCarrierOff, "%s is switched off: %s", g.Name, g.OffReason)
	case !g.On:
		return no(fault.CodeCarrierOff, "%s is switched off", g.Name)
	case len(g.Allow) > 0 && !slices.Contains(g.Allow, account), slices.Contains(g.Deny, account):
		return no(fault.CodeNoCoverage, "%s is not open to this account", g.Name)
	case !slices.ContainsFunc(g.Coverage, func(a Area) bool { return a.Has(f) }):
		return no(fault.CodeNoCoverage, "%s does not cover this number", g.Name)
	case f.Losing.Verified && f.Losing.LineType == lnp.Wireless && !g.Capabilities.Wireless:
		return no(fault.CodeNoCoverage, "%s takes no wireless numbers", g.Name)
	}
	return nil
}

// Family is a losing carrier under all its names and codes: one provider has
// many OCNs.
type Family struct {
	ID       string       `json:"id"` // SPID, or a name of ours
	Name     string       `json:"name"`
	Aliases  []string     `json:"aliases,omitempty"`
	OCNs     []string     `json:"ocns,omitempty"`
	LineType lnp.LineType `json:"line_type,omitempty"`
	Profile  Profile      `json:"profile"`
}

// Profile is how a losing carrier wants its ports.
type Profile struct {
	MaxDaysAhead int                `json:"max_days_ahead,omitempty"`
	Documents    []lnp.DocumentRule `json:"documents,omitempty"`
}

// Families finds losing carriers.
type Families []Family

// Find finds a family by its id, an OCN, its name or an alias; case, blanks
// and punctuation do not matter.
func (fs Families) Find(text string) (Family, bool) {
	slug := Slug(text)
	for _, f := range fs {
		names := slices.Concat([]string{f.ID, f.Name}, f.Aliases, f.OCNs)
		if slices.ContainsFunc(names, func(n string) bool { return Slug(n) == slug }) {
			return f, true
		}
	}
	return Family{}, false
}

// Of names the losing carrier to which an operator belongs: the family that
// lists its OCN; else its brand; else its company without legal form and state,
// since providers have a company in every state.
func (fs Families) Of(o numbering.Operator) (id, name string) {
	for i := range fs {
		if slices.Contains(fs[i].OCNs, o.OCN) {
			return fs[i].ID, fs[i].Name
		}
	}
	if o.Brand != "" {
		return Slug(o.Brand), o.Brand
	}
	short := companyForm.ReplaceAllString(stateSuffix.ReplaceAllString(o.Company, ""), "")
	if Slug(short) == "" {
		return Slug(o.OCN), o.Company
	}
	return Slug(short), strings.TrimSpace(short)
}

var (
	stateSuffix = regexp.MustCompile(`\s+-\s+[A-Z]{2}$`)
	companyForm = regexp.MustCompile(`(?i)([,.\s]+(llc|l\.l\.c\.?|inc|incorporated|corp|corporation|co|company|ltd|limited|lp|l\.p\.|llp))+\.?$`)
)

// ByID finds a family by its id.
func (fs Families) ByID(id string) (Family, bool) {
	for _, f := range fs {
		if f.ID == id {
			return f, true
		}
	}
	return Family{}, false
}

// Slug reduces a name to what an id is made of: lower-case letters and digits,
// with dashes between the words.
func Slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "-")
}
