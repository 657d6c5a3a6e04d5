package carrier

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
)

// What texts and counts take at most.
const (
	nameMax     = 100
	reasonMax   = 200
	priorityMax = 1_000_000
	numbersMax  = 1_000_000
	daysMax     = 365
	hoursMax    = 240
	documentMax = 10 << 20
)

// faults collects what is wrong with a description, by field.
type faults []fault.Field

func (fs *faults) add(field string, code fault.Code, format string, args ...any) {
	*fs = append(*fs, fault.Field{Field: field, Code: code, Message: fmt.Sprintf(format, args...)})
}

// text reports a text that is missing or too long.
func (fs *faults) text(field, text string, most int) {
	switch n := utf8.RuneCountInString(text); {
	case strings.TrimSpace(text) == "":
		fs.add(field, fault.CodeRequired, "%s has no text", field)
	case n > most:
		fs.add(field, fault.CodeTooLong, "%s has %d characters; it takes %d", field, n, most)
	}
}

// count reports a number that is out of its range.
func (fs *faults) count(field string, n, least, most int) {
	if n < least || n > most {
		fs.add(field, fault.CodeInvalidValue, "%s takes a whole number from %d to %d", field, least, most)
	}
}

// one reports a value that is none of those that a field takes.
func one[T ~string](fs *faults, field string, v T, of ...T) {
	if slices.Contains(of, v) {
		return
	}
	var names []string
	for _, o := range of {
		if o != "" {
			names = append(names, string(o))
		}
	}
	if len(names) == 0 {
		fs.add(field, fault.CodeInvalidValue, "%s takes nothing here: leave it empty", field)
		return
	}
	fs.add(field, fault.CodeInvalidValue, "%s takes %s", field, strings.Join(names, ", "))
}

func (fs *faults) documents(field string, rules []lnp.DocumentRule) {
	for i, r := range rules {
		at := func(part string) string { return fmt.Sprintf("%s[%d].%s", field, i, part) }
		one(fs, at("document"), r.Kind, lnp.DocumentKinds...)
		fs.text(at("why"), r.Why, reasonMax)
		for _, f := range r.Formats {
			one(fs, at("formats"), f, "pdf", "png", "jpeg", "tiff")
		}
		fs.count(at("max_bytes"), int(r.MaxBytes), 0, documentMax)
		fs.count(at("max_age_days"), r.MaxAgeDays, 0, daysMax)
	}
}

// Check says what is wrong with the description of a gaining carrier. gateways
// are the adapters that there are, accounts those that exist.
func (g *Gaining) Check(gateways []string, accounts []int64) []fault.Field {
	var fs faults
	fs.text("name", g.Name, nameMax)
	one(&fs, "gateway", g.Gateway, append([]string{""}, gateways...)...)
	if !g.On {
		fs.text("off_reason", g.OffReason, reasonMax)
	}
	fs.count("priority", g.Priority, 0, priorityMax)
	fs.count("limits.numbers_per_order", g.Limits.NumbersPerOrder, 0, numbersMax)
	fs.count("limits.numbers_per_day", g.Limits.NumbersPerDay, 0, numbersMax)
	fs.count("limits.max_days_ahead", g.Limits.MaxDaysAhead, 0, daysMax)
	_, err := time.LoadLocation(g.Limits.Zone)
	if err != nil || g.Limits.Zone == "Local" {
		fs.add("limits.timezone", fault.CodeInvalidValue, "limits.timezone takes an IANA zone like America/New_York")
	}
	fs.documents("documents", g.Documents)
	for name, ids := range map[string][]int64{"allow": g.Allow, "deny": g.Deny} {
		for i, id := range ids {
			if !slices.Contains(accounts, id) {
				fs.add(fmt.Sprintf("%s[%d]", name, i), fault.CodeInvalidValue, "there is no account %d", id)
			}
		}
	}
	for i, id := range g.Deny {
		if slices.Contains(g.Allow, id) {
			fs.add(fmt.Sprintf("deny[%d]", i), fault.CodeInvalidValue, "account %d is allowed and denied", id)
		}
	}
	slices.SortStableFunc(fs, func(a, b fault.Field) int { return strings.Compare(a.Field, b.Field) })
	return fs
}

var (
	familyID = regexp.MustCompile(`^[\p{L}\p{Nd}]+(-[\p{L}\p{Nd}]+)*$`)
	fourCode = regexp.MustCompile(`^[A-Z0-9]{4}$`) // an OCN or a SPID
)

