package bizday

import (
	"fmt"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
)

// Hours are the business hours of 47 CFR 52.35(e): what arrives complete up to
// the cut-off counts that day, later it counts as of the next opening.
type Hours struct {
	Open, CutOff, Close time.Duration // since midnight
}

// DefaultHours are 08:00 to 17:00 with a cut-off at 13:00 (lnp-rules §1.3).
var DefaultHours = Hours{Open: 8 * time.Hour, CutOff: 13 * time.Hour, Close: 17 * time.Hour}

// Interval is how long a type of port takes at least (lnp-rules §1.1).
type Interval struct {
	Days     int           // business days after the day of receipt
	Hours    time.Duration // wireless: hours after receipt, instead of days
	Everyday bool          // weekends and holidays are days like others
	Answer   time.Duration // the carrier's time for FOC or reject; business hours unless AnswerDays
	Text     string        // in words
}

// Intervals says how long each type of port takes.
var Intervals = map[lnp.PortType]Interval{
	lnp.Simple:         {Days: 1, Answer: 4 * time.Hour, Text: "1 business day"},
	lnp.NonSimple:      {Days: 4, Answer: 9 * time.Hour, Text: "4 business days"},
	lnp.WirelessPort:   {Hours: 150 * time.Minute, Everyday: true, Answer: 30 * time.Minute, Text: "2.5 hours"},
	lnp.TollFreePort:   {Days: 2, Answer: 18 * time.Hour, Text: "2 business days"},
	lnp.CanadaWireline: {Days: 2, Answer: 9 * time.Hour, Text: "2 business days"},
	lnp.CanadaWireless: {Hours: 150 * time.Minute, Answer: 150 * time.Minute, Text: "2.5 business hours"},
}

// OfDays returns the interval with another number of business days.
func (i Interval) OfDays(n int) Interval {
	i.Days, i.Hours, i.Everyday = n, 0, false
	i.Text = fmt.Sprintf("%d business days", n)
	if n == 1 {
		i.Text = "1 business day"
	}
	return i
}

// Rules are all that decides the dates of one order.
type Rules struct {
	PortType lnp.PortType
	Own      *Interval // the losing carrier's own; nil: that of the port type
	Calendar *Calendar
	Hours    Hours
	Zone     *time.Location // the NPAC region's clock, or the rate centre's
	MaxDays  int            // dates further ahead are refused; 0: none is
}

// Interval returns how long the port takes at least.
func (r Rules) Interval() Interval {
	if r.Own != nil {
		return *r.Own
	}
	return Intervals[r.PortType]
}

// Words says how long the port takes, as "simple: 1 business day".
func (r Rules) Words() string { return fmt.Sprintf("%s: %s", r.PortType, r.Interval().Text) }

// Receipt returns when a request that came at t is deemed received: within
// the hours up to the cut-off at once, else at the next opening.
func (r Rules) Receipt(t time.Time) time.Time {
	if r.Interval().Everyday {
		return t
	}
	d := DateOf(t, r.Zone)
	if r.Calendar.BusinessDay(d) {
		open := d.At(0, int(r.Hours.Open/time.Minute), r.Zone)
		if t.Before(open) {
			return open
		}
		if !t.After(d.At(0, int(r.Hours.CutOff/time.Minute), r.Zone)) {
			return t
		}
	}
	return r.Calendar.Next(d).At(0, int(r.Hours.Open/time.Minute), r.Zone)
}

// AnswerDue returns until when the losing carrier owes its FOC or its reject
// to a request that came at t.
func (r Rules) AnswerDue(t time.Time) time.Time {
	i := r.Interval()
	at := r.Receipt(t)
	if i.Everyday {
		return at.Add(i.Answer)
	}
	left := i.Answer
	for {
		d := DateOf(at, r.Zone)
		end := d.At(0, int(r.Hours.Close/time.Minute), r.Zone)
		if !at.Add(left).After(end) {
			return at.Add(left)
		}
		left -= end.Sub(at)
		at = r.Calendar.Next(d).At(0, int(r.Hours.Open/time.Minute), r.Zone)
	}
}

// Earliest returns the first date that a request sent at t can ask for.
func (r Rules) Earliest(t time.Time) Date {
	i := r.Interval()
	receipt := r.Receipt(t)
	if i.Hours > 0 {
		d := DateOf(receipt.Add(i.Hours), r.Zone)
		for !r.portable(d) {
			d = d.AddDays(1)
		}
		return d
	}
	// The rule activates a simple port at midnight of the day of receipt:
	// that is 00:00 of the next day, and after a Friday carriers mean Monday.
	return r.Calendar.Add(DateOf(receipt, r.Zone), i.Days)
}

// portable reports whether numbers move on the day.
func (r Rules) portable(d Date) bool {
	return r.Interval().Everyday || r.Calendar.BusinessDay(d)
}

// Latest returns the last date that can be asked for at t, zero for no limit.
func (r Rules) Latest(t time.Time) Date {
	if r.MaxDays == 0 {
		return Date{}
	}
	return DateOf(t, r.Zone).AddDays(r.MaxDays)
}

// Check says what is wrong with a date that is asked for at t, and which is
// the next one; nil when nothing is. A later date than the earliest is never
// wrong (47 CFR 52.35), but for weekends, holidays and the carrier's stated
// maximum.
func (r Rules) Check(d Date, t time.Time) *fault.Field {
	earliest := r.Earliest(t)
	wrong := func(code fault.Code, format string, args ...any) *fault.Field {
		return &fault.Field{Field: "requested_foc_date", Code: code, Message: fmt.Sprintf(format, args...)}
	}
	latest := r.Latest(t)
	switch {
	case d.Before(DateOf(t, r.Zone)):
		return wrong(fault.CodeFOCPast, "%s is in the past; the earliest date is %s", d, earliest)
	case !r.portable(d):
		next := r.Calendar.Next(d)
		if next.Before(earliest) {
			next = earliest
		}
		return wrong(fault.CodeFOCNotBusiness, "%s is not a business day of the losing carrier; the next date is %s", d, next)
	case d.Before(earliest):
		return wrong(fault.CodeFOCTooEarly, "%s is too early for a port that takes %s; the earliest date is %s", d, r.Interval().Text, earliest)
	case !latest.IsZero() && d.After(latest) && d.After(earliest):
		return wrong(fault.CodeFOCTooLate, "%s is more than %d days ahead; the latest date is %s", d, r.MaxDays, latest)
	}
	return nil
}

// Window returns between which instants of a day numbers move: the business
// hours, or the whole day where every day is like the other.
func (r Rules) Window(d Date) (from, to time.Time) {
	if r.Interval().Everyday {
		return d.At(0, 0, r.Zone), d.AddDays(1).At(0, 0, r.Zone)
	}
	return d.At(0, int(r.Hours.Open/time.Minute), r.Zone), d.At(0, int(r.Hours.Close/time.Minute), r.Zone)
}

// Dates returns up to n dates that can be asked for at t, the earliest first.
func (r Rules) Dates(t time.Time, n int) []Date {
	var out []Date
	latest := r.Latest(t)
	for d := r.Earliest(t); len(out) < n; d = d.AddDays(1) {
		if !latest.IsZero() && d.After(latest) {
			break
		}
		if r.portable(d) {
			out = append(out, d)
		}
	}
	return out
}
