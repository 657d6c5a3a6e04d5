package bizday

import (
	"time"
)

// Holiday is a rule that names one day of every year.
type Holiday struct {
	Name string
	// Month and Day name a fixed day. On a weekend it is kept as the
	// calendar's Later says.
	Month time.Month
	Day   int
	// Weekday and Nth name the nth such day of Month (from its end when
	// negative), when Nth is not 0.
	Weekday time.Weekday
	Nth     int
	// Before names the last Weekday before Month and Day: Victoria Day.
	Before bool
	// Easter names a day that many days from Easter Sunday, when Month is 0.
	Easter int
}

// Calendar says on which days a carrier works: Monday to Friday but for its
// holidays. By rule only the losing carrier's own list counts (lnp-rules
// §8.3); these are the defaults for a carrier that has given none.
type Calendar struct {
	Name     string
	Source   string
	Holidays []Holiday
	// Later keeps every fixed day that falls on a weekend on the next weekday
	// that is no holiday. Otherwise a Saturday is kept on the Friday before, a
	// Sunday on the Monday after.
	Later  bool
	Closed map[Date]string // days out of the rule, with their names
	Open   map[Date]bool   // days on which it works in spite of the rule
}

// USCalendar holds the days on which the NPAC and practically every carrier
// of the United States is closed.
var USCalendar = &Calendar{
	Name: "us", Source: "lnp-rules §8.3; NPAC holidays",
	Holidays: []Holiday{
		{Name: "New Year's Day", Month: time.January, Day: 1},
		{Name: "Memorial Day", Month: time.May, Weekday: time.Monday, Nth: -1},
		{Name: "Independence Day", Month: time.July, Day: 4},
		{Name: "Labor Day", Month: time.September, Weekday: time.Monday, Nth: 1},
		{Name: "Thanksgiving", Month: time.November, Weekday: time.Thursday, Nth: 4},
		{Name: "the day after Thanksgiving", Month: time.November, Nth: dayAfterThanksgiving},
		{Name: "Christmas Day", Month: time.December, Day: 25},
	},
}

// CanadaCalendar holds the days that are statutory in all of Canada.
var CanadaCalendar = &Calendar{
	Name: "ca", Later: true, Source: "lnp-rules §8.3; Canada Labour Code, division V",
	Holidays: []Holiday{
		{Name: "New Year's Day", Month: time.January, Day: 1},
		{Name: "Good Friday", Easter: -2},
		{Name: "Victoria Day", Month: time.May, Day: 25, Weekday: time.Monday, Before: true},
		{Name: "Canada Day", Month: time.July, Day: 1},
		{Name: "Labour Day", Month: time.September, Weekday: time.Monday, Nth: 1},
		{Name: "National Day for Truth and Reconciliation", Month: time.September, Day: 30},
		{Name: "Thanksgiving", Month: time.October, Weekday: time.Monday, Nth: 2},
		{Name: "Remembrance Day", Month: time.November, Day: 11},
		{Name: "Christmas Day", Month: time.December, Day: 25},
		{Name: "Boxing Day", Month: time.December, Day: 26},
	},
}

// Calendars lists the calendars by name. "none" has no holidays: its days are
// Monday to Friday.
var Calendars = map[string]*Calendar{"us": USCalendar, "ca": CanadaCalendar, "none": {Name: "none"}}

// dayAfterThanksgiving marks the rule that hangs on another one: the Friday
// after the fourth Thursday, which is not always the fourth Friday.
const dayAfterThanksgiving = 100

// on returns the day of the rule in a year; fixed ones can fall on a weekend.
func (h Holiday) on(year int) Date {
	switch {
	case h.Month == 0:
		return easter(year).AddDays(h.Easter)
	case h.Nth == dayAfterThanksgiving:
		return nth(year, h.Month, time.Thursday, 4).AddDays(1)
	case h.Before:
		d := NewDate(year, h.Month, h.Day-1)
		for d.Weekday() != h.Weekday {
			d = d.AddDays(-1)
		}
		return d
	case h.Nth != 0:
		return nth(year, h.Month, h.Weekday, h.Nth)
	}
	return NewDate(year, h.Month, h.Day)
}

func weekend(d Date) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }

// kept returns the days on which the holidays of a year are kept.
func (c *Calendar) kept(year int) map[Date]string {
	days := make(map[Date]string, len(c.Holidays))
	for _, h := range c.Holidays {
		if d := h.on(year); !weekend(d) {
			days[d] = h.Name
		}
	}
	for _, h := range c.Holidays {
		d := h.on(year)
		if !weekend(d) {
			continue
		}
		if !c.Later && d.Weekday() == time.Saturday {
			days[d.AddDays(-1)] = h.Name
			continue
		}
		for weekend(d) || days[d] != "" {
			d = d.AddDays(1)
		}
		days[d] = h.Name
	}
	return days
}

func nth(year int, month time.Month, weekday time.Weekday, n int) Date {
	if n < 0 {
		d := NewDate(year, month+1, 0)
		for d.Weekday() != weekday {
			d = d.AddDays(-1)
		}
		return d.AddDays(7 * (n + 1))
	}
	d := NewDate(year, month, 1)
	for d.Weekday() != weekday {
		d = d.AddDays(1)
	}
	return d.AddDays(7 * (n - 1))
}

// easter is Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher).
func easter(year int) Date {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 19*l) / 433
	n := h + l - 7*m
	month := (n + 90) / 25
	return NewDate(year, time.Month(month), (n+33*month+19)%32)
}

// Holiday returns the name of the holiday on which the carrier is closed; ok
// is false on a day that is none.
func (c *Calendar) Holiday(d Date) (name string, ok bool) {
	if c.Open[d] {
		return "", false
	}
	if name, ok := c.Closed[d]; ok {
		return name, true
	}
	// A day kept in December can be the next year's New Year's Day.
	for _, year := range []int{d.year, d.year + 1} {
		if name, ok := c.kept(year)[d]; ok {
			return name, true
		}
	}
	return "", false
}

// BusinessDay reports whether the carrier works on the day.
func (c *Calendar) BusinessDay(d Date) bool {
	if c.Open[d] {
		return true
	}
	if weekend(d) {
		return false
	}
	_, closed := c.Holiday(d)
	return !closed
}

// Next returns the first business day after d.
func (c *Calendar) Next(d Date) Date {
	for {
		d = d.AddDays(1)
		if c.BusinessDay(d) {
			return d
		}
	}
}

// Add returns the nth business day after d.
func (c *Calendar) Add(d Date, n int) Date {
	for range n {
		d = c.Next(d)
	}
	return d
}