// Check says what is wrong with the description of a losing carrier, beside the
// others.
func (f *Family) Check(others Families) []fault.Field {
	var fs faults
	if !familyID.MatchString(f.ID) || len(f.ID) > nameMax {
		fs.add("id", fault.CodeInvalidValue, "id takes letters, digits and single dashes, like verizon-wireless or a SPID")
	}
	if f.SPID != "" && !fourCode.MatchString(f.SPID) {
		fs.add("spid", fault.CodeInvalidValue, "spid takes four letters or digits, like 6529")
	}
	fs.text("name", f.Name, nameMax)
	for i, a := range f.Aliases {
		fs.text(fmt.Sprintf("aliases[%d]", i), a, nameMax)
	}
	for i, o := range f.OCNs {
		if !fourCode.MatchString(o) {
			fs.add(fmt.Sprintf("ocns[%d]", i), fault.CodeInvalidValue, "an OCN has four letters or digits, like 6529")
		}
	}
	one(&fs, "line_type", f.LineType, "", lnp.Wireline, lnp.Wireless, lnp.VoIP)
	fs.taken(f, others)
	f.Profile.check(&fs)
	slices.SortStableFunc(fs, func(a, b fault.Field) int { return strings.Compare(a.Field, b.Field) })
	return fs
}

// taken reports names by which another family is found.
func (fs *faults) taken(f *Family, others Families) {
	names := map[string]string{"id": f.ID, "spid": f.SPID, "name": f.Name}
	for i, a := range f.Aliases {
		names[fmt.Sprintf("aliases[%d]", i)] = a
	}
	for i, o := range f.OCNs {
		names[fmt.Sprintf("ocns[%d]", i)] = o
	}
	others = slices.DeleteFunc(slices.Clone(others), func(o Family) bool { return o.ID == f.ID })
	for field, name := range names {
		if o, ok := others.Find(name); ok {
			fs.add(field, fault.CodeDuplicate, "%s is that of %s already", field, o.ID)
		}
	}
}

func (p Profile) check(fs *faults) {
	for pt, i := range p.Intervals {
		field := "profile.intervals." + string(pt)
		rule, known := bizday.Intervals[pt]
		switch {
		case !known:
			fs.add("profile.intervals", fault.CodeInvalidValue, "%s is no port type", field)
		case rule.Hours > 0 && i.Days > 0:
			fs.add(field+".days", fault.CodeInvalidValue, "%s counts hours, not days", pt)
		}
		fs.count(field+".days", i.Days, 0, daysMax)
		fs.count(field+".answer_hours", i.AnswerHours, 0, hoursMax)
	}
	if _, known := bizday.Calendars[p.Calendar.Base]; !known && p.Calendar.Base != "" {
		fs.add("profile.calendar.base", fault.CodeInvalidValue, "profile.calendar.base takes us, ca or none")
	}
	for day, name := range p.Calendar.Closed {
		fs.text("profile.calendar.closed."+day.String(), name, nameMax)
	}
	if p.Hours != nil {
		h, err := p.Hours.parse()
		if err != nil || h.Open >= h.CutOff || h.CutOff > h.Close {
			fs.add("profile.hours", fault.CodeInvalidValue, `profile.hours takes times of a day in their order, like {"open": "08:00", "cut_off": "13:00", "close": "17:00"}`)
		}
	}
	for i, name := range p.RequiredFields {
		if _, known := lnp.FieldNamed(name); !known {
			fs.add(fmt.Sprintf("profile.required_fields[%d]", i), fault.CodeInvalidValue, "it is no field of a confirmation")
		}
	}
	fs.documents("profile.documents", p.Documents)
	fs.count("profile.freeze_hours", p.FreezeHours, 0, hoursMax)
	fs.count("profile.max_days_ahead", p.MaxDaysAhead, 0, daysMax)
	for i, r := range p.Rural {
		at := func(part string) string { return fmt.Sprintf("profile.rural[%d].%s", i, part) }
		if region, known := lnp.RegionOf(r.State); !known || region.Code != r.State || region.Country != lnp.US {
			fs.add(at("state"), fault.CodeInvalidValue, "%s takes a state of two letters", at("state"))
		}
		if !r.Until.IsZero() && r.Until.Before(r.From) {
			fs.add(at("until"), fault.CodeInvalidValue, "%s is before its begin", at("until"))
		}
		fs.text(at("source"), r.Source, reasonMax)
	}
}
