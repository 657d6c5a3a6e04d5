package carrier

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
)

// Family is a losing carrier under all its names and codes: one provider has
// many OCNs.
type Family struct {
	ID       string       `json:"id"` // SPID, or a name of ours: what the facts of numbers say
	SPID     string       `json:"spid,omitempty"`
	Name     string       `json:"name"`
	Aliases  []string     `json:"aliases,omitempty"` // other brands and companies of it
	OCNs     []string     `json:"ocns,omitempty"`
	LineType lnp.LineType `json:"line_type,omitempty"`
	Profile  Profile      `json:"profile"`
}

// Profile is how a losing carrier wants its ports. What it does not say is as
// for every other carrier.
type Profile struct {
	Intervals map[lnp.PortType]Interval `json:"intervals,omitempty"`
	Calendar  Calendar                  `json:"calendar,omitzero"`
	Hours     *Hours                    `json:"hours,omitempty"`
	// RequiredFields are fields of the confirmation beyond the port type's. On
	// a simple port a carrier may not ask for more than 47 CFR 52.36 lists.
	RequiredFields []string           `json:"required_fields,omitempty"`
	Documents      []lnp.DocumentRule `json:"documents,omitempty"`
	FreezeHours    int                `json:"freeze_hours,omitempty"` // before the activation nothing can be canceled; 0: not said
	MaxDaysAhead   int                `json:"max_days_ahead,omitempty"`
	Rural          []Rural            `json:"rural,omitempty"`
}

// Interval is how long a losing carrier takes for a type of port, where that is
// not what the rules say: a waiver of 47 CFR 52.35(c), a published interval.
type Interval struct {
	Days        int `json:"days,omitempty"`         // business days after the day of receipt
	AnswerHours int `json:"answer_hours,omitempty"` // business hours for its FOC or its reject; 0: as the rules say
}

// Calendar is when a losing carrier works (47 CFR 52.35(a): only its own
// holidays count).
type Calendar struct {
	Base   string                 `json:"base,omitempty"`   // "us", "ca" or "none"; "": the country's
	Closed map[bizday.Date]string `json:"closed,omitempty"` // further days, with their names
	Open   []bizday.Date          `json:"open,omitempty"`   // days of the base on which it works
}

// Hours are a losing carrier's business hours, as 08:00.
type Hours struct {
	Open   string `json:"open"`
	CutOff string `json:"cut_off"` // what comes later counts as of the next opening
	Close  string `json:"close"`
}

// Rural is a suspension of the duty to port that a state granted to a rural
// carrier (47 USC 251(f)(2), lnp-rules §3.2).
type Rural struct {
	State  string      `json:"state"`
	From   bizday.Date `json:"from,omitzero"`  // zero: always
	Until  bizday.Date `json:"until,omitzero"` // zero: until further notice
	Source string      `json:"source"`         // the order of the state's commission
}

// Suspends returns the suspension that holds in a state on a day, nil when
// there is none.
func (p Profile) Suspends(state string, on bizday.Date) *Rural {
	for i := range p.Rural {
		r := &p.Rural[i]
		if r.State == state && (r.From.IsZero() || !on.Before(r.From)) && (r.Until.IsZero() || !on.After(r.Until)) {
			return r
		}
	}
	return nil
}

// Rules lays the carrier's own intervals, hours, days and limits over those
// that hold for every carrier.
func (p Profile) Rules(r bizday.Rules) bizday.Rules {
	if own, ok := p.Intervals[r.PortType]; ok {
		i := r.Interval()
		if own.Days > 0 {
			i = i.OfDays(own.Days)
		}
		if own.AnswerHours > 0 {
			i.Answer = time.Duration(own.AnswerHours) * time.Hour
		}
		r.Own = &i
	}
	r.Calendar = p.Calendar.over(r.Calendar)
	if p.Hours != nil {
		h, err := p.Hours.parse()
		if err == nil {
			r.Hours = h
		}
	}
	if p.MaxDaysAhead > 0 && (r.MaxDays == 0 || p.MaxDaysAhead < r.MaxDays) {
		r.MaxDays = p.MaxDaysAhead
	}
	return r
}

// over lays the carrier's own days over a calendar.
func (c Calendar) over(base *bizday.Calendar) *bizday.Calendar {
	if known, ok := bizday.Calendars[c.Base]; ok {
		base = known
	}
	if len(c.Closed) == 0 && len(c.Open) == 0 {
		return base
	}
	own := *base
	own.Name, own.Source = base.Name+", and the carrier's own days", "the profile of the losing carrier"
	own.Closed = c.Closed
	own.Open = map[bizday.Date]bool{}
	for _, d := range c.Open {
		own.Open[d] = true
	}
	return &own
}

func (h Hours) parse() (bizday.Hours, error) {
	var out bizday.Hours
	for _, part := range []struct {
		text string
		into *time.Duration
	}{{h.Open, &out.Open}, {h.CutOff, &out.CutOff}, {h.Close, &out.Close}} {
		t, err := time.Parse("15:04", part.text)
		if err != nil {
			return out, err
		}
		*part.into = time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	return out, nil
}

// Families finds losing carriers.
type Families []Family

// Find finds a family by its id, its SPID, an OCN, its name or an alias; case,
// blanks and punctuation do not matter.
func (fs Families) Find(text string) (Family, bool) {
	slug := Slug(text)
	for _, f := range fs {
		names := slices.Concat([]string{f.ID, f.SPID, f.Name}, f.Aliases, f.OCNs)
		if slug != "" && slices.ContainsFunc(names, func(n string) bool { return Slug(n) == slug }) {
			return f, true
		}
	}
	return Family{}, false
}

// Of names the losing carrier to which an operator belongs: the family that
// lists its OCN; else that of its brand; else that of its company without legal
// form and state, since providers have a company in every state. A brand or a
// company that nobody has described is a family of its own.
func (fs Families) Of(o numbering.Operator) (id, name string) {
	for i := range fs {
		if slices.Contains(fs[i].OCNs, o.OCN) {
			return fs[i].ID, fs[i].Name
		}
	}
	name = o.Brand
	if name == "" {
		name = strings.TrimSpace(companyForm.ReplaceAllString(stateSuffix.ReplaceAllString(o.Company, ""), ""))
	}
	if Slug(name) == "" {
		return Slug(o.OCN), o.Company
	}
	if f, ok := fs.Find(name); ok {
		return f.ID, f.Name
	}
	return Slug(name), name
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
